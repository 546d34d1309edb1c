"""The program that a command is about: an ELF file of the host, or one out of a Debian package.

This looks at the ELF header only, with no library, because `run` needs no more when the rest is
cached. elf(5) has the layout.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy.errors import BadFileError, InputError

if TYPE_CHECKING:
    from hermipy.model import Node

MACHINES = {243: "riscv64", 183: "aarch64"}
_OTHER_MACHINES = {3: "i386", 8: "MIPS", 20: "PowerPC", 21: "PowerPC 64", 22: "S/390", 40: "ARM"}
_OTHER_MACHINES |= {62: "x86-64", 258: "LoongArch"}
_TYPES = {1: "an object file: link it first", 4: "a core dump, not a program"}
_EHDR_BYTES, _PHDR_BYTES = 64, 56
_PHDR = struct.Struct("<IIQQQQQQ")
_ET_EXEC, _ET_DYN = 2, 3
_MAGIC = b"\x7fELF"
_WANTED = "hermipy takes programs for 64-bit RISC-V (riscv64) and AArch64"
# EI_CLASS and EI_DATA.
_LITTLE_ENDIAN_64 = b"\2\1"
_OTHER_IDENTS = {
    b"\1\1": f"is a 32-bit program; {_WANTED}",
    b"\1\2": f"is a 32-bit program; {_WANTED}",
    b"\2\2": f"is a big-endian program; {_WANTED}",
}
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DYN = struct.Struct("<qQ")
_DT_NULL, _DT_SONAME, _DT_FLAGS_1 = 0, 14, 0x6FFFFFFB
_DF_1_PIE = 0x08000000


class Kind(StrEnum):
    """What an ELF file is to who looks for programs."""

    PROGRAM = "programs"
    LIBRARY = "libraries"
    OBJECT = "object files"
    FOREIGN = "for other machines"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Target:
    """A program, where it lies on the host and what the guest calls it."""

    source: Path
    arch: str
    guest_path: str | None
    """None: the packer chooses."""
    name: str
    """argv[0]."""
    roots: tuple[Path, ...] = ()
    """The packages that come with it, as they lie under the guest's /."""
    links: tuple[Node, ...] = ()
    """What the packages' maintainer scripts would add."""
    notes: tuple[str, ...] = ()
    """What they would do and nobody does."""


def from_file(path: Path) -> Target:
    """A program of the host; raises BadFileError, InputError."""
    return Target(source=path, arch=check(path), guest_path=None, name=str(path))


def check(path: Path) -> str:
    """The architecture of a program; raises BadFileError with the reason why we cannot take it."""
    refuse_special(path)
    try:
        with path.open("rb") as stream:
            header = stream.read(_EHDR_BYTES)
            problem = header_problem(header)
            if problem:
                raise BadFileError(path, problem)
            offset, count = _program_headers(header)
            size = stream.seek(0, 2)
            stream.seek(min(offset, size))
            entries = stream.read(count * _PHDR_BYTES)
    except OSError as error:
        raise InputError(path, error) from error
    problem = _segments_problem(entries, count, size)
    if problem:
        raise BadFileError(path, problem)
    return MACHINES[struct.unpack_from("<H", header, 18)[0]]


def interpreter(path: Path) -> str | None:
    """Who starts a program that `check` took (ld.so or its like); None for a static one."""
    with path.open("rb") as stream:
        offset, count = _program_headers(stream.read(_EHDR_BYTES))
        stream.seek(offset)
        entries = stream.read(count * _PHDR_BYTES)
        for at in range(0, len(entries) // _PHDR_BYTES * _PHDR_BYTES, _PHDR_BYTES):
            kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", entries, at)
            if kind == _PT_INTERP:
                stream.seek(offset)
                return stream.read(size).partition(b"\0")[0].decode(errors="surrogateescape")
    return None


def kind(path: Path) -> Kind:
    """What an ELF file is there for; raises InputError."""
    try:
        with path.open("rb") as stream:
            header = stream.read(_EHDR_BYTES)
        if len(header) < _EHDR_BYTES:
            return Kind.DAMAGED
        file_type, machine = struct.unpack_from("<HH", header, 16)
        if header[4:6] in _OTHER_IDENTS or machine not in MACHINES:
            return Kind.FOREIGN
        if file_type in _TYPES:
            return Kind.OBJECT
        check(path)
        return Kind.LIBRARY if _is_library(path, file_type) else Kind.PROGRAM
    except BadFileError:
        return Kind.DAMAGED
    except OSError as error:
        raise InputError(path, error) from error


def _is_library(path: Path, file_type: int) -> bool:
    """Whether a file is there for others to load.

    A linker marks a PIE with DF_1_PIE. Of what is older than that mark, a program has an
    interpreter and no DT_SONAME; glibc's libc.so.6 has both, and only prints its version.
    """
    if file_type == _ET_EXEC:
        return False
    with path.open("rb") as stream:
        offset, count = _program_headers(stream.read(_EHDR_BYTES))
        stream.seek(offset)
        entries = stream.read(count * _PHDR_BYTES)
        found = {entry[0]: (entry[2], entry[5]) for entry in _PHDR.iter_unpack(entries)}
        offset, size = found.get(_PT_DYNAMIC, (0, 0))
        stream.seek(offset)
        raw = stream.read(size // _DYN.size * _DYN.size)
    tags: dict[int, int] = {}
    for tag, value in _DYN.iter_unpack(raw[: len(raw) // _DYN.size * _DYN.size]):
        if tag == _DT_NULL:
            break
        tags[tag] = value
    if tags.get(_DT_FLAGS_1, 0) & _DF_1_PIE:
        return False
    return _PT_INTERP not in found or _DT_SONAME in tags


def why_no_library(path: Path) -> str:
    """What speaks against a file that was found under a library's name."""
    with path.open("rb") as stream:
        header = stream.read(_EHDR_BYTES)
    problem = header_problem(header).partition(";")[0]
    return problem or f"is for {MACHINES[struct.unpack_from('<H', header, 18)[0]]}"


def default_sysroot(arch: str, wanted: str) -> Path:
    """Where a program of the host finds its interpreter: the cross libc's folder, else /."""
    cross = Path(f"/usr/{arch}-linux-gnu")
    return cross if (cross / wanted.lstrip("/")).exists() else Path("/")


def refuse_special(path: Path) -> None:
    """Raise BadFileError for a directory, and for a device or a pipe: to read it might not end."""
    if path.is_dir():
        raise BadFileError(path, "is a directory")
    if path.exists() and not path.is_file():
        raise BadFileError(path, "is not a regular file")


def header_problem(header: bytes) -> str:
    """What is wrong with a file that starts like this (an ELF header is enough); empty: nothing."""
    if header[: len(_MAGIC)] != _MAGIC:
        return _foreign_problem(header)
    if len(header) < _EHDR_BYTES:
        return "is truncated: the ELF header ends early"
    if header[4:6] != _LITTLE_ENDIAN_64:
        return _OTHER_IDENTS.get(header[4:6], "is damaged: its ELF identification makes no sense")
    kind, machine = struct.unpack_from("<HH", header, 16)
    if machine not in MACHINES:
        return f"is for {_OTHER_MACHINES.get(machine, f'machine {machine}')}; {_WANTED}"
    if kind not in (_ET_EXEC, _ET_DYN):
        return f"is {_TYPES.get(kind, f'of ELF type {kind}, not a program')}"
    return ""


def _foreign_problem(start: bytes) -> str:
    if not start:
        return "is empty"
    if _MAGIC.startswith(start):
        return "is truncated: the ELF header ends early"
    if start[:2] != b"#!":
        return "is not an ELF file"
    interpreter = start[2:].split(b"\n")[0].split()
    name = interpreter[0].decode(errors="replace") if interpreter else "its interpreter"
    return f"is a script, not an ELF program: run {name}, and bring the script with --add"


def _program_headers(header: bytes) -> tuple[int, int]:
    return struct.unpack_from("<Q", header, 32)[0], struct.unpack_from("<H", header, 56)[0]


def _segments_problem(entries: bytes, count: int, file_size: int) -> str:
    if not count:
        return "has no program headers: it is not a program"
    if len(entries) < count * _PHDR_BYTES:
        return "is truncated: the program headers end early"
    kinds = set()
    for at in range(0, count * _PHDR_BYTES, _PHDR_BYTES):
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", entries, at)
        kinds.add(kind)
        if kind == _PT_LOAD and size and offset + size > file_size:
            return "is truncated: a segment ends behind the file's end"
    if _PT_LOAD not in kinds:
        return "has nothing to load: it is not a program"
    return ""
