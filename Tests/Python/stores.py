"""The system's own Redis, as the tests reach it: by REDIS_URL, else by the secret of the private one."""
import os
import socket
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 10


def redis_url():
    if os.environ.get("REDIS_URL"):
        return os.environ["REDIS_URL"]
    return Path(ROOT, os.environ.get("FOCAL_STATE_DIR") or ".focal", "secrets/redis_url").read_text().strip()


def redis(*words):
    """Gives it one command, and gives back its answer."""
    link = RedisLink()
    try:
        return link.ask(*words)
    finally:
        link.close()


class RedisLink:
    """A connection that is logged in."""

    def __init__(self):
        parts = urlsplit(redis_url())
        self.socket = socket.create_connection(
            (parts.hostname or "127.0.0.1", parts.port or 6379), timeout=SECONDS_MAX)
        self._file = self.socket.makefile("rb")
        if parts.password:
            self.ask("AUTH", parts.username or "default", unquote(parts.password))

    def ask(self, *words):
        encoded = [word.encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
        return self.read()

    def read(self):
        """An answer, or what is pushed."""
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ConnectionError(rest.decode())
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self._file.read(int(rest) + 2)[:-2]
        return int(rest) if kind == b":" else rest

    def close(self):
        self._file.close()
        self.socket.close()
