"""A short run of `make chaos`: two replicas of everything, faults from a random seed, and the books are right."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / os.environ.get("FOCAL_BINARIES", ".build/release")
SECONDS, REQUESTS_A_SECOND, SECONDS_PER_FAULT = 25, 60, 1.2

pytestmark = pytest.mark.skipif(
    not (BINARIES / "focal-gateway").exists(), reason="needs built executables")


def test_half_a_minute_of_chaos():
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "TERM", ROOT / "deploy/scripts/chaos", "--seconds", str(SECONDS),
         "--rate", str(REQUESTS_A_SECOND), "--every", str(SECONDS_PER_FAULT), "--people", "12"],
        env=os.environ | {"FOCAL_BINARIES": str(BINARIES), "FOCAL_REPLICAS": "2"},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
