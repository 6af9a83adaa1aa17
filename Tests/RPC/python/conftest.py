"""Compiles the .proto files and starts rpc-test-server."""
import pathlib
import subprocess
import sys

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from trial_server import HERE, ROOT, SECRET, Server


class Package:
    """The messages of a .proto package, as attributes."""

    def __init__(self, pool, name):
        self._pool = pool
        self._name = name

    def __getattr__(self, message):
        descriptor = self._pool.FindMessageTypeByName(f"{self._name}.{message}")
        return message_factory.GetMessageClass(descriptor)


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """Packages by name, of all .proto files, compiled by protoc."""
    compiled = tmp_path_factory.mktemp("protos") / "all.bin"
    files = sorted((ROOT / "protos").rglob("*.proto")) + [HERE / "trial.proto"]
    subprocess.run(
        ["protoc", f"-I{ROOT / 'protos'}", f"-I{HERE}", "--include_imports",
         f"--descriptor_set_out={compiled}", *map(str, files)],
        check=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled.read_bytes()).file:
        pool.Add(file)
    return lambda name: Package(pool, name)


@pytest.fixture(scope="session")
def messages(package):
    return package("focal.rpc.v1")


@pytest.fixture(scope="session")
def trial(package):
    return package("focal.trial.v1")


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    assert server.stop() == 0


@pytest.fixture
def own_server():
    """A server that a test may stop."""
    server = Server()
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture
def client(server, messages):
    from focal_rpc import Client

    client = Client(messages, server.address, SECRET, "trial")
    yield client
    client.close()
