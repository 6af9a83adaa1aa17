"""Pictures of users: taken, made small and clean, shown to everybody by their address."""
import base64
import os
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from focal import User, assert_problem, client, fields_of

AVATAR = "/api/v1/auth/avatar"
STATE = os.environ.get("FOCAL_STATE_DIR", "")

#: 24 x 16 pixels, red above blue.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEAYABgAAD//gA7Q1JFQVRPUjogZ2QtanBlZyB2MS4wICh1c2luZyBJSkcgSlBFRyB2NjIpLCBxdWFs"
    "aXR5ID0gNTAK/9sAQwAQCwwODAoQDg0OEhEQExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3OFBtUVdfYmdoZz5NcXlw"
    "ZHhcZWdj/9sAQwEREhIYFRgvGhovY0I4QmNjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2Nj/8AAEQgAEAAYAwEiAAIRAQMRAf/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQE"
    "AAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RV"
    "VldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY"
    "2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIBAgQEAwQHBQQE"
    "AAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNU"
    "VVZXWFlaY2RlZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW"
    "19jZ2uLj5OXm5+jp6vLz9PX29/j5+v/aAAwDAQACEQMRAD8AxaKx6K9T/V3/AKe/h/wT2f7e/wCnf4/8A2KKx6KP9Xf+nv4f"
    "8EP7e/6d/j/wD//Z")
WEBP = base64.b64decode(
    "UklGRkwAAABXRUJQVlA4IEAAAAAQAwCdASoYABAAPm0qkUWkIqGYBABABsS0AFiNQABCxsAA/vWQ///rD4/8gx5Kf/ID/+QH"
    "//kB//kBzuubewgA")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=40, height=30, more=b"", data=None):
    """A PNG of one grey; with other chunks before its data."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    if data is None:
        data = zlib.compress((b"\0" + b"\x80" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def put(user, data, kind):
    return user.http.put(AVATAR, content=data, headers={"Content-Type": kind})


@pytest.mark.parametrize("data, kind, size", [
    (png(), "image/png", (40, 30)), (JPEG, "image/jpeg", (24, 16)), (WEBP, "image/webp", (24, 16)),
    (png(2000, 1000), "image/png", (512, 256)),
])
def test_a_picture_is_taken_and_shown(user, anyone, data, kind, size):
    answer = put(user, data, kind)
    assert answer.status_code == 200, answer.text
    avatar = answer.json()
    assert (avatar["width"], avatar["height"]) == size
    assert avatar["content_type"] == kind
    own = user.http.get(AVATAR)
    assert own.status_code == 200
    assert own.headers["content-type"] == kind
    assert own.headers["x-content-type-options"] == "nosniff"
    assert user.get("/api/v1/auth/me")["image"] == avatar["image"]
    public = anyone.get(avatar["image"])
    assert public.status_code == 200
    assert public.content == own.content
    other = User()
    assert other.get(f"/api/v1/auth/profile/{user.id}")["image"] == avatar["image"]


def test_metadata_is_taken_away(user):
    secret = b"51.5007 N, 0.1246 W"
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0" + secret
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    for data, kind in [
        (JPEG[:2] + segment + JPEG[2:] + secret, "image/jpeg"),
        (png(more=chunk(b"tEXt", b"Comment\0" + secret)) + secret, "image/png"),
    ]:
        answer = put(user, data, kind)
        assert answer.status_code == 200, answer.text
        kept = user.http.get(AVATAR).content
        assert kept and secret not in kept and b"Exif" not in kept


def test_a_new_picture_replaces_the_old_one(user, anyone):
    first = put(user, png(), "image/png").json()["image"]
    second = put(user, WEBP, "image/webp").json()["image"]
    assert first != second
    assert_problem(anyone.get(first), 404)
    assert anyone.get(second).status_code == 200


def test_another_image_takes_its_place(user):
    image = put(user, png(), "image/png").json()["image"]
    # A client that sends back what it was shown changes nothing.
    assert user.update(image=image)["image"] == image
    user.update(image="https://example.com/me.png")
    assert_problem(user.http.get(AVATAR), 404)


def test_without_a_picture(user):
    assert_problem(user.http.get(AVATAR), 404)
    assert_problem(user.http.get("/api/v1/auth/avatars/01890000-0000-7000-8000-000000000000"), 404)
    assert_problem(user.http.get("/api/v1/auth/avatars/..%2f..%2fsecrets"), 404)


def test_only_the_user(anyone):
    assert_problem(anyone.put(AVATAR, content=png(), headers={"Content-Type": "image/png"}), 401)
    assert_problem(anyone.get(AVATAR), 401)


@pytest.mark.parametrize("kind", ["image/gif", "image/svg+xml", "application/json", "text/html", ""])
def test_other_types_are_refused(user, kind):
    assert_problem(put(user, png(), kind), 415)


def test_what_is_too_large_is_refused(user):
    assert_problem(put(user, b"\x89PNG" + bytes(2 << 20), "image/png"), 413)


@pytest.mark.parametrize("data, kind", [
    (b"", "image/png"), (b"hello", "image/png"), (b"<svg/>", "image/webp"), (png(), "image/jpeg"),
    (png()[:60], "image/png"), (JPEG[:200], "image/jpeg"), (WEBP[:40], "image/webp"),
    (png(data=b"broken"), "image/png"), (bytes(1000), "image/jpeg"),
    # Their headers claim more pixels than are taken: never decoded.
    (png(100_000, 100_000, data=zlib.compress(bytes(1000))), "image/png"),
    (png(2**31 - 1, 1, data=b""), "image/png"), (png(4097, 1), "image/png"), (png(0, 0), "image/png"),
    (JPEG.replace(b"\x00\x10\x00\x18\x03", b"\xff\xff\xff\xff\x03"), "image/jpeg"),
])
def test_what_is_no_picture_is_refused(user, data, kind):
    problem = assert_problem(put(user, data, kind), 422)
    assert fields_of(problem) == {"image"}
    assert_problem(user.http.get(AVATAR), 404)


def test_broken_pictures_harm_nobody(user):
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(150):
        data, kind = chance.choice([(png(), "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
        data = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        assert put(user, bytes(data), kind).status_code in (200, 422)
    assert put(user, png(), "image/png").status_code == 200


def test_pictures_at_once_leave_one(user, anyone):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: put(user, png(), "image/png"), range(12)))
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
    images = [answer.json()["image"] for answer in answers if answer.status_code == 200]
    assert images
    shown = user.get("/api/v1/auth/me")["image"]
    assert shown in images
    assert anyone.get(shown).status_code == 200
    assert user.http.get(AVATAR).status_code == 200


@pytest.mark.skipif(not STATE, reason="the system's folder is not known")
def test_replaced_pictures_leave_no_file(user):
    for _ in range(3):
        image = put(user, png(), "image/png").json()["image"]
    mine = image.rsplit("/", 1)[1]
    assert f"{mine}.png" in os.listdir(os.path.join(STATE, "avatars"))
    put(user, JPEG, "image/jpeg")
    assert f"{mine}.png" not in os.listdir(os.path.join(STATE, "avatars"))


def test_other_services_learn_of_it(user, other):
    image = put(user, png(), "image/png").json()["image"]
    answer = user.http.post(
        "/api/v1/messages/send", json={"receiver_id": other.id, "content": "a new face"})
    assert answer.status_code == 201, answer.text
    partner = other.get("/api/v1/messages/conversations")["items"][0]["other_user"]
    assert partner["image"] == image
