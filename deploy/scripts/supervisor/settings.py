"""Where things are, which ports, and the environment of each process. Everything can be overridden."""
import os
import re

from .credentials import Credentials

#: One row a service: its name, RPC port and admin port (contract: operations, names and ports).
SERVICES = [
    ("auth", 7101, 9101),
    ("sessions", 7102, 9102),
    ("gamification", 7103, 9103),
    ("community", 7104, 9104),
    ("messaging", 7105, 9105),
    ("quotes", 7106, 9106),
]


class SettingsError(Exception):
    """A setting that cannot work, said so that it can be mended."""


class Settings:
    def __init__(self, environment=os.environ):
        self.environment = dict(environment)
        self.root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
        self.state = os.path.abspath(os.path.join(self.root, self._text("FOCAL_STATE_DIR", ".focal")))
        self.binaries = os.path.abspath(
            os.path.join(self.root, self._text("FOCAL_BINARIES", ".build/release")))
        self.postgres_programs = self._text("FOCAL_POSTGRES_BIN", "/usr/lib/postgresql/15/bin")
        self.port = self._port("PORT", 8080)
        self.admin_port = self._port("GATEWAY_ADMIN_PORT", 9100)
        self.postgres_port = self._port("FOCAL_POSTGRES_PORT", 54320)
        self.redis_port = self._port("FOCAL_REDIS_PORT", 63790)
        self.addresses = {
            name: self._text(f"{name.upper()}_ADDRESS", f"tcp:127.0.0.1:{port}")
            for name, port, _ in SERVICES}
        self.sockets = {name: self._socket(f"run/{name}.sock") for name, _, _ in SERVICES}
        self.redis_socket = self._socket("run/redis.sock")
        self.admin_ports = {
            name: self._port(f"{name.upper()}_ADMIN_PORT", port) for name, _, port in SERVICES}
        self.has_private_postgres = not self._given("DATABASE_URL")
        self.has_private_redis = not self._given("REDIS_URL")

        os.makedirs(os.path.join(self.state, "log"), exist_ok=True)
        for folder in ("mail", "run"):
            os.makedirs(os.path.join(self.state, folder), mode=0o700, exist_ok=True)
        self.credentials = Credentials(os.path.join(self.state, "secrets"))
        #: The owner's URL. The private server's is filled in once its folder is known.
        self.database_url = self.environment.get("DATABASE_URL", "")
        tcp = f"redis://127.0.0.1:{self.redis_port}/0"
        unix = self.redis_socket and self.redis_socket.replace("unix:", "unix://", 1)
        self.redis_url = self._text("REDIS_URL", unix or tcp)

    @property
    def public_url(self):
        scheme = "https" if self._given("TLS_CERT") else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def taken_ports(self):
        """The ports of 127.0.0.1 that we are about to listen on, by who wants them."""
        ports = {self.port: "gateway", self.admin_port: "gateway's admin"}
        for name, address in self.addresses.items():
            match = re.fullmatch(r"(?:tcp:)?127\.0\.0\.1:(\d+)", address)
            if match:
                ports[int(match[1])] = name
            ports[self.admin_ports[name]] = f"{name}'s admin"
        return ports

    def service_environment(self, name):
        """Of the service `name`. Only auth can sign tokens; each has a database role of its own."""
        values = self._common() | {
            "ADMIN_PORT": str(self.admin_ports[name]),
            "RPC_LISTEN": ",".join(filter(None, [self.addresses[name], self.sockets[name]])),
            "DATABASE_URL": self.role_url(name),
        }
        if name == "auth":
            values |= self._unless_given({"JWT_PRIVATE_KEY_FILE": self.credentials.jwt_private_key})
        return values

    def gateway_environment(self):
        values = self._common() | {
            "PORT": str(self.port), "ADMIN_PORT": str(self.admin_port)}
        values.pop("DATABASE_URL", None)
        return values

    def migration_environment(self):
        passwords = {
            f"{name.upper()}_DATABASE_PASSWORD": self._role_password(name) for name, _, _ in SERVICES}
        return self.environment | passwords | {
            "DATABASE_URL": self.database_url,
            "MIGRATIONS": self._text("MIGRATIONS", os.path.join(self.root, "Services")),
        }

    def role_url(self, name):
        """The owner's URL with the service's role and password in place of the owner's."""
        match = re.fullmatch(r"(postgres(?:ql)?://)(?:[^@/?]*@)?(.*)", self.database_url)
        if not match:
            raise SettingsError("DATABASE_URL must look like postgresql://user:password@host/database")
        return f"{match[1]}focal_{name}:{self._role_password(name)}@{match[2]}"

    def _common(self):
        values = {
            f"{name.upper()}_ADDRESS": self.sockets[name] or address
            for name, address in self.addresses.items()}
        values |= {"REDIS_URL": self.redis_url, "FOCAL_STATE_DIR": self.state}
        if not self._given("RPC_TLS_CERT"):
            values |= self._unless_given({"RPC_SECRET": self.credentials.secret("rpc_secret")})
        if self.environment.get("JWT_ALGORITHM") == "HS256":
            values |= self._unless_given({"JWT_SECRET": self.credentials.secret("jwt_secret")})
        else:
            values |= self._unless_given({"JWT_PUBLIC_KEYS_FILE": self.credentials.jwt_public_keys})
        return self.environment | values

    def _socket(self, name):
        """A Unix socket in the state folder, half the price of a port; None where its path is too long."""
        path = os.path.join(self.state, name)
        return f"unix:{path}" if len(path.encode()) <= 107 else None

    def _role_password(self, name):
        given = self.environment.get(f"{name.upper()}_DATABASE_PASSWORD")
        return given or self.credentials.secret(f"{name}_database_password")

    def _unless_given(self, defaults):
        return {
            name: value for name, value in defaults.items()
            if not self._given(name.removesuffix("_FILE"))}

    def _given(self, name):
        return bool(self.environment.get(name) or self.environment.get(f"{name}_FILE"))

    def _text(self, name, default):
        return self.environment.get(name) or default

    def _port(self, name, default):
        text = self._text(name, str(default))
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise SettingsError(f"{name} must be a port, 1 to 65535, not '{text}'")
        return int(text)
