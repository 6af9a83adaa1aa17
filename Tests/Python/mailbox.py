"""The mails that the system has sent: files, since no SMTP_URL is set."""
import email
import email.policy
import os
import re
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITHIN_SECONDS = 5


def mails_to(address):
    """All so far, the oldest first."""
    folder = Path(ROOT, os.environ.get("FOCAL_STATE_DIR") or ".focal", "mail")
    found = []
    for path in folder.iterdir() if folder.exists() else []:
        if path.name.startswith("."):  # Being written.
            continue
        data = path.read_bytes()
        if address.encode() in data:
            mail = email.message_from_bytes(data, policy=email.policy.default)
            if mail["To"] == address:
                found.append((path.stat().st_mtime_ns, mail))
    return [mail for _, mail in sorted(found, key=lambda pair: pair[0])]


def wait_for_mails(address, subject, count=1):
    """The mails with these words in their subject, once there are so many."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while True:
        mails = [mail for mail in mails_to(address) if subject in mail["Subject"]]
        if len(mails) >= count:
            return mails
        assert time.monotonic() < deadline, f"{len(mails)} mails about {subject}"
        time.sleep(0.02)


def token_of(mail):
    """The token stands on a line of its own."""
    return re.search(r"^([A-Za-z0-9_-]{43})\s*$", mail.get_content(), re.MULTILINE)[1]


def mailed_token(address, subject, count=1):
    return token_of(wait_for_mails(address, subject, count)[-1])
