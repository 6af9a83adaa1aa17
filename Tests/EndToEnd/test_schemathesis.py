"""schemathesis, with all of its checks, on /openapi.json against the running system."""
import os
import re
import subprocess
import sys

import pytest
from focal import URL, User, an_address

FOLDER = os.path.dirname(__file__)
#: What ends the session of who asks: these have a user and a run of their own.
ENDING = "^(/api/v1/auth/logout|/api/v1/auth/logout-all|/user/logout|/api/v1/auth/sessions|/api/v1/auth/me)$"


@pytest.mark.parametrize("choice, seconds", [("--exclude-path-regex", 75), ("--include-path-regex", 10)])
def test_the_system_is_as_described(choice, seconds, tmp_path):
    user = User()
    command = [
        os.path.join(os.path.dirname(sys.executable), "st"),
        "--config-file", os.path.join(FOLDER, "schemathesis.toml"), "run", f"{URL}/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing", "--workers", "1",
        "--max-examples", "3", "--max-time", str(seconds), choice, ENDING,
        "--suppress-health-check", "all", "--no-shrink", "--warnings", "off",
        "--header", f"Authorization: Bearer {user.tokens['access_token']}",
        "--header", f"X-Forwarded-For: {an_address()}"]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=300,
        env=os.environ | {"COLUMNS": "160", "NO_COLOR": "1"})
    assert run.returncode == 0, summary(run.stdout) + run.stderr[-2000:]


def summary(report):
    """Each operation that failed, what failed, and the answer; without what can be asked for again."""
    lines, told = report.split("\n"), []
    for number, line in enumerate(lines):
        if re.match(r"_{5,} .* _{5,}$", line):
            told.append(line.strip("_ "))
        elif line.startswith("- ST"):
            told.append(f"  {line}")
            told += [f"    {after.strip()}" for after in lines[number + 1:number + 14] if after.strip()]
    return "\n".join(told[:600])
