"""The coverage audit: what programs can ask of the kernel, against what the table has of it.

A program whose number is unproved at some site could make any syscall; a dynamic program makes most
of its syscalls in libraries, which are not followed yet. Both are said in the verdict instead of
being passed over.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from hermipy import elf, scan, table
from hermipy.errors import HermipyError
from hermipy.table import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_WANTED = 10
_ELF_MAGIC = b"\x7fELF"
_PT_INTERP = 3
# Made by the system itself, not by a site: signal return, and the restart of an interrupted sleep.
_ALWAYS = ("rt_sigreturn", "restart_syscall")


def audit(paths: tuple[Path, ...]) -> dict[str, Any]:
    """One row per program under the paths, and what follows from all.

    A file below a directory that cannot be read is a row with an error.
    """
    programs = [_program(path, named=named) for path, named in _programs(paths)]
    read = [program for program in programs if "error" not in program]
    runs = sum(program["verdict"].startswith("runs") for program in read)
    absent = Counter(name for program in read for name in program["absent"])
    return {
        "programs": programs,
        "summary": {
            "programs": len(programs),
            "read": len(read),
            "runs": runs,
            "most_wanted": [
                {"syscall": name, "programs": count}
                for name, count in absent.most_common(_MOST_WANTED)
            ],
        },
    }


def text(facts: dict[str, Any]) -> str:
    """A paragraph per program, then the summary."""
    return "\n".join([*map(_paragraph, facts["programs"]), "", summary(facts)])


def summary(facts: dict[str, Any]) -> str:
    """The figures over all programs."""
    total = facts["summary"]
    wanted = ", ".join(f"{item['syscall']} ({item['programs']})" for item in total["most_wanted"])
    lines = [f"{total['programs']} programs, {total['read']} could be read, {total['runs']} run"]
    return "\n".join(lines + ([f"most wanted and absent: {wanted}"] if wanted else []))


def _paragraph(program: dict[str, Any]) -> str:
    if "error" in program:
        return str(program["error"])
    count = len(program["syscalls"])
    head = f"{program['path']}: {program['arch']}, {count} syscalls: {program['verdict']}"
    lines = [head]
    for title in ("partial", "stub", "absent"):
        names = program[title]
        if names:
            lines.append(f"    {title}: {' '.join(names)}")
    lines += [
        f"    unresolved: {item['address']:#x}: {item['reason']}" for item in program["unresolved"]
    ]
    return "\n".join(lines)


def _programs(paths: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Files to audit; below a directory only ELF files, without following links."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                file = path.__class__(folder, name)
                if file.is_file() and not file.is_symlink() and _is_elf(file):
                    yield file, False


def _is_elf(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_ELF_MAGIC)) == _ELF_MAGIC
    except OSError:
        return False


def _program(path: Path, *, named: bool) -> dict[str, Any]:
    """The row of one file. Raises HermipyError only for a file that the user named."""
    try:
        return _row(path, elf.read(path))
    except HermipyError as error:
        if named:
            raise
        return {"path": str(path), "error": str(error)}


def _row(path: Path, file: elf.Elf) -> dict[str, Any]:
    found = scan.scan(file)
    rows = table.by_number(found.arch)
    always = {table.by_name()[name].number for name in _ALWAYS}
    numbers = sorted(found.numbers | always if found.calls else found.numbers)
    names = {
        status: [rows[n].name for n in numbers if n in rows and rows[n].status is status]
        for status in Status
    }
    unknown = [table.name_of(number, found.arch) for number in numbers if number not in rows]
    unresolved = [{"address": c.site.address, "reason": c.evidence} for c in found.unresolved]
    dynamic = any(segment.kind == _PT_INTERP for segment in file.segments)
    return {
        "path": str(path),
        "arch": found.arch,
        "syscalls": [table.name_of(number, found.arch) for number in numbers],
        "unresolved": unresolved,
        "dynamic": dynamic,
        "full": names[Status.FULL],
        "partial": names[Status.PARTIAL],
        "stub": names[Status.STUB],
        "absent": names[Status.ABSENT] + unknown,
        "notes": {name: table.by_name()[name].note for name in names[Status.PARTIAL]},
        "verdict": _verdict(names, unknown, unresolved=bool(unresolved), dynamic=dynamic),
    }


def _verdict(
    names: dict[Status, list[str]], unknown: list[str], *, unresolved: bool, dynamic: bool
) -> str:
    if dynamic:
        return "dynamic: what its libraries make is not followed yet"
    absent = len(names[Status.ABSENT]) + len(unknown)
    doubt = ", and a site could make any other" if unresolved else ""
    if absent:
        return f"lacks {absent} of the syscalls that it can reach{doubt}"
    if names[Status.PARTIAL] or names[Status.STUB]:
        return f"runs with limits{doubt}"
    return f"runs{doubt}"
