from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING

from hermipy import tree
from hermipy.model import Node
from tests.guest import cpio, guest

if TYPE_CHECKING:
    from pathlib import Path


def test_frames_are_taken_out_of_what_the_kernel_says() -> None:
    data = b"boot\nW 1 6\r\nhe\nlloW 2 3\nerrnoise\nW 1 2\nW \nW exit 137\n"
    outcome = guest.parse(data, "W")
    assert (outcome.stdout, outcome.stderr, outcome.status) == (b"he\nlloW ", b"err", 137)
    assert outcome.console == "boot\nnoise\n\n"


def test_a_guest_that_ends_early_has_no_status() -> None:
    assert guest.parse(b"Kernel panic", "W").status is None


def test_the_archive_holds_the_tree(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    nodes = tree.build(
        [
            tree.node(tmp_path / "file", "/sub/file"),
            Node("/sub/link", stat.S_IFLNK | 0o777, data=b"file"),
            Node("/dev/console", stat.S_IFCHR | 0o600, rdev=0x501),
        ]
    )
    archive = io.BytesIO()
    cpio.write(nodes, archive)
    names = [name for name, _ in entries(archive.getvalue())]
    assert names == [".", *sorted(node.path[1:] for node in nodes if node.path != "/")]
    found = dict(entries(archive.getvalue()))
    assert found["sub/file"][-1] == b"12345"
    assert found["sub/link"][-1] == b"file"
    assert found["dev/console"][1:3] == (5, 1)


def entries(data: bytes) -> list[tuple[str, tuple[int, int, int, bytes]]]:
    """(name, (mode, rdev major, rdev minor, content)) of each entry before the trailer."""
    found, at = [], 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) & ~3
        if name == "TRAILER!!!":
            return found
        found.append((name, (fields[1], fields[9], fields[10], data[start : start + size])))
        at = (start + size + 3) & ~3
