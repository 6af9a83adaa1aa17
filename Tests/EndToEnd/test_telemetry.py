"""Errors at Sentry and traces at a collector: both played by one server, read by independent decoders.

The tests have a system of their own, whose table they take away to cause an error.
"""
import os
import secrets
import signal
import subprocess
import time
import uuid

import database
import focal
import httpx
import live
import pytest
from private import System
from telemetry import ENVELOPES, KEY, TRACES, Receiver

#: It is in a header, so that the test knows it when it sees it where it does not belong.
COLLECTOR_TOKEN = "collector-" + secrets.token_hex(8)
#: Far more than an answer takes, far less than the sender waits for a receiver that hangs.
ANSWER_SECONDS_MAX = 2
NOTE = "a note that is nobody's business"
JOURNALS = "/api/v1/journals"


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def system(receiver):
    """A system that reports all it does; the helpers of tests take it for the only one."""
    settings = receiver.settings | {
        "OTEL_TRACES_SAMPLER_ARG": "1", "APP_ENV": "test", "LOG_LEVEL": "debug",
        "TRUSTED_PROXIES": "127.0.0.1", "RATE_LIMIT_SCALE": "100",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{COLLECTOR_TOKEN}"}
    with System(**settings) as system, pytest.MonkeyPatch.context() as patch:
        patch.setattr(focal, "URL", system.url)
        patch.setenv("FOCAL_STATE_DIR", str(system.folder))
        patch.setenv("FOCAL_SUPERVISOR_PID", str(system.pid))
        yield system


@pytest.fixture(autouse=True)
def willing(system, receiver):
    yield
    receiver.answer(200)


@pytest.fixture
def person(system):
    return focal.User()


@pytest.fixture
def broken(system):
    """Journals are not where the service thinks."""
    database.sql("ALTER TABLE quotes.journals RENAME TO journals_elsewhere")
    yield
    database.sql("ALTER TABLE quotes.journals_elsewhere RENAME TO journals")


def a_trace(sampled=True):
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    return trace, span, {"traceparent": f"00-{trace}-{span}-{'01' if sampled else '00'}"}


def test_one_trace_passes_every_process(person, receiver):
    trace, caller, headers = a_trace()
    answer = person.http.post("/focus-session", json={"duration": 25, "note": NOTE}, headers=headers)
    assert answer.status_code == 201
    spans = receiver.until("the whole trace", lambda: whole(receiver, trace))
    by_id = {span.id: span for span in spans}
    assert len(by_id) == len(spans)
    root = only(spans, process="gateway", kind="server")
    assert root.name == "POST /focus-session" and root.parent == caller
    assert root.attributes.items() >= {
        "http.request.method": "POST", "http.route": "/focus-session",
        "http.response.status_code": 201, "url.scheme": "http"}.items()
    assert not root.failed and root.flags & 1
    call = only(spans, process="gateway", kind="client", name="focal.sessions.v1.Sessions/LogSession")
    service = only(spans, process="sessions", kind="server")
    onward = only(spans, process="sessions", name="focal.gamification.v1.Gamification/ApplySession")
    counted = only(spans, process="gamification", kind="server")
    assert [span.parent for span in (call, service, onward, counted)] == [
        root.id, call.id, service.id, onward.id]
    assert service.name == call.name and counted.name == onward.name
    assert service.attributes.items() >= {
        "rpc.system": "focal", "rpc.service": "focal.sessions.v1.Sessions", "rpc.method": "LogSession",
        "rpc.response.status_code": "ok"}.items()
    for whole_span, part in [(root, call), (call, service), (service, onward), (onward, counted)]:
        # One clock for all: they run on one machine.
        assert whole_span.start <= part.start <= part.end <= whole_span.end
    statements = [span for span in spans if span.attributes.get("db.system.name") == "postgresql"]
    assert {span.kind for span in statements} == {"client"}
    assert {service.id, counted.id} <= {span.parent for span in statements}
    assert all(len(span.name.split()) <= 2 for span in statements), statements
    assert answer.headers["traceparent"] == f"00-{trace}-{root.id}-01"


def whole(receiver, trace):
    spans = [span for span in receiver.spans if span.trace_id == trace]
    ended = {span.process for span in spans if span.kind == "server"}
    return spans if {"gateway", "sessions", "gamification"} <= ended else None


def only(spans, **facts):
    found = [span for span in spans if all(getattr(span, name) == value for name, value in facts.items())]
    assert len(found) == 1, f"{facts}: {found} of {spans}"
    return found[0]


def test_what_an_event_leads_to_is_part_of_the_trace(person, receiver):
    trace, _, headers = a_trace()
    assert person.http.post("/focus-session", json={"duration": 25}, headers=headers).status_code == 201
    # Messaging reads it from a stream: perhaps together with others, of whose traces it is then a part.
    consumed = receiver.until("messaging's part", lambda: [
        span for span in receiver.spans if span.kind == "consumer" and (
            span.trace_id == trace or trace in {linked for linked, _ in span.links})])
    assert consumed[0].process == "messaging" and not consumed[0].failed
    assert consumed[0].attributes["messaging.batch.message_count"] >= 1
    receiver.until("its statements", lambda: [
        span for span in receiver.spans if span.parent == consumed[0].id and "db.system.name" in span.attributes])


def test_says_who_reports(person, receiver, system):
    trace, _, headers = a_trace()
    person.http.get("/users/me", headers=headers)
    for span in receiver.trace(trace, 3):
        assert span.resource.items() >= {
            "service.name": f"focal-{span.process}", "deployment.environment.name": "test"}.items()
        assert span.resource["service.version"]
        assert span.resource["service.instance.id"].startswith(span.process)


def test_log_lines_carry_the_trace(person, receiver, system):
    trace, _, headers = a_trace()
    person.http.get("/users/me", headers=headers)
    receiver.trace(trace, 3)
    assert f'"trace_id":"{trace}"' in system.log("gateway")
    assert f'"trace_id":"{trace}"' in system.log("auth")


def test_a_trusted_proxy_says_what_is_not_recorded(person, receiver):
    unwanted, _, headers = a_trace(sampled=False)
    answer = person.http.get("/users/me", headers=headers)
    # It goes on, unrecorded.
    assert answer.headers["traceparent"].startswith(f"00-{unwanted}-") and answer.headers["traceparent"][-2:] == "00"
    wanted, _, headers = a_trace()
    person.http.get("/users/me", headers=headers)
    receiver.trace(wanted, 3)
    assert unwanted not in {span.trace_id for span in receiver.spans}


def test_a_stranger_does_not_say_what_is_recorded(person, receiver):
    trace, _, headers = a_trace()
    with live.Gateway(TRUSTED_PROXIES="", OTEL_TRACES_SAMPLER_ARG="0") as gateway:
        answer = httpx.get(f"{gateway.url}/users/me", headers=headers | {
            "Authorization": person.http.headers["Authorization"]})
        assert answer.status_code == 200
        assert answer.headers["traceparent"].startswith(f"00-{trace}-") and answer.headers["traceparent"][-2:] == "00"
    # It has ended, and at its end it would have sent what it had.
    assert trace not in {span.trace_id for span in receiver.spans}


@pytest.mark.parametrize("text", ["x", "00-0-0-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "é" * 100])
def test_what_is_no_parent_begins_a_trace(person, text):
    answer = person.http.get("/users/me", headers={"traceparent": text.encode("latin-1")})
    assert answer.status_code == 200
    _, trace, _, flags = answer.headers["traceparent"].split("-")
    assert flags == "01" and int(trace, 16)


def test_an_internal_error_is_told_once_by_who_made_it(person, broken, receiver, system):
    trace, _, headers = a_trace()
    answer = person.http.get(JOURNALS, headers=headers)
    focal.assert_problem(answer, 500, "internal")
    request = answer.headers["x-request-id"]
    for _ in range(49):
        assert person.http.get(JOURNALS).status_code == 500
    event = receiver.until(
        "the event", lambda: [event for event in receiver.events if event["tags"]["request_id"] == request])[0]
    assert event["tags"]["process"] == "quotes" and event["level"] == "error"
    assert event["environment"] == "test" and event["release"].startswith("focal@")
    assert event["transaction"] == "focal.quotes.v1.Quotes/ListJournals"
    assert event["user"] == {"id": person.id}
    assert event["contexts"]["trace"]["trace_id"] == trace
    failure = event["exception"]["values"][0]
    assert failure["type"] == "PostgresError" and "journals" in failure["value"]
    spans = receiver.until("the failed call", lambda: [
        span for span in receiver.spans if span.trace_id == trace and span.process == "quotes" and span.kind == "server"])
    assert spans[0].failed and spans[0].id == event["contexts"]["trace"]["span_id"]
    assert spans[0].attributes["error.type"] == "internal"
    # The gateway knows that it is not its own.
    assert [event["tags"]["process"] for event in receiver.events] == ["quotes"]
    # The other 49 come as a number, at the end of the minute or of the process.
    pid = system.pids()["quotes"]
    os.kill(pid, signal.SIGTERM)
    repeats = receiver.until(
        "the number", lambda: [event for event in receiver.events if event["extra"].get("repeats")])
    assert [event["extra"]["repeats"] for event in repeats] == [49]
    assert repeats[0]["fingerprint"] == event["fingerprint"]
    receiver.until("quotes is back", lambda: system.pids().get("quotes") not in (None, pid))


def test_nothing_secret_is_sent(person, broken, receiver, system):
    trace, _, headers = a_trace()
    person.http.post("/focus-session", json={"duration": 25, "note": NOTE}, headers=headers)
    receiver.until("quotes answers", lambda: person.http.get(JOURNALS).status_code == 500)
    receiver.trace(trace, 3)
    receiver.until("an event", lambda: receiver.events)
    sent = b"\n".join(body for _, _, body, _ in list(receiver.requests))
    secret_texts = [
        person.email, person.password, person.tokens["access_token"], person.tokens["refresh_token"], NOTE,
        KEY, COLLECTOR_TOKEN, system.environment_of("gateway")["RPC_SECRET"], "postgres://", "postgresql://"]
    assert [text for text in secret_texts if text.encode() in sent] == []
    assert {headers["Authorization"] for _, headers, _, _ in receiver.of(TRACES)} == {f"Bearer {COLLECTOR_TOKEN}"}
    assert all(f"sentry_key={KEY}" in headers["X-Sentry-Auth"] for _, headers, _, _ in receiver.of(ENVELOPES))


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_an_unwilling_receiver_slows_nobody(person, receiver, status):
    receiver.answer(status, Retry_After="1")
    before = len(receiver.requests)
    with live.Gateway() as gateway, httpx.Client(base_url=gateway.url, timeout=20) as http:
        for _ in range(600):  # More than a batch.
            start = time.monotonic()
            answer = http.get("/health/nothing")
            assert answer.status_code == 404 and time.monotonic() - start < ANSWER_SECONDS_MAX
        receiver.until("an attempt", lambda: len(receiver.requests) > before)
        start = time.monotonic()
        answer = person.http.get("/users/me")
        assert answer.status_code == 200 and time.monotonic() - start < ANSWER_SECONDS_MAX
        gateway.stop()
        # It ends in time: with what it could not send, but not for its sake.
        gateway.wait(timeout=10)
    receiver.released.set()
    receiver.released.clear()


def test_what_a_receiver_could_not_take_comes_later(person, broken, receiver):
    receiver.answer(503, Retry_After="1")
    before = len(receiver.requests)
    trace, _, headers = a_trace()
    answer = person.http.get(f"{JOURNALS}/{uuid.uuid4()}", headers=headers)
    assert answer.status_code == 500
    receiver.until("both refused", lambda: {ENVELOPES, TRACES} <= {
        path for path, *_ in receiver.requests[before:]})
    receiver.answer(200)
    receiver.trace(trace, 3)
    receiver.until("the event", lambda: [
        event for event in receiver.events if event["tags"]["request_id"] == answer.headers["x-request-id"]])


def test_nobody_there_slows_nobody(person):
    nowhere = {
        "SENTRY_DSN": f"http://{KEY}@127.0.0.1:{live.free_port()}/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{live.free_port()}"}
    with live.Gateway(**nowhere) as gateway, httpx.Client(base_url=gateway.url, timeout=20) as http:
        for _ in range(3_000):  # More than may wait.
            assert http.get("/health/nothing").status_code == 404
        # Two thousand wait, or have been tried and given up.
        assert gateway.metric("telemetry_dropped_total") >= 3_000 - 2_048 - 2 * 512
        gateway.stop()
        assert gateway.wait(timeout=10) == 0


@pytest.mark.parametrize("name, value", [
    ("SENTRY_DSN", f"https://{KEY}@sentry.example/no-number"), ("OTEL_EXPORTER_OTLP_ENDPOINT", f"{KEY}.example"),
    ("OTEL_TRACES_SAMPLER_ARG", "2"), ("OTEL_EXPORTER_OTLP_HEADERS", KEY)])
def test_a_wrong_setting_is_said_at_the_start(system, name, value):
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"} | {name: value}
    pid, environment = live.running_gateway()
    done = subprocess.run(
        [os.readlink(f"/proc/{pid}/exe")], env=environment | settings, capture_output=True, text=True, timeout=20)
    assert done.returncode == 78
    assert name in done.stderr and (KEY not in done.stderr)
