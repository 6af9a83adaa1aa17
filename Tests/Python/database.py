"""The system's PostgreSQL, for what has no route: as its owner, by psql."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def url():
    state = Path(ROOT, os.environ.get("FOCAL_STATE_DIR") or ".focal")
    return (state / "secrets/database_url").read_text().strip()


def sql(text, **variables):
    """Runs statements whose `:'name'` stand for variables; gives the lines of their answers."""
    command = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", url(), "-f", "-"]
    for name, value in variables.items():
        command[-2:-2] = ["-v", f"{name}={value}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def give_role(user, role):
    """Makes a moderator or an admin of a user, who signs in anew to have a token that says so."""
    sql("UPDATE auth.users SET role = :'role' WHERE id = :'id'", role=role, id=user.id)
    answer = user.http.post(
        "/api/v1/auth/login", json={"email": user.email, "password": user.password})
    assert answer.status_code == 200, answer.text
    user.use(answer.json())
    return user
