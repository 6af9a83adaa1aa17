"""A backup is taken under load, and a new system made from it: what was acknowledged before is there, whole."""
import asyncio
import copy
import shutil
import subprocess
from datetime import datetime, timezone

import pytest
from chaos.caller import wait_until_ready
from chaos.database import Database
from chaos.judgement import Judgement
from chaos.people import PASSWORD, Lane, System
from chaos.writers import SocialWriter
from story import BINARIES, ROOT, run, writing
from supervisor.private import Supervisor, secret

pytestmark = pytest.mark.skipif(
    not (BINARIES / "focal-gateway").exists(), reason="needs built executables")

WRITING_SECONDS, EMPTY_SECONDS_MAX = 1.5, 20


def test_a_dump_has_all_that_was_acknowledged_before_it(story):
    environment = story.environment("dump-restored")
    asyncio.run(run("restore", story.dump, environment=environment))
    with Supervisor(environment, "--stores"):
        database = Database(environment["FOCAL_STATE_DIR"])
        outboxes = asyncio.run(database.wait_until_empty(0))
        changed = asyncio.run(database.ask("SELECT max(changed) FROM gamification.scores"))
    assert sum(int(row.split("|")[2]) for row in outboxes) > 0, "no event was under way: nothing is tested"
    # Numbers of the old server's transactions would make each board read all scores again.
    assert changed == ["0"]
    judge(story, story.dumped, environment)


def test_the_log_leads_to_a_moment(story):
    environment = story.environment("moment-restored")
    until = datetime.fromtimestamp(story.chosen.time, timezone.utc).isoformat()
    asyncio.run(run(
        "restore", story.base, "--wal", story.archive, "--until", until, environment=environment))
    judge(story, story.chosen, environment)


def test_the_log_leads_to_its_end(story):
    environment = story.environment("end-restored")
    asyncio.run(run("restore", story.base, "--wal", story.archive, environment=environment))
    judge(story, story.ended, environment)


def test_a_database_that_is_not_empty_stays(story):
    """The old system's, which has stopped."""
    state = story.folder / "old"
    environment = story.environment("none") | {"FOCAL_STATE_DIR": str(state)}
    refused = subprocess.run(
        [ROOT / "deploy/scripts/restore", story.dump], env=environment, capture_output=True, text=True)
    assert refused.returncode == 1 and "not empty" in refused.stderr, refused.stdout + refused.stderr


def test_a_given_database_is_restored_and_replaced(story):
    """By DATABASE_URL, as of somebody else's server."""
    stores, mine = story.environment("their-stores"), story.environment("given")
    with Supervisor(stores, "--stores"):
        mine["DATABASE_URL"] = secret(stores, "database_url")
        for options in [[], ["--replace"]]:
            asyncio.run(run("restore", *options, story.dump, environment=mine))
            users = asyncio.run(Database(stores["FOCAL_STATE_DIR"]).ask("SELECT count(*) FROM auth.users"))
            assert int(users[0]) >= len(story.people)
        # What is in the way stays, and what fails changes nothing.
        done = subprocess.run(
            [ROOT / "deploy/scripts/restore", story.dump], env=mine, capture_output=True, text=True)
        assert done.returncode == 1 and "not empty" in done.stderr, done.stdout + done.stderr
        broken = story.folder / "broken"
        shutil.copytree(story.dump, broken)
        with open(broken / "database.dump", "r+b") as dump:
            dump.truncate(dump.seek(0, 2) * 9 // 10)
        done = subprocess.run(
            [ROOT / "deploy/scripts/restore", "--replace", broken], env=mine, capture_output=True, text=True)
        assert done.returncode == 1 and "as it was" in done.stderr, done.stdout + done.stderr
        assert asyncio.run(Database(stores["FOCAL_STATE_DIR"]).ask("SELECT count(*) FROM auth.users")) == users


def judge(story, moment, environment):
    """In front of a Redis that was full of the old system's."""
    assert redis(story, "DBSIZE") == "0"
    ledger = story.ledger.seen_between(moment.earliest, moment.latest)
    assert ledger.records
    system = System(int(environment["PORT"]), ledger)
    for person in story.people:
        person.system = system
        person.reads = copy.deepcopy(moment.reads[person.name])
        person.received = []
    SocialWriter.shared.clear()
    with Supervisor(environment):
        asyncio.run(look(story, system, environment))
    assert not ledger.wrong, "\n".join(ledger.wrong[:20])
    assert ledger.counts["session checked"] > 20 and ledger.counts["message checked"] > 5, ledger.counts


def redis(story, command):
    done = subprocess.run(
        ["redis-cli", "-u", story.redis_url, command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


async def look(story, system, environment):
    people, ledger = story.people, system.ledger
    admin_ports = [int(port) for name, port in environment.items() if name.endswith("_ADMIN_PORT")]
    assert not await wait_until_ready(admin_ports, 20)
    for person in people:
        anybody = Lane(person, None, token=None)
        answer = await anybody.ask(
            "POST", "/api/v1/auth/login", {"email": person.email, "password": PASSWORD})
        assert answer and answer.json["user"]["id"] == person.id
        await anybody.connection.close()
        lane = Lane(person, None)  # The token of before works too. A timer that ran then still runs.
        if (await lane.ask("GET", "/api/v1/sessions/active", allowed=(404,))).is_success:
            assert await lane.ask("POST", "/api/v1/sessions/stop")
        await lane.connection.close()
    await story.keeper.return_to(system)
    before = len(ledger.records)
    async with writing(people):
        await asyncio.sleep(WRITING_SECONDS)
    assert sum(record.is_sure for record in ledger.records[before:]) > 20, "it serves no writes"
    database = Database(environment["FOCAL_STATE_DIR"])
    for row in await database.wait_until_empty(EMPTY_SECONDS_MAX):
        ledger.blame(f"left in an outbox: {row}")
    await Judgement(ledger, people, []).pass_()
    for difference in await database.differences():
        ledger.blame(f"DATABASE: {difference}")
