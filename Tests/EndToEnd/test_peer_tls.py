"""Mutual TLS between the processes, with the certificates of deploy/scripts/certificates: ours work, nobody else's do."""
import os
import signal
import socket
import ssl
import stat
import subprocess
import time

import httpx
import pytest

from focal import an_address, an_email, client
from live import Socket, free_port, metric
from private import ROOT, SERVICES, System

SECONDS_MAX = 10
#: The first frame of a server, which it sends to whoever has proved who they are: its kind.
HELLO = 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("ours", "others"):
        certificates(folder / name)
    return folder


@pytest.fixture(scope="module")
def system(folder):
    with System(**settings(folder / "ours", "{process}")) as system:
        yield system


@pytest.fixture(scope="module")
def user(system):
    """The headers of somebody who is signed in."""
    with client() as http:
        answer = http.post(
            f"{system.url}/register", json={"email": an_email(), "password": "correct horse battery"})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}", "X-Forwarded-For": an_address()}


# What the script makes


def test_keys_are_for_their_owner_alone(folder):
    keys = list((folder / "ours").glob("*.key"))
    assert len(keys) == 8
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_a_second_run_changes_nothing_and_a_renewal_all_but_the_authority(tmp_path):
    certificates(tmp_path)

    def contents():
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    before = contents()
    certificates(tmp_path)
    assert contents() == before
    inode = (tmp_path / "auth.pem").stat().st_ino
    certificates(tmp_path, "--renew")
    after = contents()
    unchanged = {name for name in before if before[name] == after[name]}
    assert unchanged == {"authority.pem", "authority.key"}
    # What a container has mounted is the file, not its name.
    assert (tmp_path / "auth.pem").stat().st_ino == inode


def test_what_ends_soon_is_made_anew(tmp_path):
    certificates(tmp_path, days=2)
    before = (tmp_path / "auth.pem").read_bytes()
    certificates(tmp_path, days=5)
    assert (tmp_path / "auth.pem").read_bytes() == before, "two fifths of the time are left"
    certificates(tmp_path, days=7)
    assert (tmp_path / "auth.pem").read_bytes() != before


# The system over it


def test_everything_works(system, user):
    with Socket("/api/v1/ws", user, system.url) as live:
        answer = httpx.post(f"{system.url}/focus-session", json={"duration": 25}, headers=user)
        assert answer.status_code == 201, answer.text
        live.until("session_completed")
        metrics = httpx.get(f"{system.url}/focus-metrics", headers=user).json()
        assert metrics["daily"]["sessions"] == 1
    assert httpx.get(f"{system.url}/quotes/today").status_code == 200
    assert httpx.get(f"{system.url}/ready").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_of_ours_is_greeted(system, folder, service):
    for address in (("127.0.0.1", system.port(service)), system.socket(service)):
        assert greeting(address, context(folder / "ours", "gateway"), service) == HELLO


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_cannot_prove_it_is_refused(system, folder, service):
    strangers = [
        context(folder / "ours", None),
        context(folder / "others", "gateway", trusts=folder / "ours"),
        None,
    ]
    before = metric(system.admin_port(service), "rpc_server_hellos_refused_total")
    for address in (("127.0.0.1", system.port(service)), system.socket(service)):
        for stranger in strangers:
            assert greeting(address, stranger, service) is None
    refused = metric(system.admin_port(service), "rpc_server_hellos_refused_total") - before
    assert refused == 2 * len(strangers)


@pytest.mark.parametrize("options", [
    ["-tls1"], ["-tls1_1"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], ["-tls1_2", "-cipher", "NULL"]])
def test_old_versions_and_weak_ciphers_are_refused(system, folder, options):
    if "-cipher" not in options:
        options = [*options, "-cipher", "ALL"]
    said = s_client(system, folder, *options[:-1], f"{options[-1]}:@SECLEVEL=0")
    assert "Cipher is (NONE)" in said


def test_a_strong_cipher_gets_the_same_client_through(system, folder):
    said = s_client(system, folder, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0")
    assert "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256" in said
    assert "Verify return code: 0 (ok)" in said


def gateways(system, folder):
    """What a gateway must not be, by its settings; and the services that it must not reach."""
    everything = set(SERVICES)
    return {
        "of another authority": (settings(folder / "others", "gateway"), everything),
        "without TLS": (
            {"RPC_TLS_CERT": "", "RPC_TLS_KEY": "", "RPC_TLS_CA": "", "RPC_SECRET": "a secret of no use"},
            everything),
        "with a secret that the others do not have": ({"RPC_SECRET": "a secret of one alone"}, everything),
        # Quotes' certificate is ours and good. It makes quotes no auth.
        "that takes quotes for auth": ({"AUTH_ADDRESS": f"tcp:127.0.0.1:{system.port('quotes')}"}, {"auth"}),
    }


@pytest.mark.parametrize("kind", [
    "of another authority", "without TLS", "with a secret that the others do not have", "that takes quotes for auth"])
def test_a_wrong_gateway_reaches_nobody(system, folder, kind, tmp_path):
    changes, unreachable = gateways(system, folder)[kind]
    admin_port = free_port()
    environment = system.environment_of("gateway") | changes | {
        "PORT": str(free_port()), "ADMIN_PORT": str(admin_port)}
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(
            [os.readlink(f"/proc/{system.pids()['gateway']}/exe")], env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: metric_or_zero(admin_port, "rpc_client_connects_failed_total") > 2 * len(unreachable))
        if unreachable != set(SERVICES):
            wait_until(lambda: metric_or_zero(admin_port, "rpc_client_connections") == 5)
        answer = httpx.get(f"http://127.0.0.1:{admin_port}/ready")
        assert answer.status_code == 503
        checks = answer.json()["checks"]
        away = {name for name in SERVICES if checks[name]["status"] != "ok"}
        assert away == unreachable
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    if kind == "that takes quotes for auth":
        assert "hostname mismatch" in (tmp_path / "log").read_text()


def test_renewed_certificates_are_taken_without_a_lost_connection(system, folder, user):
    before = {service: shown(system, folder, service) for service in SERVICES}
    with Socket("/api/v1/ws", user, system.url) as live, httpx.Client(headers=user) as http:
        certificates(folder / "ours", "--renew")
        for pid in system.pids().values():
            os.kill(pid, signal.SIGHUP)
        for service in SERVICES:
            wait_until(lambda: shown(system, folder, service) != before[service])
        assert http.post(f"{system.url}/focus-session", json={"duration": 1}).status_code == 201
        live.until("session_completed")
    for process in ["gateway", *SERVICES]:
        assert metric(system.admin_port(process), "rpc_client_connections_lost_total") == 0, process


def test_one_authority_takes_the_place_of_another(system, folder, user):
    """As the runbook says it. The last: from here on the others' certificates are ours."""
    ours, others = folder / "ours", folder / "others"
    old, new = ((place / "authority.pem").read_bytes() for place in (ours, others))
    before = {service: shown(system, folder, service) for service in SERVICES}

    def hang_up():
        seen = {process: reloads(system, process) for process in ["gateway", *SERVICES]}
        for pid in system.pids().values():
            os.kill(pid, signal.SIGHUP)
        # As a server and as a client.
        wait_until(lambda: all(reloads(system, process) == seen[process] + 2 for process in seen))

    (ours / "authority.pem").write_bytes(old + new)
    hang_up()
    for file in others.iterdir():
        if file.name != "authority.pem":
            (ours / file.name).write_bytes(file.read_bytes())
    hang_up()
    (ours / "authority.pem").write_bytes(new)
    hang_up()
    for service in SERVICES:
        assert shown(system, folder, service) != before[service]
    answer = httpx.post(f"{system.url}/focus-session", json={"duration": 1}, headers=user)
    assert answer.status_code == 201
    for process in ["gateway", *SERVICES]:
        assert metric(system.admin_port(process), "rpc_client_connections_lost_total") == 0, process


def test_who_starts_anew_connects_with_the_renewed_ones(system, user):
    killed = system.pids()["auth"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: system.pids().get("auth") not in (None, killed))
    wait_until(lambda: httpx.get(f"{system.url}/ready").status_code == 200)
    assert httpx.get(f"{system.url}/api/v1/auth/me", headers=user).status_code == 200


def test_the_end_of_a_certificate_is_measured(system):
    for process in ["gateway", *SERVICES]:
        end = metric(system.admin_port(process), "tls_certificate_end_timestamp_seconds")
        assert 29 < (end - time.time()) / 86400 <= 30


def settings(folder, process):
    return {
        "RPC_TLS_CERT": str(folder / f"{process}.pem"), "RPC_TLS_KEY": str(folder / f"{process}.key"),
        "RPC_TLS_CA": str(folder / "authority.pem")}


def certificates(folder, *options, days=30):
    subprocess.run(
        [ROOT / "deploy/scripts/certificates", *options, folder], check=True, capture_output=True,
        env=os.environ | {"CERTIFICATE_DAYS": str(days)})


def context(folder, process, trusts=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str((trusts or folder) / "authority.pem"))
    if process:
        context.load_cert_chain(str(folder / f"{process}.pem"), str(folder / f"{process}.key"))
    return context


def greeting(address, context, service):
    """The kind of the first frame that the server sends; None where it sends none, and closes."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as plain:
        plain.settimeout(SECONDS_MAX)
        plain.connect(address)
        try:
            if context is None:
                # As long as a hello: whoever speaks no TLS is told by its first record.
                plain.sendall(bytes([0, 0, 0, 12, HELLO]) + bytes(11))
                return frame_kind(plain)
            with context.wrap_socket(plain, server_hostname=service) as connection:
                return frame_kind(connection)
        except (ssl.SSLError, ConnectionError):
            return None


def frame_kind(connection):
    head = b""
    while len(head) < 16:
        piece = connection.recv(16 - len(head))
        if not piece:
            return None
        head += piece
    return head[4] if head[:2] == b"\0\0" else None


def shown(system, folder, service):
    """The certificate that a service shows."""
    with socket.create_connection(("127.0.0.1", system.port(service)), SECONDS_MAX) as plain:
        with context(folder / "ours", "gateway").wrap_socket(plain, server_hostname=service) as connection:
            return connection.getpeercert(binary_form=True)


def reloads(system, process):
    return system.log(process).count('"certificate read again"')


def s_client(system, folder, *options):
    own = folder / "ours"
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{system.port('auth')}", "-cert", own / "gateway.pem",
         "-key", own / "gateway.key", "-CAfile", own / "authority.pem", *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=20,
        env=os.environ | {"OPENSSL_CONF": "/dev/null"})
    return done.stdout + done.stderr


def metric_or_zero(admin_port, name):
    try:
        return metric(admin_port, name)
    except httpx.TransportError:
        return 0


def wait_until(condition):
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
