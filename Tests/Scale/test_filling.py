"""What was filled in by sets is what the services would have made of it."""
from filling import AMOUNTS


def test_everything_was_filled(database):
    for table, name in [
            ("auth.users", "users"), ("sessions.sessions", "sessions"),
            ("gamification.counted_sessions", "sessions"), ("community.posts", "posts")]:
        [count] = database.ask(f"SELECT count(*) FROM {table}")
        assert int(count) >= AMOUNTS[name]
    [messages] = database.ask("SELECT count(*) FROM messaging.messages")
    assert int(messages) >= AMOUNTS["conversations"]


def test_progress_is_that_of_gamifications_own_functions(database):
    assert database.differences() == []


def test_counts_are_those_of_the_rows(database):
    [wrong] = database.ask("""
        SELECT count(*) FROM community.posts p WHERE id IN (
          SELECT id FROM community.posts ORDER BY likes DESC LIMIT 500)
        AND (likes <> (SELECT count(*) FROM community.post_likes WHERE post_id = p.id)
          OR comment_count <> (SELECT count(*) FROM community.comments WHERE post_id = p.id))""")
    assert wrong == "0"


def test_the_answers_agree_with_the_rows(database, readers):
    for reader in readers[:4]:
        items = reader.get("/api/v1/sessions/history", limit=100)["items"]
        assert len(items) == 100 and all(item["user_id"] == reader.id for item in items)
        [total] = database.ask(
            "SELECT count(*) FROM sessions.sessions WHERE status = 3 AND kind = 1"
            f" AND user_id = '{reader.id}'")
        assert reader.get("/api/v1/auth/me")["total_sessions"] == int(total)
