"""What was observed: traces as data, so that an evaluation needs none to be made again.

Two sets of packages, told apart by a hash of their names: the analyser is developed on one; the
other is held out, evaluated once for a release and never debugged against.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).with_name("traces")
DEVELOPMENT, HELD_OUT = "development", "held-out"
LIGHT, SUITE = "light", "suite"
_OF_THREE = 3


@dataclass(frozen=True, slots=True)
class Trace:
    """What one program did in one session on one architecture."""

    program: str
    """PACKAGE:PATH."""
    target: str
    """What `hermipy.debian` fetches it as, with all that is to lie beside it."""
    arch: str
    kind: str
    """`light`: some commands or requests; `suite`: the program's own tests."""
    session: str
    part: str
    """What ran, in words."""
    key: str
    """A hash of the program's file and of the session."""
    starts: int
    calls: int
    syscalls: tuple[str, ...]


def set_of(program: str) -> str:
    """The set that a package's programs are in, on both architectures."""
    package = program.partition(":")[0].partition(",")[0]
    first = hashlib.sha256(package.encode()).digest()[0]
    return DEVELOPMENT if first % _OF_THREE else HELD_OUT


def load(which: str) -> list[Trace]:
    """The traces of a set."""
    path = FOLDER / f"{which}.json"
    records = json.loads(path.read_text()) if path.exists() else []
    return [Trace(**record | {"syscalls": tuple(record["syscalls"])}) for record in records]


def keep(made: Iterable[Trace]) -> None:
    """Store traces, each in the place of the one before; others may do so at the same time."""
    for which in (DEVELOPMENT, HELD_OUT):
        new = {_place(trace): trace for trace in made if set_of(trace.program) == which}
        if new:
            _store(which, new)


def _store(which: str, new: dict[tuple[str, ...], Trace]) -> None:
    FOLDER.mkdir(exist_ok=True)
    lock = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        traces = {_place(trace): trace for trace in load(which)} | new
        lines = [json.dumps(asdict(traces[place])) for place in sorted(traces)]
        (FOLDER / f"{which}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    finally:
        os.close(lock)


def _place(trace: Trace) -> tuple[str, ...]:
    return trace.program, trace.kind, trace.session, trace.arch
