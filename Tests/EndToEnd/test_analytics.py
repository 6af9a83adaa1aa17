"""Heatmap and distribution, and the freezes of streaks."""
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from focal import User, assert_problem, client, hours_after, local_midnight

UTC = "UTC"


def noon(days_ago):
    return hours_after(local_midnight(UTC, days_ago), 12)


def test_the_heatmap_of_a_year():
    user = User(timezone=UTC)
    for days_ago, minutes in ((3, 30), (3, 10), (4, 25)):
        user.log(minutes, noon(days_ago))
    user.log(99, noon(5), session_type="break")
    year = noon(3).year
    answer = user.get("/api/v1/analytics/heatmap", year=year)
    assert answer["year"] == year and answer["timezone"] == UTC
    days = {day["date"]: day for day in answer["days"]}
    assert len(days) == (366 if year % 4 == 0 else 365)
    assert list(days) == sorted(days)
    assert days[noon(3).date().isoformat()] == {
        "date": noon(3).date().isoformat(), "seconds": 2400, "sessions": 2}
    assert answer["max_seconds"] == 2400
    assert sum(day["seconds"] for day in days.values()) == 3900 or noon(4).year != year
    assert user.get("/analytics/heatmap")["year"] == datetime.now(ZoneInfo(UTC)).year
    empty = user.get("/analytics/heatmap", year=2001)
    assert empty["max_seconds"] == 0 and len(empty["days"]) == 365


@pytest.mark.parametrize("year", [1999, 2101, "x", -1])
def test_a_wrong_year(user, year):
    assert_problem(user.http.get("/analytics/heatmap", params={"year": year}), 422)


def test_the_distribution():
    user = User(timezone=UTC)
    user.log(30, noon(1))
    user.log(10, noon(2))
    user.log(20, noon(1), session_type="break")
    answer = user.get("/api/v1/analytics/distribution", days=7)
    assert answer["days"] == 7 and answer["total_seconds"] == 2400
    types = {share["type"]: share for share in answer["by_type"]}
    assert types["work"]["seconds"] == 2400 and types["break"]["seconds"] == 1200
    assert types["work"]["share"] == pytest.approx(2 / 3)
    hours = {share["hour"]: share for share in answer["by_hour"]}
    assert len(hours) == 24 and hours[11]["seconds"] == 2400 and hours[11]["share"] == 1
    assert [share["seconds"] for share in answer["by_project"]] == [2400]
    assert answer["by_project"][0]["project_id"] is None
    assert user.get("/analytics/distribution", days=1)["total_seconds"] == 0
    assert user.get("/analytics/distribution")["days"] == 30
    for days in (0, 367, "x"):
        assert_problem(user.http.get("/analytics/distribution", params={"days": days}), 422)


def test_nobody_else_sees_them():
    assert_problem(client().get("/analytics/heatmap"), 401)
    assert_problem(client().get("/analytics/distribution"), 401)


def test_seven_days_earn_a_freeze_that_keeps_the_streak():
    user = User(timezone=UTC)
    logged = {days_ago: user.log(5, noon(days_ago)) for days_ago in range(1, 9)}
    streak = user.streak()
    assert streak["current"] == 8 and streak["freezes_left"] == 1 and not streak["at_risk"]
    # Without yesterday: the freeze holds, and is spent.
    assert user.http.delete(f"/api/v1/sessions/{logged[1]['id']}").status_code == 204
    kept = user.streak()
    assert kept["current"] == 7 and kept["freezes_left"] == 0 and kept["at_risk"]
    # Two days are more than one freeze covers.
    assert user.http.delete(f"/api/v1/sessions/{logged[2]['id']}").status_code == 204
    assert user.streak()["current"] == 0
    user.log(5, noon(2))
    user.log(5, noon(1))
    assert user.streak()["current"] == 8
    assert user.metrics()["streak"] == {"current": 8, "longest": 8}
