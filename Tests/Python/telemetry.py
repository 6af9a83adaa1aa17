"""A server that plays Sentry and a collector of OTLP, and how it reads what it is sent."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KEY = "0123456789abcdef"
PROJECT = "42"
ENVELOPES, TRACES = f"/api/{PROJECT}/envelope/", "/v1/traces"
SECONDS_MAX = 15


class Receiver:
    def __init__(self):
        #: What is answered: `None` is no answer at all, until `release`.
        self.status, self.headers = 200, {}
        self.requests = []
        self.lock = threading.Condition()
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    status, headers = receiver.status, receiver.headers
                    receiver.requests.append((self.path, self.headers, body, status))
                    receiver.lock.notify_all()
                if status is None:
                    receiver.released.wait(60)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def settings(self):
        return {
            "SENTRY_DSN": f"http://{KEY}@127.0.0.1:{self.port}/{PROJECT}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
        }

    def answer(self, status, **headers):
        with self.lock:
            self.status = status
            self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def of(self, path):
        with self.lock:
            return [request for request in self.requests if request[0] == path]

    @property
    def events(self):
        """The events that were taken, as Sentry reads an envelope."""
        return [event_of(body) for _, _, body, status in self.of(ENVELOPES) if status == 200]

    @property
    def spans(self):
        """The spans that were taken, each with its resource's attributes."""
        return [
            Span(span, resource) for _, _, body, status in self.of(TRACES) if status == 200
            for span, resource in spans_of(body)]

    def until(self, what, condition, seconds=SECONDS_MAX):
        """What the condition gives, once that is something."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            with self.lock:
                self.lock.wait(0.1)
            assert time.monotonic() < deadline, f"{what}: not in {seconds} s"
        return found

    def trace(self, trace_id, count=1, seconds=SECONDS_MAX):
        def found():
            spans = [span for span in self.spans if span.trace_id == trace_id]
            return spans if len(spans) >= count else None

        return self.until(f"{count} spans of {trace_id}", found, seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def event_of(body):
    head, item, rest = body.split(b"\n", 2)
    item = json.loads(item)
    assert item["type"] == "event"
    payload, end = rest[:item["length"]], rest[item["length"]:]
    assert end in (b"", b"\n"), "the length is wrong"
    event = json.loads(payload)
    assert event["event_id"] == json.loads(head)["event_id"]
    return event


def spans_of(body):
    request = ExportTraceServiceRequest.FromString(body)
    # What another version would not know would be here too.
    for resource_spans in request.resource_spans:
        resource = attributes_of(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            assert scope_spans.scope.name == "focal"
            for span in scope_spans.spans:
                yield span, resource


def attributes_of(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


class Span:
    def __init__(self, span, resource):
        self.trace_id, self.id = span.trace_id.hex(), span.span_id.hex()
        self.parent = span.parent_span_id.hex()
        self.name = span.name
        self.kind = type(span).SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower()
        self.start, self.end = span.start_time_unix_nano, span.end_time_unix_nano
        self.attributes = attributes_of(span.attributes)
        self.links = [(link.trace_id.hex(), link.span_id.hex()) for link in span.links]
        self.failed = span.status.code == 2
        self.flags = span.flags
        self.resource = resource
        self.process = resource["service.name"].removeprefix("focal-")

    def __repr__(self):
        return f"{self.process} {self.kind} {self.name} {self.id} < {self.parent} {self.attributes}"
