"""The fields that a log line may have, as deploy/docs/logs.md names them."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"string": str, "number": (int, float), "boolean": bool}
#: Every line has these; no call names them.
OF_EVERY_LINE = ["time", "level", "service", "pid", "message"]


def documented():
    """Each field with its Python type."""
    fields = {}
    for names, types in re.findall(r"^\| (`.*?) \| ([a-z, ]+) \|", (ROOT / "deploy/docs/logs.md").read_text(), re.M):
        names, types = re.findall(r"`(\w+)`", names), types.split(", ")
        for number, name in enumerate(names):
            fields[name] = TYPES[types[number] if len(types) == len(names) else types[0]]
    return fields
