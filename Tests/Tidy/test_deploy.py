"""What deploys Focal, by the checkers that others use: hadolint, the schema of compose, shellcheck."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
SHELL = sorted(
    path for path in [*(DEPLOY / "scripts").iterdir(), ROOT / ".ci/run"]
    if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash"))


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def hadolint(file):
    return run(Path(sys.executable).with_name("hadolint"), "--no-color", "-c", DEPLOY / "hadolint.yaml", file)


def compose_schema(file):
    return run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", file)


def test_the_dockerfile_is_clean():
    code, said = hadolint(DOCKERFILE)
    assert code == 0, said


@pytest.mark.parametrize("line", [
    "ADD a /a", "RUN apt-get update && apt-get install -y curl", "USER root",
    "RUN curl example.com | sh"])
def test_a_bad_dockerfile_is_not(tmp_path, line):
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM debian:bookworm-slim\n{line}\n")
    assert hadolint(file)[0] != 0


def test_the_image_has_a_user_who_is_not_root_and_nothing_from_elsewhere():
    text = DOCKERFILE.read_text()
    assert not re.search(r"^ADD ", text, re.M)  # Of a URL's hadolint says nothing.
    last_stage = text[text.rindex("\nFROM "):]
    assert re.findall(r"^USER (\d+)(?::\d+)?$", last_stage, re.M)[-1:] not in ([], ["0"])


@pytest.mark.parametrize("file", sorted(DEPLOY.glob("compose*.yaml")), ids=lambda file: file.name)
def test_compose_files_are_what_the_specification_wants(file, tmp_path):
    # Compose's own tag says how files are merged; the schema is of values.
    plain = tmp_path / file.name
    plain.write_text(file.read_text().replace(" !reset ", " "))
    code, said = compose_schema(plain)
    assert code == 0, said


def test_a_bad_compose_file_is_not(tmp_path):
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {image: a, port: ['1:1']}}\n")
    assert compose_schema(file)[0] != 0


def test_shell_scripts_are_clean():
    assert len(SHELL) > 10
    code, said = run("shellcheck", "-x", *SHELL)
    assert code == 0, said


def test_every_process_has_its_certificate_in_a_container():
    """compose.tls.yaml names what `certificates` makes."""
    made = re.search(r"^for process in (.*); do$", (DEPLOY / "scripts/certificates").read_text(), re.M)[1].split()
    assert len(made) == 7
    text = (DEPLOY / "compose.tls.yaml").read_text()
    assert sorted(re.findall(r"/tls/(\w+)\.key", text)) == sorted(made)
    assert sorted(re.findall(r"/tls/(\w+)\.pem", text)) == sorted([*made, "authority"])
