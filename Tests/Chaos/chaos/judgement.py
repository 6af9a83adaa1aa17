"""After the faults: each record is there as often as it may be, in a state that it may have."""
import asyncio
import collections
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .people import Lane

AT_ONCE = 8


class Judgement:
    def __init__(self, ledger, people, rooms):
        self.ledger, self.people, self.rooms = ledger, people, rooms
        self._by_owner = collections.defaultdict(list)
        for record in ledger.records:
            self._by_owner[record.owner].append(record)
        self._phases = collections.defaultdict(list)  # (room, start): (person, session)
        self._timed = {}  # Of each person, what ranks: seconds.

    async def pass_(self):
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(person):
            async with gate:
                lane = Lane(person, None)
                await self._sessions(lane)
                await self._diary(lane)
                await self._messages(lane)
                await self._doors(lane)
                await lane.connection.close()

        await asyncio.gather(*[one(person) for person in self.people])
        await self._community()
        await self._board()
        self._rooms()

    def _match(self, person, kind, found, state_of, mark_of):
        """Compares what is there, by its mark, with what may be there."""
        there = collections.defaultdict(list)
        for item in found:
            there[mark_of(item)].append(item)
        for record in self._by_owner[person]:
            if record.kind != kind:
                continue
            items = there.pop(record.mark, [])
            if len(items) > 1:
                self.ledger.blame(f"TWICE: {record.mark}: {[item['id'] for item in items]}")
            state = state_of(items[0], record) if items else None
            if state not in record.states:
                fate = "LOST" if not items else "WRONG"
                self.ledger.blame(f"{fate}: {record.mark} is {state}, not {record.states}")
            self.ledger.counts[f"{kind} checked"] += 1
        for mark in there:
            self.ledger.blame(f"UNKNOWN: nobody wrote {kind} {mark!r}")

    async def _sessions(self, lane):
        person = lane.person
        logs = await lane.pages("/focus-logs")
        ids = [session["id"] for session in logs]
        if len(ids) != len(set(ids)):
            self.ledger.blame(f"{person.name}: the log shows a session twice")
        for session in logs:
            if session.get("room_id"):
                self._phases[session["room_id"], session["start_time"]].append((person, session))
        alone = [session for session in logs if not session.get("room_id")]
        today = datetime.now(ZoneInfo(person.timezone)).date()

        def state(session, record):
            day = (today - date.fromisoformat(session["local_date"])).days
            seconds = None if record.kind == "timer" else session["duration_seconds"]
            return session["session_type"], seconds, day

        manual = [session for session in alone if session["source"] == "manual"]
        timed = [session for session in alone if session["source"] == "timer"]
        self._match(person, "session", manual, state, lambda session: session.get("note"))
        self._match(person, "timer", timed, state, lambda session: session.get("note"))
        await self._sums(lane, logs, today)

    async def _sums(self, lane, logs, today):
        """Every view is what the log adds up to."""
        person = lane.person
        work = [session for session in logs if session["session_type"] == "work"]
        days = collections.defaultdict(lambda: [0, 0])
        for session in work:
            days[session["local_date"]][0] += 1
            days[session["local_date"]][1] += session["duration_seconds"]
        seconds = sum(session["duration_seconds"] for session in work)
        stats = await lane.get(f"/stats/user/{person.id}?days=30")
        shown = {day["date"]: [day["sessions"], round(day["minutes"] * 60)]
                 for day in stats["daily"] if day["sessions"] or day["minutes"]}
        self._same(person, "stats by day", shown, {day: sums for day, sums in days.items() if any(sums)})
        me = await lane.get("/users/me")
        self._same(person, "total sessions", me["total_sessions"], len(work))
        self._same(person, "total minutes", round(me["total_focus_time"] * 60), seconds)
        metrics = await lane.get("/focus-metrics")
        self._same(person, "metrics of the day", metrics["daily"]["sessions"], days[str(today)][0])
        active = {day for day, (count, _) in days.items() if count}
        # Today may still come.
        streak, day = 0, today if str(today) in active else today - timedelta(1)
        while str(day - timedelta(streak)) in active:
            streak += 1
        self._same(person, "streak", (await lane.get("/streaks"))["current"], streak)
        timed = [session for session in work if session["source"] == "timer"]
        board = (await lane.get("/leaderboard?window=overall&limit=1"))["me"]
        self._timed[person] = sum(session["duration_seconds"] for session in timed)
        self._same(
            person, "leaderboard", (board["sessions"], board["total_seconds"]),
            (len(timed), self._timed[person]))

    async def _board(self):
        """Who ranks, and in which order: that is Redis', the figures beside it are the database's."""
        lane = Lane(self.people[0], None)
        shown = (await lane.get("/leaderboard?window=overall&limit=100"))["items"]
        await lane.connection.close()
        computed = sorted(((seconds, person.id) for person, seconds in self._timed.items() if seconds), reverse=True)
        self._same(lane.person, "board", [entry["user_id"] for entry in shown], [id for _, id in computed[:100]])

    def _same(self, person, what, shown, computed):
        self.ledger.counts["sums checked"] += 1
        if shown != computed:
            self.ledger.blame(f"SUM: {person.name}: {what} {shown}, by the log {computed}")

    async def _diary(self, lane):
        journals = await lane.pages("/api/v1/journals")
        self._match(lane.person, "journal", journals, lambda item, _: item["content"],
                    lambda item: item["content"].split(",")[0])
        entries = await lane.pages("/api/v1/time-entries")
        self._match(lane.person, "entry", entries, lambda item, _: item["duration_seconds"],
                    lambda item: item["description"])

    async def _messages(self, lane):
        person = lane.person
        received, unread = [], 0
        sent = []
        for conversation in await lane.pages("/api/v1/messages/conversations"):
            path = f"/api/v1/messages/conversations/{conversation['id']}"
            messages = await lane.pages(path, lambda page: page["messages"])
            theirs = [message for message in messages if message["sender_id"] != person.id]
            sent += [message for message in messages if message["sender_id"] == person.id]
            received += theirs
            read_to = person.reads.get(conversation["id"], "")
            for message in theirs:
                if message["id"] <= read_to and not message["is_read"]:
                    self.ledger.blame(f"{person.name}: {message['id']} is unread, was read to {read_to}")
            left = sum(not message["is_read"] for message in theirs)
            self._same(person, "unread of a conversation", conversation["unread_count"], left)
            unread += left
        counted = (await lane.get("/api/v1/messages/unread-count"))["unread_count"]
        self._same(person, "unread", counted, unread)
        self._match(person, "message", sent, lambda item, _: item["content"],
                    lambda item: item["content"])
        told = await lane.pages("/api/v1/notifications")
        keys = [(item["kind"], item.get("subject_id"), item["text"]) for item in told
                if item["kind"] in ("message", "badge_awarded")]
        for key, count in collections.Counter(keys).items():
            if count > 1:
                self.ledger.blame(f"TWICE: {person.name} was told {key} {count} times")
        of_messages = {item["subject_id"] for item in told if item["kind"] == "message"}
        missing = {message["id"] for message in received} - of_messages
        if len(told) < 1000 and missing:  # A thousand are kept.
            self.ledger.blame(f"LOST: {person.name} was not told of messages {sorted(missing)[:5]}")

    async def _doors(self, lane):
        """Who has signed out is refused; who has not is let in, under the name that was given last."""
        person = lane.person
        me = await lane.get("/api/v1/auth/me")
        for record in self._by_owner[person]:
            if record.kind == "name" and me["username"] not in record.states:
                self.ledger.blame(f"NAME: {person.name} is {me['username']}, not {record.states}")
            if record.kind == "device" and len(record.states) == 1:
                device = Lane(person, None, token=record.mark)
                answer = await device.ask("GET", "/api/v1/auth/me", allowed=(401,), insist=True)
                await device.connection.close()
                self.ledger.counts["devices checked"] += 1
                if (answer.status == 200) != (record.states == {"in"}):
                    self.ledger.blame(f"DEVICE: {person.name} is {record.states}: {answer.status}")

    async def _community(self):
        lane = Lane(self.people[0], None)
        posts = await lane.pages("/api/v1/community/posts")
        by_author = collections.defaultdict(list)
        for post in posts:
            by_author[post["user_id"]].append(post)
        likes, comments = collections.defaultdict(set), collections.defaultdict(list)
        for record in self.ledger.of("like"):
            likes[record.about["post"].id].add(record)
        for post in posts:
            items = await lane.pages(f"/api/v1/community/posts/{post['id']}/comments")
            there = [item for item in items if not item.get("is_deleted")]
            self._same(lane.person, f"comments of {post['title']}", post["comment_count"], len(there))
            for item in there:
                comments[item["user_id"]].append(item)
            sure = sum(record.states == {True} for record in likes[post["id"]])
            most = sum(record.may_be_there for record in likes[post["id"]])
            if not sure <= post["likes"] <= most:
                self.ledger.blame(f"LIKES: {post['title']} has {post['likes']}, not {sure} to {most}")
        for person in self.people:
            self._match(person, "post", by_author[person.id], lambda item, _: item["content"],
                        lambda item: item["title"])
            self._match(person, "comment", comments[person.id], lambda item, _: item["content"],
                        lambda item: item["content"])

    def _rooms(self):
        """One session for each participant and phase, and the same one for all."""
        known = {room.id: room for room in self.rooms}
        for (room_id, start), sessions in self._phases.items():
            room = known.get(room_id)
            if room is None:
                continue  # Its guests never got in: it was given up.
            self.ledger.counts["phases checked"] += 1
            present = collections.Counter(person.name for person, _ in sessions)
            if present != {person.name: 1 for person in room.members}:
                self.ledger.blame(f"PHASE: room {room_id} at {start}: {dict(present)}")
            if len({(s["end_time"], s["duration_seconds"]) for _, s in sessions}) > 1:
                self.ledger.blame(f"PHASE: room {room_id} at {start}: different ends")
        for room in self.rooms:
            for start, is_certain in room.started.items():
                if is_certain and (room.id, start) not in self._phases:
                    self.ledger.blame(f"LOST: phase of room {room.id} at {start}")
