import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from story import Story, told
from supervisor.private import free_ports


@pytest.fixture(scope="session")
def story():
    with tempfile.TemporaryDirectory(prefix="focal-backup-") as folder:
        os.chmod(folder, 0o755)
        port = free_ports(1)[0]
        redis = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "redis-server", "--port", str(port), "--bind", "127.0.0.1",
             "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            yield told(Story(Path(folder), f"redis://127.0.0.1:{port}/0"))
        finally:
            redis.kill()
            redis.wait()
