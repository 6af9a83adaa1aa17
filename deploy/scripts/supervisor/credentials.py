"""Random secrets of a private system: made once, readable by their owner only."""
import os
import secrets
import subprocess


class Credentials:
    def __init__(self, folder):
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)

    def secret(self, name):
        """A secret of 32 random bytes in hexadecimal: safe in a URL, a file and a variable."""
        path = self.path(name)
        try:
            with open(path) as file:
                return file.read().strip()
        except FileNotFoundError:
            value = secrets.token_hex(32)
            self.keep(name, value + "\n")
            return value

    def keep(self, name, text):
        """Whole or not at all: a crash in between must not leave an empty secret."""
        path = self.path(name)
        descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)

    def path(self, name):
        return os.path.join(self._folder, name)

    @property
    def jwt_private_key(self):
        path = self.path("jwt_private_key.pem")
        if not os.path.exists(path):
            key = self._openssl("genpkey", "-algorithm", "ed25519")
            self.keep("jwt_private_key.pem", key)
        return path

    @property
    def jwt_public_keys(self):
        path = self.path("jwt_public_keys.pem")
        if not os.path.exists(path):
            self.keep("jwt_public_keys.pem", self._openssl("pkey", "-in", self.jwt_private_key, "-pubout"))
        return path

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True)
        return done.stdout
