"""`deploy/compose.yaml` on a real engine."""
import re
from pathlib import Path

import focal
import httpx
import pytest
from engine import ADMIN_PORTS, PROGRAMS, SERVICES, Container, docker, eventually, tour
from focal import User
from live import follow
from load import Load

#: A request that needs the program, besides the gateway.
PROOFS = {
    "auth": "/api/v1/auth/me", "sessions": "/focus-logs", "gamification": "/streaks",
    "community": "/api/v1/community/posts", "messaging": "/api/v1/notifications",
    "quotes": "/quotes/today", "gateway": "/ready", "postgres": "/focus-logs", "redis": "/ready"}


@pytest.fixture(autouse=True)
def address(system):
    """Where the clients of the other tests find the system."""
    focal.URL = f"http://127.0.0.1:{system.environment['FOCAL_PORT']}"


@pytest.fixture(scope="module")
def kept():
    """What a test leaves to those after it."""
    return {}


def test_all_is_well_in_30_seconds(system):
    seconds = system.up()
    print(f"\n  well after {seconds:.1f} s", flush=True)
    assert seconds < 30
    # Once more, nothing to do: that is no failure either.
    assert system.up() < 30


def test_the_tour_of_the_readme_works_as_typed(system):
    tour(focal.URL)


def test_a_socket_is_told(kept):
    user = kept["user"] = User()
    with follow(user, url=focal.URL) as socket:
        user.log(25)
        assert socket.next()
    assert len(user.logs()) == 1


def test_a_container_has_only_what_it_needs(system):
    base = int(docker("image", "inspect", "-f", "{{.Size}}", "debian:bookworm-slim"))
    size = int(docker("image", "inspect", "-f", "{{.Size}}", f"focal:{system.environment['FOCAL_VERSION']}"))
    print(f"\n  the image is {(size - base) / 1e6:.0f} MB over its base", flush=True)
    assert size - base < 150e6
    published = []
    for service in PROGRAMS + ["migrate", "postgres", "redis"]:
        facts = system.containers(service)[0].inspect()
        host, settings = facts["HostConfig"], facts["Config"]
        assert settings["User"] not in ("", "0", "root"), service
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"], service
        assert "no-new-privileges:true" in host["SecurityOpt"] and not host["Privileged"], service
        assert host["Memory"] and host["PidsLimit"] and settings["Healthcheck"]["Test"], service
        secrets = (system.environment["FOCAL_SECRETS"] + "/", "/run/secrets/")
        assert not [text for text in settings["Env"] if re.search(r"(PASSWORD|SECRET|KEY)=|://[^@]*:[^@]*@", text)]
        assert any(mount["Source"].startswith(secrets) for mount in facts["Mounts"]), service
        published += [service] * bool(host["PortBindings"])
    assert published == ["gateway"]
    uid = docker("exec", system.containers("auth")[0].id, "id", "-u")
    assert uid != "0"


def test_redis_lets_in_nobody_without_its_password(system):
    container, = system.containers("redis")
    assert "NOAUTH" in docker("exec", container.id, "redis-cli", "dbsize", check=False)
    password = Path(system.environment["FOCAL_SECRETS"], "redis_password").read_text().strip()
    assert len(password) == 64
    shown = docker("inspect", container.id) + docker("top", container.id)
    assert "redis-server" in shown and password not in shown
    assert httpx.get(f"{focal.URL}/ready").json()["checks"]["redis"]["status"] == "ok"


@pytest.mark.parametrize("service", SERVICES + ["gateway", "postgres", "redis"])
def test_who_was_killed_comes_back_and_serves(system, kept, service):
    container, = system.containers(service)
    before = container.pid
    container.kill()
    eventually("it runs again", lambda: container.pid not in (0, before))

    def serves():
        try:
            return kept["user"].http.get(PROOFS[service]).status_code == 200
        except httpx.TransportError:
            return False

    _, seconds = eventually("it serves", serves, seconds=30)
    print(f"\n  {service} served {seconds:.1f} s after it ran again", flush=True)
    assert len(kept["user"].logs()) == 1


def test_what_is_kept_survives_down_and_up(system, certified, kept):
    system.compose("down")
    assert not [line for line in docker("ps", "-aq", "--filter", f"name={system.project}").split()]
    seconds = certified.up()
    print(f"\n  well after {seconds:.1f} s, by mutual TLS now", flush=True)
    for service in PROGRAMS:
        container, = certified.containers(service)
        assert container.metric(ADMIN_PORTS[service], "tls_certificate_end_timestamp_seconds") > 0
    user = kept["user"]
    tokens = httpx.post(f"{focal.URL}/login", json={"email": user.email, "password": user.password}).json()
    user.use(tokens)
    assert len(user.logs()) == 1


def test_replicas_are_found_and_gone_ones_are_missed_by_nobody(certified):
    with Load(int(certified.environment["FOCAL_PORT"])):
        old = {container.id for container in certified.containers("sessions")}
        certified.compose("up", "-d", "--no-recreate", "--no-deps", "--scale", "sessions=3", "sessions")
        new = [container for container in certified.containers("sessions") if container.id not in old]
        assert len(new) == 2
        for container in new:
            _, seconds = eventually("it is used", lambda container=container: answered(container, "sessions"), 5)
            print(f"\n  found and used {seconds:.1f} s after it was started", flush=True)
        certified.compose("up", "-d", "--no-recreate", "--no-deps", "--scale", "sessions=1", "sessions")
        assert len(certified.containers("sessions")) == 1


def answered(container: Container, service):
    try:
        return container.metric(ADMIN_PORTS[service], "rpc_server_calls_total") > 0
    except AssertionError:
        return False  # It does not listen yet.

