"""One filled system for all tests of this folder."""
import contextlib
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Benchmarks")]

from filling import AMOUNTS, Database  # noqa: E402
from routes import Reader  # noqa: E402
from systems import Focal, call  # noqa: E402

PASSWORD = "correct horse"
#: By the name of a route, what was measured of it: see the end of a run.
MEASURED = {}
#: Those with the most of everything, and some of all kinds.
NUMBERS = sorted({0, 1, 2, 3, 5, 8, 13, 21} | {
    number * AMOUNTS["users"] // 40 for number in range(40)})


def pytest_terminal_summary(terminalreporter):
    if not MEASURED:
        return
    terminalreporter.write_line("")
    terminalreporter.write_line("| route | p50, first round | p99, first round | p99, best | pages at most |")
    terminalreporter.write_line("| --- | --- | --- | --- | --- |")
    for name, one in MEASURED.items():
        rounds = one.get("rounds", [])
        times = [f"{rounds[0][0]:.1f} ms", f"{rounds[0][1]:.1f} ms",
                 f"{min(p99 for _, p99 in rounds):.1f} ms"] if rounds else ["", "", ""]
        terminalreporter.write_line(f"| {name} | {' | '.join(times)} | {one.get('pages', '')} |")


@pytest.fixture(scope="session")
def measured():
    """What is put here by a route's name is told at the end."""
    return lambda name: MEASURED.setdefault(name, {})


@pytest.fixture(scope="session")
def focal():
    with contextlib.ExitStack() as stack:
        state = os.environ.get("FOCAL_SCALE_STATE")
        if not state:
            state = stack.enter_context(tempfile.TemporaryDirectory(prefix="focal-scale-"))
        os.makedirs(state, exist_ok=True)
        os.chmod(state, 0o755)  # The store's own user has to reach its folder.
        system = Focal(os.path.abspath(state))
        stack.callback(system.stop)
        system.state = Path(state)
        yield system


@pytest.fixture(scope="session")
def database(focal):
    database = Database(focal.database_url)
    if not database.is_filled():
        database.fill()
    return database


@pytest.fixture(scope="session")
def readers(focal, database):
    """Signed-in users, from the one who does most to one of those who do little."""
    def sign_in(person):
        number, id, email = person
        status, answer = call(
            focal.port, "POST", "/api/v1/auth/login", {"email": email, "password": PASSWORD})
        assert status == 200, answer
        return Reader(focal.port, int(number), id, answer["access_token"])

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(sign_in, database.people(NUMBERS)))


@pytest.fixture(scope="session")
def words(database):
    """Words by how many texts have them: nearly all, one in ten, one in a hundred, one in two hundred,
    and some three texts in all."""
    ranks = {"common": range(0, 5), "frequent": range(10, 30), "usual": range(200, 400),
             "rare": range(3000, 4000), "single": range(6000, 9000)}
    return {
        name: database.ask(f"SELECT scale.word(n) FROM generate_series({r.start}, {r.stop - 1}) n")
        for name, r in ranks.items()}


@pytest.fixture(scope="session")
def plans(focal, database):
    """PostgreSQL tells the plan of each statement that it runs, with what it read."""
    settings = {
        "session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": 0,
        "auto_explain.log_format": "json", "auto_explain.log_nested_statements": "on",
        "auto_explain.log_analyze": "on", "auto_explain.log_timing": "off",
        "auto_explain.log_buffers": "on"}
    [name] = database.ask("SELECT current_database()")
    for setting, value in settings.items():
        database.ask(f"LOAD 'auto_explain'; ALTER DATABASE {name} SET {setting} = '{value}'")
    reconnect(focal, database)
    yield
    for setting in settings:
        database.ask(f"LOAD 'auto_explain'; ALTER DATABASE {name} RESET {setting}")
    reconnect(focal, database)


def reconnect(focal, database):
    database.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'focal\\_%'")
    deadline = time.monotonic() + 30
    while True:
        time.sleep(0.5)
        if call(focal.port, "GET", "/ready")[0] == 200:
            return
        assert time.monotonic() < deadline, "the system did not come back"
