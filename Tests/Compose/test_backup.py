"""The runbook's commands: containers that are written to are backed up, and a new project is made from that."""
import os
import re
import shutil
import subprocess
import threading
import time
from datetime import datetime, timezone

import focal
import httpx
import pytest
from engine import ROOT, System
from focal import User

FILES = ["deploy/compose.yaml", "deploy/compose.archive.yaml"]


@pytest.fixture
def project(settings, tmp_path):
    """With secrets of its own: they are lost with it."""
    secrets, archive = tmp_path / "deploy-secrets", tmp_path / "archive"
    shutil.copytree(settings["FOCAL_SECRETS"], secrets)
    archive.mkdir()
    archive.chmod(0o777)  # Whatever the container's user is called.
    for folder in [tmp_path, *tmp_path.parents][:3]:
        folder.chmod(0o755)
    system = System(f"focal-backup-{os.getpid()}", FILES, settings | {
        "FOCAL_SECRETS": str(secrets), "FOCAL_ARCHIVE": str(archive)})
    yield system
    if system.left():
        system.compose("down", "-v", "-t", "1", "--remove-orphans", check=False)


def blocks():
    """The runbook's blocks of compose: to keep, to bring back; a copy to start from, to go on to a moment."""
    text = (ROOT / "deploy/docs/runbook.md").read_text()
    found = re.findall(r"```sh\n(.*?)```", text[text.index("**Compose.**"):], re.S)[:4]
    for block, command in zip(found, ["pg_dump", "pg_restore", "pg_basebackup", "FOCAL_UNTIL"], strict=True):
        assert command in block
    first, *commands = found[0].splitlines()
    assert first == 'compose="docker compose -f deploy/compose.yaml" secrets=deploy/secrets'
    return ["\n".join(commands), *found[1:]]


def run(project, folder, commands, until=""):
    """In a folder that has `deploy/`, as the checkout has."""
    if not (folder / "deploy").exists():
        (folder / "deploy").symlink_to(ROOT / "deploy")
    files = " ".join(f"-f {file}" for file in FILES)
    settings = f'compose="docker compose -p $PROJECT {files}" secrets=$FOCAL_SECRETS until=\'{until}\'\n'
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
    keep, bring_back, start_from, go_on = blocks()
    project.up()
    focal.URL = f"http://127.0.0.1:{project.environment['FOCAL_PORT']}"
    user, other = User(), User()
    with Writing(user) as writing:
        send(user, other)
        before_dump = len(writing.notes)
        run(project, tmp_path, keep)
        run(project, tmp_path, start_from)
        before_chosen, chosen = len(writing.notes), datetime.now(timezone.utc)
        time.sleep(0.1)
    send(user, other)
    project.compose("exec", "-T", "postgres", "psql", "-qXU", "focal", "-c", "SELECT pg_switch_wal()", "focal")

    lose(project)
    run(project, tmp_path, bring_back)
    there = look(user, other)
    assert set(writing.notes[:before_dump]) <= there

    lose(project)
    run(project, tmp_path, go_on, until=chosen.isoformat(sep=" "))
    there = look(user, other)
    # What was under way in that moment, and nothing after it.
    assert there - set(writing.notes[:before_chosen]) <= set(writing.notes[before_chosen:before_chosen + 1])
    assert set(writing.notes[:before_chosen]) <= there


def send(user, other):
    sent = user.http.post("/api/v1/messages/send", json={"receiver_id": other.id, "content": "Here?"})
    assert sent.status_code == 201, sent.text


def lose(project):
    project.compose("down", "-v", "-t", "5")
    shutil.rmtree(project.environment["FOCAL_SECRETS"])


def look(user, other):
    """Which sessions are there: by the tokens of before, on new connections; and they go on."""
    for one in (user, other):
        one.http = httpx.Client(base_url=focal.URL, timeout=20, headers=one.http.headers)
    there = {log["note"] for log in user.logs()}
    assert user.metrics()["daily"]["sessions"] == len(there)
    assert other.get("/api/v1/messages/unread-count")["unread_count"] == 1
    new = user.log(1, note="new")
    assert user.metrics()["daily"]["sessions"] == len(there) + 1
    assert user.http.delete(f"/api/v1/sessions/{new['id']}").status_code == 204
    return there
