"""What the lanes write: sessions, entries, journals, posts, comments, likes, messages."""
import asyncio
import time

from .ledger import Record
from .people import Lane, rfc3339

DAYS = 4


class Writer(Lane):
    """Does one thing after the other, each chosen by its weight."""

    #: Name of a method, and how often it is chosen.
    choices = {}

    async def run(self, rate, until):
        names, weights = list(self.choices), list(self.choices.values())
        next_at = time.monotonic() + self.rng.random() / rate
        while next_at < until:
            await asyncio.sleep(max(0, next_at - time.monotonic()))
            # Who was held up does not catch up: the rate is a bound.
            next_at = max(next_at + 1 / rate, time.monotonic() - 1 / rate)
            await getattr(self, self.rng.choices(names, weights)[0])()

    def own(self, kind):
        """One of the person's records of that kind that is there and at rest."""
        records = [record for record in self.made(kind) if record.is_sure and not record.about.get("kept")]
        return self.rng.choice(records) if records else None

    def made(self, kind):
        return [record for record in self.mine if record.kind == kind]

    async def make(self, kind, state, path, body, **about):
        record = await self.create(
            kind, state, path, body, keyed=self.rng.random() < 0.5, about=about)
        self.mine.append(record)
        return record

    def __init__(self, person, rng):
        super().__init__(person, rng)
        self.mine = []

    async def change(self, record, state, method, path, body=None):
        return await self.write(record, state, method, path, body)


class SessionWriter(Writer):
    """Logs sessions, edits and deletes them, and reads the metrics, which have all that is acknowledged."""

    choices = {"log": 10, "edit": 4, "delete": 2, "metrics": 4, "look": 2}

    async def log(self):
        seconds, day = self.rng.randint(1, 60), self.rng.choice([0] * 6 + list(range(1, DAYS)))
        kind = self.rng.choice(["work"] * 5 + ["break"])
        body = {"mark": self.person.mark("session"), "duration_seconds": seconds, "session_type": kind}
        body["note"] = body["mark"]
        if day:
            body["timestamp"] = rfc3339(time.time() - day * 86400)
        await self.make("session", (kind, seconds, day), "/focus-session", body)

    async def edit(self):
        if record := self.own("session"):
            (kind, _, day), = record.states
            seconds = self.rng.randint(1, 60)
            await self.change(
                record, (kind, seconds, day), "PATCH", f"/api/v1/sessions/{record.id}",
                {"duration_seconds": seconds})

    async def delete(self):
        if record := self.own("session"):
            await self.change(record, None, "DELETE", f"/api/v1/sessions/{record.id}")

    async def look(self):
        if record := self.own("session"):
            (kind, seconds, _), = record.states
            answer = await self.ask("GET", f"/api/v1/sessions/{record.id}")
            if answer and (answer.json["session_type"], answer.json["duration_seconds"]) != (kind, seconds):
                self.ledger.blame(f"{record.mark} is not {record.states}: {answer.body[:300]}")

    async def metrics(self):
        before = self._sure_today()
        answer = await self.ask("GET", "/focus-metrics")
        if answer is None:
            return
        sure = before & self._sure_today()
        self.ledger.counts["metrics read"] += 1
        if (counted := answer.json["daily"]["sessions"]) < len(sure):
            self.ledger.blame(
                f"{self.person.name}: metrics counted {counted} sessions of {len(sure)} acknowledged,"
                f" {answer.headers.get('x-request-id')}")

    def _sure_today(self):
        return {
            record.mark for lane in self.person.lanes for record in lane.mine
            if record.kind in ("session", "timer") and record.is_sure
            and next(iter(record.states))[0] == "work" and next(iter(record.states))[2] == 0}


class DiaryWriter(Writer):
    """Journals and time entries."""

    choices = {"journal": 4, "edit_journal": 2, "delete_journal": 1, "entry": 4, "edit_entry": 2,
               "delete_entry": 1}

    async def journal(self):
        mark = self.person.mark("journal")
        await self.make("journal", mark, "/api/v1/journals", {"mark": mark, "content": mark})

    async def edit_journal(self):
        if record := self.own("journal"):
            text = f"{record.mark}, edited {self.rng.random()}"
            await self.change(record, text, "PUT", f"/api/v1/journals/{record.id}", {"content": text})

    async def delete_journal(self):
        if record := self.own("journal"):
            await self.change(record, None, "DELETE", f"/api/v1/journals/{record.id}")

    async def entry(self):
        mark, seconds = self.person.mark("entry"), self.rng.randint(1, 3600)
        start = int(time.time()) - 86400
        await self.make("entry", seconds, "/api/v1/time-entries", {
            "mark": mark, "description": mark, "start_time": rfc3339(start),
            "end_time": rfc3339(start + seconds)}, start=start)

    async def edit_entry(self):
        if record := self.own("entry"):
            seconds = self.rng.randint(1, 3600)
            await self.change(
                record, seconds, "PATCH", f"/api/v1/time-entries/{record.id}",
                {"end_time": rfc3339(record.about["start"] + seconds)})

    async def delete_entry(self):
        if record := self.own("entry"):
            await self.change(record, None, "DELETE", f"/api/v1/time-entries/{record.id}")


class SocialWriter(Writer):
    """Posts that stay, on which everybody writes; posts of one's own that change; comments and likes."""

    choices = {"post": 2, "own_post": 2, "edit_post": 1, "delete_post": 1, "comment": 6,
               "delete_comment": 1, "like": 6}

    #: Of all lanes: posts that nobody deletes.
    shared = []

    async def post(self):
        record = await self._post(kept=True)
        if record.is_sure:
            self.shared.append(record)

    async def own_post(self):
        await self._post(kept=False)

    async def _post(self, kept):
        mark = self.person.mark("post")
        return await self.make("post", mark, "/api/v1/community/posts", {
            "mark": mark, "title": mark, "content": mark, "category": "general"}, kept=kept)

    async def edit_post(self):
        if record := self.own("post"):
            text = f"{record.mark}, edited {self.rng.random()}"
            await self.change(
                record, text, "PUT", f"/api/v1/community/posts/{record.id}", {"content": text})

    async def delete_post(self):
        if record := self.own("post"):
            await self.change(record, None, "DELETE", f"/api/v1/community/posts/{record.id}")

    async def comment(self):
        if self.shared:
            post, mark = self.rng.choice(self.shared[-20:]), self.person.mark("comment")
            await self.make(
                "comment", mark, f"/api/v1/community/posts/{post.id}/comments",
                {"mark": mark, "content": mark}, post=post)

    async def delete_comment(self):
        if record := self.own("comment"):
            await self.change(record, None, "DELETE", f"/api/v1/community/comments/{record.id}")

    async def like(self):
        if not self.shared:
            return
        post = self.rng.choice(self.shared[-20:])
        record = next((r for r in self.made("like") if r.about["post"] is post), None)
        if record is None:
            record = self.ledger.add(
                Record("like", f"{self.person.name} likes {post.mark}", self.person, {"post": post}))
            self.mine.append(record)
        elif record.is_open:
            return
        path = f"/api/v1/community/posts/{post.id}/like"
        if record.states == {None}:
            await self.change(record, True, self.rng.choice(["POST", "PUT"]), path)
        else:
            await self.change(record, None, self.rng.choice(["POST", "DELETE"]), path)


class MessageWriter(Writer):
    """Writes to a few others; every other person reads what came."""

    choices = {"send": 6, "read": 1, "unread": 2}

    async def send(self):
        other, mark = self.rng.choice(self.person.friends), self.person.mark("message")
        record = await self.make("message", mark, "/api/v1/messages/send", {
            "mark": mark, "receiver_id": other.id, "content": mark}, to=other)
        if record.is_sure:
            record.about["at"] = time.monotonic()
            other.received.append(record)

    async def read(self):
        if self.person.number % 2 or not self.person.received:
            return
        answer = await self.ask("GET", "/api/v1/messages/conversations?limit=20")
        if not answer or not answer.json["items"]:
            return
        conversation = self.rng.choice(answer.json["items"])
        last = conversation["last_message"]["id"]
        path = f"/api/v1/messages/conversations/{conversation['id']}/read"
        if await self.ask("POST", path, {"up_to_message_id": last}):
            reads = self.person.reads
            reads[conversation["id"]] = max(reads.get(conversation["id"], ""), last)

    async def unread(self):
        """Who never reads has all that is acknowledged unread."""
        if self.person.number % 2 == 0:
            return
        sure = len(self.person.received)
        answer = await self.ask("GET", "/api/v1/messages/unread-count")
        if answer and answer.json["unread_count"] < sure:
            self.ledger.blame(f"{self.person.name}: {answer.json} of {sure} messages")
