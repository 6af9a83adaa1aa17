"""The private PostgreSQL and Redis below the state directory."""
import hashlib
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import time

from .process import Process, as_user

#: sockaddr_un holds 108 bytes with the terminator.
SOCKET_PATH_BYTES_MAX = 107


class PrivatePostgres:
    """PostgreSQL 15 with its data and socket in one folder; durable, small, scram passwords only."""

    user = "focal"
    database = "focal"

    def __init__(self, settings):
        self._settings = settings
        # PostgreSQL refuses to run as root.
        self.account = "postgres" if os.geteuid() == 0 else None
        self.folder = self._make_folder()
        self._data = os.path.join(self.folder, "data")
        socket_path = os.path.join(self.folder, f".s.PGSQL.{settings.postgres_port}")
        self._has_socket = len(os.fsencode(socket_path)) <= SOCKET_PATH_BYTES_MAX
        self._password = settings.credentials.secret("postgres_password")

    @property
    def url(self):
        port = self._settings.postgres_port
        place = f"@/{self.database}?host={self.folder}&port={port}"
        if not self._has_socket:
            place = f"@127.0.0.1:{port}/{self.database}"
        return f"postgresql://{self.user}:{self._password}{place}"

    @property
    def is_ready(self):
        """From the last line of the pid file, as `pg_ctl --wait` does: no process, no connection."""
        try:
            with open(os.path.join(self._data, "postmaster.pid")) as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and int(lines[0]) == self.process.pid

    def prepare(self):
        """Makes the cluster the first time. A half-made one is thrown away."""
        if not os.path.exists(self._data):
            self._make_cluster(self._data + ".new")
            os.rename(self._data + ".new", self._data)
        # The former supervisor, killed, took its server along: it may still be writing its checkpoint.
        self._wait_for_former_server()
        self.process = Process(
            "postgres", self._command(), os.environ | {"LC_ALL": "C.UTF-8"},
            os.path.join(self._settings.state, "log/postgres.log"), user=self.account,
            stop_signal=signal.SIGINT, before_start=self._kill_orphans)

    def _command(self):
        options = {
            "port": self._settings.postgres_port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder if self._has_socket else "",
            # Pools of 16 of six services, and what listens and looks beside them.
            "max_connections": 100 + 100 * self._settings.replicas,
            "shared_buffers": "128MB",
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            # After a kill, one syncfs instead of an fsync of each of a thousand files.
            "recovery_init_sync_method": "syncfs",
            "max_wal_size": "2GB",
            "log_timezone": "UTC",
            "timezone": "UTC",
        } | self._archiving()
        command = [os.path.join(self._settings.postgres_programs, "postgres"), "-D", self._data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _archiving(self):
        """Each segment of the log is copied, the one that is being written after a minute at the latest."""
        archive = self._settings.wal_archive
        if not archive:
            return {}
        os.makedirs(archive, mode=0o700, exist_ok=True)
        if self.account:
            account = pwd.getpwnam(self.account)
            os.chown(archive, account.pw_uid, account.pw_gid)
        place = shlex.quote(archive.replace("%", "%%"))
        # Whole or not at all, and never one over another one.
        copy = f"test ! -e {place}/%f && cp %p {place}/%f.new && sync {place}/%f.new && mv {place}/%f.new {place}/%f"
        return {
            "archive_mode": "on", "archive_timeout": "60s",
            "archive_command": f"cmp -s %p {place}/%f || {{ {copy}; }}"}

    def _make_folder(self):
        folder = os.path.join(self._settings.state, "postgres")
        if self.account is None:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            return folder
        if not os.path.lexists(folder) and not self._can_reach(self._settings.state):
            # A checkout below a closed home, /root say: the store's user cannot walk there.
            digest = hashlib.sha256(os.fsencode(self._settings.state)).hexdigest()[:12]
            elsewhere = f"/var/lib/focal/{digest}"
            os.makedirs(elsewhere, exist_ok=True)
            os.symlink(elsewhere, folder)
        folder = os.path.realpath(folder)
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o700)
        account = pwd.getpwnam(self.account)
        os.chown(folder, account.pw_uid, account.pw_gid)
        return folder

    def _can_reach(self, folder):
        command = as_user(self.account, "KILL", ["test", "-x", folder])
        return subprocess.run(command).returncode == 0

    def _make_cluster(self, data):
        shutil.rmtree(data, ignore_errors=True)
        password_file = os.path.join(self.folder, "password")
        with open(password_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(self._password)
        if self.account:
            account = pwd.getpwnam(self.account)
            os.chown(password_file, account.pw_uid, account.pw_gid)
        try:
            self._program(
                "initdb", "-D", data, "-U", self.user, "-A", "scram-sha-256", "--pwfile", password_file,
                "-E", "UTF8", "--locale", "C.UTF-8")
            self._program(
                "postgres", "--single", "-D", data, "postgres",
                input=f"CREATE DATABASE {self.database}\n")
        finally:
            os.unlink(password_file)

    def _program(self, name, *arguments, input=None):
        command = [os.path.join(self._settings.postgres_programs, name), *arguments]
        done = subprocess.run(
            as_user(self.account, "TERM", command), cwd=self.folder, input=input, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"{name} failed:\n{done.stdout}")

    def _wait_for_former_server(self, patience_seconds=15):
        path = os.path.join(self._data, "postmaster.pid")
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            try:
                with open(path) as file:
                    pid = int(file.readline())
                with open(f"/proc/{pid}/stat") as file:
                    stat = file.read()
            except (FileNotFoundError, ProcessLookupError, ValueError):
                break
            # A zombie, whose parent has not looked yet, holds nothing any more.
            if "(postgres)" not in stat or ") Z " in stat:
                break
            time.sleep(0.02)
        else:
            raise RuntimeError(f"another PostgreSQL is running on {self._data}")
        # A stale file whose pid now belongs to somebody else would stop the server from starting.
        if os.path.exists(path):
            os.unlink(path)

    def _kill_orphans(self):
        """After SIGKILL of the server its children hold its shared memory, which bars the next one.

        The supervisor is the system's sub-reaper, so that they are its children now.
        """
        deadline = time.monotonic() + 5
        while (orphans := children_named("postgres")) and time.monotonic() < deadline:
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
            for pid in orphans:
                os.waitpid(pid, 0)


def children_named(name):
    """The pids of our own children with that executable name."""
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        pids = [int(pid) for pid in file.read().split()]
    found = []
    for pid in pids:
        with open(f"/proc/{pid}/comm") as file:
            if file.read().strip() == name:
                found.append(pid)
    return found


class PrivateRedis:
    """Redis without persistence: all it holds can be made again."""

    def __init__(self, settings):
        self._settings = settings
        self._password = settings.credentials.secret("redis_password")

    @property
    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self._settings.redis_port), 0.2) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answers = connection.makefile("rb")
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        except OSError:
            return False

    def prepare(self):
        folder = os.path.join(self._settings.state, "redis")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Not as an argument, which everybody on the machine sees.
        file = os.path.join(folder, "redis.conf")
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            output.write(f"requirepass {self._password}\n")
        self._settings.credentials.keep("redis_url", self._settings.private_redis_url + "\n")
        command = [
            "redis-server", file, "--port", str(self._settings.redis_port), "--bind", "127.0.0.1",
            "--dir", folder, "--save", "", "--appendonly", "no", "--daemonize", "no",
            "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]
        if self._settings.redis_socket:
            path = self._settings.redis_socket.removeprefix("unix:")
            command += ["--unixsocket", path, "--unixsocketperm", "700"]
        self.process = Process(
            "redis", command, dict(os.environ), os.path.join(self._settings.state, "log/redis.log"))
