"""The table of RESULTS.md: every figure, and each goal of the project beside what was reached."""
import os
import platform
import time

TITLES = {
    "health": "GET /health (gateway only)",
    "me": "GET /auth/me (token, limit, hop, SELECT)",
    "focus-session": "POST /focus-session (INSERT, commit)",
    "metrics": "GET /focus-metrics (cached)",
    "INSERT": "one-row INSERT, commit, 32 clients",
}


def line(name, sample):
    system, endpoint = name
    return (
        f"{system:8} {endpoint:14} cpu {sample.cpu:7.1f} us  postgres {sample.postgres:6.1f} us"
        f"  redis {sample.redis:5.1f} us {sample.rate:8.0f}/s  p50 {sample.p50:6.2f} ms"
        f"  p99 {sample.p99:7.2f} ms  errors {sample.errors}")


def table(medians, calls, crowd, memory, seconds):
    rows = [
        "# What Focal costs, beside its peers",
        "",
        f"`make bench` of {time.strftime('%Y-%m-%d', time.gmtime())} on {machine()}; {seconds:.0f} s.",
        "Medians of three rounds, `wrk -t1 -c32`, 64 users in turn, all on one machine, one PostgreSQL 15",
        "(fsync and synchronous_commit on) and one Redis 7. CPU is user and system time in µs a request: of the",
        "system's own processes (all of Focal's added), of PostgreSQL, of Redis. Focal limits rates, keeps",
        "days and streaks, and hands events on in that time; the peers, one tuned worker each, do not.",
        "",
        "| | system | CPU µs | PostgreSQL µs | Redis µs | requests/s | p50 ms | p99 ms | errors |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for endpoint, title in TITLES.items():
        for (system, of), sample in medians.items():
            if of == endpoint:
                rows.append(
                    f"| {title} | {system} | {sample.cpu:.1f} | {sample.postgres:.1f} | {sample.redis:.1f}"
                    f" | {sample.rate:,.0f} | {sample.p50:.2f} | {sample.p99:.2f} | {sample.errors} |")
                title = ""
    if calls:
        rows += ["", "| RPC, 100 bytes, one connection, 64 in flight | CPU µs a call, both sides | calls/s |",
                 "| --- | ---: | ---: |"]
        rows += [f"| {name} | {call.cpu:.2f} | {call.rate:,.0f} |" for name, call in calls.items()]
    rows += ["", "| goal | wanted | reached | |", "| --- | --- | ---: | --- |"]
    rows += [
        f"| {name} | {wanted} | {reached} | {'yes' if is_met else '**no**'} |"
        for name, wanted, reached, is_met in goals(medians, calls, crowd, memory)]
    return "\n".join(rows) + "\n"


def goals(medians, calls, crowd, memory):
    def ratio(name, limit, of, endpoint):
        reached = medians["Focal", endpoint].cpu / medians[of, endpoint].cpu
        return name, f"≤ {limit} × {of}'s CPU", f"{reached:.2f}", reached <= limit

    yield ratio("gateway-only route", 1.3, "nginx", "health")
    yield ratio("GET /auth/me", 0.3, "Express", "me")
    yield ratio("POST /focus-session", 0.35, "Express", "focus-session")
    yield ratio("cached metrics", 0.35, "Express", "metrics")
    writes = medians["Focal", "focus-session"].rate / medians["pgbench", "INSERT"].rate
    yield "writes/s", "≥ 0.6 × pgbench's", f"{writes:.2f}", writes >= 0.6
    if "Focal" in calls and "C++ gRPC" in calls:
        reached = calls["Focal"].cpu / calls["C++ gRPC"].cpu
        yield "RPC", "≤ 0.3 × C++ gRPC's CPU", f"{reached:.2f}", reached <= 0.3
    yield (
        f"1,000 keep-alive users, mixed, {crowd.rate:,.0f} requests/s", "p99 < 50 ms, no error",
        f"{crowd.p99:.1f} ms, {crowd.errors}", crowd.p99 < 50 and crowd.errors == 0)
    yield (
        "memory of all Focal processes, then", "< 150 MB", f"{memory / 1e6:.0f} MB", memory < 150e6)


def machine():
    with open("/proc/cpuinfo") as file:
        models = [text.split(":", 1)[1].strip() for text in file if text.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release().split('-')[0]}"
