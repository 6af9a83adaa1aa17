"""The same two files as a Swarm stack."""
import json
import os
import time

import pytest
from engine import PROGRAMS, SERVICES, docker, eventually
from load import Load

STACK = f"focal-test-{os.getpid()}"
FILES = ["deploy/compose.yaml", "deploy/compose.edge.yaml"]


@pytest.fixture(scope="module")
def swarm():
    """The engine as a swarm's only node; a swarm that is there is taken as it is, with all its nodes."""
    if docker("info", "-f", "{{.Swarm.LocalNodeState}}") == "active":
        yield
        return
    docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    yield
    docker("swarm", "leave", "--force")


@pytest.fixture(scope="module")
def stack(swarm, settings, tmp_path_factory):
    # With several nodes: the volume is one node's, and we reach the edge here. Everything else may run anywhere.
    here = tmp_path_factory.mktemp("stack") / "here.yaml"
    here.write_text(json.dumps({"services": {
        service: {"deploy": {"placement": {"constraints": ["node.role == manager"]}}}
        for service in ["postgres", "redis", "edge"]}}))
    # The gateways take any free port of the node, for they share it; clients come by the edge.
    environment = settings | {"FOCAL_PORT": "0"}
    files = [part for file in [*FILES, here] for part in ("-c", file)]
    begun = time.monotonic()
    docker("stack", "deploy", "--resolve-image", "never", *files, STACK, environment=environment)
    eventually("all runs", lambda: all_run(), seconds=60)
    print(f"\n  well after {time.monotonic() - begun:.1f} s", flush=True)
    yield STACK
    remove()


@pytest.fixture(scope="module")
def load_of(stack, settings):
    certificate = os.path.join(settings["FOCAL_SECRETS"], "edge_certificate")
    return lambda: Load(int(settings["FOCAL_EDGE_PORT"]), certificate)


def test_updates_are_noticed_by_nobody(load_of):
    before = {service: tasks(service) for service in PROGRAMS}
    with load_of():
        for service in PROGRAMS:
            docker("service", "update", "-q", "-d", "--force", "--update-monitor", "3s", name(service))
        for service in PROGRAMS:
            eventually(f"{service} is updated", lambda: update_state(service) == "completed", seconds=90)
    for service in PROGRAMS:
        assert len(tasks(service)) == 1 and not tasks(service) & before[service]


def test_updates_that_fail_are_taken_back_and_noticed_by_nobody(load_of):
    services = ["sessions", "gateway"]
    before = {service: tasks(service) for service in services}
    with load_of():
        for service in services:
            # It lives, but is never well.
            docker(
                "service", "update", "-q", "-d", "--args", "sleep 1000", "--health-start-period", "1s",
                "--health-interval", "1s", "--health-retries", "2", "--update-monitor", "3s", name(service))
        for service in services:
            eventually("it is taken back", lambda: update_state(service) == "rollback_completed", seconds=60)
    for service in services:
        arguments = docker("service", "inspect", "-f", "{{.Spec.TaskTemplate.ContainerSpec.Args}}", name(service))
        assert "sleep" not in arguments
        assert tasks(service) == before[service], "who was well has been touched"


def test_replicas_come_and_go_unnoticed(load_of):
    services = ["sessions", "gateway"]
    with load_of():
        for count in (3, 1):
            docker("service", "scale", "-d", *[f"{name(service)}={count}" for service in services])
            for service in services:
                eventually(f"{count} of {service} run", lambda: len(tasks(service)) == count, seconds=60)
            if count == 3:
                print(f"\n  on {len(nodes(services))} nodes", flush=True)
                assert nodes(services) == set(docker("node", "ls", "-q").split())


def name(service):
    return f"{STACK}_{service}"


def tasks(service):
    """Those that run."""
    lines = docker("service", "ps", "-f", "desired-state=running", "--format", "{{.ID}} {{.CurrentState}}", name(service))
    return {line.split()[0] for line in lines.splitlines() if line.split()[1] == "Running"}


def nodes(services):
    """Where their tasks run."""
    ids = docker("service", "ps", "-q", "-f", "desired-state=running", *map(name, services)).split()
    return set(docker("inspect", "--type", "task", "-f", "{{.NodeID}}", *ids).split())


def all_run():
    lines = docker("stack", "services", "--format", "{{json .}}", STACK).splitlines()
    wanted = len(SERVICES) + len(["gateway", "edge", "migrate", "postgres", "redis"])
    return len(lines) == wanted and all(json.loads(line)["Replicas"].startswith("1/1") for line in lines)


def update_state(service):
    return docker("service", "inspect", "-f", "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}", name(service))


def remove():
    docker("stack", "rm", STACK)
    label = f"label=com.docker.stack.namespace={STACK}"
    for kind in (["ps", "-a"], ["network", "ls"]):
        eventually("it is gone", lambda: not docker(*kind, "-q", "--filter", label), seconds=60)
    for volume in docker("volume", "ls", "-q", "--filter", label).split():
        eventually("it is free", lambda: volume in docker("volume", "rm", volume, check=False), seconds=20)
