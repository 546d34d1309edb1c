"""Prepare: one file scanned and, for direct mode, rewritten; by content hash, so only once.

The result in the cache is small and needs no library to read: a second run of a program does not
even import the analysis.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hermipy import cache
from hermipy.model import Tier

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.model import Rewritten, Scan


@dataclass(frozen=True, slots=True)
class Prepared:
    """What packing has to know about one file."""

    path: str
    """The bytes to pack: the file itself, or its rewritten form in the cache."""
    numbers: tuple[int, ...]
    unresolved: tuple[str, ...]
    """`0x1234: reason` of every site whose number could be anything."""
    direct: int
    trap: int
    stub_offset: int = 0
    stub_size: int = 0


def prepare(path: Path, *, direct: bool) -> Prepared:
    """The file ready for packing; raises BadFileError when it cannot be read."""
    key = cache.key("prepared", cache.file_hash(path), direct)
    description = cache.folder("files") / f"{key}.json"
    if not description.is_file():
        prepared = _rewritten(path, description) if direct else _as_it_is(path)
        text = json.dumps(asdict(prepared)).encode()
        cache.entry(description, lambda stream: stream.write(text))
    fields = json.loads(description.read_text())
    stored = Prepared(
        **{**fields, "numbers": tuple(fields["numbers"]), "unresolved": tuple(fields["unresolved"])}
    )
    return stored if direct else _at(stored, path)


def _as_it_is(path: Path) -> Prepared:
    from hermipy import stages  # noqa: PLC0415  slow to import, and needed once per file

    found = stages.scan_file(path)
    return _describe(found, str(path), None)


def _rewritten(path: Path, description: Path) -> Prepared:
    from hermipy import stages  # noqa: PLC0415  slow to import, and needed once per file

    done = stages.rewrite_file(path)
    output = description.with_suffix(".elf")
    cache.entry(output, lambda stream: stream.write(done.rewritten.data))
    return _describe(done.found, str(output), done.rewritten)


def _describe(found: Scan, path: str, result: Rewritten | None) -> Prepared:
    plans = result.plan.sites if result else ()
    direct = sum(plan.tier is not Tier.TRAP for plan in plans)
    has_stubs = result is not None and bool(result.plan.stubs)
    return Prepared(
        path=path,
        numbers=tuple(sorted(found.numbers)),
        unresolved=_unresolved(found),
        direct=direct,
        trap=len(found.calls) - direct,
        stub_offset=result.plan.stub_offset if result and has_stubs else 0,
        stub_size=len(result.plan.stubs) if result and has_stubs else 0,
    )


def _unresolved(found: Scan) -> tuple[str, ...]:
    """Why the program could make any syscall; empty: it cannot.

    A program that makes none could not even end: its code comes to light only when it runs.
    """
    if not found.calls:
        return ("0x0: no site was found: the program unpacks or makes its code when it runs",)
    return tuple(f"{call.site.address:#x}: {call.evidence}" for call in found.unresolved)


def _at(stored: Prepared, path: Path) -> Prepared:
    """The same contents may lie elsewhere than where they were first seen."""
    return Prepared(str(path), stored.numbers, stored.unresolved, stored.direct, stored.trap)
