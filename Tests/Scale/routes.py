"""What is asked at scale: each route by name, with the users and words it is asked for."""
import http.client
import json
import random
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode


POSTS = "/api/v1/community/posts"
CONVERSATIONS = "/api/v1/messages/conversations"


class Reader:
    """A signed-in user with one connection."""

    def __init__(self, port, number, id, token):
        self.number = number
        self.id = id
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method, path, body=None):
        """The answer and the milliseconds that it took."""
        started = time.perf_counter()
        self._connection.request(
            method, path, json.dumps(body) if body is not None else None, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        took = (time.perf_counter() - started) * 1000
        assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]}"
        return (json.loads(text) if text else None), took

    def get(self, path, **query):
        return self.ask("GET", f"{path}?{urlencode(query)}" if query else path)[0]


def listed(path, **query):
    """A list's first page, or one of the next few: each reader leafs through it."""
    def request(reader, words):
        pages = reader.__dict__.setdefault("pages", {})
        key = (path, tuple(query.items()))
        cursor, page = pages.get(key, (None, 0))
        asked = query | ({"cursor": cursor} if cursor else {})

        def leaf(answer):
            cursor = answer.get("next_cursor")
            pages[key] = (cursor, page + 1) if cursor and page < 20 else (None, 0)
        return "GET", f"{path}?{urlencode(asked)}", None, leaf
    return request


def plain(path):
    return lambda reader, words: ("GET", path.format(id=reader.id), None, None)


def search(kind, text="{}", **query):
    return lambda reader, words: (
        "GET", f"{POSTS}?{urlencode({'q': text.format(random.choice(words[kind]))} | query)}",
        None, None)


def of_first(path, items):
    """A thing of a list that the reader sees, by its id."""
    def request(reader, words):
        things = reader.__dict__.setdefault("things", {})
        if items not in things:
            things[items] = [item["id"] for item in reader.get(items)["items"]]
        if not things[items]:
            return None
        return "GET", path.format(id=random.choice(things[items])), None, None
    return request


def days_ago(days):
    return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%d")


#: The issue's seven are these and their kin: metrics, streaks, stats, leaderboard, search,
#: conversations, history.
READS = {
    "metrics": plain("/api/v1/focus-metrics"),
    "streaks": plain("/api/v1/streaks"),
    "stats of 7 days": plain("/api/v1/stats/user/{id}?days=7"),
    "stats of 366 days": plain("/api/v1/stats/user/{id}?days=366"),
    "leaderboard of today": plain("/api/v1/leaderboard-today"),
    "leaderboard of the month": plain("/api/v1/leaderboard?by=time&window=month"),
    "leaderboard of all time": plain("/api/v1/leaderboard-overall"),
    "leaderboard by badges": plain("/api/v1/leaderboard?by=badges&window=overall&limit=100"),
    "history": listed("/api/v1/sessions/history", limit=20),
    "history of work": listed("/api/v1/sessions/history", type="work", limit=100),
    "history of a year": listed(
        "/api/v1/sessions/history", **{"from": days_ago(700), "to": days_ago(335)}),
    "logs": listed("/api/v1/sessions/logs", limit=100),
    "search for a common word": search("common"),
    "search for a frequent word": search("frequent"),
    "search for a usual word": search("usual"),
    "search for a rare word": search("rare"),
    "search for a word of few posts": search("single"),
    "search for all but a word": search("frequent", "-{}"),
    "search for a phrase": search("frequent", '"focus {}"'),
    "search for a phrase that nobody wrote": search(
        "common", '"{} morning focus streak"'),
    "search for nothing": lambda reader, words: (
        "GET", f"{POSTS}?q={words['common'][0]}+nosuchword", None, None),
    "search for a frequent word, newest": search("frequent", sort="new"),
    "search for a frequent word, top": search("frequent", sort="top"),
    "search for a usual word, newest": search("usual", sort="new"),
    "search for a word of few posts, newest": search("single", sort="new"),
    "search for a word of few posts, top": search("single", sort="top"),
    "search for a usual word, hot": search("usual", sort="hot"),
    "search in a category": search("common", category="study"),
    "newest posts": listed(POSTS, limit=20),
    "top posts": listed(POSTS, sort="top", limit=20),
    "hot posts": listed(POSTS, sort="hot", limit=20),
    "newest posts of a category": listed(POSTS, category="help", limit=20),
    "top posts of a category": listed(POSTS, category="help", sort="top", limit=20),
    "comments": of_first(POSTS + "/{id}/comments", f"{POSTS}?sort=top"),
    "conversations": listed(CONVERSATIONS, limit=20),
    "a conversation": of_first(CONVERSATIONS + "/{id}", CONVERSATIONS),
    "unread count": plain("/api/v1/messages/unread-count"),
    "notifications": listed("/api/v1/notifications", limit=20),
    "badges": plain("/api/v1/badges/user"),
    "heatmap": plain("/api/v1/analytics/heatmap"),
    "distribution": plain("/api/v1/analytics/distribution"),
    "timeline": listed("/api/v1/timeline", limit=20),
    "own account": plain("/api/v1/auth/me"),
}
