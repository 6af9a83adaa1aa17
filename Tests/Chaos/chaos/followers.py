"""Who follows over WebSocket: each sees every event once and in order, or a snapshot after a break."""
import asyncio
import json
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from .people import address

#: After the faults the last events may take so long.
CALM_SECONDS = 15
#: 1006 is no code but the lack of one: the gateway was killed.
CLEAN_CLOSES = {1001, 1006, 1011, 1012, 1013}


class Follower:
    """A socket, made again when it was lost, and what came over it."""

    snapshot = None  # The type of the message that comes first.

    def __init__(self, person, path):
        self.person, self.path = person, path
        self.ledger = person.system.ledger
        self.last = None  # The number of the last event.
        self.events = {}  # By number: type and data.
        self.snapshots = []
        self.is_open = False

    async def run(self):
        while True:
            try:
                await self._follow()
            except InvalidStatus as refusal:
                self._refused(refusal.response)
            except (OSError, EOFError, WebSocketException, TimeoutError):
                self.ledger.counts["sockets not opened"] += 1
            await asyncio.sleep(0.2)

    async def _follow(self):
        since = "" if self.last is None else f"?since={self.last}"
        headers = {
            "Authorization": f"Bearer {self.person.token}", "X-Forwarded-For": address()}
        url = f"ws://127.0.0.1:{self.person.system.port}/api/v1/ws{self.path}{since}"
        async with connect(url, additional_headers=headers, open_timeout=20, proxy=None) as socket:
            self.ledger.counts["sockets opened"] += 1
            self.is_open = True
            try:
                async for text in socket:
                    self._take(json.loads(text))
            except ConnectionClosed:
                pass
            finally:
                self.is_open = False
            if socket.close_code not in CLEAN_CLOSES:
                self.ledger.blame(f"SOCKET: {self} was closed with {socket.close_code}")

    def _refused(self, response):
        self.ledger.counts[f"socket {response.status_code}"] += 1
        if response.status_code not in (503, 504):
            self.ledger.blame(f"SOCKET: {self} got {response.status_code} {response.body[:200]}")

    def _take(self, message):
        kind, number = message["type"], message.get("seq")
        self.ledger.counts["live messages"] += 1
        if number is None:
            return self.ledger.blame(f"LIVE: {self} got {str(message)[:200]}")
        if kind == self.snapshot:
            if self.last is not None and number < self.last and not self.may_begin_again(number):
                self.ledger.blame(f"LIVE: {self} was at {self.last}, its snapshot is of {number}")
            self.snapshots.append(number)
        else:
            if self.last is None or number != self.last + 1:
                self.ledger.blame(f"LIVE: {self} got {number} {kind} after {self.last}")
            self.events[number] = (kind, json.dumps(message["data"], sort_keys=True))
        self.last = number
        self.took(kind, message["data"])

    def took(self, kind, data):
        pass

    def may_begin_again(self, number):
        return False

    def __str__(self):
        return f"{self.person.name} at {self.path or '/'}"


class RoomFollower(Follower):
    snapshot = "room_state"

    def __init__(self, person, room):
        super().__init__(person, f"/{room.id}")
        self.room = room
        self.newest = 0  # Version of the timer, as any message told.
        self.told = set()  # Versions that events told.

    def took(self, kind, data):
        if kind == "timer_update":
            self.told.add(data["version"])
        timer = data if kind == "timer_update" else data.get("timer")
        if timer:
            self.newest = max(self.newest, timer["version"])
            if kind == self.snapshot:  # All up to there is in it.
                self.told |= set(range(timer["version"] + 1))


class UserFollower(Follower):
    snapshot = "user_state"

    def __init__(self, person):
        super().__init__(person, "")
        self.told = {}  # When, by type and id.
        self.again = []  # What was told twice, and when.
        self.snapshot_at = None

    def took(self, kind, data):
        if kind == self.snapshot:
            self.snapshot_at = time.monotonic()
        if kind not in ("message_received", "notification") or "id" not in data:
            return
        key, now = (kind, data["id"]), time.monotonic()
        if key in self.told:
            self.again.append((key, self.told[key], now))
        self.told[key] = now

    def missed(self):
        """Messages that were acknowledged after the last snapshot, and never told."""
        return [
            record.mark for record in self.person.received
            if record.about["at"] > (self.snapshot_at or 0)
            and ("message_received", record.id) not in self.told]

    def may_begin_again(self, number):
        """A user's numbers are Redis' own: while it is away nobody knows the last one."""
        return number == 0


class Audience:
    """All who follow in a run."""

    def __init__(self, ledger, faults):
        self.ledger, self.faults = ledger, faults
        self.followers = []
        self._tasks = []

    def follow(self, *followers):
        for follower in followers:
            self.followers.append(follower)
            self._tasks.append(asyncio.create_task(follower.run()))

    async def judge(self, numbers):
        """Once all is calm: everybody is at the room's last event, and all saw the same.

        `numbers` gives each room's last event, as the database has it.
        """
        in_rooms = [f for f in self.followers if isinstance(f, RoomFollower)]
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline:
            last = await numbers()
            late = [f for f in in_rooms if f.last != last.get(f.room.id)]
            if not late and all(follower.is_open for follower in self.followers):
                break
            await asyncio.sleep(0.3)
        for follower in late:
            self.ledger.blame(f"LIVE: {follower} is at {follower.last} of {last.get(follower.room.id)}")
        for follower in self.followers:
            if not follower.is_open:
                self.ledger.blame(f"SOCKET: {follower} does not open any more")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._compare(in_rooms)
        for follower in self.followers:
            if not isinstance(follower, UserFollower):
                continue
            self.ledger.counts["live messages to users checked"] += len(follower.told)
            if missed := follower.missed():
                self.ledger.blame(f"LIVE: {follower} was never told of {missed[:5]}, {len(missed)} in all")
            for key, first, second in follower.again:
                # What Redis has told is known to Redis alone.
                if not self.faults.explains({"redis-server"}, first, second):
                    self.ledger.blame(f"TWICE: {follower} was told {key} again")

    def _compare(self, followers):
        told = {}
        for follower in followers:
            self.ledger.counts["live events checked"] += len(follower.events)
            for number, event in follower.events.items():
                first = told.setdefault((follower.room.id, number), event)
                if first != event:
                    self.ledger.blame(f"LIVE: {number} of {follower.room.id} is {first} and {event}")
            missed = follower.room.versions - follower.told
            if missed:
                self.ledger.blame(f"LIVE: {follower} never saw versions {sorted(missed)} of the timer")
