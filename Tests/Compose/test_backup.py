"""The runbook's commands: containers that are written to are backed up, and a new project is made from that."""
import os
import re
import shutil
import subprocess
import threading
import time

import focal
import httpx
import pytest
from engine import ROOT, System
from focal import User

FILES = ["deploy/compose.yaml"]


@pytest.fixture
def project(settings, tmp_path):
    """With secrets of its own: they are lost with it."""
    secrets = tmp_path / "deploy-secrets"
    shutil.copytree(settings["FOCAL_SECRETS"], secrets)
    system = System(f"focal-backup-{os.getpid()}", FILES, settings | {"FOCAL_SECRETS": str(secrets)})
    yield system
    if system.left():
        system.compose("down", "-v", "-t", "1", "--remove-orphans", check=False)


def blocks():
    """The runbook's two blocks of compose: to keep, and to bring back."""
    text = (ROOT / "deploy/docs/runbook.md").read_text()
    found = re.findall(r"```sh\n(.*?)```", text[text.index("**Compose.**"):], re.S)
    assert "pg_dump" in found[0] and "pg_restore" in found[1]
    first, *commands = found[0].splitlines()
    assert first == 'compose="docker compose -f deploy/compose.yaml" secrets=deploy/secrets'
    return "\n".join(commands), found[1]


def run(project, folder, commands):
    """In a folder that has `deploy/`, as the checkout has."""
    if not (folder / "deploy").exists():
        (folder / "deploy").symlink_to(ROOT / "deploy")
    settings = 'compose="docker compose -p $PROJECT -f deploy/compose.yaml" secrets=$FOCAL_SECRETS\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", settings + commands], cwd=folder, capture_output=True, text=True,
        env=os.environ | project.environment | {"PROJECT": project.project})
    assert done.returncode == 0, done.stdout + done.stderr


class Writing:
    """Somebody who logs one session after the other, and notes which were acknowledged."""

    def __init__(self, user):
        self.user, self.notes, self._stopped = user, [], threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()

    def _run(self):
        while not self._stopped.is_set():
            note = f"session {len(self.notes)}"
            self.user.log(1, note=note)
            self.notes.append(note)
            time.sleep(0.02)


def test_a_project_is_made_from_a_backup_of_another(project, tmp_path):
    keep, bring_back = blocks()
    project.up()
    focal.URL = f"http://127.0.0.1:{project.environment['FOCAL_PORT']}"
    user, other = User(), User()
    with Writing(user) as writing:
        sent = user.http.post("/api/v1/messages/send", json={"receiver_id": other.id, "content": "before"})
        assert sent.status_code == 201, sent.text
        before = len(writing.notes)
        run(project, tmp_path, keep)
    sent = user.http.post("/api/v1/messages/send", json={"receiver_id": other.id, "content": "after"})
    assert sent.status_code == 201
    project.compose("down", "-v", "-t", "5")
    shutil.rmtree(project.environment["FOCAL_SECRETS"])
    run(project, tmp_path, bring_back)

    # The tokens of before, on new connections.
    for one in (user, other):
        one.http = httpx.Client(base_url=focal.URL, timeout=20, headers=one.http.headers)
    there = {log["note"] for log in user.logs()}
    assert set(writing.notes[:before]) <= there <= set(writing.notes)
    assert user.metrics()["daily"]["sessions"] == len(there)
    assert other.get("/api/v1/messages/unread-count")["unread_count"] == 1
    user.log(1, note="new")
    assert user.metrics()["daily"]["sessions"] == len(there) + 1
