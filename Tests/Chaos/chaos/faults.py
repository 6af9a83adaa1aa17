"""Kills, pauses and flushes, in an order that the seed gives."""
import asyncio
import os
import signal
import time
from dataclasses import dataclass

from stores import redis

PAUSE_SECONDS_MAX = 2.0
#: How often each kind of fault is chosen.
WEIGHTS = {"kill": 8, "pause": 6, "flush": 2, "crash": 1}
#: How long after its process came back a fault may still show.
AFTERMATH_SECONDS = 3.0


@dataclass
class Fault:
    text: str
    programs: set
    began: float
    ended: float = float("inf")


class Faults:
    """Does something bad about every `mean_seconds`, to the processes below the supervisor."""

    def __init__(self, kinds, supervisor, rng, mean_seconds, report):
        self._kinds = kinds
        self._supervisor = supervisor
        self._rng = rng
        self._mean_seconds = mean_seconds
        self._report = report
        self._started = time.monotonic()
        self._tasks = set()
        self._expected = {}
        self.all = []

    async def run(self):
        does = {"kill": self._kill, "pause": self._pause, "flush": self._flush, "crash": self._crash}
        kinds = [does[name] for name in self._kinds for _ in range(WEIGHTS[name])]
        self._started = time.monotonic()
        # All are there now: so many have to come back.
        self._expected = {program: len(pids) for program, pids in self._processes().items()}
        while True:
            await asyncio.sleep(self._rng.expovariate(1 / self._mean_seconds))
            # Drawn before it is looked what is there: the seed gives the same faults again.
            kind, dice = self._rng.choice(kinds), [self._rng.random() for _ in range(4)]
            task = asyncio.create_task(kind(*dice))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def end(self):
        """Until everything that was paused runs again."""
        await asyncio.gather(*self._tasks)

    def explains(self, programs, began, ended):
        """Whether something was being done to one of those programs in that time."""
        return any(
            fault.programs & programs and fault.began <= ended
            and began <= fault.ended + AFTERMATH_SECONDS for fault in self.all)

    def count(self):
        counts = {}
        for fault in self.all:
            kind = fault.text.split(" ")[0]
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    # What is done

    async def _kill(self, which, both, *_):
        program = self._pick(which)
        victims = self._processes().get(program, [])
        if both > 0.2:
            victims = victims[int(both * 1000) % max(len(victims), 1):][:1]
        fault = self._begin(f"kill {program} x{len(victims)}", {program})
        for pid in victims:
            send(pid, signal.SIGKILL)
        # Until others are there in their place.
        while any(is_running(pid) for pid in victims) or not self._is_whole(program):
            await asyncio.sleep(0.02)
        fault.ended = time.monotonic()

    async def _pause(self, which, both, seconds, *_):
        program = self._pick(which)
        victims = self._processes().get(program, [])
        if program == "postgres":
            victims = [pid for pid in victims for pid in [pid, *children(pid)]]
        if both > 0.3:
            victims = victims[int(both * 1000) % max(len(victims), 1):][:1]
        seconds = 0.05 + seconds * (PAUSE_SECONDS_MAX - 0.05)
        fault = self._begin(f"pause {program} x{len(victims)} {seconds:.2f}s", {program})
        for pid in victims:
            send(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            for pid in victims:
                send(pid, signal.SIGCONT)
        fault.ended = time.monotonic()

    async def _flush(self, *_):
        fault = self._begin("flush", {"redis-server"})
        try:
            await asyncio.to_thread(redis, "FLUSHALL")
        except OSError:
            pass  # Redis is away or paused: it has been flushed in another way.
        fault.ended = time.monotonic()

    async def _crash(self, which, *_):
        """One server process: the others end too, and PostgreSQL recovers by itself."""
        servers = self._processes().get("postgres", [])
        backends = [child for pid in servers for child in children(pid)]
        if backends:
            fault = self._begin("crash postgres", {"postgres"})
            send(backends[int(which * len(backends))], signal.SIGKILL)
            await asyncio.sleep(1)
            fault.ended = time.monotonic()

    # What is there

    def _begin(self, text, programs):
        fault = Fault(text, programs, time.monotonic())
        self.all.append(fault)
        self._report(f"{fault.began - self._started:6.1f} s  {text}")
        return fault

    def _pick(self, which):
        programs = sorted(self._expected)
        return programs[int(which * len(programs))]

    def _is_whole(self, program):
        return len(self._processes().get(program, [])) >= self._expected[program]

    def _processes(self):
        """The supervisor's own children: pids by program."""
        found = {}
        for pid in sorted(children(self._supervisor)):
            program = program_of(pid)
            if program and (program.startswith("focal-") or program in ("postgres", "redis-server")):
                found.setdefault(program, []).append(pid)
        return found


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def program_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return os.path.basename(file.read().split("\0")[0].split(" ")[0])
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return ") Z " not in file.read()
    except (FileNotFoundError, ProcessLookupError):
        return False


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # Something else was quicker.
