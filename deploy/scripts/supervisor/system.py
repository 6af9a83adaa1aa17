"""The loop: start in order, restart what dies, drain in the opposite order."""
import ctypes
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time

from .process import Process
from .settings import SERVICES
from .stores import PrivatePostgres, PrivateRedis

START_SECONDS_MAX = 60
#: A process has 10 s to finish what is in flight; then it is killed.
DRAIN_SECONDS_MAX = 12
POLL_SECONDS = 0.02
#: One request to stop may come several times: from the terminal, from make, from the end of make.
ONE_REQUEST_SECONDS = 1
PORT_PATIENCE_SECONDS = 15
EXIT_CONFIGURATION = 78
PR_SET_CHILD_SUBREAPER = 36


class StartFailed(Exception):
    """The system did not come up; the text says which part, and its last words."""


class StopRequested(Exception):
    """SIGINT or SIGTERM while starting."""


class System:
    def __init__(self, settings, stores_only=False):
        self._settings = settings
        self._stores_only = stores_only
        self._groups = []  # In the order of their start; drained backwards.
        self._stores = []
        self._is_stopping = False
        self._patient_until = 0
        self._is_ready = False
        self._lock = None
        self._wake = None

    def run(self):
        started = time.monotonic()
        self._take_lock()
        self._watch_signals()
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        try:
            self._start_stores()
            if not self._stores_only:
                self._migrate()
                self._start_processes()
            self._is_ready = True
            self._announce(time.monotonic() - started)
            while True:
                self._turn(None)
        except StopRequested:
            return 0
        except (RuntimeError, OSError, subprocess.CalledProcessError) as failure:
            raise StartFailed(failure) from failure
        finally:
            self._drain()

    # Starting

    def _start_stores(self):
        settings = self._settings
        if settings.has_private_postgres:
            postgres = PrivatePostgres(settings)
            self._stores.append(postgres)
            settings.database_url = postgres.url
            settings.credentials.keep("database_url", postgres.url + "\n")
        if settings.has_private_redis:
            self._stores.append(PrivateRedis(settings))
        for store in self._stores:
            store.prepare()
        ports = {} if self._stores_only else settings.taken_ports()
        if settings.has_private_postgres:
            ports[settings.postgres_port] = "PostgreSQL"
        if settings.has_private_redis:
            ports[settings.redis_port] = "Redis"
        self._wait_for_ports(ports)
        self._start([store.process for store in self._stores])
        self._wait_until(lambda: all(store.is_ready for store in self._stores), "the stores")

    def _wait_for_ports(self, ports):
        """What a killed supervisor left is draining: its ports come free within seconds."""
        deadline = time.monotonic() + PORT_PATIENCE_SECONDS
        while taken := [port for port in ports if is_taken(port)]:
            if time.monotonic() > deadline:
                names = ", ".join(f"{port} ({ports[port]})" for port in taken)
                raise StartFailed(f"in use by another program: port {names}")
            self._turn(0.1)

    def _migrate(self):
        program = os.path.join(self._settings.binaries, "focal-migrate")
        deadline = time.monotonic() + (5 if self._settings.has_private_postgres else 30)
        while True:
            done = subprocess.run(
                [program], env=self._settings.migration_environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
            with open(os.path.join(self._settings.state, "log/migrate.log"), "a") as log:
                log.write(done.stdout)
            if done.returncode == 0:
                return
            if time.monotonic() > deadline or done.returncode == EXIT_CONFIGURATION:
                raise StartFailed(f"the migrations failed:\n{done.stdout.strip()}")
            self._turn(0.5)

    def _start_processes(self):
        settings = self._settings
        self._start([
            process for name, _, _ in SERVICES
            for process in self._replicas(name, lambda n: settings.service_environment(name, n))])
        self._start(self._replicas("gateway", settings.gateway_environment))
        self._wait_until(self._is_answered, "the processes")

    def _replicas(self, name, environment):
        program = os.path.join(self._settings.binaries, f"focal-{name}")
        return [
            Process(
                label, [program], environment(number),
                os.path.join(self._settings.state, f"log/{label}.log"))
            for number, label in enumerate(self._settings.labels(name))]

    def _start(self, processes):
        self._groups.append(processes)
        for process in processes:
            process.start()

    def _wait_until(self, is_done, what):
        deadline = time.monotonic() + START_SECONDS_MAX
        while not is_done():
            if time.monotonic() > deadline:
                logs = os.path.join(self._settings.state, "log")
                raise StartFailed(f"{what} did not become ready in {START_SECONDS_MAX} s; see {logs}")
            self._turn(POLL_SECONDS)

    def _is_answered(self):
        """Whether the public port answers; under TLS the admin port, which speaks plain HTTP."""
        settings = self._settings
        ports = settings.admin_ports["gateway"]
        if settings.replicas > 1:
            # All of them: a gateway is ready as soon as one replica of each service is.
            ports = [port for ports in settings.admin_ports.values() for port in ports]
        elif settings.public_url.startswith("http:"):
            ports = [settings.port]
        return all(answers_ready(port) for port in ports)

    def _announce(self, seconds):
        if self._stores_only:
            print(f"Stores are ready at {self._settings.state}")
        else:
            print(f"Started in {seconds:.1f} s; logs in {self._settings.state}/log")
            print(f"Focal is ready at {self._settings.public_url}")
        sys.stdout.flush()

    # Running

    def _turn(self, timeout):
        """Waits for a signal, a due restart or the timeout, and handles what came."""
        due = [process.restart_at for process in self._all() if process.restart_at is not None]
        if due:
            wait = max(min(due) - time.monotonic(), 0)
            timeout = wait if timeout is None else min(timeout, wait)
        readable, _, _ = select.select([self._wake], [], [], timeout)
        if readable:
            received = self._wake.recv(4096)
            if signal.SIGINT in received or signal.SIGTERM in received:
                self._stop_or_kill()
        self._reap()
        if not self._is_stopping:
            self._restart_what_is_due()

    def _reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for process in self._all():
                if process.pid == pid:
                    process.died()
                    self._report(process, os.waitstatus_to_exitcode(status))

    def _report(self, process, code):
        if self._is_stopping:
            return
        reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        if not self._is_ready and code == EXIT_CONFIGURATION:
            raise StartFailed(f"{process.name} refuses its settings:\n{process.last_words()}")
        print(f"focal: {process.name} {reason}; starting it again", file=sys.stderr, flush=True)
        if not self._is_ready and code != 0:
            print(process.last_words(), file=sys.stderr, flush=True)

    def _restart_what_is_due(self):
        now = time.monotonic()
        for process in self._all():
            if process.restart_at is not None and process.restart_at <= now:
                process.start()

    def _all(self):
        return [process for group in self._groups for process in group]

    # Stopping

    def _stop_or_kill(self):
        if not self._is_stopping:
            self._is_stopping = True
            self._patient_until = time.monotonic() + ONE_REQUEST_SECONDS
            raise StopRequested
        if time.monotonic() > self._patient_until:  # Asked again: no more patience.
            for process in self._all():
                process.signal(signal.SIGKILL)

    def _drain(self):
        """The gateway first, so that nothing new comes in; the stores last."""
        self._is_stopping = True
        for group in reversed(self._groups):
            for process in group:
                process.signal(process.stop_signal)
            deadline = time.monotonic() + DRAIN_SECONDS_MAX
            while any(process.pid for process in group):
                if time.monotonic() > deadline:
                    for process in group:
                        process.signal(signal.SIGKILL)
                self._turn(0.1)

    def _take_lock(self):
        self._lock = open(os.path.join(self._settings.state, "lock"), "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed(f"another Focal is running on {self._settings.state}") from None

    def _watch_signals(self):
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        self._wake, self._writer = reader, writer
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, frame: None)


def answers_ready(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def is_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False
