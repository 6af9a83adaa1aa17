"""One system that is written to, and is backed up meanwhile: what it acknowledged, and when."""
import asyncio
import contextlib
import copy
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from chaos.database import Database
from chaos.doors import DoorWriter
from chaos.ledger import Ledger
from chaos.people import Lane, Person, System
from chaos.timers import TimerWriter
from chaos.writers import DiaryWriter, MessageWriter, SessionWriter, SocialWriter
from keeper import Keeper
from supervisor.private import Supervisor, private_environment

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / os.environ.get("FOCAL_BINARIES", ".build/release")
PEOPLE = 8
#: Requests a second of each person and kind.
RATES = {SessionWriter: 4, DiaryWriter: 1.5, SocialWriter: 1.5, MessageWriter: 2, TimerWriter: 0.6, DoorWriter: 0.3}
SETTINGS = {
    "RATE_LIMIT_SCALE": "10000", "TRUSTED_PROXIES": "127.0.0.1", "JWT_EXPIRE_MINUTES": "1440"}


class Moment:
    """A span within which something looked at the system: what it may have seen."""

    def __init__(self, people):
        self.latest = None
        self.earliest = time.monotonic()
        self.time = time.time()
        self.reads = {person.name: copy.deepcopy(person.reads) for person in people}

    def end(self):
        self.latest = time.monotonic()


class Story:
    """What was done to the first system, and where its backups are."""

    def __init__(self, folder, redis_url):
        self.folder, self.redis_url = folder, redis_url
        self.dump, self.base, self.archive = folder / "dump", folder / "base", folder / "archive"
        self.ledger = Ledger()
        self.people, self.keeper = [], None
        #: Of the dump; chosen for recovery; the end of all.
        self.dumped = self.chosen = self.ended = None

    def environment(self, name):
        """Of a system in a folder of its own. They share a Redis, which never knows of what time they are."""
        state = self.folder / name
        state.mkdir()
        state.chmod(0o755)  # The store's own user has to reach its folder.
        return os.environ | private_environment(str(state), str(BINARIES)) | SETTINGS | {
            "REDIS_URL": self.redis_url, "FOCAL_WAL_ARCHIVE": ""}


def told(story):
    environment = story.environment("old") | {"FOCAL_WAL_ARCHIVE": str(story.archive)}
    with Supervisor(environment) as system:
        asyncio.run(live(story, environment, system.pid))
    assert not story.ledger.wrong, story.ledger.wrong[:20]
    return story


async def live(story, environment, supervisor):
    system = System(int(environment["PORT"]), story.ledger)
    story.people = [Person(system, number) for number in range(PEOPLE)]
    for person in story.people:
        await person.register()
        person.friends = [other for other in story.people if other is not person][:4]
    story.keeper = Keeper(system)
    await story.keeper.settle()
    await rank(story.people)
    system.is_troubled = True  # Messaging stands still for a moment.
    async with writing(story.people):
        await asyncio.sleep(1)
        await run("backup", "--base", story.base, environment=environment)
        messaging = a_process("focal-messaging", supervisor)
        os.kill(messaging, signal.SIGSTOP)
        await asyncio.sleep(0.3)
        story.dumped = Moment(story.people)
        await run("backup", story.dump, environment=environment)
        story.dumped.end()
        os.kill(messaging, signal.SIGCONT)
        await asyncio.sleep(1.5)
        story.chosen = Moment(story.people)
        story.chosen.end()
        await asyncio.sleep(1.5)
    system.is_troubled = False
    await rank(story.people)
    story.ended = Moment(story.people)
    await Database(environment["FOCAL_STATE_DIR"]).ask("SELECT pg_switch_wal()")
    story.ended.end()


async def rank(people):
    """Redis has the board as it is now."""
    for person in people:
        lane = Lane(person, None)
        await lane.get("/leaderboard?window=overall")
        await lane.connection.close()


@contextlib.asynccontextmanager
async def writing(people):
    """All of them write, until the block is over: what is under way then, nobody waits for."""
    lanes = []
    for person in people:
        person.lanes = [kind(person, random.Random(f"{person.name} {kind}")) for kind in RATES]
        lanes += person.lanes
    tasks = [asyncio.create_task(lane.run(RATES[type(lane)], float("inf"))) for lane in lanes]
    yield
    for task in tasks:
        task.cancel()
    for end in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(end, asyncio.CancelledError):
            raise AssertionError(f"a writer ended: {end!r}")


async def run(script, *arguments, environment):
    done = await asyncio.to_thread(
        subprocess.run, [ROOT / "deploy/scripts" / script, *arguments], env=environment, capture_output=True,
        text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def a_process(name, supervisor):
    """The pid of the supervisor's child of that name."""
    for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if Path(f"/proc/{pid}/comm").read_text().strip() == name:
            return int(pid)
    raise AssertionError(f"no {name}")
