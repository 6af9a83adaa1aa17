"""Who follows a user: over a socket as a client does, or what is published for the gateways."""
import json
import socket
import struct
import threading
import time

from stores import RedisLink

TYPES = [
    None, "room_state", "timer_update", "participant_joined", "participant_left",
    "participant_status", "session_completed", "badge_awarded", "message_received",
    "notification", "user_state", "metrics_updated", "leaderboard_updated", "pong", "error"]


class Collector:
    """Collects a user's live events: dictionaries of `seq`, `type`, `data` and more."""

    def __init__(self):
        self.events = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._close()
        self._thread.join()

    def of(self, kind):
        with self._changed:
            return [event for event in self.events if event["type"] == kind]

    def wait_for(self, kind, count=1, seconds=10, where=lambda event: True):
        """The events of a kind, as soon as there are so many."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [e for e in self.events if e["type"] == kind and where(e)]
                if len(found) >= count:
                    return found
                left = deadline - time.monotonic()
                seen = [event["type"] for event in self.events]
                assert left > 0, f"{len(found)} of {count} {kind}; seen: {seen}"
                self._changed.wait(left)

    def _run(self):
        while (event := self._next()) is not None:
            with self._changed:
                self.events.append(event)
                self._changed.notify_all()


class Follower(Collector):
    """Over a socket, from the moment of its first message."""

    def __init__(self, user):
        from live import follow
        self._socket = follow(user)
        super().__init__()
        self.wait_for("user_state")

    def _next(self):
        from websockets.exceptions import ConnectionClosed
        try:
            return json.loads(self._socket.connection.recv())
        except ConnectionClosed:
            return None

    def _close(self):
        self._socket.connection.close()


class Subscriber(Collector):
    """In Redis, as a gateway, from the moment that the subscription is confirmed: nothing that gateways do for
    their sockets is between."""

    def __init__(self, user):
        self._link = RedisLink()
        assert self._link.ask("SUBSCRIBE", f"focal:live:u:{user.id}")[0] == b"subscribe"
        self._link.socket.settimeout(None)
        super().__init__()

    def _next(self):
        try:
            return decode(self._link.read()[2])
        except (OSError, ValueError):
            return None

    def _close(self):
        self._link.socket.shutdown(socket.SHUT_RDWR)


def decode(payload):
    """8 bytes of a number, then a LiveEvent (protos/focal/live.proto)."""
    event = {"seq": struct.unpack(">Q", payload[:8])[0], "type": None, "data": "null"}
    names = {1: "id", 2: "room_id", 3: "user_id", 5: "type", 6: "server_time_ms", 7: "data"}
    at = 8

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = payload[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(payload):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            at, value = at + value, payload[at:at + value].decode()
        if tag >> 3 in names:
            event[names[tag >> 3]] = value
    event["type"] = TYPES[event["type"]]
    event["data"] = json.loads(event["data"])
    return event
