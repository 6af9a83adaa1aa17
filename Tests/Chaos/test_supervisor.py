"""The supervisor itself: a second start is quick, an end leaves nothing behind, however it comes."""
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / os.environ.get("FOCAL_BINARIES", ".build/release")
SERVICES = ["AUTH", "SESSIONS", "GAMIFICATION", "COMMUNITY", "MESSAGING", "QUOTES"]
SECOND_START_SECONDS = 3

pytestmark = pytest.mark.skipif(
    not (BINARIES / "focal-gateway").exists(), reason="needs built executables")


def free_ports():
    """Each port once, in any order; the replicas' ports, 100 above, are none of them."""
    places = [port for port in range(14000, 20000) if port // 100 % 2 == 0]
    for port in random.sample(places, len(places)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield str(port)


@pytest.fixture
def environment(tmp_path):
    names = ["PORT", "GATEWAY_ADMIN_PORT", "FOCAL_POSTGRES_PORT", "FOCAL_REDIS_PORT"]
    ports = free_ports()
    values = {name: next(ports) for name in names}
    values |= {f"{service}_ADMIN_PORT": next(ports) for service in SERVICES}
    values |= {f"{service}_ADDRESS": f"tcp:127.0.0.1:{next(ports)}" for service in SERVICES}
    state = tmp_path / "state"
    yield os.environ | values | {
        "FOCAL_STATE_DIR": str(state), "FOCAL_BINARIES": str(BINARIES), "DATABASE_URL": "",
        "REDIS_URL": ""}
    # Pytest's folder is closed to PostgreSQL's user: as root the data lies elsewhere.
    shutil.rmtree(os.path.realpath(state / "postgres"), ignore_errors=True)


def start(environment, patience_seconds=60):
    """A supervisor whose system is ready, and how long that took."""
    started = time.monotonic()
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", ROOT / "deploy/scripts/supervise"], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.rstrip() == f"Focal is ready at http://127.0.0.1:{environment['PORT']}":
            return process, time.monotonic() - started
    raise AssertionError("".join(lines))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return ") Z " not in file.read()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids, seconds):
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_drains_all_and_a_second_start_is_quick(number, environment):
    process, _ = start(environment)
    below = children(process.pid)
    assert len(below) == 9
    process.send_signal(number)
    assert process.wait(30) == 0
    wait_until_gone(below, 0)
    process, seconds = start(environment)
    process.terminate()
    assert process.wait(30) == 0
    assert seconds < SECOND_START_SECONDS, seconds


def test_a_killed_supervisor_takes_all_along(environment):
    process, _ = start(environment)
    below = children(process.pid)
    process.kill()
    process.wait()
    wait_until_gone(below, 15)
    process, _ = start(environment)  # And what it left is no obstacle.
    process.terminate()
    assert process.wait(30) == 0


def test_replicas_have_ports_and_logs_of_their_own(environment):
    process, _ = start(environment | {"FOCAL_REPLICAS": "2"})
    assert len(children(process.pid)) == 2 + 2 * (1 + len(SERVICES))
    logs = {path.stem for path in Path(environment["FOCAL_STATE_DIR"], "log").iterdir()}
    assert {"auth", "auth-2", "gateway", "gateway-2"} <= logs
    for name in ["GATEWAY", *SERVICES]:
        port = int(environment[f"{name}_ADMIN_PORT"])
        for replica in [port, port + 100]:
            with socket.create_connection(("127.0.0.1", replica), 1) as connection:
                connection.sendall(
                    b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                assert b" 200 " in connection.recv(64), f"{name} at {replica}"
    process.terminate()
    assert process.wait(30) == 0


def test_two_supervisors_do_not_share_a_state(environment):
    process, _ = start(environment)
    second = subprocess.run(
        [ROOT / "deploy/scripts/supervise"], env=environment, capture_output=True, text=True)
    assert second.returncode == 1 and "another Focal" in second.stderr
    process.terminate()
    assert process.wait(30) == 0


def test_a_wrong_setting_is_named(environment):
    for name, value in [
            ("PORT", "http"), ("FOCAL_REPLICAS", "0"), ("AUTH_ADMIN_PORT", environment["PORT"])]:
        done = subprocess.run(
            [ROOT / "deploy/scripts/supervise"], env=environment | {name: value},
            capture_output=True, text=True)
        assert done.returncode == 78
        assert (value if name == "AUTH_ADMIN_PORT" else name) in done.stderr


def test_secrets_are_their_owners_alone(environment):
    process, _ = start(environment)
    process.terminate()
    process.wait(30)
    folder = Path(environment["FOCAL_STATE_DIR"], "secrets")
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert len(files) >= 9
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
