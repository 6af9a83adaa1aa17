#!/usr/bin/env python3
"""What mutual TLS between the processes costs: processor time of a request without it and with it, in turn, and memory.

  python3 Tests/Benchmarks/peertls.py [--rounds 3]

Starts two private systems of FOCAL_BINARIES (.build/release), the second with the certificates that deploy/scripts/certificates
makes. Both speak over Unix sockets, as `make run` does. Where no TLS is spoken it fails: the figures would say nothing.
"""
import argparse
import contextlib
import os
import subprocess
import tempfile

from measure import WARM_UP_SECONDS, measured, median, wrk
from systems import HERE, ROOT, Focal

BODY = '{"duration":25}'
#: A lookup, a cache, a commit, and two of other services.
ENDPOINTS = [
    ("GET", "/api/v1/auth/me"), ("GET", "/focus-metrics"), ("POST", "/focus-session"),
    ("GET", "/api/v1/messages/unread-count"), ("GET", "/quotes/today")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with contextlib.ExitStack() as stack:
        systems = {"without": start(stack, {}), "with TLS": start(stack, certificates(stack))}
        assert [speaks_tls(focal) for focal in systems.values()] == [False, True]
        samples = {}
        for number in range(rounds):
            for method, target in ENDPOINTS:
                for name, focal in systems.items():
                    sample = one(focal, method, target)
                    samples.setdefault((method, target, name), []).append(sample)
                    print(f"{number + 1}/{rounds} {method} {target} {name}: {sample.cpu:.1f} µs", flush=True)
        show({key: median(found) for key, found in samples.items()}, systems)


def start(stack, settings):
    state = stack.enter_context(tempfile.TemporaryDirectory(prefix="focal-peertls-"))
    os.chmod(state, 0o755)  # PostgreSQL's own user has to reach its folder.
    focal = Focal(state, settings)
    stack.callback(focal.stop)
    return focal


def certificates(stack):
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="focal-certificates-"))
    subprocess.run([os.path.join(ROOT, "deploy/scripts/certificates"), folder], check=True, stdout=subprocess.DEVNULL)
    return {
        "RPC_TLS_CERT": f"{folder}/{{process}}.pem", "RPC_TLS_KEY": f"{folder}/{{process}}.key",
        "RPC_TLS_CA": f"{folder}/authority.pem"}


def speaks_tls(focal):
    done = subprocess.run(
        ["openssl", "s_client", "-unix", os.path.join(focal.state, "run/auth.sock")], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=10)
    return "BEGIN CERTIFICATE" in done.stdout


def one(focal, method, target):
    environment = {"METHOD": method, "TARGET": target, "TOKENS": focal.tokens}
    environment |= {"BODY": BODY} if method == "POST" else {}

    def load(**options):
        return wrk(
            focal.url + target, script=os.path.join(HERE, "load/users.lua"), environment=environment, **options)

    load(seconds=WARM_UP_SECONDS)
    sample = measured(focal.processes, focal.postgres, focal.redis, load)
    assert not sample.errors, (method, target, sample)
    return sample


def show(medians, systems):
    print("\n| request | CPU without TLS | with | more |\n| --- | ---: | ---: | ---: |")
    for method, target in ENDPOINTS:
        plain, sealed = (medians[method, target, name].cpu for name in systems)
        print(f"| {method} {target} | {plain:.1f} µs | {sealed:.1f} µs | {sealed - plain:+.1f} µs, {sealed / plain - 1:+.0%} |")
    plain, sealed = (focal.processes.memory_bytes() / 1e6 for focal in systems.values())
    print(f"\nMemory of the seven processes afterwards: {plain:.0f} MB without TLS, {sealed:.0f} MB with it.")


if __name__ == "__main__":
    main()
