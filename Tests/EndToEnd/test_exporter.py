"""What the processes tell Prometheus: valid, whole, bounded, and what the alerts and the board ask for."""
import json
import re
import socket
import subprocess
import uuid

import pytest

from focal import User, client
from live import follow
from prometheus import PROCESSES, RATE_INTERVAL, ROOT, Prometheus, metrics_text, names, samples

EVERYWHERE = {
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
    "process_start_time_seconds", "loop_turns_total", "loop_busy_seconds_total", "loop_longest_turn_seconds",
    "loop_lag_seconds"}
CALLER = {
    "rpc_client_calls_total", "rpc_client_call_duration_seconds", "rpc_client_connections",
    "rpc_client_calls_in_flight", "rpc_client_retries_total"}
CALLED = {
    "rpc_server_calls_total", "rpc_server_call_duration_seconds", "rpc_server_connections",
    "rpc_server_calls_in_flight", "rpc_server_hellos_refused_total"}
DATABASE = {
    "db_query_duration_seconds", "db_errors_total", "db_connections_open", "db_queries_waiting",
    "db_queries_in_flight"}
REDIS = {"redis_command_duration_seconds", "redis_errors_total", "redis_connections_open"}
SENDER = {
    "events_lag_seconds", "events_pending", "events_delivered_total", "events_redelivered_total", "events_dead_total"}
#: Contract: operations, watching it.
TOLD = {name: EVERYWHERE | CALLED | DATABASE | SENDER for name in ("auth", "community")} | {
    name: EVERYWHERE | CALLED | DATABASE | SENDER | REDIS for name in ("sessions", "gamification", "messaging")} | {
    "quotes": EVERYWHERE | CALLED | DATABASE,
    "gateway": EVERYWHERE | CALLER | REDIS | {
        "http_requests_total", "http_request_duration_seconds", "http_refused_total", "websocket_connections",
        "ratelimit_denied_total", "ratelimit_local_total"}}
#: A series of these comes to be when it happens first, which a test cannot have happen to order.
RARE = {"db_errors_total", "ratelimit_denied_total", "websocket_dropped_total"}
#: Only where HTTPS or TLS between processes is set: test_peer_tls.py looks at it there.
OF_TLS = {"tls_certificate_end_timestamp_seconds"}
#: Only where errors or traces are told to somebody.
OF_TELEMETRY = {"telemetry_dropped_total"}
#: Of one process: a histogram of each of 260 routes, and 2000 statuses of routes at most.
SERIES_MAX = 8000
SECRET_PATH = uuid.uuid4().hex


@pytest.fixture(scope="module")
def traffic():
    """Some of everything: what is counted of a process is there only then."""
    user = User()
    with follow(user) as live:
        logged = user.log(1)
        live.until("session_completed")
    user.metrics()
    user.streak()
    for path in [f"/nowhere/{SECRET_PATH}", f"/api/v1/rooms/{uuid.uuid4()}", f"/api/v1/users/{SECRET_PATH}",
                 f"/focus-logs?cursor={SECRET_PATH}", f"/api/v1/sessions/{logged['id']}"]:
        user.http.get(path)
    with client() as http:
        http.post("/login", json={"email": user.email, "password": SECRET_PATH})
        with socket.create_connection((http.base_url.host, http.base_url.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            assert b"400" in plain.recv(4096)
    return user


@pytest.fixture(scope="module")
def texts(traffic):
    return {process: metrics_text(process) for process in PROCESSES}


@pytest.fixture(scope="module")
def prometheus(traffic, tmp_path_factory):
    with Prometheus(tmp_path_factory.mktemp("prometheus")) as prometheus:
        yield prometheus


@pytest.mark.parametrize("process", PROCESSES)
def test_promtool_has_nothing_to_say(texts, process):
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=texts[process], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("process", PROCESSES)
def test_everything_of_the_contract_is_told(texts, process):
    assert TOLD[process] - names(texts[process]) == set()


def test_the_public_port_tells_nothing_of_it():
    with client() as http:
        assert http.get("/metrics").status_code == 404


def test_requests_are_told_by_route_method_and_status(texts):
    requests = [labels for name, labels, _ in samples(texts["gateway"]) if name == "http_requests_total"]
    assert {"route", "method", "status"} == set(requests[0])
    assert {"route": "/focus-session", "method": "POST", "status": "201"} in requests


def test_routes_are_patterns_that_are_documented(texts):
    with client() as http:
        documented = set(http.get("/openapi.json").json()["paths"])
    routes = {labels["route"] for _, labels, _ in samples(texts["gateway"]) if "route" in labels}
    assert "/focus-session" in routes
    own = {"unknown", "/docs", "/", "/favicon.ico"}
    assert routes - documented - own == set()


@pytest.mark.parametrize("process", PROCESSES)
def test_labels_are_bounded_and_tell_nobody(texts, traffic, process):
    text = texts[process]
    for what in [SECRET_PATH, traffic.id, traffic.email, traffic.password]:
        assert what not in text
    lines = list(samples(text))
    assert len(lines) < SERIES_MAX
    values = {value for _, labels, _ in lines for name, value in labels.items() if name != "le"}
    assert [value for value in values if len(value) > 100 or re.search(r"[0-9]{5}|[0-9a-f]{8}-|@", value)] == []


def board():
    panels = json.loads((ROOT / "deploy/grafana/boards/focal.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


@pytest.mark.parametrize("expression", board())
def test_each_panel_has_something_to_show(prometheus, expression):
    series = prometheus.query(expression.replace("$__rate_interval", RATE_INTERVAL))
    if not series and any(name in expression for name in RARE):
        return
    assert series, "no data"
    for labels in re.findall(r"by \(([a-z_, ]+)\)", expression)[-1:]:
        wanted = set(labels.split(", ")) - {"le"}
        assert all(wanted <= set(one) for one in series)


def test_alerts_ask_for_series_that_there_are(prometheus):
    rules = prometheus.rules()
    assert len(rules) > 10
    for rule in rules:
        assert rule["health"] == "ok", rule
        selectors = set(selected(rule["query"]))
        assert selectors, rule["query"]
        for name, labels in selectors:
            told = ",".join(f'{label}!=""' for label in labels)
            if name not in RARE | OF_TLS | OF_TELEMETRY:
                assert prometheus.query(f"{name}{{{told}}}"), f"{rule['name']}: {name} with {labels}"


def selected(expression):
    """The metrics of an expression, each with the labels that it chooses by."""
    expression = re.sub(r"\b(by|without|on|ignoring) \([^)]*\)", "", expression)
    for name, braces in re.findall(r"\b(up|[a-z]+(?:_[a-z]+)+)\b(?!\()(\{[^}]*\})?", expression):
        if not name.endswith("_over_time"):
            yield name, tuple(re.findall(r"(\w+)\s*[=!]", braces))
