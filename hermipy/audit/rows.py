"""The row of one program: what it can ask for, what the table has of that, and a verdict.

A program whose number is unproved at some site could make any syscall, which the verdict says. A
dynamic program is judged with its libraries: most of its syscalls are theirs. Rows are kept by the
content of all that they were made from, so that nothing is judged twice.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hermipy import cache, objects, reach, table, tree
from hermipy.closure import Closure
from hermipy.errors import HermipyError, MissingLibraryError
from hermipy.files import Files
from hermipy.model import Node
from hermipy.reach import arguments
from hermipy.table import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from hermipy.audit.targets import Job
    from hermipy.closure import Object
    from hermipy.reach.answer import Answer

Row = dict[str, Any]

_NO_SITE = "no site was found: the program unpacks or makes its code when it runs"
_NAMED = 3


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
        return _kept(_package_key(job), lambda: _row(_loaded(job), job.arch))
    found = _loaded(job)
    return _kept(_key(found), lambda: _row(found, job.arch))


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


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A program and its libraries, as ld.so would find them."""

    objects: tuple[Object, ...]
    """The program first."""
    names: dict[str, Object]
    """By what objects ask for."""
    missing: tuple[str, ...]
    """Libraries that are not there."""

    @property
    def program(self) -> str:
        """The program's path in the guest."""
        return self.objects[0].path

    @property
    def is_dynamic(self) -> bool:
        """Whether ld.so starts it."""
        return bool(self.objects[0].linkage.interpreter)


def _loaded(job: Job) -> _Loaded:
    file = Path(job.file)
    if job.roots is None or job.guest is None:
        sysroot = None if job.sysroot is None else Path(job.sysroot)
        guest = objects.natural_path(file, sysroot) or f"/{file.name}"
        below = objects.places(file, job.arch, sysroot)
    else:
        guest, below = job.guest, tuple(map(Path, job.roots))
    links = [Node(path, stat.S_IFLNK | 0o777, data=os.fsencode(to)) for path, to in job.links]
    nodes = tree.build(links, [tree.node(file.resolve(), guest)])
    program = next(node.path for node in nodes if node.source == file.resolve())
    closure = Closure(Files(nodes, below), job.arch, direct=False)
    missing: tuple[str, ...] = ()
    try:
        closure.add_program(program)
    except MissingLibraryError as error:
        missing = tuple(dict.fromkeys(name for name, _ in error.missing))
    return _Loaded(tuple(closure.objects.values()), closure.names, missing)


def _package_key(job: Job) -> str:
    """A package's name and version say what is in it: its libraries need not be looked for."""
    versions = [Path(root).parent.name for root in job.roots or ()]
    return cache.key(
        "audit package", job.arch, job.guest, cache.file_hash(Path(job.file)), versions, job.links
    )


def _key(found: _Loaded) -> str:
    files = [(item.path, cache.file_hash(_source(item))) for item in found.objects]
    return cache.key("audit", found.program, sorted(files), found.missing)


def _source(item: Object) -> Path:
    assert item.node.source is not None, "an object has a file"
    return item.node.source


def _row(found: _Loaded, arch: str) -> Row:
    rows = table.by_number(arch)
    answer = reach.of_objects(found.objects, found.names, found.missing)
    numbers = sorted(answer.numbers)
    names = {
        status: [rows[n].name for n in numbers if n in rows and rows[n].status is status]
        for status in Status
    }
    names[Status.ABSENT] += [table.name_of(n, arch) for n in numbers if n not in rows]
    unresolved = [asdict(site) for site in answer.unresolved]
    if not numbers and not unresolved:
        unresolved = [{"object": found.program, "address": 0, "reason": _NO_SITE}]
    return {
        "sizes": _sizes(found),
        "syscalls": [table.name_of(number, arch) for number in numbers],
        "unresolved": unresolved,
        "dynamic": found.is_dynamic,
        "libraries": [item.path for item in found.objects[1:]],
        "missing_libraries": list(found.missing),
        **{str(status): names[status] for status in Status},
        "verdict": _verdict(names, found.missing, doubtful=bool(unresolved)),
        "witnesses": {table.name_of(n, arch): _witness(answer, n) for n in numbers},
        "arguments": {
            table.name_of(number, arch): {
                "argument": deciding.name,
                "values": _values(number, answer.arguments(number)),
            }
            for number, deciding in arguments.DECIDING.items()
            if number in answer.numbers
        },
        "widened": list(answer.widened),
        "assumed": list(answer.assumed),
    }


def _sizes(found: _Loaded) -> dict[str, int]:
    own, *others = (_source(item).stat().st_size for item in found.objects)
    return {"file": own, "libraries": sum(others)}


def _values(number: int, values: tuple[int, ...] | None) -> list[str] | str:
    return "any" if values is None else [arguments.named(number, value) for value in values]


def _witness(answer: Answer, number: int) -> list[dict[str, Any]]:
    """The way to a syscall; the program itself for what the system makes."""
    steps = [
        {"object": s.object, "function": s.place, "address": s.address, "how": s.how}
        for s in answer.witness(number)
    ]
    always = {"object": answer.program, "function": "", "address": 0, "how": "always"}
    return steps or [always]


def _verdict(names: dict[Status, list[str]], missing: tuple[str, ...], *, doubtful: bool) -> str:
    if missing:
        return f"dynamic, and {' '.join(missing)} not found: give its folder with --sysroot"
    absent = names[Status.ABSENT]
    doubt = ", and a site could make any other" if doubtful else ""
    if absent:
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        return f"lacks {len(absent)}: {', '.join(absent[:_NAMED])}{more}{doubt}"
    if names[Status.PARTIAL] or names[Status.STUB]:
        return f"runs with limits{doubt}"
    return f"runs{doubt}"
