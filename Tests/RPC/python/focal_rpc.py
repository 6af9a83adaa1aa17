"""A client of Focal's RPC, written from protos/WIRE.md alone."""
import hashlib
import hmac
import os
import socket
import struct
import threading

HELLO, REQUEST, RESPONSE, ERROR, CANCEL, PING, PONG, GOAWAY = range(1, 9)
REFUSED = 1
LENGTH_MAX = 4_194_304


def method_id(full_name):
    """FNV-1a of `package.Service/Method`."""
    value = 0x811C9DC5
    for byte in full_name.encode("ascii"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def proof(secret, side, server_nonce, client_nonce, service):
    message = b"focal-rpc-v1 " + side + b"\0" + server_nonce + client_nonce + service.encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


class RPCError(Exception):
    """An answer that is an error: `status` is its RPCStatus."""

    def __init__(self, status, refused):
        super().__init__(f"{status.code} {status.reason}: {status.message}")
        self.status = status
        self.refused = refused


class Goaway(Exception):
    """The server ended the connection; `reason` is its word for why."""

    def __init__(self, reason, message):
        super().__init__(f"{reason}: {message}")
        self.reason = reason


class Frames:
    """Frames over a stream socket."""

    def __init__(self, address):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout=20)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(20)
        self.lock = threading.Lock()

    def send(self, kind, call_id=0, method=0, body=b"", flags=0):
        head = struct.pack(">IBBHII", 12 + len(body), kind, flags, 0, call_id, method)
        with self.lock:
            self.socket.sendall(head + body)

    def receive(self):
        """Kind, flags, call id, body; None at the end of the connection."""
        head = self._exactly(4)
        if head is None:
            return None
        (length,) = struct.unpack(">I", head)
        assert 12 <= length <= LENGTH_MAX, f"length {length}"
        rest = self._exactly(length)
        if rest is None:
            return None
        kind, flags, reserved, call_id, method = struct.unpack(">BBHII", rest[:12])
        assert reserved == 0 and method == 0
        return kind, flags, call_id, rest[12:]

    def close(self):
        try:
            # Wakes the thread that is reading: `close` alone would wait for it.
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def _exactly(self, count):
        data = bytearray()
        while len(data) < count:
            try:
                part = self.socket.recv(count - len(data))
            except (ConnectionError, OSError):
                return None
            if not part:
                return None
            data += part
        return bytes(data)


class Client:
    """One connection; calls may be made from many threads, or begun and awaited later."""

    def __init__(self, messages, address, secret, service, instance="python"):
        self.messages = messages
        self.frames = Frames(address)
        self.lock = threading.Lock()
        self.last_id = 0
        self.waiting = {}
        self.goaway = None
        self.is_over = False
        self.pongs = []
        self.pong_came = threading.Condition()
        self._hello(secret, service, instance)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _hello(self, secret, service, instance):
        challenge = self.messages.RPCChallenge.FromString(self._expect_hello())
        assert challenge.version == 1 and len(challenge.nonce) == 32
        self.challenge = challenge
        nonce = os.urandom(32)
        hello = self.messages.RPCHello(
            version=1, service=service, instance=instance, nonce=nonce,
            proof=proof(secret, b"client", challenge.nonce, nonce, service))
        self.frames.send(HELLO, body=hello.SerializeToString())
        self.welcome = self.messages.RPCWelcome.FromString(self._expect_hello())
        expected = proof(secret, b"server", challenge.nonce, nonce, service)
        if not hmac.compare_digest(self.welcome.proof, expected):
            self.frames.close()
            raise ConnectionError("the server does not know the secret")

    def _expect_hello(self):
        frame = self.frames.receive()
        if frame is None:
            raise ConnectionError("closed during the hello")
        kind, _, _, body = frame
        if kind == GOAWAY:
            goaway = self.messages.RPCGoaway.FromString(body)
            raise Goaway(goaway.reason, goaway.message)
        assert kind == HELLO, f"kind {kind}"
        return body

    def begin(self, method, request=None, **header):
        """Sends a request and returns its call id; `header` are fields of RPCCallHeader."""
        with self.lock:
            if self.is_over:
                raise ConnectionError("the connection is closed")
            self.last_id = self.last_id % 0xFFFFFFFF + 1
            call_id = self.last_id
            self.waiting[call_id] = [threading.Event(), None]
        head = self.messages.RPCCallHeader(**header).SerializeToString()
        message = request.SerializeToString() if request is not None else b""
        body = struct.pack(">I", len(head)) + head + message
        self.frames.send(REQUEST, call_id, method_id(method), body)
        return call_id

    def finish(self, call_id, answer_type=None, timeout=20):
        """The answer to a call; raises RPCError, or ConnectionError if the connection is lost."""
        event, _ = self.waiting[call_id]
        if not event.wait(timeout):
            raise TimeoutError(f"no answer to call {call_id}")
        _, outcome = self.waiting.pop(call_id)
        if isinstance(outcome, Exception):
            raise outcome
        return answer_type.FromString(outcome) if answer_type else outcome

    def call(self, method, request=None, answer_type=None, **header):
        return self.finish(self.begin(method, request, **header), answer_type)

    def cancel(self, call_id):
        self.waiting.pop(call_id, None)
        self.frames.send(CANCEL, call_id)

    def ping(self, body=b"", timeout=20):
        """Whether the server answers."""
        with self.pong_came:
            seen = len(self.pongs)
            self.frames.send(PING, body=body)
            self.pong_came.wait_for(lambda: len(self.pongs) > seen, timeout)
            return self.pongs[seen:] == [body]

    def close(self):
        self.frames.close()

    def _read(self):
        while (frame := self.frames.receive()) is not None:
            kind, flags, call_id, body = frame
            if kind == RESPONSE:
                self._answer(call_id, body)
            elif kind == ERROR:
                status = self.messages.RPCStatus.FromString(body)
                self._answer(call_id, RPCError(status, bool(flags & REFUSED)))
            elif kind == PING:
                self.frames.send(PONG, body=body)
            elif kind == PONG:
                with self.pong_came:
                    self.pongs.append(body)
                    self.pong_came.notify_all()
            elif kind == GOAWAY:
                self.goaway = self.messages.RPCGoaway.FromString(body)
        with self.lock:
            self.is_over = True
            left = list(self.waiting)
        for call_id in left:
            self._answer(call_id, ConnectionError("the connection was lost"))

    def _answer(self, call_id, outcome):
        waiting = self.waiting.get(call_id)
        if waiting is not None and not waiting[0].is_set():
            waiting[1] = outcome
            waiting[0].set()
