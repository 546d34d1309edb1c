"""The row of one program: what it can ask for, what the table has of that, and a verdict.

A program whose number is unproved at some site could make any syscall, which the verdict says. A
dynamic program is judged with its libraries: most of its syscalls are theirs. Rows are kept by the
content of all that they were made from, so that nothing is judged twice.
"""

from __future__ import annotations

import functools
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hermipy import cache, objects, prepare, table, tree
from hermipy.errors import HermipyError, MissingLibraryError
from hermipy.model import Node
from hermipy.objects import Objects, Wanted
from hermipy.table import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from hermipy.audit.targets import Job

Row = dict[str, Any]

# Made by the system itself, not by a site: signal return, and the restart of an interrupted sleep.
_ALWAYS = ("rt_sigreturn", "restart_syscall")
_NAMED = 3
_KNOWN_HASHES = 4096


def row(job: Job) -> Row:
    """The program's row, or one with an error."""
    try:
        return _identity(job) | _judged(job)
    except HermipyError as error:
        return failed(job, str(error))


def failed(job: Job, error: str) -> Row:
    """The row of a program that could not be judged: in its own words, not in this machine's."""
    error = error.replace(job.file, job.path)
    for root in job.roots or ():
        error = error.replace(f"{root.rstrip('/')}/", "/")
    return _identity(job) | {"error": error}


def _identity(job: Job) -> Row:
    return {"path": job.path, "arch": job.arch, "package": job.package}


def _judged(job: Job) -> Row:
    if job.package is not None:
        return _kept(_package_key(job), lambda: _anew(job))
    try:
        found = _gathered(job)
    except MissingLibraryError as error:
        return _incomplete(job, error)
    return _kept(_key(found), lambda: _row(found, job.arch))


def _anew(job: Job) -> Row:
    try:
        return _row(_gathered(job), job.arch)
    except MissingLibraryError as error:
        return _incomplete(job, error)


def _kept(key: str, make: Callable[[], Row]) -> Row:
    """What was made before under this key, or what is made now."""
    stored = cache.folder("audit") / f"{key}.json"
    try:
        made: Row = json.loads(stored.read_bytes())
    except (OSError, ValueError):  # not there, or cut short by a power failure
        made = make()
        with cache.atomic_file(stored) as stream:
            stream.write(json.dumps(made).encode())
    return made


def _gathered(job: Job) -> Objects:
    """The program and its libraries; raises MissingLibraryError."""
    file = Path(job.file)
    if job.roots is None or job.guest is None:
        sysroot = None if job.sysroot is None else Path(job.sysroot)
        guest = objects.natural_path(file, sysroot) or f"/{file.name}"
        below = objects.places(file, job.arch, sysroot)
    else:
        guest, below = job.guest, tuple(map(Path, job.roots))
    links = [Node(path, stat.S_IFLNK | 0o777, data=os.fsencode(to)) for path, to in job.links]
    nodes = tree.build(links, [tree.node(file.resolve(), guest)])
    real = next(node.path for node in nodes if node.source == file.resolve())
    return objects.gather(nodes, Wanted(real, job.arch, direct=False, below=below))[1]


def _package_key(job: Job) -> str:
    """A package's name and version say what is in it: its libraries need not be looked for."""
    versions = [Path(root).parent.name for root in job.roots or ()]
    return cache.key("audit package", job.arch, job.guest, _hash(job.file), versions, job.links)


def _key(found: Objects) -> str:
    files = sorted((path, _hash(prepared.path)) for path, prepared in found.counted.items())
    return cache.key("audit", found.program, files)


def _hash(path: str) -> str:
    status = os.stat(path)  # noqa: PTH116  quick
    return _hash_of(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(_KNOWN_HASHES)
def _hash_of(path: str, _size: int, _mtime_ns: int) -> str:
    """Of the content; libc need not be read anew for every program."""
    return cache.file_hash(Path(path))


def _row(found: Objects, arch: str) -> Row:
    rows = table.by_number(arch)
    always = {table.by_name()[name].number for name in _ALWAYS}
    has_sites = bool(found.direct + found.trap)
    numbers = sorted(found.numbers | (always if has_sites else frozenset()))
    names = {
        status: [rows[n].name for n in numbers if n in rows and rows[n].status is status]
        for status in Status
    }
    names[Status.ABSENT] += [table.name_of(n, arch) for n in numbers if n not in rows]
    unresolved = _unresolved(found)
    return {
        "sizes": _sizes(found),
        "syscalls": [table.name_of(number, arch) for number in numbers],
        "unresolved": unresolved,
        "dynamic": bool(found.counted[found.program].linkage.interpreter),
        "libraries": [path for path in found.counted if path != found.program],
        "missing_libraries": [],
        **{str(status): names[status] for status in Status},
        "verdict": _verdict(names, doubtful=bool(unresolved)),
        "witnesses": {table.name_of(n, arch): _witness(found, n) for n in numbers},
        "arguments": {},
        "widened": [],
    }


def _incomplete(job: Job, error: MissingLibraryError) -> Row:
    """What is known of a program whose libraries are not there: what its own sites ask for."""
    prepared = prepare.prepare(Path(job.file), direct=False)
    missing = [name for name, _ in error.missing]
    verdict = f"dynamic, and {' '.join(missing)} not found: give its folder with --sysroot"
    alone = _row(Objects(error.program, {error.program: prepared}, ()), job.arch)
    return alone | {"missing_libraries": missing, "verdict": verdict}


def _sizes(found: Objects) -> dict[str, int]:
    sizes = {path: Path(part.path).stat().st_size for path, part in found.counted.items()}
    own = sizes.pop(found.program)
    return {"file": own, "libraries": sum(sizes.values())}


def _unresolved(found: Objects) -> list[dict[str, Any]]:
    sites = ((path, text.partition(": ")) for path, text in found.open_sites)
    return [
        {"object": path, "address": int(address, 16), "reason": reason}
        for path, (address, _, reason) in sites
    ]


def _witness(found: Objects, number: int) -> list[dict[str, Any]]:
    """The first site that makes the syscall; the program itself for what the system makes."""
    askers = found.askers(number)
    path, address = (askers[0][0], askers[0][1][0]) if askers else (found.program, 0)
    how = "entry" if askers else "always"
    return [{"object": path, "function": f"{address:#x}", "address": address, "how": how}]


def _verdict(names: dict[Status, list[str]], *, doubtful: bool) -> str:
    absent = names[Status.ABSENT]
    doubt = ", and a site could make any other" if doubtful else ""
    if absent:
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        return f"lacks {len(absent)}: {', '.join(absent[:_NAMED])}{more}{doubt}"
    if names[Status.PARTIAL] or names[Status.STUB]:
        return f"runs with limits{doubt}"
    return f"runs{doubt}"
