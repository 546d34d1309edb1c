"""The coverage audit: what programs can ask of the kernel, against what the table has of it.

A program whose number is unproved at some site could make any syscall, which the verdict says. A
dynamic program is judged with its libraries: most of its syscalls are theirs.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hermipy import elf, objects, scan, table
from hermipy.errors import HermipyError, MissingLibraryError
from hermipy.table import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_WANTED = 10
_ELF_MAGIC = b"\x7fELF"
# Made by the system itself, not by a site: signal return, and the restart of an interrupted sleep.
_ALWAYS = ("rt_sigreturn", "restart_syscall")


def audit(paths: tuple[Path, ...], sysroot: Path | None = None) -> dict[str, Any]:
    """One row per program under the paths, and what follows from all.

    A file below a directory that cannot be read is a row with an error.
    """
    programs = [_program(path, sysroot, named=named) for path, named in _programs(paths)]
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


def _program(path: Path, sysroot: Path | None, *, named: bool) -> dict[str, Any]:
    """The row of one file. Raises HermipyError only for a file that the user named."""
    try:
        return _row(path, elf.read(path), sysroot)
    except HermipyError as error:
        if named:
            raise
        return {"path": str(path), "error": str(error)}


def _row(path: Path, file: elf.Elf, sysroot: Path | None) -> dict[str, Any]:
    found, missing = _asked(path, file, sysroot)
    rows = table.by_number(file.arch)
    always = {table.by_name()[name].number for name in _ALWAYS}
    numbers = sorted(found.numbers | always if found.sites else found.numbers)
    names = {
        status: [rows[n].name for n in numbers if n in rows and rows[n].status is status]
        for status in Status
    }
    unknown = [table.name_of(number, file.arch) for number in numbers if number not in rows]
    return {
        "path": str(path),
        "arch": file.arch,
        "syscalls": [table.name_of(number, file.arch) for number in numbers],
        "unresolved": found.unresolved,
        "dynamic": file.interpreter is not None,
        "libraries": found.libraries,
        "missing_libraries": missing,
        "full": names[Status.FULL],
        "partial": names[Status.PARTIAL],
        "stub": names[Status.STUB],
        "absent": names[Status.ABSENT] + unknown,
        "notes": {name: table.by_name()[name].note for name in names[Status.PARTIAL]},
        "verdict": _verdict(names, unknown, missing, unresolved=bool(found.unresolved)),
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a file can ask of the kernel, with its libraries."""

    numbers: frozenset[int]
    sites: int
    unresolved: list[dict[str, Any]]
    libraries: list[str]


def _asked(path: Path, file: elf.Elf, sysroot: Path | None) -> tuple[_Asked, list[str]]:
    """That, and the libraries that are not there: then only what the file itself asks."""
    missing: list[str] = []
    if file.interpreter is not None:
        try:
            return _with_libraries(objects.of_file(path, file.arch, sysroot)), []
        except MissingLibraryError as error:
            missing = [name for name, _ in error.missing]
    found = scan.scan(file)
    unresolved = [{"address": c.site.address, "reason": c.evidence} for c in found.unresolved]
    return _Asked(found.numbers, len(found.calls), unresolved, []), missing


def _with_libraries(found: objects.Objects) -> _Asked:
    unresolved: list[dict[str, Any]] = []
    for path, text in found.open_sites:
        address, _, reason = text.partition(": ")
        where = {} if path == found.program else {"library": path}
        unresolved.append({"address": int(address, 16), "reason": reason, **where})
    libraries = [path for path in found.counted if path != found.program]
    return _Asked(found.numbers, found.direct + found.trap, unresolved, libraries)


def _verdict(
    names: dict[Status, list[str]], unknown: list[str], missing: list[str], *, unresolved: bool
) -> str:
    if missing:
        return f"dynamic, and {' '.join(missing)} not found: give its folder with --sysroot"
    absent = len(names[Status.ABSENT]) + len(unknown)
    doubt = ", and a site could make any other" if unresolved else ""
    if absent:
        return f"lacks {absent} of the syscalls that it can reach{doubt}"
    if names[Status.PARTIAL] or names[Status.STUB]:
        return f"runs with limits{doubt}"
    return f"runs{doubt}"
