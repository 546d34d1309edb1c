"""A file tree as an initramfs: cpio's `newc` format.

Documentation/driver-api/early-userspace/buffer-format.rst of Linux has the layout.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hermipy.model import Node

_MAGIC = "070701"
_ALIGNMENT = 4


def write(nodes: Iterable[Node], stream: BinaryIO) -> None:
    """Write the nodes, parents before their children, and the trailer."""
    for inode, node in enumerate(sorted(nodes, key=lambda node: node.path), 1):
        name = node.path.lstrip("/") or "."
        _entry(stream, name, _content(node), _fields(inode, node))
    _entry(stream, "TRAILER!!!", b"", (0, 0, 0, 0, 1, 0))


def _content(node: Node) -> bytes:
    if node.data is not None:
        return node.data
    return node.source.read_bytes() if node.source is not None else b""


def _fields(inode: int, node: Node) -> tuple[int, ...]:
    links = 2 if stat.S_ISDIR(node.mode) else 1
    return inode, node.mode, node.uid, node.gid, links, node.mtime_ns // 10**9, node.rdev


def _entry(stream: BinaryIO, name: str, data: bytes, fields: tuple[int, ...]) -> None:
    inode, mode, uid, gid, links, time, *device = fields
    rdev = device[0] if device else 0
    encoded = name.encode(errors="surrogateescape") + b"\0"
    numbers = (
        *(inode, mode, uid, gid, links, time, len(data), 0, 0),
        *(rdev >> 8, rdev & 0xFF, len(encoded), 0),
    )
    _padded(stream, (_MAGIC + "".join(f"{number:08X}" for number in numbers)).encode() + encoded)
    _padded(stream, data)


def _padded(stream: BinaryIO, data: bytes) -> None:
    stream.write(data + bytes(-len(data) % _ALIGNMENT))
