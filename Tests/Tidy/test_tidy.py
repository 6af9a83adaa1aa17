"""What the compiler does not hold us to: the layers, the sizes, the freshness of generated code."""
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = (
    "Shared/Contracts/", "Shared/ProtoGen/CDescriptor/", "Tests/Samples/CMessages/",
    "Tests/Samples/Messages/")
SKIPPED_FOLDERS = {".git", ".build", ".focal", ".swiftpm", "__pycache__", "node_modules"}

LINES_MAX = 600
FUNCTION_LINES_MAX = 70
#: swift format keeps code at 100; a comment may run on a little.
COLUMNS_MAX = 120

SERVICES = {"Auth", "Sessions", "Gamification", "Community", "Messaging", "Quotes"}
#: Import nothing of ours, but may be imported by everything.
GROUND = {"Configuration", "Observability", "Wire"}
#: What each module may import besides the ground; a module that is missing here fails the test.
BELOW = {
    "EventLoop": set(),
    "Wire": set(),
    "Observability": set(),
    "Configuration": {"Wire"},
    "TimeZones": set(),
    "Contracts": set(),
    "Security": set(),
    "Network": {"EventLoop"},
    "HTTP": {"Network", "EventLoop"},
    # The handshake reads requests and makes answers, with the SHA-1 that it demands.
    "WebSocket": {"HTTP", "Network", "EventLoop", "Security"},
    "RPC": {"Network", "EventLoop", "Contracts", "Security"},
    "Postgres": {"Network", "EventLoop", "Security"},
    "Redis": {"Network", "EventLoop", "Security"},
    "Courier": {"Network", "EventLoop", "Security"},
    "Telemetry": {"Courier", "EventLoop"},
    "Images": set(),
    "Live": {"Redis", "Contracts", "EventLoop"},
    "Events": {"Postgres", "Redis", "Contracts", "RPC", "EventLoop", "Security"},
}
BELOW["ServiceKit"] = set(BELOW) - GROUND
BELOW["Gateway"] = set(BELOW) - GROUND - {"Postgres", "Events", "TimeZones"}
for _service in SERVICES:
    BELOW[_service] = set(BELOW) - GROUND - SERVICES - {"Gateway", "HTTP", "Network", "WebSocket"}
#: One Swift module sees each C library; OpenSSL has two, for TLS and for signatures.
C_IMPORTERS = {
    "CPostgres": {"Postgres"}, "CHiredis": {"Redis"}, "COpenSSL": {"Network", "Security"},
    "CArgon2": {"Security"}, "CCrypt": {"Security"}, "CCurl": {"Courier"}, "CGd": {"Images"},
    "CArena": {"Wire"}, "CWslay": {"WebSocket"}, "CZlib": {"WebSocket"},
    "CProtobufC": {"Wire", "Contracts"},
    "CMessages": {"Contracts"}, "CLinux": {"EventLoop", "Network", "Observability"},
}


def sources(*suffixes):
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            path = Path(folder, name)
            if path.suffix in suffixes:
                yield path.relative_to(ROOT).as_posix()


def written(*suffixes):
    return [path for path in sources(*suffixes) if not path.startswith(GENERATED)]


def text_of(path):
    return (ROOT / path).read_text()


def module_of(path):
    """The module of a product's source; None of tests, tools and executables' wiring."""
    parts = path.split("/")
    if parts[0] == "gateway":
        return "Gateway" if parts[1] != "Main" else None
    if parts[0] == "Services" and parts[1] != "Migrate":
        return parts[1] if parts[2] != "Main" else None
    if parts[0] == "Shared" and parts[1] not in ("CLibraries", "ProtoGen"):
        return parts[1]
    return None


def imports_of(path):
    pattern = r"^(?:@\S+\s+)?(?:public |internal |package )?import (?:\w+ )?(\w+)"
    return set(re.findall(pattern, text_of(path), re.MULTILINE))


def test_imports_go_downward_only():
    wrong = []
    for path in sources(".swift"):
        module = module_of(path)
        if module is None:
            continue
        assert module in BELOW, f"{module} has no place in the layers: add it to BELOW"
        allowed = BELOW[module] | (GROUND if module not in GROUND else set())
        ours = imports_of(path) & set(BELOW)
        wrong += [f"{path} imports {name}" for name in sorted(ours - allowed - {module})]
    assert not wrong, "\n".join(wrong)


def test_each_c_library_has_its_one_importer():
    wrong = []
    for path in sources(".swift"):
        module = module_of(path)
        if module is None and not path.startswith(("Services/", "gateway/")):
            continue
        for name in imports_of(path) & set(C_IMPORTERS):
            if module not in C_IMPORTERS[name]:
                wrong.append(f"{path} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_the_product_does_without_foundation():
    wrong = [
        path for path in sources(".swift")
        if path.startswith(("Shared/", "Services/", "gateway/"))
        and not path.startswith("Shared/ProtoGen/")
        and imports_of(path) & {"Foundation", "FoundationEssentials", "Dispatch"}]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_too_long():
    suffixes = (".swift", ".c", ".h", ".py", ".sql", ".proto", ".lua", ".sh")
    lengths = {path: text_of(path).count("\n") for path in written(*suffixes)}
    # A table of data, one row a line, is read by nobody from end to end.
    wrong = {
        path: lines for path, lines in lengths.items()
        if lines > LINES_MAX and "/Migrations/" not in path}
    assert not wrong


def test_no_function_is_too_long():
    wrong = []
    for path in written(".swift"):
        start = re.compile(r"^( *)(?:\S+ )*(?:func |init[?(<])")
        indent, opened = None, 0
        for number, line in enumerate(text_of(path).split("\n"), 1):
            if indent is None:
                if (match := start.match(line)) and line.rstrip().endswith("{"):
                    indent, opened = match[1], number
            elif line.startswith(indent + "}"):
                if number - opened - 1 > FUNCTION_LINES_MAX:
                    wrong.append(f"{path}:{opened} has {number - opened - 1} lines")
                indent = None
    assert not wrong, "\n".join(wrong)


def test_no_line_is_too_wide():
    wrong = [
        f"{path}:{number}" for path in written(".swift", ".c", ".h")
        if path.startswith(("Shared/", "Services/", "gateway/"))
        for number, line in enumerate(text_of(path).split("\n"), 1)
        if len(line) > COLUMNS_MAX and "http" not in line]
    assert not wrong, "\n".join(wrong)


def test_no_path_of_one_machine():
    suffixes = (".swift", ".c", ".h", ".py", ".sql", ".proto", ".md", ".json", ".yaml", ".sh", "")
    pattern = re.compile(r"(^|[^\w.])/(work|farm|root|home/\w+)/")
    wrong = [
        f"{path}:{number}: {line.strip()}" for path in written(*suffixes)
        if path != "Tests/Tidy/test_tidy.py"
        for number, line in enumerate((ROOT / path).read_text(errors="replace").split("\n"), 1)
        if pattern.search(line)]
    assert not wrong, "\n".join(wrong)


def test_no_force_try():
    wrong = [path for path in written(".swift") if re.search(r"\btry!", text_of(path))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_migrations_are_numbered_without_a_gap(service):
    folder = ROOT / "Services" / service / "Migrations"
    names = sorted(path.name for path in folder.glob("*"))
    assert names, f"{service} has no migrations"
    for number, name in enumerate(names, 1):
        assert re.fullmatch(rf"V{number:04}_[a-z0-9_]+\.sql", name), name


def test_scripts_are_executable():
    for path in [*(ROOT / "deploy/scripts").iterdir(), ROOT / ".ci/run"]:
        if path.is_file():
            assert path.read_bytes().startswith(b"#!/usr/bin/env "), path
            assert os.access(path, os.X_OK), path


def test_generated_code_is_fresh():
    built = ROOT / ".build/debug/protogen"
    environment = os.environ | ({"PROTOGEN": str(built)} if built.exists() else {})
    done = subprocess.run(
        [ROOT / "deploy/scripts/generate", "--check"], cwd=ROOT, env=environment,
        capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
