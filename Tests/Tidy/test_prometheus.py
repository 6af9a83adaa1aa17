"""Prometheus' rules and their own tests, by promtool; and that the board asks for metrics that there are."""
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus"
#: What Prometheus itself makes, and functions and labels of its language.
OWN = {"up"}


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, cwd=RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_configuration_is_valid():
    promtool("check", "config", "prometheus.yaml")


def test_rules_fire_when_they_should():
    promtool("test", "rules", "rules_test.yaml")


def test_every_alert_has_its_test_and_its_paragraph():
    names = re.findall(r"- alert: (\w+)", (RULES / "rules.yaml").read_text())
    tests, runbook = (RULES / "rules_test.yaml").read_text(), (ROOT / "deploy/docs/runbook.md").read_text()
    assert names and [name for name in names if name not in tests or name not in runbook] == []


#: Of the contract: what the board has to show, each as an expression has it.
SHOWN = {
    "rate": r"rate\(http_requests_total\[",
    "errors": r"http_requests_total\{status=~",
    "duration": r"histogram_quantile\(0\.99, sum by \(le\) \(rate\(http_request_duration_seconds_bucket",
    "CPU by process": r"sum by \(process, instance\) \(rate\(process_cpu_seconds_total",
    "loop by process": r"sum by \(process, instance\) \(rate\(loop_busy_seconds_total",
    "lag of the loop by process": r"sum by \(le, process, instance\) \(rate\(loop_lag_seconds_bucket",
    "files": r"process_open_fds.* / process_max_fds",
    "memory": r"process_resident_memory_bytes",
    "event lag": r"max by \(process\) \(events_lag_seconds\)",
    "sockets": r"websocket_connections",
}


@pytest.mark.parametrize("what", SHOWN)
def test_the_board_shows(what):
    board = json.loads((ROOT / "deploy/grafana/boards/focal.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert any(re.search(SHOWN[what], expression) for expression in asked)


def test_panels_do_not_overlap():
    board = json.loads((ROOT / "deploy/grafana/boards/focal.json").read_text())
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = [
        (x, y) for place in places for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in board["panels"]}) == len(places)


def test_rules_and_board_ask_for_what_is_measured():
    sources = "".join(
        path.read_text() for folder in ("Shared", "Services", "gateway") for path in (ROOT / folder).rglob("*.swift"))
    board = json.loads((ROOT / "deploy/grafana/boards/focal.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    asked.append(re.sub(r"(?m)^ *(#|- alert|labels|annotations|for).*$", "", (RULES / "rules.yaml").read_text()))
    names = {
        re.sub(r"_bucket$", "", name) for text in asked
        for name in re.findall(r"\b((?:[a-z]+_)+(?:total|seconds|bytes|fds|open|waiting|connections|bucket))\b", text)}
    assert len(names) > 20
    assert [name for name in sorted(names - OWN) if f'"{name}"' not in sources] == []
