"""Who comes and goes: devices that sign in and out, names that change, accounts that end."""
import asyncio
import time

from .ledger import Record
from .people import PASSWORD, Lane, Person, rfc3339
from .writers import Writer


class DoorWriter(Writer):
    """Signs in on further devices and out again, and changes the name that others see."""

    choices = {"sign_in": 2, "sign_out": 1, "rename": 2}

    async def sign_in(self):
        anybody = Lane(self.person, self.rng, token=None)
        answer = await anybody.ask(
            "POST", "/api/v1/auth/login", {"email": self.person.email, "password": PASSWORD})
        await anybody.connection.close()
        if answer is not None:
            record = self.ledger.add(
                Record("device", answer.json["access_token"], self.person, {}))
            record.settle("in")
            self.mine.append(record)

    async def sign_out(self):
        devices = [record for record in self.made("device") if record.states == {"in"}]
        if devices:
            record = self.rng.choice(devices)
            lane = Lane(self.person, self.rng, token=record.mark)
            await lane.write(record, "out", "POST", "/api/v1/auth/logout")
            await lane.connection.close()

    async def rename(self):
        record = next(iter(self.made("name")), None)
        if record is None:
            record = self.ledger.add(Record("name", f"name of {self.person.name}", self.person, {}))
            record.settle(self.person.username)
            self.mine.append(record)
        if not record.is_open:
            name = f"{self.person.name}_{self.rng.getrandbits(40):x}"
            await self.write(
                record, name, "PATCH", f"/api/v1/auth/profile/{self.person.id}", {"username": name})


class Leavers:
    """People who register, leave a trace everywhere, and delete their accounts."""

    def __init__(self, system, friends, rng):
        self.system, self.friends, self.rng = system, friends, rng
        self.gone = []  # Whose deletion was acknowledged.

    async def run(self, rate, until):
        number = 0
        while time.monotonic() < until:
            await asyncio.sleep(1 / rate)
            number += 1
            person = Person(self.system, f"leaver{number}")
            if await person.register(insist=False):
                await self._live(Lane(person, self.rng))

    async def _live(self, lane):
        mark = lane.person.mark("trace")
        start = time.time() - 7200
        for path, body in [
                ("/focus-session", {"duration_seconds": 10, "note": mark}),
                ("/api/v1/journals", {"content": mark}),
                ("/api/v1/time-entries", {
                    "description": mark, "start_time": rfc3339(start), "end_time": rfc3339(start + 60)}),
                ("/api/v1/messages/send", {
                    "receiver_id": self.rng.choice(self.friends).id, "content": mark})]:
            await lane.ask("POST", path, body)
        answer = await lane.ask("DELETE", "/api/v1/auth/me", {"password": PASSWORD})
        await lane.connection.close()
        if answer is not None:
            self.gone.append(lane.person)
            lane.ledger.counts["accounts deleted"] += 1
