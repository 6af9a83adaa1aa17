"""The last test: every route that is described was asked by the tests, and stands in the metrics by its pattern."""
import os
import re
import urllib.request

import pytest
from focal import client

FILES_OF_A_WHOLE_RUN = 10


def requests_by_route():
    port = os.environ["GATEWAY_ADMIN_PORT"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    counts = {}
    for labels, count in re.findall(r"^http_requests_total\{([^}]*(?:\{[^}]*\}[^}]*)*)\} (\S+)$", text, re.M):
        label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        statuses = counts.setdefault((label["method"], label["route"]), {})
        statuses[label["status"]] = statuses.get(label["status"], 0) + float(count)
    return counts


def described():
    document = client().get("/openapi.json").json()
    return {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}


def test_metrics_name_patterns_only():
    known = described() | {("GET", "unknown")}
    strange = {route for route in requests_by_route() if route not in known}
    assert not strange


def test_every_route_was_asked_with_success(request):
    if len({item.path for item in request.session.items}) < FILES_OF_A_WHOLE_RUN:
        pytest.skip("only of a whole run")
    counts = requests_by_route()
    missing = sorted(
        f"{verb} {path}: {counts.get((verb, path), {})}" for verb, path in described()
        if not any(status.startswith("2") or status == "101" for status in counts.get((verb, path), {})))
    assert not missing, "\n".join(missing)


def test_no_route_ever_failed(request):
    failed = {route: statuses for route, statuses in requests_by_route().items() if "500" in statuses}
    assert not failed
