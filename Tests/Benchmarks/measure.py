"""What a run costs: wrk's own figures, and the processor time of the processes behind it."""
import os
import re
import statistics
import subprocess
from dataclasses import dataclass, fields

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 32
WARM_UP_SECONDS = 1
SECONDS = 4


@dataclass
class Sample:
    """One round. CPU in µs a request: of the system, of PostgreSQL, of Redis. Latency in ms."""

    cpu: float
    postgres: float
    redis: float
    rate: float
    p50: float
    p99: float
    errors: int


def median(samples):
    """Field by field; errors are summed, since one is one too many."""
    values = {
        field.name: statistics.median(getattr(sample, field.name) for sample in samples)
        for field in fields(Sample)}
    return Sample(**values | {"errors": sum(sample.errors for sample in samples)})


class Processes:
    """Some roots of the process tree, with all below them."""

    def __init__(self, *roots):
        self.roots = set(roots)

    def seconds(self):
        """User and system time so far, with that of children which have ended."""
        children, times = {}, {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat") as file:
                    columns = file.read().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(columns[1]), []).append(int(entry))
            times[int(entry)] = sum(map(int, columns[11:15]))
        found, waiting = set(), list(self.roots)
        while waiting:
            pid = waiting.pop()
            if pid not in found:
                found.add(pid)
                waiting += children.get(pid, [])
        return sum(times.get(pid, 0) for pid in found) / TICKS_A_SECOND

    def memory_bytes(self):
        """The proportional set: shared pages count once."""
        return sum(self.memory_bytes_each().values())

    def memory_bytes_each(self):
        """By the names of the roots."""
        found = {}
        for pid in self.roots:
            with open(f"/proc/{pid}/smaps_rollup") as file, open(f"/proc/{pid}/comm") as name:
                pages = re.search(r"^Pss: +(\d+) kB", file.read(), re.MULTILINE)
                found[name.read().strip()] = int(pages[1]) * 1024
        return found


def wrk(url, *, script=None, environment=None, connections=CONNECTIONS, threads=1, seconds=SECONDS):
    """Runs wrk; gives its text."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", script] if script else []
    done = subprocess.run(
        [*command, url], env=os.environ | (environment or {}), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    return done.stdout


def measured(system, postgres, redis, run):
    """One sample of what `run` (giving wrk's text) costs the three."""
    groups = [system, postgres, redis]
    before = [group.seconds() for group in groups]
    text = run()
    spent = [group.seconds() - start for group, start in zip(groups, before)]
    requests = int(re.search(r"(\d+) requests in", text)[1])
    cpu, postgres_cpu, redis_cpu = [seconds * 1e6 / max(requests, 1) for seconds in spent]
    return Sample(
        cpu=cpu, postgres=postgres_cpu, redis=redis_cpu,
        rate=float(re.search(r"Requests/sec: +([\d.]+)", text)[1]),
        p50=milliseconds(re.search(r"^ +50% +(\S+)", text, re.MULTILINE)[1]),
        p99=milliseconds(re.search(r"^ +99% +(\S+)", text, re.MULTILINE)[1]), errors=errors_in(text))


def errors_in(text):
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: (.*)", text)
    return int(refused[1] if refused else 0) + sum(
        int(count) for count in re.findall(r"\d+", broken[1] if broken else ""))


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]
