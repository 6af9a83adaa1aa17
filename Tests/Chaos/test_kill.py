"""SIGKILL of any process while sessions are logged: it is back within a second, nothing acknowledged is lost."""
import os
import re
import signal
import threading
import time

import httpx
import pytest
from focal import User, assert_problem

EXECUTABLES = [
    "focal-gateway", "focal-auth", "focal-sessions", "focal-gamification", "focal-community",
    "focal-messaging", "focal-quotes", "postgres", "redis-server"]
BACK_WITHIN_SECONDS = 1.0
#: Who was killed again sooner than this is let wait, as one that keeps dying (supervisor/process.py).
RECOVERED_AFTER_SECONDS = 3.1
HEALED_WITHIN_SECONDS = 10.0

pytestmark = pytest.mark.skipif(
    "FOCAL_SUPERVISOR_PID" not in os.environ, reason="needs the supervisor's pid")


def find(executable):
    """The pid of that executable directly below the supervisor."""
    supervisor = os.environ["FOCAL_SUPERVISOR_PID"]
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                parent = file.read().rsplit(")", 1)[1].split()[1]
            with open(f"/proc/{entry}/cmdline") as file:
                program = os.path.basename(re.split(r"[\0 ]", file.read())[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == supervisor and program == executable:
            return int(entry)
    return None


class Writer:
    """Logs sessions without a pause, reads the metrics after each, and keeps what was acknowledged.

    Whenever metrics are answered they have all that was acknowledged before: what was killed may refuse to answer,
    never answer what is stale.
    """

    def __init__(self, user):
        self._user = user
        self._thread = threading.Thread(target=self._run)
        self._stop = threading.Event()
        self.acknowledged = []
        self.refusals = []
        self.stale = []
        self.broken = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def wait_for(self, count, seconds):
        target = len(self.acknowledged) + count
        deadline = time.monotonic() + seconds
        while len(self.acknowledged) < target:
            assert time.monotonic() < deadline, f"not healed: {[a.text for a in self.refusals[-3:]]}"
            time.sleep(0.005)

    def _run(self):
        while not self._stop.is_set():
            try:
                answer = self._user.http.post("/focus-session", json={"duration": 1})
            except httpx.TransportError:
                self.broken += 1
                time.sleep(0.005)
                continue
            if answer.status_code == 201:
                self.acknowledged.append(answer.json()["id"])
                self._read()
            else:
                self.refusals.append(answer)
                time.sleep(0.005)


    def _read(self):
        try:
            answer = self._user.http.get("/focus-metrics")
        except httpx.TransportError:
            self.broken += 1
            return
        if answer.status_code != 200:
            self.refusals.append(answer)
        elif (counted := answer.json()["daily"]["sessions"]) < len(self.acknowledged):
            self.stale.append((counted, len(self.acknowledged)))


def first_answer(user, path):
    """The first one that is no refusal: it has to be right."""
    deadline = time.monotonic() + HEALED_WITHIN_SECONDS
    while (answer := user.http.get(path)).status_code == 503:
        assert time.monotonic() < deadline, f"not healed: {answer.text}"
        time.sleep(0.005)
    assert answer.status_code == 200, answer.text
    return answer.json()


def assert_nothing_is_lost(user, writer):
    """What was acknowledged is in the log and in every view, from the first answer on."""
    counts = {
        first_answer(user, "/focus-metrics")["daily"]["sessions"],
        first_answer(user, "/users/me")["total_sessions"]}
    first_answer(user, "/focus-logs")
    logged = {session["id"] for session in user.logs()}
    assert set(writer.acknowledged) <= logged
    assert counts == {len(logged)}, f"{len(writer.acknowledged)} acknowledged"
    assert writer.stale == []


def age(pid):
    """For how long a process has been running; seconds. 0 for one that is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            started = int(file.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except FileNotFoundError:
        return 0
    with open("/proc/uptime") as file:
        return float(file.read().split()[0]) - started


def recovered(executable):
    """The pid of a process that whatever was killed before does not count against."""
    deadline = time.monotonic() + HEALED_WITHIN_SECONDS
    while not (pid := find(executable)) or age(pid) < RECOVERED_AFTER_SECONDS:
        assert time.monotonic() < deadline, f"{executable} does not stay"
        time.sleep(0.05)
    return pid


@pytest.mark.parametrize("executable", EXECUTABLES)
def test_killed_and_healed(executable):
    user = User()
    before = recovered(executable)
    with Writer(user) as writer:
        writer.wait_for(20, HEALED_WITHIN_SECONDS)
        os.kill(before, signal.SIGKILL)
        killed = time.monotonic()
        while (now := find(executable)) in (None, before):
            assert time.monotonic() - killed < BACK_WITHIN_SECONDS, "not started again"
            time.sleep(0.005)
        writer.wait_for(20, HEALED_WITHIN_SECONDS)
        print(f"{executable} healed after {time.monotonic() - killed:.2f} s")
    for answer in writer.refusals:
        assert_problem(answer, 503)
    if executable != "focal-gateway":
        assert writer.broken == 0
    if executable in ("focal-community", "focal-messaging", "focal-quotes", "redis-server"):
        assert writer.refusals == []  # Nobody who logs a session needs them.
    assert_nothing_is_lost(user, writer)


@pytest.mark.parametrize("executable", ["focal-gamification", "postgres", "redis-server"])
def test_leaderboards_stay_right(executable):
    user = User()

    def timed():
        assert user.http.post("/sessions/start", json={}).status_code == 201
        time.sleep(1.1)
        answer = user.http.post("/sessions/stop")
        assert answer.status_code == 200, answer.text
        return answer.json()["duration_seconds"]

    seconds = timed()
    before = user.get("/leaderboard", window="today")
    assert before["me"]["total_seconds"] == seconds
    seconds += timed()  # Nobody has asked since, so that Redis does not have it.
    pid = recovered(executable)
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    while find(executable) in (None, pid):
        assert time.monotonic() - killed < BACK_WITHIN_SECONDS, "not started again"
        time.sleep(0.005)
    for window in ("today", "overall"):
        me = first_answer(user, f"/leaderboard?window={window}")["me"]
        assert (me["total_seconds"], me["sessions"]) == (seconds, 2)
    first_answer(user, "/focus-metrics")
    seconds += timed()
    me = first_answer(user, "/leaderboard?window=today")["me"]
    assert (me["total_seconds"], me["sessions"]) == (seconds, 3)


def test_a_server_process_of_postgres():
    """All of them end with it, in the middle of their commits, and PostgreSQL recovers by itself."""
    user = User()
    with Writer(user) as writer:
        for _ in range(3):
            writer.wait_for(20, HEALED_WITHIN_SECONDS)
            postgres = find("postgres")
            with open(f"/proc/{postgres}/task/{postgres}/children") as file:
                os.kill(int(file.read().split()[-1]), signal.SIGKILL)
        writer.wait_for(20, HEALED_WITHIN_SECONDS)
    assert find("postgres") == postgres
    assert writer.broken == 0
    for answer in writer.refusals:
        assert_problem(answer, 503)
    assert_nothing_is_lost(user, writer)


def test_all_services_at_once():
    user = User()
    names = [name for name in EXECUTABLES if name.startswith("focal-") and name != "focal-gateway"]
    with Writer(user) as writer:
        writer.wait_for(5, HEALED_WITHIN_SECONDS)
        for name in names:
            if (pid := find(name)) is not None:
                os.kill(pid, signal.SIGKILL)
        writer.wait_for(20, HEALED_WITHIN_SECONDS * 2)
    assert writer.broken == 0
    for answer in writer.refusals:
        assert_problem(answer, 503)
    assert_nothing_is_lost(user, writer)
