"""The `websockets` package as the client of websocket-test-server."""
import contextlib
import os
import pathlib
import random
import subprocess

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect

ROOT = pathlib.Path(__file__).resolve().parents[3]
SIZES = [0, 1, 125, 126, 127, 128, 1000, 65535, 65536]


@pytest.fixture(scope="module")
def uri():
    built = ROOT / ".build/debug/websocket-test-server"
    if not built.exists():
        pytest.skip("not built: swift build --product websocket-test-server")
    with subprocess.Popen([built, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as server:
        yield f"ws://127.0.0.1:{int(server.stdout.readline().split()[1])}/"
        server.terminate()
        assert server.wait(20) == 0


def text_of(size):
    return ("{\"type\":\"timer_update\",\"ß\":1}" * (size // 29 + 1)).encode()[:size].decode(
        errors="ignore")


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_messages_come_back(uri, compression):
    with connect(uri, compression=compression) as client:
        for size in SIZES:
            for message in (text_of(size), os.urandom(size), bytes(size)):
                client.send(message)
                assert client.recv(10) == message
        extensions = client.response.headers.get("Sec-WebSocket-Extensions", "")
        assert ("permessage-deflate" in extensions) == (compression is not None)


@pytest.mark.parametrize("bits", range(9, 16))
def test_any_window_will_do(uri, bits):
    factory = ClientPerMessageDeflateFactory(
        server_max_window_bits=bits, client_max_window_bits=bits)
    with connect(uri, compression=None, extensions=[factory]) as client:
        for size in SIZES:
            client.send(text_of(size))
            assert client.recv(10) == text_of(size)


def test_fragments_and_pings(uri):
    with connect(uri) as client:
        pieces = [text_of(random.randrange(2000)) for _ in range(20)]
        client.send(iter(pieces))
        assert client.ping(b"payload").wait(10)
        assert client.recv(10) == "".join(pieces)


def test_a_close_is_answered(uri):
    with connect(uri) as client:
        client.close(4000, "bye")
        assert client.protocol.close_rcvd.code == 4000


def test_too_long_a_message_ends_the_socket(uri):
    with connect(uri, compression=None) as client:
        client.send(bytes(65537))
        with pytest.raises(ConnectionClosed):
            client.recv(10)
        assert client.protocol.close_rcvd.code == 1009


def test_a_bomb_ends_the_socket(uri):
    with connect(uri) as client:
        client.send(bytes(32 << 20))
        with pytest.raises(ConnectionClosed):
            client.recv(10)
        assert client.protocol.close_rcvd.code == 1009


def test_one_message_for_all(uri):
    message = "all:" + text_of(5000)
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(connect(uri, compression="deflate" if index % 2 else None))
            for index in range(50)]
        clients[0].send(message)
        assert [client.recv(10) for client in clients] == [message] * len(clients)
