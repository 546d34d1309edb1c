"""Each command of Debian's unmodified busybox-static gives what it gives under qemu-user."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import shlex
import tarfile
import zipfile
from pathlib import Path

import pytest

from hermipy import debian
from tests.qemu.runs import MODES, assert_same, in_image

pytestmark = pytest.mark.qemu

LIST = Path(__file__).parent.parent / "conformance" / "busybox.txt"
COMMANDS = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
MTIME = 1_700_000_000
TEXTS = {
    "words.txt": "orange\napple pie\nbanana\nkiwi of the north\nmelon\ngrape\n",
    "numbers.txt": "10\n9\n-3\n100\n7\n2.5\n",
    "repeated.txt": "a\na\nb\nb\nb\na\n",
    "table.txt": "x:ten:10\ny:nine:9\nz:two.five:2\n",
    "sums.txt": "2^10\nscale=5\n1/3\nfor(i=0;i<3;i++) i*i\n",
    "stack.txt": "3 4 + p\n2 8 ^ p\n",
    "tabs.txt": "a\tb\t\tc\n",
    "spaces.txt": "a       b               c\n",
    "dos.txt": "one\r\ntwo\r\n",
    "changed.txt": "orange\napple tart\nbanana\nmelon\ngrape\nfig\n",
    "change.patch": "--- words.txt\n+++ words.txt\n@@ -1,2 +1,2 @@\n-orange\n+lemon\n apple pie\n",
    "sub/deep.txt": "one fish\ntwo fish\nred fish\n",
    "sub/inner/leaf.txt": "leaf of o\n",
    # What walks a tree shows the host's order of entries; here each directory has one.
    "chain/middle/end.txt": "one to find\n",
}


def fill(folder: Path) -> None:
    """The files that the commands work on; every time stamp is the same."""
    (folder / "sub" / "inner").mkdir(parents=True)
    (folder / "chain" / "middle").mkdir(parents=True)
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    words = TEXTS["words.txt"].encode()
    (folder / "small.bin").write_bytes(bytes(range(48)) + b"printable text here\0\xff\xfe")
    (folder / "big.bin").write_bytes(bytes(i * 7 % 251 for i in range(300_000)))
    (folder / "words.gz").write_bytes(gzip.compress(words, mtime=0))
    (folder / "words.bz2").write_bytes(bz2.compress(words))
    (folder / "words.xz").write_bytes(lzma.compress(words, check=lzma.CHECK_CRC32))
    (folder / "words.lzma").write_bytes(lzma.compress(words, format=lzma.FORMAT_ALONE))
    with zipfile.ZipFile(folder / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("words.txt", (2020, 1, 1, 0, 0, 0)), words)
    with tarfile.open(folder / "archive.tar", "w") as tar:
        member = tarfile.TarInfo("sub/deep.txt")
        member.size = len(TEXTS["sub/deep.txt"])
        tar.addfile(member, io.BytesIO(TEXTS["sub/deep.txt"].encode()))
    (folder / "archive.cpio").write_bytes(newc("words.txt", words) + newc("TRAILER!!!", b""))
    (folder / "link").symlink_to("sub/deep.txt")
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (MTIME, MTIME), follow_symlinks=False)


def newc(name: str, data: bytes) -> bytes:
    """One member of a cpio archive in the newc format (cpio(5))."""
    fields = [1, 0o100644, 0, 0, 1, MTIME, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return b"".join(part + bytes(-len(part) % 4) for part in (head, data))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("busybox")
    fill(made)
    return made


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("command", COMMANDS)
def test_busybox_gives_what_qemu_user_gives(
    arch: str, mode: str, command: str, folder: Path
) -> None:
    program = debian.fetch("busybox-static", arch).source
    words, _, source = command.partition(" < ")
    arguments = shlex.split(words)
    stdin = (folder / source).read_bytes() if source else b""
    assert_same(arch, mode, program, arguments, folder=folder, stdin=stdin)


@pytest.mark.parametrize("mode", MODES)
def test_a_file_of_50_mb_has_the_right_sum(arch: str, mode: str, tmp_path: Path) -> None:
    program = debian.fetch("busybox-static", arch).source
    big = tmp_path / "big"
    big.write_bytes(os.urandom(1 << 20) * 50)
    assert_same(arch, mode, program, ["sha256sum", "big"], folder=tmp_path)


def test_one_percent_of_the_syscalls_at_most_are_traps(arch: str, folder: Path) -> None:
    program = debian.fetch("busybox-static", arch).source
    options = ["--stats", "--json", "--add", f"{folder}:{folder}", "--workdir", str(folder)]
    for command in (["ls", "-lR", "."], ["sort", "words.txt"], ["sh", "-c", "echo *; cd sub; pwd"]):
        done = in_image(program, command, options=options)
        calls = json.loads(done.stderr.splitlines()[-1])["calls"].values()
        trapped = sum(call["trap"] for call in calls)
        assert trapped <= 0.01 * (trapped + sum(call["direct"] for call in calls)), command
