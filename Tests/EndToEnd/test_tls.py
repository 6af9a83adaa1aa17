"""HTTPS of the gateway: versions, ciphers, and certificates that change under connections that stay."""
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

from live import Gateway, Socket, headers_of

RENEWAL_SECONDS_MAX = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    for name in ("first", "second"):
        openssl(
            # RSA, with which the ciphers that are refused below would work.
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"))
    present(folder, "first")
    return folder


@pytest.fixture(scope="module")
def gateway(folder):
    settings = {"TLS_CERT": str(folder / "cert.pem"), "TLS_KEY": str(folder / "key.pem")}
    with Gateway(**settings) as gateway:
        yield gateway


def test_answers_https(gateway):
    with connect(gateway) as connection:
        assert connection.version() == "TLSv1.3"
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert ask(connection).startswith(b"HTTP/1.1 200")


def test_speaks_tls_1_2_with_forward_secrecy(gateway):
    with connect(gateway, maximum=ssl.TLSVersion.TLSv1_2) as connection:
        assert connection.version() == "TLSv1.2"
        assert connection.cipher()[0].startswith("ECDHE-")


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_refuses_old_versions(gateway, version):
    assert "Cipher is (NONE)" in s_client(gateway, version, "-cipher", "ALL:@SECLEVEL=0")


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA", "NULL", "ADH"])
def test_refuses_weak_ciphers(gateway, cipher):
    # What the client itself cannot offer would prove nothing.
    assert openssl("ciphers", "-s", "-tls1_2", f"{cipher}:@SECLEVEL=0")
    assert "Cipher is (NONE)" in s_client(gateway, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")


def test_the_same_client_gets_through_with_a_strong_one(gateway):
    said = s_client(gateway, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    assert "Cipher is ECDHE-RSA-AES128-GCM-SHA256" in said


def test_plain_http_is_no_answer(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        plain.settimeout(5)
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"HTTP/")


def test_certificate_changes_without_a_dropped_connection(gateway, folder, user):
    url = f"https://127.0.0.1:{gateway.port}"
    with connect(gateway) as old, Socket("/api/v1/ws", headers_of(user), url, ssl=trusting()) as live:
        assert name_of(old) == "first"
        live.until("user_state")
        present(folder, "second")
        os.kill(gateway.pid, signal.SIGHUP)
        deadline = time.monotonic() + RENEWAL_SECONDS_MAX
        while shown(gateway) != "second":
            assert time.monotonic() < deadline, "the new certificate is not shown"
        for _ in range(100):
            assert ask(old).startswith(b"HTTP/1.1 200")
        # The socket is the same one, and what happens still comes over it.
        user.log(1)
        live.until("session_completed")


def test_a_broken_certificate_changes_nothing(gateway, folder):
    before = shown(gateway)
    (folder / "cert.pem").write_text("no certificate")
    os.kill(gateway.pid, signal.SIGHUP)
    for _ in range(20):
        assert shown(gateway) == before
    present(folder, before)


def present(folder, name):
    shutil.copy(folder / f"{name}.key", folder / "key.pem")
    shutil.copy(folder / f"{name}.pem", folder / "cert.pem")


def shown(gateway):
    with connect(gateway) as connection:
        return name_of(connection)


def name_of(connection):
    """The common name of the certificate that the server showed."""
    pem = ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))
    subject = subprocess.run(
        ["openssl", "x509", "-noout", "-subject"], input=pem, check=True, capture_output=True, text=True)
    return subject.stdout.strip().split("CN = ")[-1]


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # It signed itself; the test looks at the name.
    return context


def connect(gateway, maximum=None):
    context = trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    if maximum:
        context.maximum_version = maximum
    return context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port), timeout=10))


def ask(connection):
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
        piece = connection.recv(4096)
        assert piece, "the connection was dropped"
        answer += piece
    return answer


def s_client(gateway, *options):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, env=os.environ | {"OPENSSL_CONF": "/dev/null"})
    return done.stdout + done.stderr


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout
