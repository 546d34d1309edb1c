"""Traces against answers: one row a program, architecture and kind of trace."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import debian
from tests.accuracy import names, predict, scores
from tests.accuracy.roots import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hermipy.target import Target
    from tests.accuracy.observed import Trace
    from tests.accuracy.predict import Answers
    from tests.accuracy.scores import Score


@dataclass(frozen=True, slots=True)
class Row:
    """What was observed of a program, and how each answer compares."""

    program: str
    arch: str
    kind: str
    parts: tuple[str, ...]
    starts: int
    calls: int
    observed: int
    unresolved: int
    ours: Score
    closure: Score
    naive: Score
    missed: tuple[str, ...]
    """Observed and not in our answer."""


def evaluate(traces: Iterable[Trace], jobs: int) -> list[Row]:
    """All rows, in order."""
    groups: dict[tuple[str, str, str], list[Trace]] = {}
    for trace in traces:
        groups.setdefault((trace.program, trace.arch, trace.kind), []).append(trace)
    # What has few packages around it first: then others need not analyse its libraries again.
    ordered = sorted(groups.values(), key=lambda group: len(_target(group[0]).roots))
    rows = []
    with ProcessPoolExecutor(jobs) as pool:
        for index, row in enumerate(pool.map(_row, ordered), 1):
            rows.append(row)
            print(f"[{index}/{len(groups)}] {row.arch} {row.program}", file=sys.stderr, flush=True)
    return sorted(rows, key=lambda row: (row.program, row.arch, row.kind))


def _row(group: list[Trace]) -> Row:
    first = group[0]
    seen = {name for trace in group for name in trace.syscalls}
    found = _answers(first)
    return Row(
        program=first.program,
        arch=first.arch,
        kind=first.kind,
        parts=tuple(_parts(group)),
        starts=sum(trace.starts for trace in group),
        calls=sum(trace.calls for trace in group),
        observed=len(seen),
        unresolved=found.ours.unresolved,
        ours=scores.score(seen, found.ours.syscalls),
        closure=scores.score(seen, found.closure.syscalls),
        naive=scores.score(seen, found.naive.syscalls),
        missed=tuple(names.in_order(seen - set(found.ours.syscalls))),
    )


def _parts(group: list[Trace]) -> Iterator[str]:
    for trace in group:
        yield trace.part if trace.session == "commands" else f"{trace.session}: {trace.part}"


def _answers(trace: Trace) -> Answers:
    target = _target(trace)
    root = root_of(target)
    return predict.answers(Path(root, (target.guest_path or "").lstrip("/")), trace.arch, root)


def _target(trace: Trace) -> Target:
    return debian.fetch(trace.target, trace.arch)
