"""`deploy/compose.edge.yaml`: TLS before all replicas of the gateway."""
import json
import os
import re
import ssl
import subprocess

import focal
import httpx
import pytest
from engine import PROGRAMS, ROOT, docker, eventually, roll, tour
from live import Socket
from load import Load


@pytest.fixture(scope="module")
def certificate(system):
    return os.path.join(system.environment["FOCAL_SECRETS"], "edge_certificate")


@pytest.fixture(scope="module")
def port(edged):
    return int(edged.environment["FOCAL_EDGE_PORT"])


@pytest.fixture
def http(port, certificate):
    with httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=ssl.create_default_context(cafile=certificate),
            timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def kept():
    return {}


def test_it_starts(edged):
    seconds = edged.up("--scale", "gateway=2", "--remove-orphans")
    print(f"\n  well after {seconds:.1f} s", flush=True)
    assert seconds < 30
    assert len(edged.containers("gateway")) == 2


def test_only_the_edge_has_a_port(edged):
    for service in PROGRAMS:
        for container in edged.containers(service):
            assert not container.inspect()["HostConfig"]["PortBindings"], service
    edge = edged.containers("edge")[0].inspect()
    host = edge["HostConfig"]
    assert edge["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["Memory"] and host["PidsLimit"]


@pytest.mark.parametrize("options, accepted", [
    (["-tls1_3"], True), (["-tls1_2"], True),
    (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], False), (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], False),
    # Without forward secrecy, and with what is no AEAD.
    (["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"], False),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"], False),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], True),
])
def test_only_good_tls_is_spoken(port, certificate, options, accepted):
    said = s_client(port, certificate, *options)
    assert ("Verify return code: 0" in said and "Cipher is (NONE)" not in said) == accepted, said


def test_the_tour_of_the_readme_works_by_http_2(port, certificate):
    url = f"https://127.0.0.1:{port}"
    spoken = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_version}", "--cacert", certificate, f"{url}/health"],
        capture_output=True, text=True).stdout
    assert spoken == "2"
    tour(url, CURL_CA_BUNDLE=certificate)


def test_it_serves_over_https(http, kept):
    body = {"email": focal.an_email(), "password": focal.PASSWORD}
    registered = http.post("/api/v1/auth/register", json=body | {"timezone": "Etc/UTC"})
    assert registered.status_code == 201, registered.text
    kept["token"] = registered.json()["access_token"]
    signed_in = http.post("/user/login", json=body)
    assert signed_in.headers["strict-transport-security"]
    # The gateway hears plain HTTP, but knows better: its cookies never go out without TLS.
    cookies = signed_in.headers.get_list("set-cookie") + registered.headers.get_list("set-cookie")
    assert cookies and all("Secure" in cookie for cookie in cookies)


def test_nobody_says_who_they_are(edged, http):
    """X-Forwarded-For of a client counts nothing: it neither evades limits nor stands in the log."""
    remaining = []
    for spoofed in ["203.0.113.1", "203.0.113.2, 127.0.0.1", "203.0.113.3"]:
        answer = http.post("/register", json={}, headers={"X-Forwarded-For": spoofed})
        assert answer.status_code == 422
        remaining.append(int(re.search(r"r=(\d+)", answer.headers["ratelimit"])[1]))
    assert remaining == sorted(set(remaining), reverse=True), "each had a limit of its own"
    line, = [
        line for container in edged.containers("gateway") for line in docker("logs", container.id).splitlines()
        if answer.headers["x-request-id"] in line and '"request"' in line]
    assert "203.0.113" not in line and json.loads(line)["client"].count(".") == 3


def test_a_certificate_is_renewed_without_a_dropped_connection(edged, port, certificate, kept, tmp_path):
    old = open(certificate).read()
    subprocess.run(
        [ROOT / "deploy/scripts/secrets", tmp_path], check=True, stdout=subprocess.DEVNULL)
    new = (tmp_path / "edge_certificate").read_text()
    both = tmp_path / "both"
    both.write_text(old + new)
    before = s_client(port, both)
    with a_socket(port, both, kept["token"]) as live, Load(port, both):
        with open(certificate, "w") as file:  # In place: a container sees the file, not its name.
            file.write(new)
        edged.compose("kill", "-s", "USR2", "edge")
        shown = lambda said: re.search(r"-----BEGIN CERT.*?-----END", said, re.DOTALL)[0]
        eventually("the new one is shown", lambda: shown(s_client(port, both)) != shown(before))
        live.say("ping")
        while live.next()["type"] != "pong":
            pass


def test_gateways_come_and_go_unnoticed(edged, port, certificate):
    with Load(port, certificate):
        old = {container.id for container in edged.containers("gateway")}
        scale(edged, 3)
        new, = [container for container in edged.containers("gateway") if container.id not in old]
        _, seconds = eventually("it is used", lambda: asked(new) > 0, seconds=5)
        print(f"\n  found and used {seconds:.1f} s after it was started", flush=True)
        scale(edged, 1)
        assert len(edged.containers("gateway")) == 1


def test_everything_rolls_without_a_failed_request(edged, port, certificate):
    before = {service: [container.id for container in edged.containers(service)] for service in PROGRAMS}
    with Load(port, certificate):
        assert roll(edged, *PROGRAMS) == 0
    for service in PROGRAMS:
        after = [container.id for container in edged.containers(service)]
        assert len(after) == len(before[service]) and not set(after) & set(before[service])


def test_what_is_never_well_is_taken_back(edged, port, certificate):
    services = ["auth", "gateway"]
    before = [container.id for service in services for container in edged.containers(service)]
    with Load(port, certificate):
        # They end at once with 78.
        assert roll(edged, *services, LOG_LEVEL="nonsense") == 1
    assert [container.id for service in services for container in edged.containers(service)] == before
    assert docker("ps", "-aq", "--filter", f"name={edged.project}-auth").count("\n") == 0


def test_reads_survive_a_crash_and_no_post_runs_twice(edged, port, certificate):
    scale(edged, 2)
    edge, = edged.containers("edge")
    knows_both = lambda: edge.metric(9107, "haproxy_backend_active_servers", proxy="ready") == 2
    eventually("both are known", knows_both)
    with Load(port, certificate, forgives=("POST",)):
        for container in edged.containers("gateway"):
            before = container.pid
            container.kill()
            eventually("it runs again", lambda: container.pid not in (0, before))
            eventually("it is used again", knows_both)


def test_without_a_gateway_the_edge_answers_by_a_problem(edged, http):
    scale(edged, 0)
    answer = http.get("/quotes/today")
    focal.assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]


def test_nothing_is_left(edged):
    edged.compose("down", "-v")
    assert edged.left() == []


def scale(system, count):
    system.compose("up", "-d", "--no-recreate", "--no-deps", "--scale", f"gateway={count}", "gateway")


def asked(container):
    """Requests of clients that it answered; the edge's own questions are none."""
    try:
        return container.metric(9100, "http_requests_total", route="/focus-metrics")
    except AssertionError:
        return 0  # It does not listen yet.


def a_socket(port, certificate, token):
    return Socket(
        "/api/v1/ws", {"Authorization": f"Bearer {token}"}, f"https://127.0.0.1:{port}",
        ssl=ssl.create_default_context(cafile=certificate))


def s_client(port, certificate, *options):
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", certificate, *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
