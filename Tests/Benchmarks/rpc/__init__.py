"""CPU of one call, 100 bytes there and back, 64 in flight on one connection: Focal's RPC, C++ gRPC, raw TCP.

    cd Tests/Benchmarks && python3 -m rpc [ROUNDS]

Focal's part is `bench-rpc` (`swift build -c release --product bench-rpc`); the peers are compiled into
`.build/bench/rpc`.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
OUT = ROOT / ".build/bench/rpc"
IN_FLIGHT = 64
SECONDS = 3


@dataclass
class Call:
    """What one call costs: CPU of both sides in µs, calls a second, latencies in µs."""

    cpu: float
    rate: float
    server: float
    client: float
    p50: float
    p99: float


def measure(rounds=3):
    """Medians by system, round by round so that a slow minute touches all alike."""
    systems = _systems()
    samples = {name: [] for name in systems}
    for number in range(rounds):
        for name, (server, client) in systems.items():
            call = _one(server, client)
            samples[name].append(call)
            print(
                f"{number + 1}/{rounds} {name:12} {call.cpu:6.2f} us a call, server {call.server:.2f}, client"
                f" {call.client:.2f}, {call.rate:,.0f}/s, p50 {call.p50:.0f} us, p99 {call.p99:.0f} us",
                flush=True)
    return {name: _median(found) for name, found in samples.items()}


def _median(found):
    fields = Call.__dataclass_fields__
    return Call(**{name: statistics.median(getattr(call, name) for call in found) for name in fields})


def _one(server_command, client_command):
    server = subprocess.Popen(server_command, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        line = subprocess.run(
            [*client_command, str(IN_FLIGHT), str(SECONDS), str(server.pid)],
            check=True, capture_output=True, text=True, timeout=SECONDS + 30).stdout
    finally:
        server.kill()
        server.wait()
    found = re.search(
        r": (\d+) calls/s +server ([\d.]+) us +client ([\d.]+) us +total ([\d.]+) us"
        r" +p50 (\d+) us +p99 (\d+) us", line)
    rate, server_cpu, client_cpu, total, p50, p99 = map(float, found.groups())
    return Call(cpu=total, rate=rate, server=server_cpu, client=client_cpu, p50=p50, p99=p99)


def _systems():
    """Server's and client's command by name; the client's takes in flight, seconds, the server's pid."""
    OUT.mkdir(parents=True, exist_ok=True)
    focal = os.environ.get("BENCH_RPC", str(ROOT / ".build/release/bench-rpc"))
    socket = f"unix:{OUT / 'focal.sock'}"
    systems = {
        "Focal": ([focal, "server", "tcp:127.0.0.1:17199"], [focal, "client", "tcp:127.0.0.1:17199"]),
        "Focal, Unix": ([focal, "server", socket], [focal, "client", socket]),
    }
    if shutil.which("grpc_cpp_plugin"):
        _build_grpc()
        systems["C++ gRPC"] = (
            [OUT / "grpc-server", "17200"], [OUT / "grpc-client", "17200"])
    _build(["cc", "-O2", "-Wall", "-Wextra"], OUT / "raw", [HERE / "raw/raw.c"])
    systems["raw TCP"] = ([OUT / "raw", "server", "17201"], [OUT / "raw", "client", "17201"])
    return systems


def _build_grpc():
    subprocess.run(
        ["protoc", f"-I{HERE / 'grpc'}", f"--cpp_out={OUT}", f"--grpc_out={OUT}",
         f"--plugin=protoc-gen-grpc={shutil.which('grpc_cpp_plugin')}", HERE / "grpc/echo.proto"],
        check=True)
    libraries = ["grpc++", "protobuf"]
    flags, links = (
        subprocess.run(
            ["pkg-config", kind, *libraries], check=True, capture_output=True, text=True).stdout.split()
        for kind in ["--cflags", "--libs"])
    for program in ["server", "client"]:
        _build(
            ["c++", "-O2", "-DNDEBUG", "-std=c++17", f"-I{OUT}", *flags], OUT / f"grpc-{program}",
            [HERE / f"grpc/{program}.cc", OUT / "echo.pb.cc", OUT / "echo.grpc.pb.cc"], links)


def _build(compiler, target, sources, links=()):
    """Compiles where the target is older than what is ours."""
    ours = [source for source in sources if HERE in source.parents] + [HERE / "measure.h"]
    if not target.exists() or target.stat().st_mtime < max(file.stat().st_mtime for file in ours):
        subprocess.run([*compiler, "-o", target, *sources, *links], check=True)
