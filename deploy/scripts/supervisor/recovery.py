"""A private PostgreSQL made from a base backup and the log that was archived since."""
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import time

from .process import as_user
from .stores import PrivatePostgres


class RecoveryFailed(Exception):
    """The server could not be made; the text has its last words."""


class Recovery:
    def __init__(self, settings, base, archive):
        self._settings = settings
        self._base, self._archive = base, archive
        self._data = os.path.join(settings.state, "postgres/data")
        if os.path.exists(self._data):
            raise RecoveryFailed(f"{self._data} is there already: recovery makes a new one")
        if not os.path.isdir(archive):
            raise RecoveryFailed(f"{archive} is no folder")

    def run(self, until):
        """All of the log that is there, or up to a moment. Interrupted, it begins anew."""
        # Not before the backup's secrets are in place: the server's password is one of them.
        postgres = PrivatePostgres(self._settings)
        self._data = os.path.join(postgres.folder, "data")
        new = self._data + ".new"
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(os.path.join(new, "pg_wal"), mode=0o700)
        for name, place in [("base", new), ("pg_wal", os.path.join(new, "pg_wal"))]:
            subprocess.run(
                ["tar", "-xzf", os.path.join(self._base, f"{name}.tar.gz"), "-C", place], check=True)
        os.chmod(new, 0o700)
        with open(os.path.join(new, "recovery.signal"), "w"):
            pass
        self._give(postgres.account, new)
        self._recover(postgres, new, self._options(until))
        os.rename(new, self._data)

    def _options(self, until):
        archive = shlex.quote(self._archive.replace("%", "%%"))
        options = {
            "restore_command": f"cp {archive}/%f %p", "recovery_target_action": "promote",
            # Nobody is let in before the end.
            "hot_standby": "off", "archive_mode": "off", "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "", "port": self._settings.postgres_port,
            "recovery_init_sync_method": "syncfs"}
        if until:
            options["recovery_target_time"] = until
        return [f"--{name}={value}" for name, value in options.items()]

    @staticmethod
    def _give(account, folder):
        if account:
            owner = pwd.getpwnam(account)
            for place, _, files in os.walk(folder):
                for path in [place, *[os.path.join(place, name) for name in files]]:
                    os.lchown(path, owner.pw_uid, owner.pw_gid)

    def _recover(self, postgres, data, options):
        """Starts the server, and stops it when it has recovered."""
        program = os.path.join(self._settings.postgres_programs, "postgres")
        log = os.path.join(self._settings.state, "log/recovery.log")
        with open(log, "w") as output:
            server = subprocess.Popen(
                as_user(postgres.account, "INT", [program, "-D", data, *options]), cwd=data,
                stdout=output, stderr=subprocess.STDOUT)
        while server.poll() is None and not self._is_ready(data):
            time.sleep(0.1)
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
        if server.wait():
            with open(log, errors="replace") as file:
                words = "".join(file.readlines()[-8:])
            raise RecoveryFailed(f"PostgreSQL did not recover; see {log}:\n{words}")

    @staticmethod
    def _is_ready(data):
        """As the pid file says; while it recovers, that says `standby`."""
        try:
            with open(os.path.join(data, "postmaster.pid")) as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"
