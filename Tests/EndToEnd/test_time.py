"""Days are the user's local days: midnight, summer time, moved zones, late nights."""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from focal import UTC, User, hours_after, local_midnight, zone_at_noon

BERLIN = "Europe/Berlin"
AUCKLAND = "Pacific/Auckland"


def date(zone, days_ago=0):
    return local_midnight(zone, days_ago).date().isoformat()


def days_of_length(zone, hours):
    """The last year's local days of that real length, as days ago; not the youngest two."""
    for days_ago in range(2, 364):
        start, end = local_midnight(zone, days_ago), local_midnight(zone, days_ago - 1)
        if end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours):
            return days_ago
    raise AssertionError(f"no day of {hours} hours in {zone}")


@pytest.mark.parametrize("zone", ["UTC", BERLIN, AUCKLAND, "America/New_York", "Asia/Kathmandu"])
def test_a_session_over_midnight_is_split(zone):
    user = User(timezone=zone)
    logged = user.log(60, hours_after(local_midnight(zone, 1), 1 / 3))
    assert logged["timezone"] == zone
    assert logged["local_date"] == date(zone, 1)
    days = user.days(7)
    assert days[date(zone, 2)]["minutes"] == 40
    assert days[date(zone, 1)]["minutes"] == 20
    assert days[date(zone, 2)]["sessions"] == 0  # It counts once, on the day it ended.
    assert days[date(zone, 1)]["sessions"] == 1


def test_a_session_that_ends_at_midnight_belongs_to_the_day_before_in_minutes():
    user = User(timezone=BERLIN)
    user.log(60, local_midnight(BERLIN, 1))
    assert user.days(7)[date(BERLIN, 2)]["minutes"] == 60


@pytest.mark.parametrize("hours", [23, 25])
def test_a_day_of_summer_time_has_its_real_length(hours):
    days_ago = days_of_length(BERLIN, hours)
    user = User(timezone=BERLIN)
    end = local_midnight(BERLIN, days_ago - 1)
    user.log(1440, end)
    if hours == 25:
        user.log(60, hours_after(end, -24))
    days = user.days()
    assert days[date(BERLIN, days_ago)]["minutes"] == hours * 60
    if hours == 23:
        assert days[date(BERLIN, days_ago + 1)]["minutes"] == 60


@pytest.mark.parametrize("hours", [23, 25])
def test_a_day_never_holds_more_than_its_real_length(hours):
    days_ago = days_of_length(BERLIN, hours)
    user = User(timezone=BERLIN)
    end = local_midnight(BERLIN, days_ago - 1)
    for _ in range(3):
        user.log(1380, end)
    assert user.days()[date(BERLIN, days_ago)]["minutes"] == hours * 60


@pytest.mark.parametrize("hours", [23, 25])
def test_a_day_of_summer_time_is_one_day_of_a_streak(hours):
    days_ago = days_of_length(BERLIN, hours)
    user = User(timezone=BERLIN)
    for offset in (-1, 0, 1):
        user.log(10, hours_after(local_midnight(BERLIN, days_ago + offset), 12))
    assert user.streak()["longest"] == 3


def test_changing_the_zone_moves_no_past_day_and_breaks_no_streak():
    user = User(timezone=AUCKLAND)
    for days_ago in (3, 2, 1):
        # Late in Auckland's evening: morning of the same date in UTC, the night before in Hawaii.
        user.log(30, hours_after(local_midnight(AUCKLAND, days_ago), 3))
    before, longest = user.days(14), user.streak()["longest"]
    user.update(timezone="Pacific/Honolulu")
    assert user.get("/users/me")["timezone"] == "Pacific/Honolulu"
    after = user.days(14)
    assert {day: after[day] for day in after} == {day: before[day] for day in after}
    assert len(after) >= 2
    assert user.streak()["longest"] == longest == 3
    assert user.metrics()["timezone"] == "Pacific/Honolulu"


def test_new_sessions_count_in_the_new_zone():
    user = User(timezone="UTC")
    user.update(timezone="Pacific/Kiritimati")
    logged = user.log(1, hours_after(local_midnight("Pacific/Kiritimati", 1), 12))
    assert logged["timezone"] == "Pacific/Kiritimati"
    assert logged["local_date"] == date("Pacific/Kiritimati", 1)


def test_a_day_may_start_later_than_midnight():
    user = User(timezone=BERLIN)
    user.update(day_start_hour=4)
    early = user.log(30, hours_after(local_midnight(BERLIN, 3), 2))
    assert early["local_date"] == date(BERLIN, 4)
    user.log(60, hours_after(local_midnight(BERLIN, 3), 4.5))
    days = user.days(14)
    assert days[date(BERLIN, 4)]["minutes"] == 60
    assert days[date(BERLIN, 3)]["minutes"] == 30


def test_a_streak_follows_backdating_and_deleting():
    user = User(timezone="UTC")
    assert user.streak()["current"] == 0
    user.log(5)
    today = user.streak()
    assert today["current"] == 1 and today["active_today"] and not today["at_risk"]
    assert today["last_active_date"] == datetime.now(UTC).date().isoformat()
    noon = [hours_after(local_midnight("UTC", days_ago), 12) for days_ago in range(5)]
    user.log(5, noon[3])
    user.log(5, noon[2])
    middle = user.log(5, noon[1])
    assert user.streak()["current"] == 4
    assert user.metrics()["streak"] == {"current": 4, "longest": 4}
    assert user.http.delete(f"/api/v1/sessions/{middle['id']}").status_code == 204
    broken = user.streak()
    assert broken["longest"] == (2 if broken["freezes_left"] == 0 else broken["longest"])
    user.log(5, noon[1])
    assert user.streak()["current"] == 4


def test_a_streak_is_at_risk_until_the_day_is_over():
    user = User(timezone="UTC")
    for days_ago in (1, 2):
        user.log(5, hours_after(local_midnight("UTC", days_ago), 12))
    streak = user.streak()
    assert streak["current"] == 2 and streak["at_risk"] and not streak["active_today"]


def test_breaks_make_no_streak():
    user = User(timezone="UTC")
    user.log(5, session_type="break")
    assert user.streak()["current"] == 0
    metrics = user.metrics()
    assert metrics["daily"]["sessions"] == 0
    assert metrics["by_type"]["break"] == 300


def test_an_edited_end_moves_the_day():
    user = User(timezone="UTC")
    logged = user.log(30, hours_after(local_midnight("UTC", 2), 12))
    moved = hours_after(local_midnight("UTC", 4), 12)
    answer = user.http.patch(
        f"/api/v1/sessions/{logged['id']}", json={"completed_at": moved.isoformat()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["duration_seconds"] == 1800
    days = user.days(14)
    assert date("UTC", 2) not in days
    assert days[date("UTC", 4)]["minutes"] == 30


def test_metrics_have_the_shape_of_the_contract():
    zone = zone_at_noon()
    user = User(timezone=zone)
    ended = datetime.now(ZoneInfo(zone))
    user.log(2, ended)
    user.log(1, ended, session_type="break")
    metrics = user.metrics()
    daily, weekly = metrics["daily"], metrics["weekly"]
    assert metrics["timezone"] == zone and metrics["server_time"].endswith("Z")
    assert daily["date"] == ended.date().isoformat()
    assert len(daily["by_hour"]) == 24 and sum(daily["by_hour"]) == daily["total_seconds"]
    assert daily["total_minutes"] == pytest.approx(daily["total_seconds"] / 60)
    assert len(weekly["by_day"]) == 7
    assert weekly["start"] == weekly["by_day"][0]["date"]
    assert weekly["end"] == weekly["by_day"][6]["date"]
    assert datetime.fromisoformat(weekly["start"]).weekday() == 0
    assert weekly["sessions"] == 1 and weekly["average_session_seconds"] == 120
    assert metrics["by_type"] == {"work": 120, "break": 60}
    user.update(week_start="sunday")
    assert datetime.fromisoformat(user.metrics()["weekly"]["start"]).weekday() == 6


def test_statistics_count_the_days_asked_for():
    user, zone = User(), zone_at_noon()
    user.log(30)
    user.log(20, hours_after(local_midnight(zone, 6), 12))
    user.log(10, hours_after(local_midnight(zone, 7), 12))
    user.log(5, session_type="break")
    week = user.get(f"/stats/user/{user.id}", days=7)
    assert week["user_id"] == user.id and week["days"] == 7 and len(week["daily"]) == 7
    assert week["work_sessions"] == 2 and week["break_sessions"] == 1 and week["total_sessions"] == 2
    assert week["total_focus_time"] == 50
    assert user.get(f"/stats/user/{user.id}")["days"] == 7
    assert user.get(f"/stats/user/{user.id}", days=8)["work_sessions"] == 3


@pytest.mark.parametrize("days", [0, 367, -1, "x"])
def test_statistics_of_a_wrong_number_of_days(days, user):
    assert user.http.get(f"/stats/user/{user.id}", params={"days": days}).status_code == 422


def test_statistics_of_others_are_forbidden(user, other):
    assert user.http.get(f"/stats/user/{other.id}").status_code == 403
