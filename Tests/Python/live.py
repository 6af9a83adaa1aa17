"""Sockets as a client sees them, and a gateway of one's own beside the system's."""
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time

import httpx
from focal import URL, an_address
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SECONDS_MAX = 10


def socket_url(path, url=URL):
    return url.replace("http", "ws", 1) + path


def headers_of(user):
    return {"Authorization": user.http.headers["Authorization"], "X-Forwarded-For": an_address()}


class Socket:
    """An open socket of which messages are taken one by one."""

    def __init__(self, path, headers, url=URL, **options):
        self.connection = connect(
            socket_url(path, url), additional_headers=headers, open_timeout=SECONDS_MAX, proxy=None,
            ping_interval=None, close_timeout=SECONDS_MAX, legacy=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self, timeout=SECONDS_MAX):
        return json.loads(self.connection.recv(timeout))

    def until(self, kind, timeout=SECONDS_MAX, **data):
        """The next message of a type with that data; others are left out."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.next(deadline - time.monotonic())
            if message["type"] == kind and data.items() <= message["data"].items():
                return message

    def say(self, kind, **data):
        self.connection.send(json.dumps({"type": kind} | ({"data": data} if data else {})))

    def is_silent(self):
        """Nothing comes: a ping comes back before anything else, which is printed."""
        self.say("ping")
        message = self.next()
        if message["type"] != "pong":
            print("not silent:", message)
        return message["type"] == "pong"

    def close_code(self, timeout=SECONDS_MAX):
        """Why the server has closed it; what comes before that is left out."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self.connection.recv(max(0, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def follow(user, room=None, url=URL, **query):
    """A socket of a user in a room, or for their own events."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    path = f"/api/v1/ws/{room['id']}" if room else "/api/v1/ws"
    return Socket(path + (f"?{text}" if text else ""), headers_of(user), url)


class Gateway:
    """Another gateway of the running system, with a port of its own."""

    def __init__(self, **settings):
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.pid_of_first, environment = running_gateway()
        environment |= {
            "PORT": str(self.port), "ADMIN_PORT": str(self.admin_port), "SHARE_PORT": "false"}
        environment |= {name: str(value) for name, value in settings.items()}
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [os.readlink(f"/proc/{self.pid_of_first}/exe")], env=environment,
            stdout=self._log, stderr=subprocess.DEVNULL)
        self.pid = self._process.pid
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{self.admin_port}/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, "the gateway is not ready"
            assert self._process.poll() is None, "the gateway has ended"
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self.stop()
            self.wait()

    def stop(self):
        self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout=20):
        return self._process.wait(timeout)

    def log(self):
        """What it has logged so far."""
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode()

    def metric(self, name):
        return metric(self.admin_port, name)


def metric(admin_port, name):
    """A metric's value, all its labels added up."""
    text = httpx.get(f"http://127.0.0.1:{admin_port}/metrics").text
    lines = [line for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def running_gateway():
    """The pid and the environment of a gateway that the supervisor runs."""
    for pid in children(int(os.environ["FOCAL_SUPERVISOR_PID"])):
        if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "focal-gateway":
            with open(f"/proc/{pid}/environ", "rb") as file:
                pairs = [line.split(b"=", 1) for line in file.read().split(b"\0") if b"=" in line]
            return pid, {name.decode(): value.decode() for name, value in pairs}
    raise AssertionError("no gateway runs")


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            found += [int(text) for text in file.read().split()]
    return found + [pid for child in found for pid in children(child)]


def free_port():
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
