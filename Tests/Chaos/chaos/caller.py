"""HTTP/1.1 as small as it gets: what came of a request is known exactly, and it costs little of the machine."""
import asyncio
import json
import time
from dataclasses import dataclass

#: A call has 10 s; a process that is paused on the way takes its time too.
ANSWER_SECONDS_MAX = 20


class Broken(Exception):
    """The connection ended before its answer: nobody knows what became of the request."""


class Unanswered(Exception):
    """The connection stood, and no answer came."""


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def is_success(self):
        return 200 <= self.status < 300

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The problem's code, where the answer is one."""
        try:
            return self.json["code"]
        except (ValueError, KeyError, TypeError):
            return None


class Connection:
    """One keep-alive connection, made again when it was lost. For one caller at a time."""

    def __init__(self, port, headers, tls=None):
        self._port, self._tls = port, tls
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._reader = self._writer = None

    async def request(self, method, path, body=None, **headers):
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n", self._head]
        lines += [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        if body is not None:
            lines.append("Content-Type: application/json\r\n")
        if method != "GET":
            lines.append(f"Content-Length: {len(content)}\r\n")
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await self._exchange("".join(lines).encode() + b"\r\n" + content)
        except TimeoutError:
            await self.close()
            raise Unanswered(f"{method} {path}: no answer in {ANSWER_SECONDS_MAX} s") from None
        except (OSError, EOFError) as error:
            await self.close()
            raise Broken(f"{type(error).__name__} {error}".strip()) from None
        except BaseException:
            await self.close()
            raise

    async def _exchange(self, request):
        if self._writer is not None and self._reader.at_eof():
            await self.close()  # It was idle for longer than the gateway waits.
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._tls)
        self._writer.write(request)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *fields = head[:-4].split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (
            field.partition(":") for field in fields)}
        length = int(headers.get("content-length", 0))
        body = await self._reader.readexactly(length) if length else b""
        if headers.get("connection") == "close":
            await self.close()
        return Answer(int(status.split(" ")[1]), headers, body)

    async def close(self):
        writer, self._reader, self._writer = self._writer, None, None
        if writer is not None:
            writer.close()


async def wait_until_ready(ports, seconds):
    """Until `/ready` of each of those ports is 200; the ports that are not, where it takes longer."""
    deadline = time.monotonic() + seconds
    left = list(ports)
    while left and time.monotonic() < deadline:
        answers = await asyncio.gather(*[is_ready(port) for port in left])
        left = [port for port, is_well in zip(left, answers) if not is_well]
        if left:
            await asyncio.sleep(0.1)
    return left


async def is_ready(port):
    connection = Connection(port, {"Connection": "close"})
    try:
        return (await connection.request("GET", "/ready")).is_success
    except (Broken, Unanswered):
        return False
