"""rpc-test-server as a process, for the tests that speak to it."""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SECRET = "the secret of these tests, of no use elsewhere"


def executable():
    named = os.environ.get("RPC_TEST_SERVER")
    found = [pathlib.Path(named)] if named else sorted(
        (ROOT / ".build").glob("*/rpc-test-server"), key=lambda path: path.stat().st_mtime)
    if not found:
        pytest.skip("rpc-test-server is not built: swift build --product rpc-test-server")
    return found[-1]


class Server:
    def __init__(self, address="tcp:127.0.0.1:0"):
        self.process = subprocess.Popen(
            [executable(), address], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"RPC_SECRET": SECRET})
        line = self.process.stdout.readline()
        assert line.startswith("listening"), line
        self.address = ("127.0.0.1", int(line.split()[1]))

    def stop(self):
        self.process.terminate()
        status = self.process.wait(20)
        self.process.stdout.close()
        return status
