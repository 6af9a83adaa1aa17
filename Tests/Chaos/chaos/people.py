"""Who writes: users with several lanes each, on which one request follows the other."""
import asyncio
import itertools
import os
import time
import uuid
from datetime import datetime, timezone

from .caller import Broken, Connection, Unanswered
from .ledger import Record

PASSWORD = "correct horse battery"
#: Problems that a fault may cause, besides 503 and 504.
CLEAN_CONFLICTS = {"in_progress", "outcome_unknown"}
MEMBERS = ["type", "title", "status", "detail", "instance", "code", "request_id"]
#: With a key the same request is sent again that long.
INSIST_SECONDS = 25

_addresses = itertools.count(int.from_bytes(os.urandom(2), "big") << 6)


class Person:
    """A registered user."""

    def __init__(self, system, number):
        self.system = system
        self.number = number
        self.name = number if isinstance(number, str) else f"p{number}"
        self.email = f"chaos-{uuid.uuid4().hex}@example.com"
        #: It is noon there: no session of a run meets midnight.
        hours = 12 - datetime.now(timezone.utc).hour
        self.timezone = f"Etc/GMT{-hours:+}" if hours else "Etc/GMT"
        self.id = self.token = self.username = None
        self.received, self.reads, self.lanes, self.friends = [], {}, [], []
        self.marks = itertools.count(1)

    async def register(self, insist=True):
        """False where nobody knows whether the account is there."""
        lane = Lane(self, None)
        answer = await lane.ask("POST", "/api/v1/auth/register", {
            "email": self.email, "password": PASSWORD, "timezone": self.timezone}, insist=insist)
        await lane.connection.close()
        if answer is None:
            return False
        user = answer.json["user"]
        self.id, self.username = user["id"], user["username"]
        self.token = answer.json["access_token"]
        return True

    def mark(self, what):
        return f"{self.name} {what} {next(self.marks)}"


class System:
    """The system under test, as all lanes see it."""

    def __init__(self, port, ledger):
        self.port = port
        self.ledger = ledger
        #: While faults are made; before and after nothing may fail.
        self.is_troubled = False


class Lane:
    """One sequence of requests of a person, on a connection of its own."""

    def __init__(self, person, rng, token=""):
        self.person = person
        self.rng = rng
        self.ledger = person.system.ledger
        headers = {"X-Forwarded-For": address()}
        if token := person.token if token == "" else token:
            headers["Authorization"] = f"Bearer {token}"
        self.connection = Connection(person.system.port, headers)

    async def ask(self, method, path, body=None, key=None, allowed=(), insist=False):
        """The answer; None where nobody knows what became of the request.

        With `insist` the same is asked until it is answered.
        """
        deadline = time.monotonic() + INSIST_SECONDS
        while True:
            answer = await self._once(method, path, body, key, allowed)
            if answer is not None and (answer.is_success or answer.status in allowed):
                return answer
            if answer is not None and answer.code == "outcome_unknown":
                return None
            if not insist or time.monotonic() > deadline:
                return None
            await asyncio.sleep(0.15)

    async def write(self, record, state, method, path, body=None, key=None, allowed=()):
        """Asks for a change of a record; the answer where it is acknowledged."""
        record.begin(state)
        answer = await self.ask(method, path, body, key, allowed, insist=key is not None)
        if answer is not None and answer.is_success:
            record.settle(state)
            self.ledger.counts["acknowledged"] += 1
            return answer
        self.ledger.counts["unknown"] += 1
        return None

    async def create(self, kind, state, path, body, keyed, about=None, mark=None):
        """Makes something new; its record, whose id is known where it was acknowledged."""
        record = self.ledger.add(Record(kind, mark or body["mark"], self.person, about))
        body = {name: value for name, value in body.items() if name != "mark"}
        key = uuid.uuid4().hex if keyed else None
        twin = None
        if keyed and self.rng.random() < 0.15:
            twin = asyncio.create_task(self._at_once(path, body, key))
        answer = await self.write(record, state, "POST", path, body, key)
        second = await twin if twin else None
        if answer is not None:
            record.id = answer.json["id"]
            if second is not None and second.json["id"] != record.id:
                self.ledger.blame(f"TWICE: at once, {record.mark} is {record.id} and {second.json['id']}")
            if keyed and self.rng.random() < 0.2:
                await self._repeat(record, path, body, key)
        return record

    async def _at_once(self, path, body, key):
        """The same request on another connection, perhaps to another gateway."""
        lane = Lane(self.person, self.rng)
        answer = await lane.ask("POST", path, body, key, insist=True)
        await lane.connection.close()
        self.ledger.counts["asked twice at once"] += 1
        return answer

    async def _repeat(self, record, path, body, key):
        """The same request once more: the same answer."""
        answer = await self.ask("POST", path, body, key)
        if answer is None:
            return
        self.ledger.counts["repeated"] += 1
        if answer.json["id"] != record.id or answer.headers.get("idempotency-replayed") != "true":
            self.ledger.blame(f"repeated with its key, {record.mark} was made again: {answer.body[:300]}")

    async def _once(self, method, path, body, key, allowed):
        began = time.monotonic()
        self.ledger.counts["requests"] += 1
        headers = {"Idempotency_Key": key} if key else {}
        try:
            answer = await self.connection.request(method, path, body, **headers)
        except Broken as broken:
            self.ledger.counts["broken"] += 1
            self.ledger.broken.append((began, time.monotonic(), f"{method} {path}: {broken}"))
            await asyncio.sleep(0.05)
            return None
        except Unanswered as error:
            self.ledger.blame(str(error))
            return None
        if answer.is_success or answer.status in allowed:
            return answer
        self._judge(answer, f"{method} {path}")
        return answer

    def _judge(self, answer, what):
        """An error has to be a clean problem, and one that a fault may cause."""
        self.ledger.counts[f"{answer.status} {answer.code}"] += 1
        is_expected = self.person.system.is_troubled and (
            answer.status in (503, 504, 429)
            or answer.status == 409 and answer.code in CLEAN_CONFLICTS)
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        if not is_expected or not is_problem:
            return self.ledger.blame(f"{what}: {answer.status} {answer.body[:300].decode(errors='replace')}")
        problem = answer.json
        if any(member not in problem for member in MEMBERS) \
                or problem["request_id"] != answer.headers.get("x-request-id"):
            self.ledger.blame(f"{what}: no clean problem: {answer.body[:300]}")

    async def pages(self, path, of=lambda page: page):
        """All items of a list, once the system is well again."""
        items, cursor = [], ""
        while True:
            mark = "&" if "?" in path else "?"
            answer = await self.ask("GET", f"{path}{mark}limit=100{cursor}", insist=True)
            page = of(answer.json)
            items += page["items"]
            if not page.get("next_cursor"):
                return items
            cursor = f"&cursor={page['next_cursor']}"

    async def get(self, path):
        answer = await self.ask("GET", path, insist=True)
        return answer.json


def address():
    """Everybody comes from an address of their own: nobody spends another's limits."""
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def rfc3339(seconds):
    instant = datetime.fromtimestamp(round(seconds, 3), timezone.utc)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
