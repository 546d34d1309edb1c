"""The work folder of `make conformance`: the files that programs.txt names, always the same."""

from __future__ import annotations

import random
import struct
import subprocess
import tarfile
import wave
import zipfile
import zlib
from pathlib import Path

SOURCES = Path(__file__).with_name("work")
NOISE_BYTES = 20_000
WORDS = 1000
ROWS = 100_000
PICTURE = (64, 48)
SYLLABLES = (
    "an ber cu den eth far gil hol ing jo kem lu mor nin os pra qu ril sto the um vex wy zon"
)
ASSEMBLERS = {"riscv64": "riscv64-linux-gnu-gcc", "aarch64": "aarch64-linux-gnu-gcc"}


def make(folder: Path, arch: str) -> None:
    """Fill `folder`: the texts of tests/conformance/work, and what is made from a seed."""
    chance = random.Random(1)
    for source in SOURCES.iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    _texts(folder, chance)
    _tables(folder, chance)
    (folder / "noise.bin").write_bytes(chance.randbytes(NOISE_BYTES))
    _tree(folder / "tree", chance)
    _pictures(folder)
    _sound(folder / "tone.wav")
    _archives(folder)
    _objects(folder, arch)


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES.split(), k=chance.randint(1, 4)))


def _texts(folder: Path, chance: random.Random) -> None:
    words = [_word(chance) for _ in range(WORDS)]
    (folder / "words.txt").write_text("".join(f"{word}\n" for word in words))
    (folder / "sorted.txt").write_text("".join(f"{word}\n" for word in sorted(words)))
    prose = _prose(chance, 200)
    (folder / "prose.txt").write_text(prose)
    (folder / "prose-long.txt").write_text(_prose(chance, 20_000))
    (folder / "prose.md").write_text(f"# A title\n\n* one\n* *two*\n\n{prose}\n[link](a.html)\n")
    (folder / "latin1.txt").write_bytes("caf\xe9 na\xefve \xdcber\n".encode("latin-1") * 50)


def _prose(chance: random.Random, sentences: int) -> str:
    lines = []
    for _ in range(sentences):
        words = [_word(chance) for _ in range(chance.randint(4, 12))]
        lines.append(" ".join(words).capitalize() + ".")
    return "\n".join(lines) + "\n"


def _tables(folder: Path, chance: random.Random) -> None:
    rows = [(_word(chance), chance.choice("abcdef"), chance.randint(1, 999)) for _ in range(300)]
    table = "".join(f"{name}:{kind}:{count}\n" for name, kind, count in rows)
    (folder / "table.txt").write_text(table)
    names = sorted({name: kind for name, kind, _ in rows}.items())
    (folder / "sorted-table.txt").write_text("".join(f"{name}:{kind}\n" for name, kind in names))
    csv = "".join(f"{name},{kind},{count}\n" for name, kind, count in rows)
    (folder / "table.csv").write_text(f"name,kind,amount\n{csv}")
    objects = ", ".join(f'{{"n": {n}, "name": "{_word(chance)}"}}' for n in range(500))
    (folder / "data.json").write_text(f"[{objects}]\n")
    items = "".join(f'<item n="{n}"><a>{_word(chance)}</a></item>' for n in range(9))
    (folder / "data.xml").write_text(f"<list>{items}</list>\n")
    (folder / "hundred-thousand.sql").write_text(_sql(chance))


def _sql(chance: random.Random) -> str:
    rows = (
        f"INSERT INTO t VALUES({n},{chance.randint(0, 9999)},'{_word(chance)}');"
        for n in range(ROWS)
    )
    head = "CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER, c TEXT);\nBEGIN;"
    tail = """COMMIT;
CREATE INDEX i ON t(b, c);
SELECT count(*), sum(b), min(c), max(c) FROM t;
SELECT b % 10 AS d, count(*), group_concat(DISTINCT substr(c, 1, 1)) FROM t GROUP BY d ORDER BY d;
SELECT x.a, y.c FROM t x JOIN t y ON x.b = y.a WHERE x.a < 40 ORDER BY x.a;
DELETE FROM t WHERE b < 5000;
SELECT count(*) FROM t;
"""
    return "\n".join((head, *rows, tail))


def _tree(top: Path, chance: random.Random) -> None:
    for folder in ("one", "two/deep/deeper", "empty"):
        (top / folder).mkdir(parents=True)
    for name in ("one/a.txt", "one/b.txt", "two/c.txt", "two/deep/d.txt", "two/deep/deeper/e"):
        (top / name).write_text(_prose(chance, 30))
    (top / "one/link").symlink_to("../two/c.txt")
    (top / "two/dangling").symlink_to("nowhere")
    (top / "one/tool").write_text("#!/bin/sh\n")
    (top / "one/tool").chmod(0o755)


def _pictures(folder: Path) -> None:
    width, height = PICTURE
    rows = [
        bytes(value for x in range(width) for value in (4 * x % 256, 5 * y % 256, (x * y) % 256))
        for y in range(height)
    ]
    (folder / "picture.ppm").write_bytes(b"P6 %d %d 255\n" % PICTURE + b"".join(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _sound(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = (int(8000 * ((n % 40) / 20 - 1)) for n in range(8000))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def _archives(folder: Path) -> None:
    names = ["words.txt", "noise.bin", "data.json"]
    (folder / "names.txt").write_text("".join(f"{name}\n" for name in names))
    with tarfile.open(folder / "archive.tar", "w") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            data = (folder / name).read_bytes()
            member.size = len(data)
            with (folder / name).open("rb") as stream:
                tar.addfile(member, stream)
    with zipfile.ZipFile(folder / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), (folder / name).read_bytes())


def _objects(folder: Path, arch: str) -> None:
    source, made = folder / "program.c", folder / "object.o"
    command = [ASSEMBLERS[arch], "-O1", "-c", "-o", str(made), str(source)]
    subprocess.run(command, check=True)
    (folder / "library.a").unlink(missing_ok=True)
    subprocess.run(["llvm-ar", "rcsD", str(folder / "library.a"), str(made)], check=True)
