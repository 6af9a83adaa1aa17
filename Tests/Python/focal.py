"""Focal as a caller sees it: one user, one keep-alive connection pool, checked answers."""
import itertools
import os
import uuid
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import httpx

URL = os.environ.get("FOCAL_URL", "http://127.0.0.1:8080")
PASSWORD = "correct horse battery"
UTC = timezone.utc

#: Every user of a test comes from an address of its own, so that no test spends another's limits.
_addresses = itertools.count(int.from_bytes(os.urandom(2), "big") << 6)


def an_address():
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def client(**headers):
    """Somebody who has not signed in."""
    return httpx.Client(
        base_url=URL, timeout=20, headers={"X-Forwarded-For": an_address()} | headers,
        limits=httpx.Limits(max_connections=128, max_keepalive_connections=128))


def an_email():
    return f"user-{uuid.uuid4().hex[:16]}@example.com"


class User:
    """A registered user who is signed in."""

    def __init__(self, **fields):
        self.email = fields.get("email") or an_email()
        self.password = fields.get("password") or PASSWORD
        self.http = client()
        answer = self.http.post("/api/v1/auth/register", json={
            "email": self.email, "password": self.password, "timezone": zone_at_noon()} | fields)
        assert answer.status_code == 201, answer.text
        self.tokens = answer.json()
        self.id = self.tokens["user"]["id"]
        self.use(self.tokens)

    def use(self, tokens):
        self.tokens = tokens
        self.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    def log(self, minutes=25, ended=None, **fields):
        """A completed session, by its end."""
        body = {"duration": minutes} | fields
        if ended is not None:
            body["timestamp"] = rfc3339(ended)
        answer = self.http.post("/focus-session", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, path, **query):
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def metrics(self):
        return self.get("/focus-metrics")

    def streak(self):
        return self.get("/streaks")

    def days(self, days=366):
        """The days on which something was done, by their date."""
        daily = self.get(f"/stats/user/{self.id}", days=days)["daily"]
        return {day["date"]: day for day in daily if day["minutes"] or day["sessions"]}

    def logs(self):
        """All completed sessions, page by page."""
        items, cursor = [], None
        while True:
            page = self.get("/focus-logs", limit=100, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    def update(self, **fields):
        answer = self.http.patch(f"/api/v1/auth/profile/{self.id}", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()


def rfc3339(time):
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def zone_at_noon():
    """A zone in which it is noon, so that no test meets midnight who does not want to.

    POSIX turned the sign around: Etc/GMT+3 is west of Greenwich.
    """
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+}" if hours else "Etc/GMT"


def local_midnight(zone, days_ago=0):
    """The start of a local day, as an instant."""
    today = datetime.now(ZoneInfo(zone)).date()
    day = today - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def hours_after(instant, hours):
    """On the clock of the world, not on the wall's: `datetime` adds local hours otherwise."""
    return instant.astimezone(UTC) + timedelta(hours=hours)


def assert_problem(answer, status, code=None):
    """The answer is a problem as RFC 9457 and the contract want it; gives its members."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    problem = answer.json()
    for member in ["type", "title", "status", "detail", "instance", "code", "request_id"]:
        assert member in problem, f"{member} is missing in {problem}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if code:
        assert problem["code"] == code, problem
    return problem


def fields_of(problem):
    return {error["field"] for error in problem.get("errors", [])}
