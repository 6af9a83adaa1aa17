"""deploy/docs/settings.md names every setting that the programs read."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Read by tests and tools alone, or put together at run time.
GETTERS = "string|optionalString|list|secret|optionalSecret|int|port|double|bool|choice|address|addresses|url|" \
    "optionalURL|secretURL|optionalSecretURL"


def test_every_setting_is_on_the_page():
    page = (ROOT / "deploy/docs/settings.md").read_text()
    read = set()
    for folder in ("Shared", "Services", "gateway"):
        for path in (ROOT / folder).rglob("*.swift"):
            read |= set(re.findall(r'environment\.(?:%s)\(\s*"([A-Z0-9_]+)"' % GETTERS, path.read_text()))
    assert len(read) > 20
    assert sorted(name for name in read if f"`{name}`" not in page) == []
