"""One system for all tests, in the order in which they stand: each goes on with what the last one left."""
import os
import random
import subprocess

import pytest
from engine import ROOT, System, docker
from live import free_port

PLAIN = ["deploy/compose.yaml"]
EDGE = PLAIN + ["deploy/compose.edge.yaml"]


@pytest.fixture(scope="session")
def secrets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([ROOT / "deploy/scripts/secrets", folder], check=True)
    subprocess.run([ROOT / "deploy/scripts/certificates", "--containers", folder / "tls"], check=True)
    return folder


@pytest.fixture(scope="session")
def images():
    """The tag of both images: `FOCAL_VERSION`, or built from what is here."""
    version = os.environ.get("FOCAL_VERSION")
    if version:
        return version
    version = "test"
    for arguments in (["-t", f"focal:{version}"], ["--target", "edge", "-t", f"focal-edge:{version}"]):
        docker("build", "-q", "-f", "deploy/Dockerfile", *arguments, ".", environment={"DOCKER_BUILDKIT": "1"})
    return version


@pytest.fixture(scope="session")
def settings(secrets, images):
    return {
        "FOCAL_VERSION": images, "FOCAL_SECRETS": str(secrets), "RATE_LIMIT_SCALE": "100",
        "FOCAL_PORT": str(free_port()), "FOCAL_EDGE_PORT": str(free_port()),
        "FOCAL_EDGE_SUBNET": f"10.213.{random.randrange(256)}.0/24"}


@pytest.fixture(scope="session")
def system(settings):
    """By compose, without the edge; not started."""
    system = System(f"focal-test-{os.getpid()}", PLAIN, settings)
    yield system
    if system.left():
        System(system.project, EDGE, settings).compose("down", "-v", "-t", "1", check=False)


@pytest.fixture(scope="session")
def certified(system):
    """The same without the edge, with mutual TLS between the processes."""
    return System(system.project, PLAIN + ["deploy/compose.tls.yaml"], system.environment)


@pytest.fixture(scope="session")
def edged(system):
    """The same, behind the edge."""
    return System(system.project, EDGE, system.environment)
