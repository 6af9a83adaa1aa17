"""200 requests a second, reads and writes, of which not one may fail; then the books are checked."""
import asyncio
import collections
import ssl
import threading
import time

import httpx
from chaos.caller import Broken, Connection, Unanswered
from engine import eventually
from focal import PASSWORD, an_email

RATE = 200
USERS = 20
#: One after the other, by each user.
STEPS = [
    ("POST", "/focus-session", {"duration": 1}, 201),
    ("GET", "/focus-metrics", None, 200),
    ("GET", "/quotes/today", None, 200),
    ("POST", "/api/v1/community/posts", {"title": "Rolling", "content": "On.", "category": "general"}, 201),
    ("GET", "/api/v1/auth/me", None, 200),
    ("GET", "/streaks", None, 200),
    ("GET", "/api/v1/notifications", None, 200),
    ("POST", "/api/v1/journals", {"content": "On."}, 201),
]


class Load:
    """As a context: runs meanwhile, and judges at its end."""

    def __init__(self, port, certificate=None, forgives=()):
        """`forgives`: methods of which some may fail, where a process is killed while it answers them."""
        self.port, self.forgives = port, forgives
        self.tls = ssl.create_default_context(cafile=certificate) if certificate else None
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        self.failures = []
        self.answered = 0
        self.seconds = []
        self.forgiven = 0
        self._logged = collections.Counter()
        self._unknown = collections.Counter()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._tokens = [self._register() for _ in range(USERS)]
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            # A second more: what was done just now may be noticed late.
            enough = self.answered + RATE
            eventually("requests are answered", lambda: self.answered >= enough, seconds=30)
        self._stopped.set()
        self._thread.join()
        self.duration = time.monotonic() - self._begun
        if kind is None:
            self._judge()

    @property
    def report(self):
        slowest = sorted(self.seconds)
        p99, longest = (1000 * slowest[index] for index in (int(len(slowest) * 0.99), -1))
        forgiven = f", {self.forgiven} broke in a crash" if self.forgives else ""
        return (
            f"{self.answered} requests in {self.duration:.0f} s ({self.answered / self.duration:.0f}/s), "
            f"{len(self.failures)} failed{forgiven}, p99 {p99:.0f} ms, longest {longest:.0f} ms")

    def _judge(self):
        print(f"\n  {self.report}", flush=True)
        assert not self.failures, f"{self.report}\n" + "\n".join(self.failures[:20])
        assert self.answered > 0.8 * RATE * self.duration, f"too slow for a test: {self.report}"
        # What was acknowledged is there once: nothing was lost, nothing done twice.
        for token, logged in self._logged.items():
            total = self._count(token)
            most = logged + self._unknown[token]
            assert logged <= total <= most, f"{logged} to {most} were acknowledged, {total} are there"

    def _count(self, token):
        """A user's sessions, by the list of them."""
        total, cursor = 0, None
        with httpx.Client(
                base_url=self.url, verify=self.tls or True, timeout=20,
                headers={"Authorization": f"Bearer {token}"}) as client:
            while True:
                page = client.get("/focus-logs", params={"limit": 100} | ({"cursor": cursor} if cursor else {})).json()
                total, cursor = total + len(page["items"]), page.get("next_cursor")
                if not cursor:
                    break
        return total

    def _register(self):
        answer = httpx.post(
            f"{self.url}/api/v1/auth/register", verify=self.tls or True, timeout=20,
            json={"email": an_email(), "password": PASSWORD, "timezone": "Etc/UTC"})
        assert answer.status_code == 201, answer.text
        return answer.json()["access_token"]

    async def _run(self):
        await asyncio.gather(*[self._user(number, token) for number, token in enumerate(self._tokens)])

    async def _user(self, number, token):
        connection = Connection(self.port, {"Authorization": f"Bearer {token}"}, self.tls)
        pause = USERS / RATE
        due = time.monotonic() + pause * number / USERS
        step = number
        while not self._stopped.is_set():
            await asyncio.sleep(max(0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - 1)
            step += 1
            await self._ask(connection, token, *STEPS[step % len(STEPS)])
        await connection.close()

    async def _ask(self, connection, token, method, path, body, status):
        begun = time.monotonic()
        try:
            answer = await connection.request(method, path, body)
        except (Broken, Unanswered) as error:
            return self._fail(begun, token, method, path, error)
        self.seconds.append(time.monotonic() - begun)
        self.answered += 1
        if answer.status != status:
            self._fail(begun, token, method, path, f"{answer.status} {answer.body[:200]}")
        elif path == "/focus-session":
            self._logged[token] += 1

    def _fail(self, begun, token, method, path, why):
        if method in self.forgives:
            self.forgiven += 1
            self._unknown[token] += path == "/focus-session"
            return
        what = f"{method} {path}: {why}"
        self.failures.append(f"at {begun - self._begun:.2f} s, after {time.monotonic() - begun:.3f} s: {what}")
