"""What the documents point at is there."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "Tests"
DOCS = [ROOT / "README.md", *(ROOT / "deploy/docs").rglob("*.md"), *(ROOT / "Services").glob("*/README.md"), ROOT / "gateway/README.md"]


def test_links_lead_somewhere():
    broken = [
        (document.name, link) for document in DOCS
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        if not (document.parent / link).exists()]
    assert broken == []


def test_the_threat_model_names_tests_that_there_are():
    rows = re.findall(r"^\|.*\| (.*) \|$", (ROOT / "deploy/docs/threat-model.md").read_text(), re.M)
    named = [name for row in rows for name in re.findall(r"\b(test_\w+|T/\w+(?:/\w+)?)", row)]
    assert len(named) > 40

    def exists(name):
        if name.startswith("test_"):
            return any((TESTS / folder / f"{name}.py").exists() for folder in ("EndToEnd", "Tidy"))
        path = TESTS / name.removeprefix("T/")
        return any(path.with_name(path.name + ending).exists() for ending in ("", ".swift", ".py"))

    assert [name for name in named if not exists(name)] == []
