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


#: From one replica's default port to the next one's.
REPLICA_PORTS = 100
REPLICAS_MAX = 16
#: glibc keeps seven freed pieces of each size at hand. With more requests than that at once every one of them takes
#: the slow path: a tenth of all that a request costs.
MALLOC = "glibc.malloc.tcache_count=120"


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
        #: Where the private PostgreSQL copies its log to, for recovery up to a moment; "" for nowhere.
        self.wal_archive = self._text("FOCAL_WAL_ARCHIVE", "") and os.path.abspath(
            os.path.join(self.root, self._text("FOCAL_WAL_ARCHIVE", "")))
        self.replicas = self._count("FOCAL_REPLICAS", REPLICAS_MAX)
        self.port = self._port("PORT", 8080)
        self.postgres_port = self._port("FOCAL_POSTGRES_PORT", 54320)
        self.redis_port = self._port("FOCAL_REDIS_PORT", 63790)
        #: Of each service, and of the gateway, what its replicas have: a list each.
        self.admin_ports = {
            name: self._ports(f"{name.upper()}_ADMIN_PORT", port)
            for name, port in [("gateway", 9100)] + [(name, port) for name, _, port in SERVICES]}
        self.addresses = {name: self._addresses(name, port) for name, port, _ in SERVICES}
        self.sockets = {
            name: [self._socket(f"run/{label}.sock") for label in self.labels(name)]
            for name, _, _ in SERVICES}
        self.redis_socket = self._socket("run/redis.sock")
        self.has_private_postgres = not self._given("DATABASE_URL")
        self.has_private_redis = not self._given("REDIS_URL")

        os.makedirs(os.path.join(self.state, "log"), exist_ok=True)
        for folder in ("mail", "run"):
            os.makedirs(os.path.join(self.state, folder), mode=0o700, exist_ok=True)
        self.credentials = Credentials(os.path.join(self.state, "secrets"))
        #: The owner's URL. The private server's is filled in once its folder is known.
        self.database_url = self.environment.get("DATABASE_URL", "")
        self.redis_url = self._redis_url()

    @property
    def public_url(self):
        scheme = "https" if self._given("TLS_CERT") else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def labels(self, name):
        """What the replicas of a service or the gateway are called: `auth`, `auth-2` …"""
        return [name] + [f"{name}-{number}" for number in range(2, self.replicas + 1)]

    def taken_ports(self):
        """The ports of 127.0.0.1 that we are about to listen on, by who wants them."""
        wanted = [(self.port, "gateway")]
        for name, addresses in self.addresses.items():
            for address, label in zip(addresses, self.labels(name)):
                match = re.fullmatch(r"(?:tcp:)?127\.0\.0\.1:(\d+)", address)
                if match:
                    wanted.append((int(match[1]), label))
        for name, admin_ports in self.admin_ports.items():
            wanted += [
                (port, f"{label}'s admin") for port, label in zip(admin_ports, self.labels(name))]
        ports = {}
        for port, label in wanted:
            if port in ports:
                raise SettingsError(f"port {port} is given to both {ports[port]} and {label}")
            ports[port] = label
        return ports

    def service_environment(self, name, replica):
        """Of a service's replica. Only auth can sign tokens; each has a database role of its own."""
        listens = [self.addresses[name][replica], self.sockets[name][replica]]
        values = self._common(name) | {
            "ADMIN_PORT": str(self.admin_ports[name][replica]),
            "RPC_LISTEN": ",".join(filter(None, listens)),
            "DATABASE_URL": self.role_url(name),
        }
        if name == "auth":
            values |= self._unless_given({
                "JWT_PRIVATE_KEY_FILE": self.credentials.jwt_private_key,
                "TOTP_KEY": self.credentials.secret("totp_key")})
        if name == "messaging":
            values |= self._unless_given({"WEBHOOK_KEY": self.credentials.secret("webhook_key")})
        return values

    def gateway_environment(self, replica):
        values = self._common("gateway") | {
            "PORT": str(self.port), "ADMIN_PORT": str(self.admin_ports["gateway"][replica])}
        if self.replicas > 1:
            values |= {"SHARE_PORT": "true"}
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

    @property
    def private_redis_url(self):
        """Over the port, for who is not one of the processes."""
        return f"redis://default:{self.credentials.secret('redis_password')}@127.0.0.1:{self.redis_port}/0"

    def _redis_url(self):
        if not self.has_private_redis:
            return self._text("REDIS_URL", "") or self._of_file("REDIS_URL_FILE")
        if not self.redis_socket:
            return self.private_redis_url
        path = self.redis_socket.removeprefix("unix:")
        return f"unix://:{self.credentials.secret('redis_password')}@{path}"

    def _common(self, process):
        values = {
            f"{name.upper()}_ADDRESS": ",".join(
                socket or address for socket, address in zip(self.sockets[name], addresses))
            for name, addresses in self.addresses.items()}
        values |= {
            "GLIBC_TUNABLES": self._text("GLIBC_TUNABLES", MALLOC),
            "FOCAL_STATE_DIR": self.state,
        }
        values |= self._unless_given({"REDIS_URL": self.redis_url})
        if not self._given("RPC_TLS_CERT"):
            values |= self._unless_given({"RPC_SECRET": self.credentials.secret("rpc_secret")})
        if self.environment.get("JWT_ALGORITHM") == "HS256":
            values |= self._unless_given({"JWT_SECRET": self.credentials.secret("jwt_secret")})
        else:
            values |= self._unless_given({"JWT_PUBLIC_KEYS_FILE": self.credentials.jwt_public_keys})
        # A certificate for each process: /etc/focal/{process}.pem
        values |= {
            name: self.environment[name].replace("{process}", process)
            for name in ("RPC_TLS_CERT", "RPC_TLS_KEY") if self._given(name)}
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

    def _of_file(self, name):
        try:
            with open(self.environment[name]) as file:
                return file.read().strip()
        except OSError as error:
            raise SettingsError(f"{name}: {error}") from None

    def _text(self, name, default):
        return self.environment.get(name) or default

    def _count(self, name, most):
        text = self._text(name, "1")
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise SettingsError(f"{name} must be a number from 1 to {most}, not '{text}'")
        return int(text)

    def _port(self, name, default):
        return self._as_port(name, self._text(name, str(default)))

    def _ports(self, name, default):
        """A port each replica, between commas; a further one is that far from the last."""
        ports = [self._as_port(name, text) for text in self._text(name, str(default)).split(",")]
        while len(ports) < self.replicas:
            ports.append(self._as_port(name, str(ports[-1] + REPLICA_PORTS)))
        return ports[:self.replicas]

    def _as_port(self, name, text):
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise SettingsError(f"{name} must be a port, 1 to 65535, not '{text}'")
        return int(text)

    def _addresses(self, service, port):
        """An address each replica, between commas; a further one has the next port but some."""
        name = f"{service.upper()}_ADDRESS"
        addresses = self._text(name, f"tcp:127.0.0.1:{port}").split(",")
        while len(addresses) < self.replicas:
            place, colon, last = addresses[-1].rpartition(":")
            if not last.isdigit():
                raise SettingsError(f"{name} must have an address for each of {self.replicas} replicas")
            addresses.append(f"{place}{colon}{self._as_port(name, str(int(last) + REPLICA_PORTS))}")
        return addresses[:self.replicas]
