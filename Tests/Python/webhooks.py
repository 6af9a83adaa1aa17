"""A receiver of webhooks, and a user's dealings with them."""
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOOKS = "/api/v1/webhooks"


class Receiver:
    """A server that takes deliveries; the first ones it answers with these statuses."""

    def __init__(self, statuses=(), delay=0):
        self.statuses = list(statuses)
        self.delay = delay
        self.requests = []
        self.lock = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.requests.append((self.path, dict(self.headers), body))
                    status = receiver.statuses.pop(0) if receiver.statuses else 200
                    receiver.lock.notify_all()
                time.sleep(receiver.delay)
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=15):
        with self.lock:
            done = self.lock.wait_for(lambda: len(self.requests) >= count, seconds)
            assert done, f"{len(self.requests)} of {count} deliveries"
            return list(self.requests)

    def wait_for(self, event, seconds=15):
        """The first delivery of that event, whatever else comes before it."""
        def found():
            return [each for each in self.requests if each[1]["Focal-Event"] == event]

        with self.lock:
            assert self.lock.wait_for(found, seconds), f"{len(self.requests)} deliveries of others"
            return found()[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def create(user, url, events=("message",), **fields):
    answer = user.http.post(HOOKS, json={"url": url, "events": list(events)} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def notify(sender, user, text="hello"):
    answer = sender.http.post(
        "/api/v1/messages/send", json={"receiver_id": user.id, "content": text})
    assert answer.status_code == 201, answer.text


def deliveries(user, hook, **query):
    return user.get(f"{HOOKS}/{hook['id']}/deliveries", **query)["items"]


def settled(user, hook, status, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        items = deliveries(user, hook)
        if items and all(item["status"] == status for item in items):
            return items
        time.sleep(0.05)
    raise AssertionError(deliveries(user, hook))


def verify(request, secret):
    """As the documentation tells receivers to."""
    _, headers, body = request
    parts = dict(part.split("=", 1) for part in headers["Focal-Signature"].split(","))
    assert abs(time.time() - int(parts["t"])) < 60
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256)
    assert hmac.compare_digest(expected.hexdigest(), parts["v1"])
    return json.loads(body)
