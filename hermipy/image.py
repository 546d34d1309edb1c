"""Image: the linked kernel, and behind it one block with the program, its files and its arguments.

The block's layout is kernel/include/image.h. It becomes one more PT_LOAD; the program header table,
which nothing needs at run time, moves to the file's end to make room. A note (PT_NOTE, "Hermipy")
holds the manifest that `inspect` and `run` read, behind its CRC-32: a damaged one is not read. The
strings of argv and envp come last in the block, so that `run IMAGE ARGS...` replaces them without
touching anything before.
"""

from __future__ import annotations

import json
import stat
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hermipy import headers, target
from hermipy.errors import BadFileError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO

    from hermipy.link import Kernel
    from hermipy.model import Node

PAGE = 4096
MISSING_LOG, MISSING_KILL, STATS = 1, 2, 4
_MAGIC = 0x314D495950494D48
# struct image_header and struct image_node of kernel/include/image.h.
_HEADER = struct.Struct("<QQQQQIIIIIIQ")
_NODE = struct.Struct("<IIIIQQQIIQQQ")
_NOTE = struct.Struct("<III")
_NOTE_NAME = b"Hermipy\0"
_NOTE_TYPE = 1
_CHECKSUM = struct.Struct("<I")
_EHDR_PHOFF, _EHDR_PHNUM, _EHDR_BYTES, _PHDR_BYTES = 32, 56, 64, 56
_EHDR_SHOFF, _EHDR_SHNUM = 40, 60
_NODES_OFFSET = -(-_HEADER.size // 16) * 16
_SIZE_FIELD, _ARGUMENTS_FIELD = 8, 32
_COUNTS_FIELD = 44


@dataclass(frozen=True, slots=True)
class Image:
    """Everything that goes into one bootable file."""

    kernel: Kernel
    nodes: tuple[Node, ...]
    executable: str
    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    flags: int
    manifest: dict[str, Any]
    working_directory: str = "/"
    notes: tuple[str, ...] = ()
    """What the user should know of it before it runs."""


@dataclass(frozen=True, slots=True)
class _Place:
    node: Node
    size: int
    offset: int
    """Of its bytes in the block; 0: it has none."""


@dataclass(frozen=True, slots=True)
class _Layout:
    records: bytes
    names: bytes
    places: tuple[_Place, ...]
    """By offset; those without bytes come first, parents before children."""
    arguments_offset: int


def write(image: Image, stream: BinaryIO) -> None:
    """Write the whole file; raises InputError for a packed file, else the stream's OSError."""
    kernel = _loaded_part(Path(image.kernel.path).read_bytes())
    start = _up(len(kernel), PAGE)
    names = _Names()
    executable, directory = names.add(image.executable), names.add(image.working_directory)
    layout = _layout(image.nodes, names)
    strings = _strings(image.arguments, image.environment)
    size = _up(layout.arguments_offset + len(strings), PAGE)
    names_offset = _NODES_OFFSET + len(layout.records)
    header = _HEADER.pack(
        *(_MAGIC, size, _NODES_OFFSET, names_offset, layout.arguments_offset),
        *(len(layout.places), len(image.arguments), len(image.environment)),
        *(executable, directory, image.flags, time.time_ns()),
    )
    stream.write(kernel.ljust(start, b"\0"))
    stream.write(header.ljust(_NODES_OFFSET, b"\0") + layout.records + layout.names)
    at = names_offset + len(layout.names)
    for place in layout.places:
        if place.offset:
            stream.write(bytes(place.offset - at))
            _write_contents(place, stream)
            at = place.offset + place.size
    stream.write(bytes(layout.arguments_offset - at))
    stream.write(strings.ljust(size - layout.arguments_offset, b"\0"))
    old = headers.read(kernel)
    facts = {
        **image.manifest,
        "arguments": image.arguments,
        "environment": image.environment,
        "files": [_file_fact(place) for place in layout.places],
        "block": [start, size, image.kernel.blob_virtual, image.kernel.blob_physical],
        "kernel_headers": [old.offset, len(old.entries)],
    }
    _write_headers(stream, kernel, facts)


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What `pack` noted in an image; None for any other file. Raises InputError, BadFileError."""
    target.refuse_special(path)
    try:
        with path.open("rb") as stream:
            return _read_manifest(stream)
    except OSError as error:
        raise InputError(path, error) from error


def write_again(
    path: Path, stream: BinaryIO, arguments: Sequence[str], environment: Sequence[str]
) -> None:
    """The image with other arguments after its program's name, and more environment."""
    with path.open("rb") as source:
        facts = _read_manifest(source)
        if facts is None:
            raise BadFileError(path, "is not an image that hermipy packed")
        start, block_size, virtual, physical = facts["block"]
        source.seek(start)
        (strings_offset,) = struct.unpack_from("<Q", source.read(_HEADER.size), _ARGUMENTS_FIELD)
        if strings_offset > block_size:
            raise _damaged(source)
        facts["arguments"] = (facts["arguments"][0], *(arguments or facts["arguments"][1:]))
        facts["environment"] = merge_environment(facts["environment"], environment)
        strings = _strings(facts["arguments"], facts["environment"])
        size = _up(strings_offset + len(strings), PAGE)
        facts["block"] = [start, size, virtual, physical]
        source.seek(0)
        kernel = bytearray(source.read(start))
        struct.pack_into("<Q", kernel, _EHDR_PHOFF, facts["kernel_headers"][0])
        struct.pack_into("<H", kernel, _EHDR_PHNUM, facts["kernel_headers"][1])
        stream.write(kernel)
        _copy(source, stream, strings_offset)
    stream.write(strings.ljust(size - strings_offset, b"\0"))
    _write_headers(stream, bytes(kernel), facts)
    counts = (len(facts["arguments"]), len(facts["environment"]))
    _write_at(stream, start + _SIZE_FIELD, struct.pack("<Q", size))
    _write_at(stream, start + _COUNTS_FIELD, struct.pack("<II", *counts))


def extract(path: Path, manifest: dict[str, Any], name: str) -> bytes | None:
    """The bytes of a packed file, a symlink's target, or None when there is none of that name."""
    for fact in manifest["files"]:
        if fact["path"] == name and fact["offset"]:
            with path.open("rb") as source:
                source.seek(manifest["block"][0] + fact["offset"])
                return source.read(fact["bytes"])
    return None


def merge_environment(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Settings `K=V`; a later one replaces an earlier one of the same name, in its place."""
    settings = {item.partition("=")[0]: item for item in first}
    settings.update((item.partition("=")[0], item) for item in second)
    return tuple(settings.values())


class _Names:
    """The image's string table: every distinct string once."""

    def __init__(self) -> None:
        self._offsets: dict[str, int] = {}
        self._size = 0

    def add(self, name: str) -> int:
        if name not in self._offsets:
            self._offsets[name] = self._size
            self._size += len(_encode(name)) + 1
        return self._offsets[name]

    @property
    def data(self) -> bytes:
        return b"".join(_encode(name) + b"\0" for name in self._offsets)


def _encode(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _strings(arguments: Sequence[str], environment: Sequence[str]) -> bytes:
    return b"".join(_encode(text) + b"\0" for text in (*arguments, *environment))


def _layout(nodes: tuple[Node, ...], names: _Names) -> _Layout:
    """Number the nodes breadth first, so that a directory's children lie together."""
    children: dict[str, list[Node]] = {node.path: [] for node in nodes if stat.S_ISDIR(node.mode)}
    for node in sorted(nodes, key=lambda node: _encode(node.path)):
        if node.path != "/":
            children[node.path.rpartition("/")[0] or "/"].append(node)
    ordered = [next(node for node in nodes if node.path == "/")]
    first: dict[str, int] = {}
    for node in ordered:  # grows while it is walked
        first[node.path] = len(ordered)
        ordered.extend(children.get(node.path, ()))
    name_offsets = [names.add(node.path.rpartition("/")[2]) for node in ordered]
    start = _NODES_OFFSET + len(ordered) * _NODE.size + len(names.data)
    placed, end = _placed(ordered, start)
    records = [
        _record(placed[node.path], name, (first[node.path], len(children.get(node.path, ()))))
        for node, name in zip(ordered, name_offsets, strict=True)
    ]
    places = sorted((placed[node.path] for node in ordered), key=lambda place: place.offset)
    return _Layout(b"".join(records), names.data, tuple(places), _up(end, PAGE))


def _placed(ordered: list[Node], at: int) -> tuple[dict[str, _Place], int]:
    """Where each node's bytes lie, and the end of all.

    Symlinks come first: what follows a file in its last page is mapped with it, and must be zero.
    """
    places = {}
    for node in sorted(ordered, key=lambda node: stat.S_ISREG(node.mode)):
        size, offset = _size(node), 0
        if size and stat.S_ISREG(node.mode):
            offset = _up(at, PAGE)
            at = offset + size
        elif size:
            offset = at
            at = offset + size + 1  # the kernel reads a symlink's target as a string
        places[node.path] = _Place(node, size, offset)
    return places, at


def _record(place: _Place, name: int, children: tuple[int, int]) -> bytes:
    node = place.node
    return _NODE.pack(
        name, node.mode, node.uid, node.gid, node.mtime_ns, place.size, place.offset,
        children[0] if children[1] else 0, children[1], node.rdev, node.stub_offset, node.stub_size,
    )  # fmt: skip


def _size(node: Node) -> int:
    if node.data is not None:
        return len(node.data)
    if node.source is None:
        return 0
    try:
        return node.source.stat().st_size
    except OSError as error:
        raise InputError(node.source, error) from error


def _write_contents(place: _Place, stream: BinaryIO) -> None:
    """Write a file's bytes; one that changes now keeps its planned size."""
    node = place.node
    if node.data is not None:
        stream.write(node.data)
        return
    assert node.source is not None, "only what has bytes is placed"
    try:
        source = node.source.open("rb", buffering=0)
    except OSError as error:
        raise InputError(node.source, error) from error
    with source:
        _copy(source, stream, place.size)


def _copy(source: BinaryIO | FileIO, stream: BinaryIO, size: int) -> None:
    chunk = 1 << 20
    while size > 0:
        data = source.read(min(chunk, size)) or bytes(min(chunk, size))
        stream.write(data)
        size -= len(data)


def _loaded_part(kernel: bytes) -> bytes:
    """The kernel without its symbols: they are several times its size."""
    entries = headers.read(kernel).entries
    end = max(entry.offset + entry.file_size for entry in entries if entry.type == headers.PT_LOAD)
    part = bytearray(kernel[:end])
    struct.pack_into("<Q", part, _EHDR_SHOFF, 0)
    struct.pack_into("<HH", part, _EHDR_SHNUM, 0, 0)
    return bytes(part)


def _write_headers(stream: BinaryIO, kernel: bytes, facts: dict[str, Any]) -> None:
    """Behind the block: the kernel's program headers with two more, and the manifest."""
    start, size, virtual, physical = facts["block"]
    at = start + size
    loads = tuple(entry for entry in headers.read(kernel).entries if entry.type == headers.PT_LOAD)
    count = len(loads) + 2
    note, note_at, read = _note(facts), at + count * _PHDR_BYTES, headers.PF_R
    entries = (
        *loads,
        headers.ProgramHeader(headers.PT_LOAD, read, start, virtual, physical, size, size, PAGE),
        headers.ProgramHeader(headers.PT_NOTE, read, note_at, 0, 0, len(note), len(note), 4),
    )
    stream.write(headers.Table(at, entries).encode() + note)
    _write_at(stream, _EHDR_PHOFF, struct.pack("<Q", at))
    _write_at(stream, _EHDR_PHNUM, struct.pack("<H", count))


def _write_at(stream: BinaryIO, offset: int, data: bytes) -> None:
    stream.seek(offset)
    stream.write(data)


def _note(manifest: dict[str, Any]) -> bytes:
    text = json.dumps(manifest, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    checked = _CHECKSUM.pack(zlib.crc32(text)) + text
    return _NOTE.pack(len(_NOTE_NAME), len(checked), _NOTE_TYPE) + _NOTE_NAME + checked


def _read_manifest(stream: BinaryIO) -> dict[str, Any] | None:
    """The note of the last program header, when it is ours; raises BadFileError for damage."""
    ehdr = stream.read(_EHDR_BYTES)
    if len(ehdr) < _EHDR_BYTES or ehdr[:4] != b"\x7fELF":
        return None
    (offset,) = struct.unpack_from("<Q", ehdr, _EHDR_PHOFF)
    (count,) = struct.unpack_from("<H", ehdr, _EHDR_PHNUM)
    end = stream.seek(0, 2)
    last = offset + (count - 1) * _PHDR_BYTES
    if not count or last + _PHDR_BYTES > end:
        return None
    stream.seek(last)
    kind, _, note_offset, _, _, note_size = struct.unpack_from("<IIQQQQ", stream.read(_PHDR_BYTES))
    start = _NOTE.size + len(_NOTE_NAME)
    if kind != headers.PT_NOTE or note_size < start or note_offset + note_size > end:
        return None
    stream.seek(note_offset)
    note = stream.read(note_size)
    if note[_NOTE.size : start] != _NOTE_NAME:
        return None
    text = note[start + _CHECKSUM.size :]
    if note[start : start + _CHECKSUM.size] != _CHECKSUM.pack(zlib.crc32(text)):
        raise _damaged(stream)
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def _damaged(stream: BinaryIO) -> BadFileError:
    return BadFileError(stream.name, "is a damaged image: pack it again")


def _file_fact(place: _Place) -> dict[str, Any]:
    kind = {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}
    name = kind.get(stat.S_IFMT(place.node.mode), "device")
    return {"path": place.node.path, "kind": name, "bytes": place.size, "offset": place.offset}


def _up(value: int, align: int) -> int:
    return -(-value // align) * align
