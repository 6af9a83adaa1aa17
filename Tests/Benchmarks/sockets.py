#!/usr/bin/env python3
"""Ten thousand sockets on one gateway: what they cost, and how soon a thousand of them hear what happens in their room.
And a hundred in a room over two gateways.

  .build/venv-tests/bin/python Tests/Benchmarks/sockets.py [--sockets 10000] [--binaries .build/release] …

Starts a private system. The clients are plain sockets in this process, so that they cost less than what is measured;
a latency is from the sending of the request that changes the timer to the frame at the client.
"""
import argparse
import base64
import http.client
import json
import os
import resource
import select
import socket
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path[:0] = [os.path.join(ROOT, "deploy/scripts"), os.path.join(ROOT, "Tests/Python")]
from live import Gateway  # noqa: E402
from supervisor.private import Supervisor, private_environment  # noqa: E402

PASSWORD = "correct horse battery"
OPENING_MAX = 100
IDLE_SECONDS = 30
PONG = b"\x8a\x80\0\0\0\0"
TICKS = os.sysconf("SC_CLK_TCK")


class Person:
    def __init__(self, port, number):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Content-Type": "application/json"}
        email = f"crowd-{number}-{os.urandom(4).hex()}@example.com"
        body = self.post("/api/v1/auth/register", email=email, password=PASSWORD, timezone="UTC")
        self.headers["Authorization"] = f"Bearer {body['access_token']}"

    def post(self, path, **body):
        self.http.request("POST", path, json.dumps(body), self.headers)
        answer = self.http.getresponse()
        text = answer.read()
        assert answer.status < 300, f"{path}: {answer.status} {text.decode()}"
        return json.loads(text)


class Client:
    """One socket, as little as it can be."""

    def __init__(self, port, path, token):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.send((
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: {token}\r\n\r\n"
        ).encode())
        self.head = b""
        self.is_open = False


class Crowd:
    """All clients, on one epoll set."""

    def __init__(self):
        self.clients = {}
        self._epoll = select.epoll()
        self._opening = 0

    def add(self, client):
        self.clients[client.socket.fileno()] = client
        self._epoll.register(client.socket, select.EPOLLIN)
        self._opening += 1
        while self._opening >= OPENING_MAX:
            self.turn()

    def settle(self, seconds=60):
        deadline = time.monotonic() + seconds
        while self._opening:
            assert time.monotonic() < deadline, f"{self._opening} do not open"
            self.turn()

    def turn(self, timeout=0.1, heard=None):
        """Reads what has come; `heard(client, bytes)` of open ones."""
        for descriptor, _ in self._epoll.poll(timeout, 4096):
            client = self.clients[descriptor]
            data = client.socket.recv(1 << 18)
            assert data, f"closed: {client.head[:300]}"
            if client.is_open:
                if data == b"\x89\x00":
                    client.socket.send(PONG)
                elif heard:
                    heard(client, data)
                continue
            client.head += data
            head, end, rest = client.head.partition(b"\r\n\r\n")
            if end and rest:
                assert head.startswith(b"HTTP/1.1 101"), client.head
                client.is_open, client.head = True, b""
                self._opening -= 1

    def idle(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.turn(left)


def processes(supervisor):
    """The pids of Focal's own processes, by name."""
    found = {}
    for pid in descendants(supervisor):
        name = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
        found.setdefault(name, []).append(pid)
    return found


def descendants(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = [int(text) for text in file.read().split()]
    return children + [one for child in children for one in descendants(child)]


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def percentiles(values):
    cuts = statistics.quantiles(values, n=1000)
    return {"p50": cuts[499], "p99": cuts[989], "p999": cuts[998], "max": max(values)}


def broadcast(crowd, members, host, room, count):
    """Latencies in milliseconds: of each broadcast to each member."""
    latencies = []
    wanted = set(members)
    for number in range(count):
        missing = set(wanted)
        action = ["start", "pause"][number % 2]

        def heard(client, data):
            if client in missing and b'"timer_update"' in data:
                missing.discard(client)
                latencies.append((time.monotonic() - start) * 1000)

        host.http.connect() if host.http.sock is None else None
        start = time.monotonic()
        host.http.request("POST", f"/api/v1/timer/{room}/{action}", "{}", host.headers)
        deadline = start + 10
        while missing:
            crowd.turn(0.05, heard)
            assert time.monotonic() < deadline, f"{len(missing)} were not told"
        answer = host.http.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
    return latencies


def run(options, port, supervisor):
    found = processes(supervisor)
    gateway = found["focal-gateway"][0]
    own = [pid for name, pids in found.items() if name.startswith("focal-") for pid in pids]
    with ThreadPoolExecutor(4) as pool:
        people = list(pool.map(lambda number: Person(port, number), range(options.people)))
    host = people[0]
    room = host.post("/api/v1/rooms", name="Hall")["id"]
    for person in people[1:]:
        person.post("/api/v1/participants/join", room_id=room)

    def quiet_room(number):
        person = people[number % len(people)]
        made = person.post("/api/v1/rooms", name=f"Cell {number}")["id"]
        person.post(f"/api/v1/timer/{made}/start")
        person.post(f"/api/v1/timer/{made}/pause")
        return made

    quiet = [quiet_room(number) for number in range(options.rooms)]
    print(f"{len(people)} people, {len(quiet)} paused timers; files: {resource.getrlimit(resource.RLIMIT_NOFILE)}")

    crowd = Crowd()
    before = resident_bytes(gateway)
    start = time.monotonic()
    for number in range(options.room):
        person = people[number % len(people)]
        crowd.add(Client(port, f"/api/v1/ws/{room}", person.headers["Authorization"]))
    crowd.settle()
    members = list(crowd.clients.values())
    for number in range(options.sockets - options.room):
        index = number % len(quiet)
        token = people[index % len(people)].headers["Authorization"]
        crowd.add(Client(port, f"/api/v1/ws/{quiet[index]}", token))
    crowd.settle()
    spent = time.monotonic() - start
    count = len(crowd.clients)
    result = {
        "sockets": count, "opened_per_second": round(count / spent),
        "bytes_per_socket": round((resident_bytes(gateway) - before) / count)}
    crowd.idle(25)  # Through the first round of pings.

    used, of_gateway, start = cpu_seconds(own), cpu_seconds([gateway]), time.monotonic()
    crowd.idle(IDLE_SECONDS)
    spent = time.monotonic() - start
    result["idle_percent_gateway"] = round(100 * (cpu_seconds([gateway]) - of_gateway) / spent, 2)
    result["idle_percent_all"] = round(100 * (cpu_seconds(own) - used) / spent, 2)

    broadcast(crowd, members, host, room, 10)
    latencies = broadcast(crowd, members, host, room, options.broadcasts)
    result |= {f"broadcast_{name}_ms": round(value, 1) for name, value in percentiles(latencies).items()}
    result["bytes_per_socket_after"] = round((resident_bytes(gateway) - before) / count)
    for client in crowd.clients.values():
        client.socket.close()
    result |= over_two_gateways(people, port)
    return result


def over_two_gateways(people, port, count=100, broadcasts=200):
    """A room of which every other socket is on another gateway."""
    with Gateway() as second:
        host = people[0]
        room = host.post("/api/v1/rooms", name="Pair")["id"]
        for person in people[1:20]:
            person.post("/api/v1/participants/join", room_id=room)
        crowd = Crowd()
        for number in range(count):
            token = people[number % 20].headers["Authorization"]
            crowd.add(Client([port, second.port][number % 2], f"/api/v1/ws/{room}", token))
        crowd.settle()
        crowd.idle(1)
        members = list(crowd.clients.values())
        broadcast(crowd, members, host, room, 10)
        latencies = broadcast(crowd, members, host, room, broadcasts)
        for client in members:
            client.socket.close()
    return {f"pair_{name}_ms": round(value, 1) for name, value in percentiles(latencies).items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--room", type=int, default=1_000)
    parser.add_argument("--rooms", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--broadcasts", type=int, default=100)
    parser.add_argument("--binaries", default=".build/release")
    options = parser.parse_args()
    os.chdir(ROOT)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with tempfile.TemporaryDirectory(prefix="focal-sockets-") as state:
        os.chmod(state, 0o755)
        environment = os.environ | private_environment(state, options.binaries) | {
            "RATE_LIMIT_SCALE": "1e6", "JWT_EXPIRE_MINUTES": "120",
            "WEBSOCKETS_PER_USER_MAX": "100000", "WEBSOCKETS_MAX": "100000", "LOG_LEVEL": "warning"}
        with Supervisor(environment) as system:
            os.environ["FOCAL_SUPERVISOR_PID"] = str(system.pid)
            result = run(options, int(environment["PORT"]), system.pid)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
