"""A hundred clients in a room over two gateways: all are told the same, in the same order, soon."""
import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

from focal import URL, User
from live import Gateway, headers_of, socket_url
from test_room_timer import control
from test_rooms import join, make_room
from websockets.asyncio.client import connect

PEOPLE = 20
SOCKETS_EACH = 5
CHANGES = 60
#: Loosely: what is measured on its own is in Tests/Benchmarks.
P99_SECONDS_MAX = 1.0


async def follow_all(people, room, urls):
    path = f"/api/v1/ws/{room['id']}"
    sockets = [
        connect(socket_url(path, urls[number % 2]), additional_headers=headers_of(person),
                proxy=None, open_timeout=30, ping_interval=None)
        for number, person in enumerate(people * SOCKETS_EACH)]
    return [await socket for socket in sockets]


async def hear(socket, changes):
    """Everything until the last change, with the times at which it came."""
    heard = []
    while not heard or heard[-1][0]["seq"] < changes:
        message = json.loads(await asyncio.wait_for(socket.recv(), 30))
        heard.append((message, time.monotonic()))
    return heard


async def run(host, people, room, urls):
    sockets = await follow_all(people, room, urls)
    firsts = [json.loads(await socket.recv()) for socket in sockets]
    assert {first["type"] for first in firsts} == {"room_state"}
    start = max(first["seq"] for first in firsts)
    listeners = [asyncio.create_task(hear(socket, start + CHANGES)) for socket in sockets]
    sent = {}
    for number in range(CHANGES):
        began = time.monotonic()
        told = await asyncio.to_thread(control, host, room, ["start", "pause"][number % 2])
        sent[told["version"]] = began
        await asyncio.sleep(0)
    heard = [await listener for listener in listeners]
    await asyncio.gather(*(socket.close() for socket in sockets))
    return start, sent, heard


def test_all_are_told_the_same_in_the_same_order():
    with ThreadPoolExecutor(4) as pool:
        people = list(pool.map(lambda _: User(), range(PEOPLE)))
    host = people[0]
    room = make_room(host)
    for person in people[1:]:
        join(person, room)
    with Gateway() as second:
        start, sent, heard = asyncio.run(run(host, people, room, [URL, second.url]))
    texts = [[json.dumps(message) for message, _ in one if message["seq"] > start] for one in heard]
    assert [json.loads(text)["seq"] for text in texts[0]] == list(range(start + 1, start + CHANGES + 1))
    assert all(one == texts[0] for one in texts), "not all were told the same"
    latencies = sorted(
        at - sent[message["data"]["version"]]
        for one in heard for message, at in one if message["type"] == "timer_update")
    assert len(latencies) == PEOPLE * SOCKETS_EACH * CHANGES
    p99 = latencies[int(len(latencies) * 0.99)]
    print(f"p50 {latencies[len(latencies) // 2] * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    assert p99 < P99_SECONDS_MAX
