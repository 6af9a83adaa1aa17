"""The metrics of all processes: as text, and as a Prometheus of the test's own sees them."""
import json
import os
import re
import subprocess
import time
from pathlib import Path

import httpx
from live import free_port

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ["gateway", "auth", "sessions", "gamification", "community", "messaging", "quotes"]
SECONDS_MAX = 30
#: What Grafana puts for `$__rate_interval`.
RATE_INTERVAL = "20s"


def admin_port(process):
    """Of its first replica."""
    return int(os.environ[f"{process.upper()}_ADMIN_PORT"].split(",")[0])


def metrics_text(process):
    answer = httpx.get(f"http://127.0.0.1:{admin_port(process)}/metrics", timeout=20)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


def names(text):
    return set(re.findall(r"^# TYPE (\S+) ", text, re.M))


def samples(text):
    """Name, labels and value of every line."""
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
            yield name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")), float(value)


class Prometheus:
    """Scrapes the seven processes once a second, and has our rules."""

    def __init__(self, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        targets = [
            {"targets": [f"127.0.0.1:{admin_port(process)}"], "labels": {"process": process}}
            for process in PROCESSES]
        # JSON is YAML.
        (folder / "prometheus.yaml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(ROOT / "deploy/prometheus/rules.yaml")],
            "scrape_configs": [{"job_name": "focal", "static_configs": targets}]}))
        self._log = folder / "log"
        with open(self._log, "w") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "prometheus", f"--config.file={folder}/prometheus.yaml",
                 f"--storage.tsdb.path={folder}/data", f"--web.listen-address={self.url.removeprefix('http://')}"],
                stdout=log, stderr=log)

    def __enter__(self):
        deadline = time.monotonic() + SECONDS_MAX
        while not self._has_scraped():
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()[-2000:]
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def _has_scraped(self):
        """All processes, often enough for a rate, and the rules once."""
        try:
            scraped = self.query(f"sum_over_time(up[{RATE_INTERVAL}]) >= 3")
            return len(scraped) == len(PROCESSES) and all(
                rule["health"] == "ok" for rule in self.rules())
        except httpx.TransportError:
            return False

    def query(self, expression):
        """The series of an instant, each with its labels."""
        answer = httpx.post(f"{self.url}/api/v1/query", data={"query": expression})
        if answer.status_code == 503:  # It is starting.
            return []
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        return [series["metric"] for series in answer.json()["data"]["result"]]

    def rules(self):
        data = httpx.get(f"{self.url}/api/v1/rules").json()["data"]
        return [rule for group in data["groups"] for rule in group["rules"]]
