"""Timers: one's own, and rooms in which several focus together."""
import asyncio
import time
import uuid

from .followers import RoomFollower
from .ledger import Record
from .people import Lane
from .writers import Writer

#: What was asked without an answer has happened by then, or never will: a call's deadline and a pause.
SETTLED_SECONDS = 16
#: How long the last phase of a room may take to end, faults included.
LAST_PHASE_SECONDS = 30


class TimerWriter(Writer):
    """Starts and stops the person's one timer: these sessions rank."""

    choices = {"session": 1}

    async def session(self):
        mark = self.person.mark("timer")
        record = self.ledger.add(Record("timer", mark, self.person, {}))
        self.mine.append(record)
        record.begin(("work", None, 0))
        # With a key: a start whose answer was lost is not found to be "already active".
        started = await self.ask(
            "POST", "/api/v1/sessions/start", {"note": mark}, key=uuid.uuid4().hex, insist=True)
        if started is None:
            # Unknown: it may come yet.
            await asyncio.sleep(SETTLED_SECONDS)
            active = await self.ask("GET", "/api/v1/sessions/active", allowed=(404,), insist=True)
            if active is None or active.status == 404:
                return
        await asyncio.sleep(1 + self.rng.random())
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            # The second stop of one that was lost finds nothing to stop.
            stopped = await self.ask("POST", "/api/v1/sessions/stop", allowed=(409,))
            if stopped is None:
                await asyncio.sleep(0.2)
            elif stopped.is_success or stopped.code == "not_active":
                break
        else:
            return
        if stopped.is_success and started is not None:
            record.settle(("work", None, 0))
            self.ledger.counts["acknowledged"] += 1


class Room:
    """A room, who is in it all the time, and the phases of work that are known to have begun."""

    def __init__(self, id, members):
        self.id, self.members = id, members
        self.started = {}  # Start of a phase: whether it is certain to be credited.
        self.versions = set()  # Of the timer, as controls were acknowledged.


class RoomHost(Lane):
    """Opens a room for some persons and runs its timer: phases of three seconds and a bit."""

    def __init__(self, person, guests, rng, rooms, audience):
        super().__init__(person, rng)
        self.guests, self.rooms, self.audience = guests, rooms, audience

    async def run(self, until):
        while time.monotonic() < until:
            room = await self._open()
            if room is None:
                continue
            closes_at = min(until, time.monotonic() + 30 + self.rng.random() * 30)
            while time.monotonic() < closes_at:
                await self._phase(room, until)
            # No phase is left half done.
            await self._wait_for_end(f"/api/v1/timer/{room.id}", None, time.monotonic() + LAST_PHASE_SECONDS)

    async def _open(self):
        answer = await self.ask("POST", "/api/v1/rooms", {
            "name": self.person.mark("room"), "work_duration": 0.05 + self.rng.random() * 0.03,
            "break_duration": 0.05, "long_break_duration": 0.05,
            "auto_start_break": self.rng.random() < 0.5}, key=uuid.uuid4().hex, insist=True)
        if answer is None:
            return None
        room = Room(answer.json["id"], [self.person, *self.guests])
        for guest in self.guests:
            lane = Lane(guest, self.rng)
            joined = await lane.ask(
                "POST", "/api/v1/participants/join", {"room_id": room.id}, insist=True)
            await lane.connection.close()
            if joined is None:
                return None
        self.rooms.append(room)
        self.audience.follow(*[RoomFollower(person, room) for person in room.members])
        self.ledger.counts["rooms"] += 1
        return room

    async def _phase(self, room, until):
        """Starts the next phase, and lets it run out, completes it or skips it.

        Each control names the version that it means: repeated, or late, it does nothing.
        """
        path = f"/api/v1/timer/{room.id}"
        self._room = room
        timer = await self._timer("GET", path)
        while timer and timer["status"] not in ("RUNNING", "PAUSED") and time.monotonic() < until:
            timer = await self._timer("POST", f"{path}/start", timer["version"])
            if timer is None:
                timer = await self._timer("GET", path)
        if not timer or timer["status"] != "RUNNING":
            return
        if timer["phase"] == "WORK":
            room.started[timer["started_at"]] = True
            self.ledger.counts["phases"] += 1
        dice = self.rng.random()
        if dice < 0.15 and timer["phase"] == "WORK":
            # Nobody knows which comes first, the skip or the end.
            room.started[timer["started_at"]] = False
            await self._timer("POST", f"{path}/skip", timer["version"])
        elif dice < 0.4:
            await asyncio.sleep(1.2)
            await self._timer("POST", f"{path}/complete", timer["version"])
        elif dice < 0.5:
            await self._timer("POST", f"{path}/pause", timer["version"])
            await asyncio.sleep(0.3)
            paused = await self._timer("GET", path)
            if paused and paused["status"] == "PAUSED":
                await self._timer("POST", f"{path}/start", paused["version"])
        await self._wait_for_end(path, timer["started_at"], until)

    async def _wait_for_end(self, path, started_at, until):
        while time.monotonic() < until:
            timer = await self._timer("GET", path)
            if timer and timer["status"] in ("IDLE", "COMPLETED"):
                return
            if timer and started_at and timer.get("started_at") != started_at:
                return
            if timer and timer["status"] == "PAUSED":
                await self._timer("POST", f"{path}/start", timer["version"])
            await asyncio.sleep(0.7)

    async def _timer(self, method, path, version=None):
        answer = await self.ask(method, path, None if version is None else {"version": version})
        if answer is None:
            return None
        self._room.versions.add(answer.json["version"])
        return answer.json
