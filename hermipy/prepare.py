"""Prepare: one file scanned and, for direct mode, rewritten; by content hash, so only once.

The result in the cache is small and needs no library to read: a second run of a program does not
even import the analysis. What ld.so will ask of an object is noted with it, for the closure.
"""

from __future__ import annotations

import json
import os
import re
import struct
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from hermipy import cache, target
from hermipy.model import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hermipy.elf import Elf
    from hermipy.model import Call, Rewritten, Scan

# The instruction's bytes; where an executable segment has none, there is nothing to find.
_SITE = {"riscv64": b"\x73\0\0\0", "aarch64": b"\x01\0\0\xd4"}
_OPENERS = {"dlopen", "dlmopen"}
_GLIBC = "libc.so.6"
_LIBRARY_NAME = re.compile(rb"\0(lib[\w.+-]+\.so(?:\.\d+)*)(?=\0)")
_EHDR = struct.Struct("<16sHH")
_ET_EXEC, _ET_DYN = 2, 3


@dataclass(frozen=True, slots=True)
class Linkage:
    """What an object asks of ld.so, and offers to other objects."""

    interpreter: str = ""
    needed: tuple[str, ...] = ()
    soname: str = ""
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    """Symbols that it takes from wherever ld.so finds them."""
    opens: tuple[str, ...] = ()
    """Names of libraries in its text, when it can dlopen()."""


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A site whose number is an argument of exported functions: libc's syscall()."""

    site: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What packing has to know about one file."""

    path: str
    """The bytes to pack: the file itself, or its rewritten form in the cache."""
    asked: tuple[tuple[int, tuple[int, ...]], ...]
    """Each number that a resolved site can make, with the addresses of those that do."""
    unresolved: tuple[str, ...]
    """`0x1234: reason` of every site whose number could be anything."""
    wrappers: tuple[Wrapper, ...]
    """Sites that are unresolved only when another object calls one of their functions."""
    direct: int
    trap: int
    linkage: Linkage
    stub_offset: int = 0
    stub_size: int = 0

    @property
    def numbers(self) -> frozenset[int]:
        """Every number that a resolved site can make."""
        return frozenset(number for number, _ in self.asked)


def object_arch(path: Path) -> str | None:
    """The architecture of a program or library of ours; None for any other file. OSError."""
    with path.open("rb", buffering=0) as stream:
        start = stream.read(_EHDR.size)
    if start[:6] != b"\x7fELF\2\1" or len(start) < _EHDR.size:
        return None
    _, kind, machine = _EHDR.unpack(start)
    return target.MACHINES.get(machine) if kind in (_ET_EXEC, _ET_DYN) else None


def prepare(path: Path, *, direct: bool) -> Prepared:
    """The file ready for packing; raises BadFileError when it cannot be read."""
    key = cache.key("prepared", cache.file_hash(path), direct)
    description = cache.folder("files") / f"{key}.json"
    stored = _stored(description)
    if stored is None:
        stored = _analysed(path, description, direct=direct)
        text = json.dumps(asdict(stored)).encode()
        with cache.atomic_file(description) as stream:
            stream.write(text)
    # The same contents may lie elsewhere than where they were first seen.
    return stored if stored.path else replace(stored, path=str(path))


def _stored(description: Path) -> Prepared | None:
    """What was found out before; None when it, or the rewritten file, is not there any more."""
    try:
        stored = _decode(json.loads(description.read_bytes()))
    except (OSError, ValueError):  # a file that a power failure left empty is as good as none
        return None
    return stored if not stored.path or os.path.exists(stored.path) else None  # noqa: PTH110  quick


def _decode(fields: dict[str, Any]) -> Prepared:
    """What json made of it: dictionaries for our classes, lists for tuples."""
    plain = {key: _frozen(value) for key, value in fields.items()}
    linkage = {key: _frozen(value) for key, value in plain.pop("linkage").items()}
    wrappers = tuple(Wrapper(w["site"], _frozen(w["names"])) for w in plain.pop("wrappers"))
    asked = tuple((number, _frozen(sites)) for number, sites in plain.pop("asked"))
    return Prepared(linkage=Linkage(**linkage), wrappers=wrappers, asked=asked, **plain)


def _frozen(value: Any) -> Any:  # noqa: ANN401  as json gave it
    return tuple(value) if isinstance(value, list) else value


def _analysed(path: Path, description: Path, *, direct: bool) -> Prepared:
    """Without a path when the file is packed as it is."""
    from hermipy import elf, rewrite, scan, stages  # noqa: PLC0415  slow to import, needed once per file

    file = elf.read(path)
    scan.refuse_rewritten(file)
    if not _may_make_syscalls(file):
        return _describe(file, None, None, "")
    found, subject = stages.subject(file)
    result = rewrite.rewrite(subject) if direct else None
    if result is None or not result.plan.patches:
        return _describe(file, found, None, "")
    output = description.with_suffix(".elf")
    with cache.atomic_file(output) as stream:
        stream.write(result.data)
    return _describe(file, found, result, str(output))


def _may_make_syscalls(file: Elf) -> bool:
    from hermipy.elf import PF_X  # noqa: PLC0415

    code = (segment for segment in file.loads if segment.flags & PF_X)
    return any(
        file.data.find(_SITE[file.arch], segment.offset, segment.offset + segment.file_size) >= 0
        for segment in code
    )


def _describe(file: Elf, found: Scan | None, result: Rewritten | None, path: str) -> Prepared:
    calls = found.calls if found else ()
    plans = result.plan.sites if result else ()
    direct = sum(plan.tier is not Tier.TRAP for plan in plans)
    has_stubs = result is not None and bool(result.plan.stubs)
    wrappers = tuple(
        Wrapper(_site(call), _names(file, call.wrappers)) for call in calls if call.wrappers
    )
    return Prepared(
        path=path,
        asked=_asked(calls),
        unresolved=tuple(
            _site(call) for call in calls if call.numbers is None and not call.wrappers
        ),
        wrappers=wrappers,
        direct=direct,
        trap=len(calls) - direct,
        linkage=_linkage(file),
        stub_offset=result.plan.stub_offset if result and has_stubs else 0,
        stub_size=len(result.plan.stubs) if result and has_stubs else 0,
    )


def _asked(calls: Iterable[Call]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    sites: dict[int, list[int]] = {}
    for call in calls:
        for number in (call.numbers or frozenset()) | call.inside:
            sites.setdefault(number, []).append(call.site.address)
    return tuple((number, tuple(sites[number])) for number in sorted(sites))


def _site(call: Call) -> str:
    return f"{call.site.address:#x}: {call.evidence}"


def _names(file: Elf, functions: frozenset[int]) -> tuple[str, ...]:
    return tuple(sorted({s.name for s in file.symbols if s.exported and s.address in functions}))


def _linkage(file: Elf) -> Linkage:
    return Linkage(
        interpreter=file.interpreter or "",
        needed=file.needed,
        soname=file.soname or "",
        rpath=file.rpath,
        runpath=file.runpath,
        imports=tuple(sorted(file.imports)),
        opens=_opens(file),
    )


def _opens(file: Elf) -> tuple[str, ...]:
    """Libraries that are opened by name. glibc itself opens libgcc_s.so.1 to cancel a thread."""
    if not file.imports & _OPENERS and file.soname != _GLIBC:
        return ()
    return tuple(sorted({match[1].decode() for match in _LIBRARY_NAME.finditer(file.data)}))
