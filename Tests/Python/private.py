"""A whole system of a test's own, beside the one that all others share."""
import os
import shutil
import sys
import tempfile
from pathlib import Path

from live import children

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/scripts"))

from supervisor.private import Supervisor, private_environment  # noqa: E402

#: What the tests' own run has set for the shared one.
NOT_INHERITED = {"RPC_SECRET", "FOCAL_SUPERVISOR_PID"}
SERVICES = ["auth", "sessions", "gamification", "community", "messaging", "quotes"]


class System:
    """From ready to drained; its settings are added to those of the shared one."""

    def __init__(self, **settings):
        self.folder = Path(tempfile.mkdtemp(prefix="focal-own-"))
        self.folder.chmod(0o755)  # The store's own user has to reach it.
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        own = private_environment(str(self.folder), os.environ.get("FOCAL_BINARIES", ".build/debug"))
        self.environment = inherited | own | {name: str(value) for name, value in settings.items()}
        self._supervisor = Supervisor(self.environment)

    def __enter__(self):
        self._supervisor.__enter__()
        return self

    def __exit__(self, *_):
        self._supervisor.__exit__()
        # As root the data may lie elsewhere.
        shutil.rmtree(os.path.realpath(self.folder / "postgres"), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        """The supervisor's."""
        return self._supervisor.pid

    @property
    def url(self):
        return self.environment["FOCAL_URL"]

    def admin_port(self, process):
        return int(self.environment[f"{process.upper()}_ADMIN_PORT"])

    def port(self, service):
        """Of its calls."""
        return int(self.environment[f"{service.upper()}_ADDRESS"].rpartition(":")[2])

    def socket(self, service):
        return str(self.folder / "run" / f"{service}.sock")

    def log(self, process):
        return (self.folder / "log" / f"{process}.log").read_text()

    def pids(self):
        """Of the seven processes, by their name."""
        found = {}
        for pid in children(self._supervisor.pid):
            try:
                program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            except FileNotFoundError:
                continue
            if program.startswith("focal-"):
                found[program.removeprefix("focal-")] = pid
        return found

    def environment_of(self, process):
        pairs = Path(f"/proc/{self.pids()[process]}/environ").read_bytes().split(b"\0")
        return dict(pair.decode().split("=", 1) for pair in pairs if b"=" in pair)
