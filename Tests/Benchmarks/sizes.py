#!/usr/bin/env python3
"""What a system needs by what it holds and does: bytes in PostgreSQL and Redis, memory of the processes, processor time of
the routes that bench.py leaves out. Prints tables for deploy/docs/sizing.md.

  .build/venv-tests/bin/python Tests/Benchmarks/sizes.py [--share 0.1] [--requests 1000]

Starts a private system of FOCAL_BINARIES (.build/release) and fills it as `make scale` does, a tenth of it by default.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../.."))
sys.path[:0] = [HERE, os.path.join(ROOT, "Tests/Scale")]
from measure import Processes  # noqa: E402

#: What a thing takes in all services together: the tables that grow with it.
TABLES = {
    "user": ["auth.users", "sessions.user_settings", "gamification.summaries", "community.known_users",
             "messaging.users", "messaging.inboxes"],
    "session": ["sessions.sessions", "gamification.counted_sessions"],
    "day of a user with sessions": ["gamification.days"],
    "window of a leaderboard of a user": ["gamification.scores"],
    "post": ["community.posts", "gamification.posts"],
    "comment": ["community.comments"],
    "like": ["community.post_likes"],
    "message": ["messaging.messages"],
    "conversation": ["messaging.conversations"],
}
CLIENTS = 8
REDIS_USERS = 500


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=0.1, help="of a million sessions of 10,000 users")
    parser.add_argument("--requests", type=int, default=1000, help="of each route")
    options = parser.parse_args()
    os.environ["FOCAL_SCALE_SHARE"] = str(options.share)
    from filling import Database
    from systems import Focal
    with tempfile.TemporaryDirectory(prefix="focal-sizes-") as state:
        os.chmod(state, 0o755)  # The store's own user has to reach its folder.
        focal = Focal(state)
        try:
            idle = memory(focal)
            database = Database(focal.database_url)
            database.fill()
            print_tables(database)
            readers = sign_in(focal, database)
            print_redis(focal, readers)
            print_routes(focal, database, readers[:CLIENTS], options.requests)
            print_memory(idle, memory(focal))
            print_backends(focal)
        finally:
            focal.stop()


def print_tables(database):
    print("\n| one more | rows counted | bytes, indexes included |\n| --- | ---: | ---: |")
    for what, tables in TABLES.items():
        rows = int(database.ask(f"SELECT count(*) FROM {tables[0]}")[0])
        size = sum(int(database.ask(f"SELECT pg_total_relation_size('{table}')")[0]) for table in tables)
        print(f"| {what} | {rows:,} | {size / max(rows, 1):,.0f} |")
    total = int(database.ask("SELECT pg_database_size(current_database())")[0])
    print(f"\nThe whole database: {total / 1e6:,.0f} MB.", flush=True)


def sign_in(focal, database):
    """Users who do much and little; each asks what an app asks for when it is opened."""
    from routes import Reader
    from systems import call
    users = int(database.ask("SELECT count(*) FROM scale.people")[0])
    people = database.people(random.Random(1).sample(range(users), min(REDIS_USERS, users)))

    def one(person):
        number, id, email = person
        status, answer = call(
            focal.port, "POST", "/api/v1/auth/login", {"email": email, "password": "correct horse"})
        assert status == 200, answer
        return Reader(focal.port, int(number), id, answer["access_token"])

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, people))


def redis_bytes(focal):
    info = subprocess.run(
        ["redis-cli", "--no-auth-warning", "-u", focal.redis_url, "INFO", "memory"], check=True, capture_output=True, text=True).stdout
    return next(int(line.split(":")[1]) for line in info.splitlines() if line.startswith("used_memory_dataset:"))


def print_redis(focal, readers):
    before = redis_bytes(focal)
    for path in ["/api/v1/focus-metrics"]:
        each(readers, lambda reader: reader.get(path))
    cached = redis_bytes(focal)
    for window in ["today", "week", "month", "overall"]:
        readers[0].get("/api/v1/leaderboard", by="time", window=window)
    ranked = redis_bytes(focal)
    print("\n| in Redis | bytes |\n| --- | ---: |")
    print(f"| metrics and a limit, a user who was active within a day | {(cached - before) / len(readers):,.0f} |")
    print(f"| all leaderboards of all filled users | {ranked - cached:,} |", flush=True)


def print_routes(focal, database, readers, requests):
    routes = {
        "POST /focus-session": lambda reader: ("POST", "/focus-session", {"duration": 25}),
        "POST /api/v1/journals": lambda reader: ("POST", "/api/v1/journals", {"content": "a line"}),
        "POST /api/v1/messages/send": lambda reader: (
            "POST", "/api/v1/messages/send", {"receiver_id": readers[0].id, "content": "hello"})
        if reader is not readers[0] else ("GET", "/api/v1/messages/unread-count", None),
        "POST /api/v1/sessions/start and stop": start_or_stop,
        "GET /api/v1/sessions/logs": lambda reader: ("GET", "/api/v1/sessions/logs?limit=20", None),
        "GET /api/v1/stats/user (30 days)": lambda reader: ("GET", f"/api/v1/stats/user/{reader.id}?days=30", None),
        "GET /api/v1/leaderboard (week)": lambda reader: ("GET", "/api/v1/leaderboard?window=week", None),
        "GET /api/v1/community/posts": lambda reader: ("GET", "/api/v1/community/posts?limit=20", None),
        "GET a search": lambda reader: ("GET", "/api/v1/community/posts?q=morning", None),
        "GET /api/v1/messages/conversations": lambda reader: (
            "GET", "/api/v1/messages/conversations?limit=20", None),
        "GET /api/v1/timeline": lambda reader: ("GET", "/api/v1/timeline?limit=20", None),
    }
    groups = [focal.processes, focal.postgres, focal.redis]
    print("\n| route | Focal's CPU µs | PostgreSQL's | Redis' | bytes of PostgreSQL's log |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, request in routes.items():
        def work(reader):
            for _ in range(requests // len(readers)):
                reader.ask(*request(reader))
        before, log = [group.seconds() for group in groups], log_position(database)
        each(readers, work)
        time.sleep(0.3)  # What is done after the answer belongs to it.
        log = log_position(database) - log
        costs = [(group.seconds() - start) * 1e6 / requests for group, start in zip(groups, before)]
        print(f"| {name} | " + " | ".join(f"{cost:.0f}" for cost in costs) + f" | {log / requests:,.0f} |", flush=True)


def log_position(database):
    return int(database.ask("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0])


def start_or_stop(reader):
    reader.is_timing = not getattr(reader, "is_timing", False)
    return "POST", f"/api/v1/sessions/{'start' if reader.is_timing else 'stop'}", {} if reader.is_timing else None


def memory(focal):
    return focal.processes.memory_bytes_each()


def print_memory(idle, after):
    print("\n| process | MB, just started | MB, after all that |\n| --- | ---: | ---: |")
    for name in sorted(idle):
        print(f"| {name} | {idle[name] / 1e6:.1f} | {after[name] / 1e6:.1f} |")


def print_backends(focal):
    """PostgreSQL's own processes: their shared memory counts once."""
    master, = focal.postgres.roots
    with open(f"/proc/{master}/task/{master}/children") as file:
        backends = [int(pid) for pid in file.read().split()]
    sizes = [Processes(pid).memory_bytes() for pid in backends]
    print(f"\nPostgreSQL: {len(sizes)} processes, {sum(sizes) / 1e6:.0f} MB together, {sum(sizes) / len(sizes) / 1e6:.1f} MB each.")


def each(readers, work):
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, readers))


if __name__ == "__main__":
    main()
