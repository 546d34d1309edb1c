"""READ FIRST of the audit: the straight line from the words of a command line to the document."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy.audit import facts, pool, summary, targets
from hermipy.audit.document import Document, Rows
from hermipy.audit.targets import Failed, Job
from hermipy.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """What to audit, and who works on it."""

    words: tuple[str, ...]
    arches: tuple[str, ...] = ("riscv64",)
    """Of packages."""
    sysroot: Path | None = None
    jobs: int | None = None
    """Processes of this machine; None: one per CPU."""
    dask: str | None = None
    """A scheduler's address, instead."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an audit is."""

    done: int
    total: int
    errors: int
    doing: str

    def __str__(self) -> str:
        """One line."""
        if not self.total:
            return f"fetching {self.doing}"
        failed = f", {self.errors} failed" if self.errors else ""
        return f"{self.done} of {self.total} programs{failed}: {self.doing}"


def audit(request: Request, tell: Callable[[Progress], None] = lambda _: None) -> Document:
    """Judge every program; raises HermipyError when that cannot begin."""
    found = targets.find(
        request.words,
        request.arches,
        request.sysroot,
        lambda word: tell(Progress(0, 0, 0, word)),
    )
    # From here on every program has a place in the document, and what cannot be had an error.
    rows, known = _judged(found.items, request, tell)
    if found.single and all(fact.error for fact in known):
        raise AuditError(known[0].error)
    # From here on every place has its row.
    return Document(rows, summary.summary(known, found.left_out), summary.named(known))


def _judged(
    items: Sequence[Job | Failed], request: Request, tell: Callable[[Progress], None]
) -> tuple[Rows, list[facts.Facts]]:
    rows = Rows(len(items))
    names: dict[str, str] = {}
    known: dict[int, facts.Facts] = {}
    errors = 0
    for index, line in _answers(items, request):
        rows.put(index, line)
        fact = known[index] = facts.of_row(json.loads(line), names)
        errors += bool(fact.error)
        tell(Progress(len(known), len(items), errors, fact.path))
    return rows, [known[index] for index in range(len(items))]


def _answers(items: Sequence[Job | Failed], request: Request) -> Iterator[tuple[int, bytes]]:
    """(place, row) of all, in the order in which they are ready."""
    places = [index for index, item in enumerate(items) if isinstance(item, Job)]
    jobs = [item for item in items if isinstance(item, Job)]
    for index, item in enumerate(items):
        if isinstance(item, Failed):
            yield index, json.dumps(item.row()).encode()
    if jobs:
        for at, line in _made(jobs, request):
            yield places[at], line


def _made(jobs: Sequence[Job], request: Request) -> Iterator[tuple[int, bytes]]:
    if request.dask is not None:
        from hermipy.audit import cluster  # noqa: PLC0415  Dask is an extra

        return cluster.judge(jobs, request.dask)
    count = min(request.jobs or len(os.sched_getaffinity(0)), len(jobs))
    return pool.judge(jobs, [pool.Worker() for _ in range(count)])
