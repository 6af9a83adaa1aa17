#!/usr/bin/env python3
"""Focal beside FastAPI, Express, nginx, pgbench and C++ gRPC: one run, medians of three rounds, one table."""
import argparse
import os
import re
import subprocess
import tempfile
import time

import report
import rpc
from measure import CONNECTIONS, SECONDS, WARM_UP_SECONDS, Sample, measured, median, wrk
from systems import HERE, Focal, Peers

ROUNDS = 3
CROWD = 1000
CROWD_SECONDS = 10
CROWD_THINKING_MILLISECONDS = 500
BODY = '{"duration":25}'

#: What is measured: its name, method, Focal's target and the peers'.
ENDPOINTS = [
    ("health", "GET", "/health", "/health"),
    ("me", "GET", "/api/v1/auth/me", "/auth/me"),
    ("focus-session", "POST", "/focus-session", "/focus-session"),
    ("metrics", "GET", "/focus-metrics", "/focus-metrics"),
]


class Benchmark:
    def __init__(self, focal, peers, rounds):
        self._focal = focal
        self._peers = peers
        self._rounds = rounds

    def run(self):
        """Round by round, so that a slow minute of the machine touches all systems alike."""
        samples = {}
        for number in range(self._rounds):
            for name, measure in self._cases():
                sample = measure()
                samples.setdefault(name, []).append(sample)
                print(f"{number + 1}/{self._rounds} {report.line(name, sample)}", flush=True)
        return {name: median(found) for name, found in samples.items()}

    def _cases(self):
        focal, peers = self._focal, self._peers
        for endpoint, method, target, peers_target in ENDPOINTS:
            yield ("Focal", endpoint), lambda: self._web(
                focal.port, focal.processes, focal.tokens, method, target)
            for name in ["Express", "FastAPI"]:
                yield (name, endpoint), lambda: self._web(
                    peers.ports[name], peers.processes(name), peers.tokens, method, peers_target)
            if endpoint == "health":
                yield ("nginx", endpoint), lambda: self._web(
                    peers.ports["nginx"], peers.processes("nginx"), None, method, target)
            if endpoint == "focus-session":
                yield ("pgbench", "INSERT"), self._pgbench

    def _web(self, port, processes, tokens, method, target):
        url = f"http://127.0.0.1:{port}{target}"
        script, environment = None, {}
        if target != "/health":
            script = os.path.join(HERE, "load/users.lua")
            environment = {"METHOD": method, "TARGET": target, "TOKENS": tokens}
            environment |= {"BODY": BODY} if method == "POST" else {}
        wrk(url, script=script, environment=environment, seconds=WARM_UP_SECONDS)
        return measured(
            processes, self._focal.postgres, self._focal.redis,
            lambda: wrk(url, script=script, environment=environment))

    def _pgbench(self):
        """One-row inserts, each its own commit: what PostgreSQL gives a client that costs nothing."""
        before = self._focal.postgres.seconds()
        done = subprocess.run(
            ["pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS),
             "-f", os.path.join(HERE, "peers/insert.sql"), self._peers.database_url],
            check=True, capture_output=True, text=True)
        spent = self._focal.postgres.seconds() - before
        count = int(re.search(r"actually processed: (\d+)", done.stdout)[1])
        latency = float(re.search(r"latency average = ([\d.]+) ms", done.stdout)[1])
        rate = float(re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)[1])
        failed = re.search(r"failed transactions: (\d+)", done.stdout)
        return Sample(
            cpu=0, postgres=spent * 1e6 / count, redis=0, rate=rate, p50=latency, p99=0,
            errors=int(failed[1]) if failed else 0)

    def crowd(self):
        """Many keep-alive users who think between their requests."""
        environment = {
            "TOKENS": self._focal.tokens, "SEED": "1",
            "THINKING_MILLISECONDS": str(CROWD_THINKING_MILLISECONDS)}
        script = os.path.join(HERE, "load/mixed.lua")
        sample = measured(
            self._focal.processes, self._focal.postgres, self._focal.redis,
            lambda: wrk(self._focal.url, script=script, environment=environment, connections=CROWD,
                        seconds=CROWD_SECONDS))
        return sample, self._focal.processes.memory_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--without-rpc", action="store_true")
    arguments = parser.parse_args()
    # A session of two days is counted by itself: not what most cost.
    if time.gmtime().tm_hour == 0 and time.gmtime().tm_min < 26:
        parser.error("the sessions of 25 minutes would begin yesterday: from 00:26 UTC on they do not")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="focal-bench-") as state:
        os.chmod(state, 0o755)  # PostgreSQL's own user has to reach its folder.
        focal = Focal(state)
        try:
            peers = Peers(focal, state)
            try:
                benchmark = Benchmark(focal, peers, arguments.rounds)
                medians = benchmark.run()
                crowd, memory = benchmark.crowd()
            finally:
                peers.stop()
        finally:
            focal.stop()
    calls = {} if arguments.without_rpc else rpc.measure(arguments.rounds)
    text = report.table(medians, calls, crowd, memory, time.monotonic() - started)
    print(text)
    with open(os.path.join(HERE, "RESULTS.md"), "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
