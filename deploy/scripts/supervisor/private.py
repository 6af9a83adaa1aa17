"""A system of one's own beside any other: its environment, and its life from ready to drained."""
import os
import random
import signal
import socket
import subprocess
import sys
import time

from .settings import SERVICES

START_SECONDS_MAX = 90
SUPERVISE = os.path.abspath(os.path.join(os.path.dirname(__file__), "../supervise"))


def private_environment(state, binaries, replicas=1):
    """An own folder, free ports, nothing of the caller's stores."""
    names = [name.upper() for name, _, _ in SERVICES]
    ports = iter(free_ports(3 + replicas * (2 * len(names) + 1)))

    def of_replicas(text):
        return ",".join(f"{text}{next(ports)}" for _ in range(replicas))

    environment = {name: str(next(ports)) for name in (
        "PORT", "FOCAL_POSTGRES_PORT", "FOCAL_REDIS_PORT")}
    for name in names:
        environment[f"{name}_ADDRESS"] = of_replicas("tcp:127.0.0.1:")
    for name in ["GATEWAY", *names]:
        environment[f"{name}_ADMIN_PORT"] = of_replicas("")
    return environment | {
        "DATABASE_URL": "", "REDIS_URL": "", "SMTP_URL": "", "S3_URL": "",
        "FOCAL_STATE_DIR": state,
        "FOCAL_BINARIES": binaries,
        "FOCAL_REPLICAS": str(replicas),
        "FOCAL_URL": f"http://127.0.0.1:{environment['PORT']}",
    }


class Supervisor:
    """The system (or its stores alone), from ready to drained."""

    def __init__(self, environment, *arguments):
        # Its messages go to a file, not a pipe: nobody reads while the tests run.
        self._output = os.path.join(environment["FOCAL_STATE_DIR"], "supervisor.log")
        with open(self._output, "w") as output:
            command = ["setpriv", "--pdeathsig", "TERM", SUPERVISE, *arguments]
            self._process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        self.pid = self._process.pid

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            with open(self._output) as output:
                if " ready at " in output.read():
                    return self
            time.sleep(0.02)
        self.__exit__()
        with open(self._output) as output:
            sys.exit(f"the system did not start:\n{output.read()}")

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


def secret(environment, name):
    with open(os.path.join(environment["FOCAL_STATE_DIR"], "secrets", name)) as file:
        return file.read().strip()


def free_ports(count):
    """Below the range from which the system takes the ports of outgoing connections."""
    ports = []
    for port in random.sample(range(20000, 32000), 400):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    sys.exit("no free ports")
