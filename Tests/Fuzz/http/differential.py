"""Differential fuzz of Focal's HTTP parser against llhttp 9.

Seeded and bounded: `python3 differential.py --seed 1 --cases 200000`. llhttp comes from the source
distribution of httptools on PyPI, fetched by name into a cache folder; nothing of it is kept here.

What must hold for every stream of bytes:
- each message that Focal accepts, llhttp accepts too, with the same method, version, target, fields
  and body: no request is smuggled past one of them;
- where llhttp finds a message and Focal finds none, Focal has refused: it never waits for more;
- the pieces in which the bytes arrive change nothing.
"""

import argparse
import collections
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BATCH = 10_000


def build(cache: pathlib.Path, sanitize: bool) -> tuple[pathlib.Path, pathlib.Path]:
    cache.mkdir(parents=True, exist_ok=True)
    vendor = fetch_llhttp(cache)
    oracle = cache / "llhttp_verdicts"
    sources = [str(path) for path in sorted((vendor / "src").glob("*.c"))]
    subprocess.run(
        ["cc", "-O2", "-o", oracle, HERE / "llhttp_verdicts.c", *sources,
         "-I", vendor / "include"], check=True)
    subject = cache / ("verdicts-address" if sanitize else "verdicts")
    parser = [str(path) for path in sorted((ROOT / "Shared/HTTP/Parser").glob("*.swift"))]
    subprocess.run(
        ["swiftc", "-O", *(["-sanitize=address"] if sanitize else []), "-swift-version", "6", "-default-isolation", "MainActor",
         "-enable-upcoming-feature", "NonisolatedNonsendingByDefault", "-parse-as-library",
         "-module-name", "Verdicts", "-o", subject, HERE / "verdicts.swift", *parser],
        check=True)
    return subject, oracle


def fetch_llhttp(cache: pathlib.Path) -> pathlib.Path:
    if not (found := sorted(cache.glob("httptools-*/vendor/llhttp"))):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-binary", ":all:",
             "--no-deps", "--dest", cache, "httptools"], check=True)
        archive = sorted(cache.glob("httptools-*.tar.gz"))[-1]
        with tarfile.open(archive) as tar:
            tar.extractall(cache, filter="data")
        found = sorted(cache.glob("httptools-*/vendor/llhttp"))
    return found[-1]


class Generator:
    """Streams of one to three requests, some of them a little wrong."""

    SPECIAL = [b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b";", b",", b"\0", b"\x7f", b"\x80",
               b"\xff", b"+", b"-", b"0", b"x", b"\"", b"\\", b"=", b"/", b"#", b"?", b"\x0b",
               b"\r\n\r\n", b"\r\n ", b"chunked", b"close", b"0\r\n\r\n"]
    METHODS = [b"GET", b"GET", b"POST", b"POST", b"PUT", b"DELETE", b"HEAD", b"PATCH", b"OPTIONS",
               b"TRACE", b"CONNECT", b"get", b"PURGE", b"PRI", b"G=T"]
    TARGETS = [b"/", b"/a/b?c=d", b"/%20", b"*", b"http://focal.test/a", b"/a#b", b"//", b"a",
               b"/\xc3\xa9", b"https://focal.test", b"/" + b"q" * 40, b""]
    VERSIONS = [b"HTTP/1.1"] * 12 + [b"HTTP/1.0", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1",
                                     b"HTTP/1.1 ", b"HTTP/01.1", b""]
    NAMES = [b"Accept", b"X-A", b"Cookie", b"x_y", b"User-Agent", b"Trailer", b"Content-Length ",
             b" Content-Length", b"Transfer_Encoding", b"Upgrade", b"X:", b"", b"A(b)", b"Content"]
    VALUES = [b"", b"a", b"a b\tc", b"\xc3\xa4", b"a,b", b"v" * 70, b" padded\t", b"websocket", b":",
              b"a\x01b", b"\"q\""]
    CODINGS = [b"chunked"] * 8 + [b"Chunked", b"chunked, chunked", b"gzip, chunked", b"chunked, gzip",
                                  b"identity", b"xchunked", b"chunked;a=b", b"", b"chunked,",
                                  b",chunked", b"\x0bchunked", b"chun ked"]
    CONNECTIONS = [b"close", b"keep-alive", b"Keep-Alive, Upgrade", b"upgrade", b"x, close", b"closed",
                   b"", b",close", b"close;x"]
    HOSTS = [b"focal.test"] * 8 + [b"a:80", b"[::1]", b"", b"a/b", b"a, b", b"a b", b"a@b"]
    SIZES = [b"+5", b"0x5", b"5 ", b" 5", b"-5", b"", b"05", b"00000000000000000005", b"5;a", b"5;a=b",
             b"5;a=\"b\"", b"5 ;a", b"5;", b"5,5", b"fffffffffffffffff", b"5\n", b"5\r", b"g"]
    LENGTHS = [b"+%d", b"-%d", b"0%d", b"%d,%d", b"0x%d", b"%d ", b" %d", b"%d a", b"", b"%d.0",
               b"99999999999999999999%d", b"1_%d", b"\t%d\t"]

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def stream(self) -> bytes:
        requests = [self.request() for _ in range(self.random.choice([1, 1, 2, 3]))]
        data = b"".join(requests)
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2, 4])):
            data = self.mutate(data)
        return data

    def sometimes(self, share: float) -> bool:
        return self.random.random() < share

    def request(self) -> bytes:
        pick = self.random.choice
        nasty = self.sometimes(0.3)
        method = pick(self.METHODS if nasty else self.METHODS[:9])
        target = pick(self.TARGETS if nasty else self.TARGETS[:3])
        version = pick(self.VERSIONS if nasty else self.VERSIONS[:14])
        lines = [b" ".join([method, target, version])]
        host = pick(self.HOSTS if self.sometimes(0.2) else self.HOSTS[:8])
        fields = [(pick([b"Host", b"host", b"HOST"]), host)]
        if self.sometimes(0.03):
            fields.append((b"Host", pick(self.HOSTS)))
        if self.sometimes(0.03):
            fields = []
        for _ in range(self.random.randrange(4)):
            odd = self.sometimes(0.15)
            fields.append((pick(self.NAMES if odd else self.NAMES[:6]),
                           pick(self.VALUES if odd else self.VALUES[:8])))
        if self.sometimes(0.2):
            fields.append((b"Connection", pick(self.CONNECTIONS)))
        body = self.body(fields)
        self.random.shuffle(fields)
        space = [b": ", b": ", b": ", b":", b":\t ", b" : "] if self.sometimes(0.1) else [b": "]
        lines += [name + pick(space) + value for name, value in fields]
        end = b"\n" if self.sometimes(0.02) else b"\r\n"
        lead = b"\r\n" * pick([0] * 20 + [1, 2])
        return lead + end.join(lines) + end + end + body

    def body(self, fields: list[tuple[bytes, bytes]]) -> bytes:
        kind = self.random.random()
        if kind < 0.35:
            return b""
        content = bytes(self.random.choices(b"abc\r\n0 :", k=self.random.randrange(30)))
        body = b""
        if kind < 0.65 or self.sometimes(0.05):
            length = b"%d" % len(content)
            if self.sometimes(0.2):
                length = self.random.choice(self.LENGTHS).replace(b"%d", length)
            fields.append((self.random.choice([b"Content-Length", b"content-length"]), length))
            if self.sometimes(0.05):
                fields.append((b"Content-Length", length))
            body = content
        if kind >= 0.65 or self.sometimes(0.05):
            odd = self.sometimes(0.2)
            fields.append((b"Transfer-Encoding",
                           self.random.choice(self.CODINGS if odd else self.CODINGS[:8])))
            if self.sometimes(0.04):
                fields.append((b"Transfer-Encoding", self.random.choice(self.CODINGS)))
            body = self.chunks(content)
        return body

    def chunks(self, content: bytes) -> bytes:
        pieces = []
        while content:
            count = min(len(content), self.random.randrange(1, 20))
            size = b"%x" % count
            if self.sometimes(0.08):
                size = self.random.choice(self.SIZES)
            elif self.sometimes(0.1):
                size += self.random.choice([b";a", b";a=b", b";a=\"b c\"", b";a=\"\\\"\"", b";a;b=c"])
            pieces.append(size + b"\r\n" + content[:count] + b"\r\n")
            content = content[count:]
        trailer = self.random.choice([b""] * 6 + [b"T: v\r\n", b"T: v\r\nU:\r\n", b"Content-Length: 9\r\n",
                                                  b" folded\r\n", b"T : v\r\n"])
        return b"".join(pieces) + self.random.choice([b"0", b"0", b"0", b"000"]) + b"\r\n" + trailer + b"\r\n"

    def mutate(self, data: bytes) -> bytes:
        at = self.random.randrange(len(data) + 1)
        kind = self.random.randrange(6)
        special = self.random.choice(self.SPECIAL)
        if kind == 0:
            return data[:at] + special + data[at:]
        if kind == 1:
            return data[:at] + data[at + self.random.randrange(1, 4):]
        if kind == 2:
            return data[:at] + special + data[at + len(special):]
        if kind == 3:
            return data[:at] + bytes([self.random.randrange(256)]) + data[at + 1:]
        if kind == 4:
            end = min(len(data), at + self.random.randrange(1, 24))
            return data[:end] + data[at:]
        return data[:at] if self.sometimes(0.3) else data


def verdicts(program: pathlib.Path, cases: list[bytes]) -> list[tuple[list[str], str]]:
    stream = b"".join(struct.pack("<I", len(case)) + case for case in cases)
    output = subprocess.run([program], input=stream, capture_output=True, check=True).stdout
    found, messages = [], []
    for line in output.decode().splitlines():
        kind, rest = line.split(" ", 1)
        if kind == "message":
            messages.append(rest)
        elif rest == "split":
            found[-1] = (found[-1][0], "split")
        else:
            found.append((messages, rest))
            messages = []
    assert len(found) == len(cases), f"{program}: {len(found)} verdicts for {len(cases)} cases"
    return found


def difference(subject: tuple[list[str], str], oracle: tuple[list[str], str]) -> str | None:
    ours, our_end = subject
    theirs, their_end = oracle
    if our_end == "split":
        return "the pieces change the result"
    for index, message in enumerate(ours):
        if index >= len(theirs):
            return f"message {index} is accepted, and llhttp says {their_end}"
        if without_persistence(message) != without_persistence(theirs[index]):
            return f"message {index} differs"
        if message.split(" ")[2] > theirs[index].split(" ")[2]:
            return f"message {index} keeps the connection, and llhttp does not"
    if our_end == "more" and len(theirs) > len(ours):
        return "waits where llhttp has found a message"
    return None


def without_persistence(message: str) -> list[str]:
    parts = message.split(" ")
    return parts[:2] + parts[3:]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--cases", type=int, default=200_000)
    options.add_argument("--cache", type=pathlib.Path, default=ROOT / ".build/fuzz-http")
    options.add_argument("--sanitize", action="store_true", help="with the address sanitizer")
    chosen = options.parse_args()
    if not shutil.which("cc") or not shutil.which("swiftc"):
        print("needs cc and swiftc", file=sys.stderr)
        return 2
    subject, oracle = build(chosen.cache, chosen.sanitize)
    print(f"seed {chosen.seed}, {chosen.cases} cases", flush=True)
    generator = Generator(chosen.seed)
    ends: collections.Counter[str] = collections.Counter()
    accepted = stricter = differences = 0
    for start in range(0, chosen.cases, BATCH):
        cases = [generator.stream() for _ in range(min(BATCH, chosen.cases - start))]
        pairs = zip(cases, verdicts(subject, cases), verdicts(oracle, cases))
        for number, (case, ours, theirs) in enumerate(pairs, start):
            accepted += len(ours[0])
            stricter += len(theirs[0]) > len(ours[0])
            ends[ours[1]] += 1
            if found := difference(ours, theirs):
                differences += 1
                if differences <= 10:
                    print(f"case {number}: {found}\n  {case!r}\n  ours {ours}\n  llhttp {theirs}")
    print(f"{accepted} messages accepted alike, {stricter} streams refused earlier than by llhttp")
    print("ends: " + ", ".join(f"{end} {count}" for end, count in ends.most_common()))
    print(f"{differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
