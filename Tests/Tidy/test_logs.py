"""deploy/docs/logs.md names every field that the sources log, with its type, and no other."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Python"))

from logfields import OF_EVERY_LINE, TYPES, documented  # noqa: E402

KINDS = {
    "string": "string", "error": "string", "int": "number", "double": "number", "duration": "number",
    "bool": "boolean"}


def logged():
    """Of the sources: each field with its types."""
    found = {}
    for folder in ("Shared", "Services", "gateway"):
        for path in (ROOT / folder).rglob("*.swift"):
            text = path.read_text()
            if not re.search(r"Log\.shared|LogFields", text) or "Observability" in path.parts:
                continue
            for name, kind in re.findall(
                    r'(?:fields\.append\(\s*)?"([a-z][a-z0-9_]*)"[:,]\s*\.(%s)\(' % "|".join(KINDS), text):
                name += "_ms" if kind == "duration" else ""
                found.setdefault(name, set()).add(TYPES[KINDS[kind]])
    return found


def test_the_page_names_what_is_logged():
    fields, page = logged(), documented()
    assert len(fields) > 30
    assert fields.keys() - page.keys() == set(), "not on the page"
    assert page.keys() - fields.keys() - set(OF_EVERY_LINE) == set(), "on the page, but logged nowhere"


def test_the_page_names_each_once():
    page = (ROOT / "deploy/docs/logs.md").read_text()
    names = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", page, re.M)))
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_a_field_has_one_type_everywhere():
    page = documented()
    assert {name: types for name, types in logged().items() if types != {page[name]}} == {}
