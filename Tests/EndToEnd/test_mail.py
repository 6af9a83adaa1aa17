"""Mails as the system sends them: without a server they are files."""
import email
import email.policy
import os
import re
import time

import pytest
from focal import User, an_email, client

STATE = os.environ.get("FOCAL_STATE_DIR", "")
pytestmark = pytest.mark.skipif(not STATE, reason="the system's folder is not known")


def mails_to(address, count, seconds=10):
    folder = os.path.join(STATE, "mail")
    deadline = time.monotonic() + seconds
    while True:
        found = []
        for name in sorted(os.listdir(folder)):
            if name.endswith(".eml"):
                with open(os.path.join(folder, name), "rb") as file:
                    mail = email.message_from_binary_file(file, policy=email.policy.default)
                if mail["To"] == address:
                    found.append(mail)
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {count} mails"
        time.sleep(0.1)


def test_a_mail_is_one_that_programs_read():
    user = User()
    client().post("/api/v1/auth/password/forgot", json={"email": user.email})
    mail = [mail for mail in mails_to(user.email, 2) if "assword" in mail["Subject"]][0]
    for header in ["Date", "From", "Message-ID", "Subject", "MIME-Version"]:
        assert mail[header], header
    assert not mail.defects
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert re.search(r"[A-Za-z0-9_-]{43}", mail.get_content())


def test_files_are_whole_and_for_their_owner_alone():
    user = User()
    mails_to(user.email, 1)
    folder = os.path.join(STATE, "mail")
    for name in os.listdir(folder):
        if name.endswith(".eml"):
            assert os.stat(os.path.join(folder, name)).st_mode & 0o077 == 0
            with open(os.path.join(folder, name), "rb") as file:
                assert file.read().endswith(b"\r\n")


def test_nobody_gets_a_mail_who_has_no_account():
    stranger, user = an_email(), User()
    client().post("/api/v1/auth/password/forgot", json={"email": stranger})
    mails_to(user.email, 1)
    assert mails_to(stranger, 0) == []
