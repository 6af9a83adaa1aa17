"""A Docker engine, and a system of containers on it, as an operator sees them."""
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ["auth", "sessions", "gamification", "community", "messaging", "quotes"]
#: Every process of ours, the last to be restarted last.
PROGRAMS = SERVICES + ["gateway"]
ADMIN_PORTS = {"gateway": 9100} | {name: 9101 + index for index, name in enumerate(SERVICES)}


def docker(*arguments, environment=None, check=True):
    """What the command prints; its errors are shown where it fails."""
    done = subprocess.run(
        ["docker", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT,
        env=os.environ | (environment or {}))
    if check:
        assert done.returncode == 0, f"docker {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


class Container:
    """One container by its id."""

    def __init__(self, identity):
        self.id = identity

    def inspect(self):
        return json.loads(docker("inspect", self.id))[0]

    @property
    def pid(self):
        return self.inspect()["State"]["Pid"]

    def kill(self):
        """Ends its process as a crash would; `docker kill` would keep it from coming back."""
        os.kill(self.pid, signal.SIGKILL)

    def metric(self, port, name, **labels):
        """A metric of the program in it: the sum over all lines that have these labels."""
        text = docker("exec", self.id, "bash", "-c", (
            f"exec 3<>/dev/tcp/127.0.0.1/{port}; "
            r"printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3; cat <&3"))
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = [
            line for line in text.splitlines()
            if line.split("{")[0].split(" ")[0] == name and all(label in line for label in wanted)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


class System:
    """The containers of a compose project."""

    def __init__(self, project, files, environment):
        self.project, self.files, self.environment = project, files, environment

    def compose(self, *arguments, check=True):
        return docker(
            "compose", "-p", self.project, *[part for file in self.files for part in ("-f", file)],
            *arguments, environment=self.environment, check=check)

    def up(self, *arguments):
        """Starts it, and gives the seconds until all was well. `--wait` must itself say so."""
        begun = time.monotonic()
        self.compose("up", "-d", "--wait", *arguments)
        return time.monotonic() - begun

    def containers(self, service):
        """Its containers that run."""
        return [Container(line) for line in self.compose("ps", "-q", service).split()]

    def left(self):
        """What of the project is there: containers, volumes, networks."""
        label = f"label=com.docker.compose.project={self.project}"
        return [
            line for kind in (["ps", "-a"], ["volume", "ls"], ["network", "ls"])
            for line in docker(*kind, "-q", "--filter", label).split()]


def roll(system, *services, **settings):
    """New containers take the place of the old ones; gives the exit code."""
    return subprocess.run(
        ["deploy/scripts/roll", *services], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | system.environment | settings | {
            "COMPOSE_FILE": ":".join(system.files), "COMPOSE_PROJECT_NAME": system.project}).returncode


def tour(url, **environment):
    """The README's tour as typed, by the very test that runs without containers."""
    done = subprocess.run(
        [sys.executable, "-c", "import test_readme; test_readme.test_the_tour_works_as_typed()"],
        env=os.environ | {"FOCAL_URL": url, "PYTHONPATH": "Tests/EndToEnd:Tests/Python"} | environment,
        cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def eventually(what, condition, seconds=10):
    """Waits until it holds; gives its value and the seconds that it took."""
    begun = time.monotonic()
    while not (value := condition()):
        assert time.monotonic() - begun < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return value, time.monotonic() - begun
