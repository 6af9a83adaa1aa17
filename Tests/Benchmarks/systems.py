"""Starts and stops what is measured: Focal with its private stores, the peers beside it on the same stores."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from measure import Processes

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../.."))
CACHE = os.path.join(ROOT, ".build/benchmarks")
USERS = 64
SERVICES = ["auth", "sessions", "gamification", "community", "messaging", "quotes"]
JWT_SECRET = os.urandom(24).hex()


class Started:
    """A child that stops with us."""

    def __init__(self, command, environment, log, cwd=ROOT):
        self._log = open(log, "w")
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command], cwd=cwd, env=os.environ | environment,
            stdout=self._log, stderr=subprocess.STDOUT)
        self.pid = self._process.pid
        self.processes = Processes(self.pid)

    def wait_for(self, port, seconds=60):
        deadline = time.monotonic() + seconds
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    with open(self._log.name) as log:
                        raise RuntimeError(f"{self._log.name}: {log.read()[-2000:]}") from None
                time.sleep(0.05)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        self._log.close()


class Focal:
    """The seven processes under their supervisor."""

    def __init__(self, state, settings=None):
        self.state = state
        names = ["PORT", "GATEWAY_ADMIN_PORT", "FOCAL_POSTGRES_PORT", "FOCAL_REDIS_PORT"]
        names += [f"{service.upper()}_ADMIN_PORT" for service in SERVICES]
        ports = free_ports(len(names) + len(SERVICES))
        environment = {name: str(next(ports)) for name in names}
        for service in SERVICES:
            environment[f"{service.upper()}_ADDRESS"] = f"tcp:127.0.0.1:{next(ports)}"
        self.port = int(environment["PORT"])
        self.url = f"http://127.0.0.1:{self.port}"
        self._supervisor = Started(["deploy/scripts/supervise"], environment | {
            "DATABASE_URL": "", "REDIS_URL": "", "FOCAL_STATE_DIR": state,
            "RATE_LIMIT_SCALE": "1e6", "JWT_EXPIRE_MINUTES": "60", "LOG_LEVEL": "info",
        } | (settings or {}), os.path.join(state, "supervisor.log"))
        self._supervisor.wait_for(self.port)
        self._wait_until_ready()
        with open(os.path.join(state, "secrets/database_url")) as file:
            self.database_url = file.read().strip()
        with open(os.path.join(state, "secrets/redis_url")) as file:
            self.redis_url = file.read().strip()
        children = self._children()
        self.postgres = Processes(children["postgres"])
        self.redis = Processes(children["redis-server"])
        self.processes = Processes(
            *[pid for name, pid in children.items() if name.startswith("focal-")])
        self.tokens = os.path.join(state, "focal.tokens")
        with ThreadPoolExecutor(8) as pool, open(self.tokens, "w") as file:
            file.write("\n".join(pool.map(self._register, range(USERS))) + "\n")

    def _wait_until_ready(self):
        deadline = time.monotonic() + 60
        while call(self.port, "GET", "/ready")[0] != 200:
            if time.monotonic() > deadline:
                raise RuntimeError("Focal did not become ready")
            time.sleep(0.05)

    def _register(self, number):
        status, answer = call(self.port, "POST", "/api/v1/auth/register", {
            "email": f"user-{number}-{os.urandom(6).hex()}@example.com", "password": "correct horse"})
        assert status == 201, answer
        return answer["access_token"]

    def _children(self):
        with open(f"/proc/{self._supervisor.pid}/task/{self._supervisor.pid}/children") as file:
            pids = [int(pid) for pid in file.read().split()]
        found = {}
        for pid in pids:
            with open(f"/proc/{pid}/cmdline") as file:
                found[os.path.basename(re.split(r"[\0 ]", file.read())[0])] = pid
        return found

    def stop(self):
        self._supervisor.stop()


class Peers:
    """FastAPI, Express and nginx, one worker each, on Focal's stores but in a database of their own."""

    def __init__(self, focal, state):
        self._install()
        self.database_url = re.sub(r"/focal(?=\?|$)", "/peers", focal.database_url)
        psql(focal.database_url, "-c", "CREATE DATABASE peers")
        psql(self.database_url, "-f", os.path.join(HERE, "peers/schema.sql"))
        psql(self.database_url, "-c", "VACUUM ANALYZE")
        self.tokens = os.path.join(state, "peers.tokens")
        with open(self.tokens, "w") as file:
            file.write("".join(token(number) + "\n" for number in range(USERS)))
        environment = postgres_environment(self.database_url) | {
            "REDIS_URL": focal.redis_url, "JWT_SECRET": JWT_SECRET}
        self._started = {}
        ports = free_ports(3)
        self.ports = {name: next(ports) for name in ["FastAPI", "Express", "nginx"]}
        self._start("FastAPI", [
            f"{CACHE}/venv/bin/uvicorn", "fastapi_peer:app", "--app-dir", f"{HERE}/peers", "--host",
            "127.0.0.1", "--port", str(self.ports["FastAPI"]), "--loop", "uvloop", "--http", "httptools",
            "--no-access-log", "--log-level", "warning"], environment, state)
        self._start("Express", ["node", f"{HERE}/peers/express_peer.js"], environment | {
            "NODE_ENV": "production", "NODE_PATH": f"{CACHE}/express/usr/share/nodejs",
            "PORT": str(self.ports["Express"])}, state)
        folder = os.path.join(state, "nginx")
        os.mkdir(folder)
        with open(f"{HERE}/peers/nginx.conf") as source, open(f"{folder}/nginx.conf", "w") as target:
            target.write(source.read().replace("NGINX_PORT", str(self.ports["nginx"])))
        self._start(
            "nginx", ["/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", f"{folder}/nginx.conf"],
            {}, state)

    def _install(self):
        os.makedirs(CACHE, exist_ok=True)
        subprocess.run([f"{HERE}/peers/install-express", f"{CACHE}/express"], check=True)
        requirements = f"{HERE}/peers/requirements.txt"
        marker = f"{CACHE}/venv/requirements.txt"
        if subprocess.run(["cmp", "-s", requirements, marker]).returncode:
            subprocess.run(["python3", "-m", "venv", "--clear", f"{CACHE}/venv"], check=True)
            subprocess.run([
                f"{CACHE}/venv/bin/pip", "install", "-q", "--disable-pip-version-check", "-r",
                requirements], check=True)
            subprocess.run(["cp", requirements, marker], check=True)

    def _start(self, name, command, environment, state):
        self._started[name] = Started(command, environment, os.path.join(state, f"{name}.log"))
        self._started[name].wait_for(self.ports[name])

    def processes(self, name):
        return self._started[name].processes

    def stop(self):
        for started in self._started.values():
            started.stop()


def postgres_environment(url):
    """The URL of the supervisor's private PostgreSQL, in the form that every driver understands."""
    user, password, database, folder, port = re.fullmatch(
        r"postgresql://(\w+):(\w+)@/(\w+)\?host=(.+)&port=(\d+)", url).groups()
    return {
        "PGUSER": user, "PGPASSWORD": password, "PGDATABASE": database, "PGHOST": folder, "PGPORT": port}


def token(number):
    """Of the peers' user with that number (schema.sql), as PyJWT would make it."""
    claims = {"sub": f"00000000-0000-7000-8000-{number:012}", "exp": int(time.time()) + 3600}
    text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return text + "." + encoded(hmac.digest(JWT_SECRET.encode(), text.encode(), hashlib.sha256))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def call(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()


def psql(url, *arguments):
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url, *arguments], check=True)


def free_ports(count):
    """Below the range from which the system takes the ports of outgoing connections."""
    found = []
    for port in random.sample(range(20000, 32000), 400):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return iter(found)
