"""The plans by which PostgreSQL answers: none reads a table that grows from end to end.

The plans are those that ran, as `auto_explain` tells them, for users with much and with little, and
often enough that prepared statements have got their generic plan.
"""
import json
import random
import re
import time

import pytest
from routes import POSTS, READS

#: Smaller tables are read from end to end at no cost.
ROWS_MIN = 1000
#: What one step may read, or throw away: more than any page needs.
ROWS_READ_MAX = 20_000
#: What one statement may touch of its tables and indexes, of 8 KiB each: it has to wait for each on a cold disk.
PAGES_MAX = 1_500
CALLS = 24

#: The index by which the rows are found, where it is the point of the route.
INDEXES = {
    "streaks": {"days_active"},
    "unread count": {"conversations_unread1", "conversations_unread2"},
    "history": {"sessions_newest"},
    "history of work": {"sessions_newest"},
    "history of a year": {"sessions_newest"},
    "logs": {"sessions_newest"},
    "newest posts": {"posts_new"},
    "top posts": {"posts_top"},
    "hot posts": {"posts_hot"},
    "newest posts of a category": {"posts_category_new"},
    "top posts of a category": {"posts_category_top"},
    "search for a rare word": {"posts_search"},
    "search for a word of few posts": {"posts_search"},
    "search for a word of few posts, newest": {"posts_search"},
    "search for a word of few posts, top": {"posts_search"},
    "search for a common word": {"posts_search"},
    "search for a usual word, newest": {"posts_search"},
    "search in a category": {"posts_search"},
    "comments": {"comments_roots", "comments_threads"},
    "conversations": {"conversations_of_user1", "conversations_of_user2"},
}


class PostgresLog:
    def __init__(self, path):
        self._path = path
        self._start = path.stat().st_size

    def plans(self, patience_seconds=5):
        """All plans since the start, once the log has come to rest."""
        deadline = time.monotonic() + patience_seconds
        text = ""
        while time.monotonic() < deadline:
            with open(self._path) as file:
                file.seek(self._start)
                text, before = file.read(), text
            if text and text == before:
                break
            time.sleep(0.2)
        found = re.findall(r"duration: [\d.]+ ms  plan:\n((?:\t.*\n)+)", text)
        return [json.loads(re.sub(r"^\t", "", plan, flags=re.MULTILINE)) for plan in found]


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def pages_of(plan):
    """What was touched to find rows: not what a connection's first call of a function reads in catalogs."""
    return sum(
        node["Shared Hit Blocks"] + node["Shared Read Blocks"]
        for node in nodes(plan) if "Relation Name" in node and node["Node Type"] != "ModifyTable")


@pytest.fixture(scope="module")
def growing(database):
    return {name.split(".")[1] for name in database.growing_tables(ROWS_MIN)}


def check(log, growing):
    """Fails where a statement reads too much; gives the indexes that were used, and the most pages."""
    used, pages_most = set(), 0
    plans = log.plans()
    assert plans, "nothing was asked of PostgreSQL"
    for plan in plans:
        pages = pages_of(plan["Plan"])
        pages_most = max(pages, pages_most)
        assert pages <= PAGES_MAX, f"{pages} pages: {plan['Query Text']}"
        for node in nodes(plan["Plan"]):
            if "Index Name" in node:
                used.add(node["Index Name"])
            told = f"{node['Node Type']} {node.get('Relation Name')}: {plan['Query Text']}"
            if node["Node Type"] == "Seq Scan":
                assert node["Relation Name"] not in growing, told
            read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            assert read * node["Actual Loops"] <= ROWS_READ_MAX, told
    return used, pages_most


@pytest.mark.parametrize("name", READS)
def test_the_plans_of_a_read(name, focal, plans, readers, words, growing, measured):
    log = PostgresLog(focal.state / "log/postgres.log")
    random.seed(11)
    for reader in readers[:4] + random.choices(readers, k=CALLS):
        request = READS[name](reader, words)
        if request is not None:
            method, path, body, then = request
            answer, _ = reader.ask(method, path, body)
            if then:
                then(answer)
    used, pages = check(log, growing)
    measured(name)["pages"] = pages
    assert INDEXES.get(name, set()) <= used, used


def test_the_plans_of_writes(focal, plans, readers, growing):
    log = PostgresLog(focal.state / "log/postgres.log")
    top = [post["id"] for post in readers[-1].get(POSTS, sort="top", limit=10)["items"]]
    for reader, other in zip(readers[:12], readers[1:13]):
        reader.ask("POST", "/api/v1/stats/session", {"duration_minutes": 25})
        reader.ask("POST", "/api/v1/sessions/start", {})
        reader.ask("POST", "/api/v1/sessions/stop", {})
        reader.ask("POST", "/api/v1/messages/send", {"receiver_id": other.id, "content": "hello"})
        post, _ = reader.ask(
            "POST", POSTS, {"title": "title", "content": "content", "category": "general"})
        other.ask("PUT", f"{POSTS}/{post['id']}/like")
        other.ask("POST", f"{POSTS}/{post['id']}/comments", {"content": "comment"})
        visible = random.choice(top)
        readers[-1].ask("POST", f"{POSTS}/{visible}/like")
        reader.ask("DELETE", f"{POSTS}/{post['id']}")
    check(log, growing)
