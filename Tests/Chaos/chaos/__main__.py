"""One run: people register, write under faults, and the books are checked."""
import argparse
import asyncio
import os
import random
import sys
import time

from .caller import wait_until_ready
from .database import Database
from .doors import DoorWriter, Leavers
from .faults import WEIGHTS, Faults
from .followers import Audience, UserFollower
from .judgement import Judgement
from .ledger import Ledger
from .people import Person, System
from .timers import RoomHost, TimerWriter
from .writers import DiaryWriter, MessageWriter, SessionWriter, SocialWriter

#: How many of a hundred requests each kind of writer makes.
SHARES = {SessionWriter: 45, DiaryWriter: 15, SocialWriter: 20, MessageWriter: 20}
#: Requests a second of each person that depend on no rate.
SLOW = {TimerWriter: 0.2, DoorWriter: 0.05}
LEAVERS_A_SECOND = 0.5
READY_SECONDS_MAX = 40
EMPTY_SECONDS_MAX = 60
GUESTS = 3
USERS_FOLLOWED = 6
WRONG_SHOWN_MAX = 40


def arguments():
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="how long there are faults")
    parser.add_argument("--rate", type=float, default=200, help="requests a second of all writers")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--rooms", type=int, default=4, help="that run at the same time")
    parser.add_argument("--every", type=float, default=1.5, help="seconds from fault to fault, on average")
    parser.add_argument("--faults", default=",".join(WEIGHTS), help="kinds of faults, between commas")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--supervisor", type=int, required=True, help="pid of the system's supervisor")
    return parser.parse_args()


class Run:
    def __init__(self, options):
        self.options = options
        self.ledger = Ledger()
        self.system = System(int(os.environ["PORT"]), self.ledger)
        self.admin_ports = [
            int(port) for name, ports in os.environ.items() if name.endswith("_ADMIN_PORT")
            for port in ports.split(",")]
        self.people = [Person(self.system, number) for number in range(options.people)]
        self.rooms = []
        self.faults = Faults(
            options.faults.split(","), options.supervisor, self._rng("faults"),
            options.every, say)
        self.audience = Audience(self.ledger, self.faults)

    def _rng(self, *of):
        """Randomness of its own for each, so that one's pace does not change another's choices."""
        return random.Random(f"{self.options.seed} {of}")

    async def run(self):
        for person in self.people:
            await person.register()
        for person in self.people:
            person.friends = self._rng("friends", person.number).sample(
                [other for other in self.people if other is not person], 3)
        self.audience.follow(*[UserFollower(person) for person in self.people[:USERS_FOLLOWED]])
        started = time.monotonic()
        self.ledger.start()
        await self._trouble()
        seconds = time.monotonic() - started
        say(f"{self.options.seconds:.0f} s of faults are over; waiting until all is well")
        left = await wait_until_ready(self.admin_ports, READY_SECONDS_MAX)
        if left:
            self.ledger.blame(f"not ready again after {READY_SECONDS_MAX} s: admin ports {left}")
        database = Database()
        for row in await database.wait_until_empty(EMPTY_SECONDS_MAX):
            self.ledger.blame(f"left in an outbox: {row}")
        self.system.is_troubled = False
        await self.audience.judge(database.live_numbers)
        await Judgement(self.ledger, self.people, self.rooms).pass_()
        for trace in await database.traces(self.leavers.gone):
            self.ledger.blame(f"DATABASE: {trace}")
        for difference in await database.differences():
            self.ledger.blame(f"DATABASE: {difference}")
        self._explain_broken()
        return self._report(seconds)

    async def _trouble(self):
        self.system.is_troubled = True
        until = time.monotonic() + self.options.seconds
        tasks = [asyncio.create_task(work) for work in self._work(until)]
        faults = asyncio.create_task(self.faults.run())
        try:
            await asyncio.wait(
                tasks, timeout=self.options.seconds, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            faults.cancel()
            await self.faults.end()
        # What is under way now has its answer or its end soon.
        await asyncio.gather(*tasks)

    def _work(self, until):
        for person in self.people:
            for kind, share in SHARES.items():
                lane = kind(person, self._rng(kind.__name__, person.number))
                person.lanes.append(lane)
                rate = self.options.rate * share / 100 / len(self.people)
                yield lane.run(rate, until)
            for kind, rate in SLOW.items():
                lane = kind(person, self._rng(kind.__name__, person.number))
                person.lanes.append(lane)
                yield lane.run(rate, until)
        self.leavers = Leavers(self.system, self.people, self._rng("leavers"))
        yield self.leavers.run(LEAVERS_A_SECOND, until)
        rng = self._rng("rooms")
        for number in range(self.options.rooms):
            host, *guests = rng.sample(self.people, min(1 + GUESTS, len(self.people)))
            yield RoomHost(host, guests, self._rng("room", number), self.rooms, self.audience).run(until)

    def _explain_broken(self):
        """Connections break only where a gateway was killed."""
        for began, ended, what in self.ledger.broken:
            if not self.faults.explains({"focal-gateway"}, began, ended):
                self.ledger.blame(f"broken though no gateway was killed: {what}")

    def _report(self, seconds):
        counts = self.ledger.counts
        if counts["acknowledged"] < counts["requests"] / 10:
            self.ledger.blame(f"only {counts['acknowledged']} changes were acknowledged")
        say(f"faults: {self.faults.count()}")
        say(f"answers: {dict(counts)}")
        say(f"{counts['requests'] / seconds:.0f} requests a second, {counts['acknowledged']} changes "
            f"acknowledged, {counts['unknown']} unknown")
        for text in self.ledger.wrong[:WRONG_SHOWN_MAX]:
            say(f"WRONG {text}")
        say(f"{len(self.ledger.wrong)} wrong, seed {self.options.seed}")
        return 1 if self.ledger.wrong else 0


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    options = arguments()
    say(f"chaos for {options.seconds:.0f} s, seed {options.seed}")
    sys.exit(asyncio.run(Run(options).run()))
