"""What a user follows live: messages, notifications, sessions, badges, metrics, places."""
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from focal import UTC
from follower import Follower

MESSAGES = "/api/v1/messages"


def send(sender, receiver, content="hello"):
    answer = sender.http.post(
        f"{MESSAGES}/send", json={"receiver_id": receiver.id, "content": content})
    assert answer.status_code == 201, answer.text
    return answer.json()


def without_time(metrics):
    return {name: value for name, value in metrics.items() if name != "server_time"}


def test_a_message_comes_as_rest_answers_it(user, other):
    with Follower(user) as mine, Follower(other) as theirs:
        sent = send(other, user, "hé \"you\"\n😀")
        [event] = mine.wait_for("message_received")
        assert event["data"] == sent
        listed = user.get(f"{MESSAGES}/conversations/{sent['conversation_id']}")
        assert event["data"] == listed["messages"]["items"][0]
        # The sender's other devices show it too.
        [echo] = theirs.wait_for("message_received")
        assert echo["data"] == sent
        [told] = mine.wait_for("notification")
        assert told["data"] == user.get("/api/v1/notifications")["items"][0]
        assert theirs.of("notification") == []


def test_numbers_count_up_by_one(user, other):
    with Follower(user) as mine:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: send(other, user, f"{number}"), range(40)))
        messages = mine.wait_for("message_received", 40)
        mine.wait_for("notification", 40)
        assert len({event["data"]["id"] for event in messages}) == 40
        numbers = [event["seq"] for event in mine.events]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_who_is_blocked_or_muted_tells_nothing(user, other):
    answer = user.http.put(
        "/api/v1/notifications/preferences", json={"message": False})
    assert answer.status_code == 200
    with Follower(user) as mine:
        send(other, user)
        mine.wait_for("message_received")
        assert user.http.put(f"/api/v1/blocks/{other.id}").status_code in (200, 204)
        answer = other.http.post(
            f"{MESSAGES}/send", json={"receiver_id": user.id, "content": "hello?"})
        assert answer.status_code == 404
        # What comes after it has come: what was not told before it is not told.
        send(user, other, "last")
        mine.wait_for("message_received", 2)
        assert mine.of("notification") == []


def test_reading_tells_the_other_devices(user, other):
    sent = send(other, user)
    with Follower(user) as mine:
        path = f"{MESSAGES}/conversations/{sent['conversation_id']}/read"
        assert user.http.post(path, json={}).status_code == 200
        mine.wait_for(
            "user_state", where=lambda event: event["data"] == {
                "unread_messages": 0, "unread_notifications": 1})
        assert user.http.post("/api/v1/notifications/read", json={}).status_code == 200
        mine.wait_for(
            "user_state", where=lambda event: event["data"] == {
                "unread_messages": 0, "unread_notifications": 0})


def test_a_session_brings_metrics_and_is_told_once(user):
    with Follower(user) as mine:
        logged = user.log(25)
        [event] = mine.wait_for("session_completed")
        data = event["data"]
        assert data["session_id"] == logged["id"]
        assert data["session_type"] == "work" and data["source"] == "manual"
        assert data["duration_seconds"] == 1500 and data["duration_minutes"] == 25
        assert data["end_time"] == logged["end_time"]
        assert data["start_time"] == logged["start_time"]
        mine.wait_for(
            "metrics_updated",
            where=lambda event: event["data"]["daily"]["total_seconds"] == 1500)
        wanted = without_time(user.metrics())
        mine.wait_for("metrics_updated", where=lambda e: without_time(e["data"]) == wanted)
        path = f"/api/v1/sessions/{logged['id']}"
        assert user.http.patch(path, json={"duration_minutes": 10}).status_code == 200
        mine.wait_for(
            "metrics_updated", where=lambda event: event["data"]["daily"]["total_seconds"] == 600)
        assert user.http.delete(path).status_code in (200, 204)
        mine.wait_for(
            "metrics_updated", where=lambda event: event["data"]["daily"]["total_seconds"] == 0)
        assert len(mine.of("session_completed")) == 1


def test_a_timed_session_moves_the_own_place(user):
    with Follower(user) as mine:
        assert user.http.post("/api/v1/sessions/start", json={}).status_code == 201
        time.sleep(1.1)
        assert user.http.post("/api/v1/sessions/stop", json={}).status_code == 200
        [session] = mine.wait_for("session_completed")
        assert session["data"]["source"] == "timer"
        event = mine.wait_for(
            "leaderboard_updated",
            where=lambda event: event["data"]["windows"][0]["me"]["total_seconds"] > 0)[-1]
        assert event["data"]["by"] == "time"
        assert [window["window"] for window in event["data"]["windows"]] == ["today", "week"]
        board = user.get("/api/v1/leaderboard", by="time", window="today")
        own = event["data"]["windows"][0]
        assert own["me"]["total_seconds"] == board["me"]["total_seconds"]
        assert own["resets_at"] == board["resets_at"]
        # What is logged by hand moves nobody's place.
        count = len(mine.of("leaderboard_updated"))
        user.log(5)
        mine.wait_for(
            "metrics_updated", where=lambda event: event["data"]["daily"]["total_seconds"] > 299)
        assert len(mine.of("leaderboard_updated")) == count


def test_a_badge_comes_as_rest_lists_it(user):
    with Follower(user) as mine:
        user.log(25)
        [event] = mine.wait_for("badge_awarded", 1)[:1]
        listed = {badge["id"]: badge for badge in user.get("/api/v1/badges/user")["items"]}
        assert event["data"] == listed[event["data"]["id"]]
        assert event["data"]["awarded_at"]
        told = mine.wait_for("notification")[0]
        assert told["data"]["kind"] == "badge_awarded"
        assert told["data"]["subject_id"] in listed


def test_breaks_are_told_too(user):
    with Follower(user) as mine:
        user.log(5, datetime.now(UTC) - timedelta(minutes=1), session_type="break")
        [event] = mine.wait_for("session_completed")
        assert event["data"]["session_type"] == "break"


def test_many_changes_end_with_the_state_that_is_there(user):
    with Follower(user) as mine:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: user.log(1), range(60)))
        wanted = without_time(user.metrics())
        mine.wait_for("metrics_updated", where=lambda e: without_time(e["data"]) == wanted)
        assert len(mine.wait_for("session_completed", 60)) == 60
        # One after another, and many together: not one for each change.
        assert len(mine.of("metrics_updated")) < 60
