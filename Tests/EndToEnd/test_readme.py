"""The tour of the README works as typed."""
import os
import re
import subprocess
from pathlib import Path

from focal import URL, an_email

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_tour_works_as_typed():
    blocks = re.findall(r"^```sh\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    script = "\n".join(blocks).replace("http://127.0.0.1:8080", URL)
    # The reader's first time: whoever ran the tour here before had another address.
    script = script.replace("ada@example.com", an_email()).replace("curl -s", "curl -s -w '\\n%{http_code}\\n'")
    # What is kept in a variable is no answer to look at.
    script = re.sub(r"TOKEN=\$\(curl -s -w '\\n%\{http_code\}\\n'", "TOKEN=$(curl -s", script)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    statuses = [int(text) for text in re.findall(r"^(\d{3})$", done.stdout, re.MULTILINE)]
    assert statuses == [
        201, 201, 200, 200, 201, 200, 200, 200, 200, 200, 200, 200, 200, 422, 204], done.stdout
