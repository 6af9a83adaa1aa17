"""WIRE.md, checked from another language."""
import os
import random
import re
import socket
import struct
import time

import pytest
from trial_server import ROOT, SECRET, Server
from focal_rpc import (
    CANCEL, ERROR, GOAWAY, HELLO, PING, PONG, REQUEST, Client, Frames, Goaway, RPCError, method_id,
    proof)

TRIAL = "focal.trial.v1.Trial/"
WIRE = (ROOT / "protos" / "WIRE.md").read_text()


def until(condition, timeout=10):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


# The page


def test_method_ids_are_those_of_the_page():
    examples = re.findall(r'"([\w./]+)" → (0x[0-9a-f]{8})', WIRE)
    assert len(examples) == 3
    for name, number in examples:
        assert method_id(name) == int(number, 16)


def test_proofs_are_those_of_the_page():
    secret = re.search(r"secret `(.{32})`", WIRE)[1]
    nonces = bytes(range(32)), bytes(range(32, 64))
    for side in ("client", "server"):
        expected = re.search(rf"^{side} ([0-9a-f]{{64}})$", WIRE, re.M)[1]
        assert proof(secret, side.encode(), *nonces, "auth").hex() == expected


def test_example_of_the_page_is_what_this_client_writes(messages):
    listing = re.search(r"^00 00 00 17.*?```", WIRE, re.M | re.S)[0]
    lines = re.findall(r"^((?:[0-9a-f]{2} )*[0-9a-f]{2})(?= {2,}|$)", listing, re.M)
    example = bytes.fromhex("".join(lines))
    header = messages.RPCCallHeader(deadline_ms=2000, request_id="r1").SerializeToString()
    body = struct.pack(">I", len(header)) + header
    method = method_id("focal.auth.v1.Auth/Login")
    assert example == struct.pack(">IBBHII", 12 + len(body), REQUEST, 0, 0, 1, method) + body


# Calls


def test_call_is_answered(client, trial):
    request = trial.Text(text="Grüße", data=os.urandom(1000))
    assert client.call(TRIAL + "Echo", request, trial.Text, deadline_ms=2000) == request


def test_server_names_itself_and_its_limits(client):
    assert client.challenge.service == "trial" and client.challenge.instance == "trial-1"
    assert client.welcome.calls_in_flight_max == 64
    assert client.welcome.frame_bytes_max == 4_194_304
    assert client.welcome.idle_ms_max == 30_000


def test_empty_header_and_message_are_a_call(client, trial):
    assert client.call(TRIAL + "Echo", None, trial.Text) == trial.Text()


def test_answers_come_in_any_order(client, trial):
    slow = client.begin(TRIAL + "Wait", trial.Text())
    ids = [client.begin(TRIAL + "Echo", trial.Text(text=str(n))) for n in range(50)]
    for number, call_id in reversed(list(enumerate(ids))):
        assert client.finish(call_id, trial.Text).text == str(number)
    client.cancel(slow)


def test_caller_trace_and_client_go_along(client, trial, messages):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = client.call(
        TRIAL + "WhoAmI", trial.Text(), trial.Text, deadline_ms=1000, request_id="r-1",
        trace_parent=trace,
        caller=messages.RPCCaller(
            user_id="u-1", session_id="s-1", role="RPC_ROLE_ADMIN",
            scope="RPC_SCOPE_WRITE"),
        client=messages.RPCClientInfo(ip="203.0.113.9", user_agent="curl/8"))
    assert answer.text == f"r-1 {trace} u-1/s-1/admin/write 203.0.113.9/curl/8"


def test_call_without_request_id_gets_one(client, trial):
    text = client.call(TRIAL + "WhoAmI", trial.Text(), trial.Text).text
    assert re.fullmatch(r"[0-9a-f]{32} - - -", text)


def test_error_has_everything(client, trial):
    with pytest.raises(RPCError) as caught:
        client.call(TRIAL + "Fail", trial.Text())
    status = caught.value.status
    assert status.code == 6 and status.reason == "email_taken" and not caught.value.refused
    assert status.message == "This address has an account."
    assert [(v.field, v.code, v.message) for v in status.violations] == [
        ("email", "taken", "is taken")]
    assert status.HasField("retry_after_ms") and status.retry_after_ms == 1500


def test_unknown_method_is_unimplemented(client):
    with pytest.raises(RPCError) as caught:
        client.call(TRIAL + "Nothing")
    assert caught.value.status.code == 12


def test_deadline_ends_the_call(client, trial):
    start = time.monotonic()
    with pytest.raises(RPCError) as caught:
        client.call(TRIAL + "Wait", trial.Text(), deadline_ms=50)
    assert caught.value.status.code == 4
    assert time.monotonic() - start < 2


def test_cancel_ends_the_call_without_an_answer(client, trial):
    def cancelled():
        return int(client.call(TRIAL + "CountCancelled", trial.Text(), trial.Text).text)

    before = cancelled()
    call_id = client.begin(TRIAL + "Wait", trial.Text())
    client.cancel(call_id)
    until(lambda: cancelled() == before + 1)
    assert call_id not in client.waiting


def test_closed_connection_cancels_its_calls(server, client, messages, trial):
    def cancelled():
        return int(client.call(TRIAL + "CountCancelled", trial.Text(), trial.Text).text)

    before = cancelled()
    other = Client(messages, server.address, SECRET, "trial")
    other.begin(TRIAL + "Wait", trial.Text())
    assert other.ping(b"is it there?")
    other.close()
    until(lambda: cancelled() == before + 1)


def test_calls_over_the_limit_are_refused(client, trial):
    held = [client.begin(TRIAL + "Wait", trial.Text()) for _ in range(64)]
    with pytest.raises(RPCError) as caught:
        client.call(TRIAL + "Echo", trial.Text())
    assert caught.value.status.code == 8 and caught.value.refused
    assert caught.value.status.reason == "calls_in_flight"
    for call_id in held:
        client.cancel(call_id)
    until(lambda: _answers(client, trial))


def _answers(client, trial):
    try:
        return client.call(TRIAL + "Echo", trial.Text(text="y"), trial.Text).text == "y"
    except RPCError:
        return False


def test_largest_frame_passes(client, trial):
    request = trial.Text(data=bytes(4_194_304 - 200))
    assert client.call(TRIAL + "Echo", request, trial.Text) == request


def test_pings_are_answered(client):
    assert client.ping() and client.ping(b"x" * 64)


# The hello


def test_wrong_secret_is_refused(server, messages):
    with pytest.raises(Goaway) as caught:
        Client(messages, server.address, SECRET + "!", "trial")
    assert caught.value.reason == "proof"


def test_wrong_service_is_refused(server, messages):
    with pytest.raises(Goaway) as caught:
        Client(messages, server.address, SECRET, "auth")
    assert caught.value.reason == "service"


def test_nonces_are_new_each_time(server, messages):
    nonces = set()
    for _ in range(5):
        client = Client(messages, server.address, SECRET, "trial")
        nonces.add(client.challenge.nonce)
        client.close()
    assert len(nonces) == 5


@pytest.mark.parametrize("kind", [REQUEST, CANCEL, PING, PONG, ERROR])
def test_nothing_goes_before_the_hello(server, messages, kind):
    frames = Frames(server.address)
    frames.receive()
    frames.send(kind, call_id=1 if kind in (REQUEST, CANCEL, ERROR) else 0)
    assert _goaway(frames, messages) in ("protocol", None)


@pytest.mark.parametrize("garbage", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\xff" * 64,
    struct.pack(">IBBHII", 11, 1, 0, 0, 0, 0), struct.pack(">IBBHII", 4097, 1, 0, 0, 0, 0),
    struct.pack(">IBBHII", 12, 1, 1, 0, 0, 0), struct.pack(">IBBHII", 12, 1, 0, 1, 0, 0),
    struct.pack(">IBBHII", 12, 77, 0, 0, 0, 0), struct.pack(">IBBHII", 12, 1, 0, 0, 1, 0)])
def test_garbage_is_refused(server, messages, garbage):
    frames = Frames(server.address)
    assert frames.receive()[0] == HELLO
    frames.socket.sendall(garbage)
    assert _goaway(frames, messages) in ("protocol", None)


def test_replayed_hello_is_refused(server, messages):
    first = Frames(server.address)
    challenge = messages.RPCChallenge.FromString(first.receive()[3])
    nonce = os.urandom(32)
    hello = messages.RPCHello(
        version=1, service="trial", nonce=nonce,
        proof=proof(SECRET, b"client", challenge.nonce, nonce, "trial")).SerializeToString()
    first.send(HELLO, body=hello)
    assert first.receive()[0] == HELLO
    second = Frames(server.address)
    second.receive()
    second.send(HELLO, body=hello)
    assert _goaway(second, messages) == "proof"
    first.close()


def _goaway(frames, messages):
    """The reason of the server's goaway; None if the connection just ended."""
    reason = None
    while (frame := frames.receive()) is not None:
        if frame[0] == GOAWAY:
            reason = messages.RPCGoaway.FromString(frame[3]).reason
    frames.close()
    return reason


# The end


def test_drain_answers_what_it_has_and_refuses_the_rest(own_server, messages, trial):
    client = Client(messages, own_server.address, SECRET, "trial")
    held = client.begin(TRIAL + "Wait", trial.Text(), deadline_ms=400)
    assert client.ping()
    own_server.process.terminate()
    until(lambda: client.goaway is not None)
    assert client.goaway.reason == "drain"
    with pytest.raises(RPCError) as caught:
        client.call(TRIAL + "Echo", trial.Text())
    assert caught.value.status.code == 14 and caught.value.status.reason == "draining"
    assert caught.value.refused
    with pytest.raises(RPCError) as late:
        client.finish(held)
    assert late.value.status.code == 4
    assert own_server.process.wait(5) == 0
    until(lambda: client.is_over)


def test_killed_server_ends_the_connection(own_server, messages, trial):
    client = Client(messages, own_server.address, SECRET, "trial")
    held = client.begin(TRIAL + "Wait", trial.Text())
    assert client.ping()
    own_server.process.kill()
    with pytest.raises(ConnectionError):
        client.finish(held)


def test_unix_socket_serves_too(messages, trial, tmp_path):
    path = str(tmp_path / "rpc.sock")
    server = Server(f"unix:{path}")
    client = Client(messages, path, SECRET, "trial")
    assert client.call(TRIAL + "Echo", trial.Text(text="x"), trial.Text).text == "x"
    client.close()
    assert server.stop() == 0


def test_mutated_streams_harm_nobody_else(server, client, messages, trial):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(60):
        stranger = Client(messages, server.address, SECRET, "trial")
        header = messages.RPCCallHeader(deadline_ms=50, request_id="x").SerializeToString()
        body = struct.pack(">I", len(header)) + header + b"\x0a\x01a"
        frame = bytearray(struct.pack(
            ">IBBHII", 12 + len(body), REQUEST, 0, 0, 1, method_id(TRIAL + "Echo")) + body)
        for _ in range(chance.randint(1, 4)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        try:
            stranger.frames.socket.sendall(frame)
            stranger.frames.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert client.call(TRIAL + "Echo", trial.Text(text="ok"), trial.Text).text == "ok"
        stranger.close()


# A service of Focal's own, where one is running


@pytest.mark.skipif(
    not os.environ.get("RPC_SECRET"), reason="RPC_SECRET is not set: no running Focal to call")
def test_running_service_is_called(messages, package):
    quotes = package("focal.quotes.v1")
    host, port = os.environ.get("QUOTES_ADDRESS", "127.0.0.1:7106").removeprefix("tcp:").split(":")
    client = Client(messages, (host, int(port)), os.environ["RPC_SECRET"], "quotes")
    quote = client.call(
        "focal.quotes.v1.Quotes/GetToday", quotes.GetTodayRequest(), quotes.Quote,
        deadline_ms=2000)
    assert quote.text and quote.date
    client.close()
