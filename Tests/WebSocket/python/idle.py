#!/usr/bin/env python3
"""Measures what open sockets cost: memory each, CPU while they are idle, and one frame for all.

    idle.py SERVER [SOCKETS] [SECONDS]      SERVER: the built websocket-test-server
"""
import os
import selectors
import socket
import subprocess
import sys
import time

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: focal\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n")
PING, PONG = b"\x89\x00", b"\x8a\x80\x00\x00\x00\x00"


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_sockets(port, count):
    sockets = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(REQUEST)
        sockets.append(client)
        if len(sockets) % 500 == 0:
            for waiting in sockets[-500:]:
                assert waiting.recv(4096).startswith(b"HTTP/1.1 101")
    for client in sockets:
        client.setblocking(False)
    return sockets


def answer_pings(selector, seconds):
    pings, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            count = key.fileobj.recv(4096).count(PING)
            pings += count
            key.fileobj.send(PONG * count)
    return pings


def broadcast(sockets, selector):
    """Milliseconds until the half, 99 % and all have one frame of 300 bytes."""
    text = b"all:" + b"x" * 296
    start = time.perf_counter()
    sockets[0].send(b"\x81\xfe" + len(text).to_bytes(2, "big") + b"\0\0\0\0" + text)
    times = []
    while len(times) < len(sockets):
        for key, _ in selector.select():
            key.fileobj.recv(4096)
            times.append((time.perf_counter() - start) * 1000)
    return [times[int(len(times) * part)] for part in (0.5, 0.99)] + [times[-1]]


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 40
    server = subprocess.Popen([program, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline().split()[1])
        # What the first ones make once is no socket's cost.
        warm = open_sockets(port, 500)
        for client in warm:
            client.close()
        time.sleep(0.5)
        before = resident_bytes(server.pid)
        sockets = open_sockets(port, count)
        time.sleep(0.5)
        grown = resident_bytes(server.pid) - before
        print(f"{count} sockets: {grown / count:.0f} bytes each ({grown >> 10} KiB)")
        selector = selectors.DefaultSelector()
        for client in sockets:
            selector.register(client, selectors.EVENT_READ)
        answer_pings(selector, 2)
        start = cpu_seconds(server.pid)
        pings = answer_pings(selector, seconds)
        spent = cpu_seconds(server.pid) - start
        print(f"idle for {seconds:.0f} s: {pings} pings, {spent / seconds * 100:.2f} % of a core")
        half, most, last = broadcast(sockets, selector)
        print(f"one frame for all: half {half:.1f} ms, 99 % {most:.1f} ms, all {last:.1f} ms")
        grown = resident_bytes(server.pid) - before
        print(f"afterwards {grown / count:.0f} bytes each")
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
