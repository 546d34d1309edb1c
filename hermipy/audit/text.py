"""An audit for people: a paragraph per program, then the figures over all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.audit.document import Document
    from hermipy.audit.rows import Row

_SHOWN = 10
_REASONS_SHOWN = 20


def report(document: Document) -> Iterator[str]:
    """Paragraphs, then the summary."""
    told = _notes if len(document.programs) == 1 else _names
    for row in document.programs:
        if "error" in row:
            yield str(row["error"])
        else:
            yield "\n".join([*_head(row), *told(row, document.table), *_doubts(row)])
    yield ""
    yield summary(document)


def summary(document: Document) -> str:
    """The figures over all programs."""
    total = document.summary
    counts = f"{total['programs']} programs, {total['read']} could be read, {total['run']} run"
    lines = [f"{counts} ({total['runs_with_limits']} with limits)"]
    if total["incomplete"]:
        lines.append(f"{total['incomplete']} have libraries that were not found")
    if total["unresolved"]:
        lines.append(f"{total['unresolved']} have a site that could make any syscall")
    if total["left_out"]:
        kinds = ", ".join(f"{count} {kind}" for kind, count in total["left_out"].items())
        lines.append(f"left out: {kinds}")
    return "\n".join([*lines, *_wanted(total), *_curve(total["curve"])])


def _wanted(total: dict[str, Any]) -> Iterator[str]:
    wanted = [
        f"{item['syscall']} ({item['programs']}, unlocks {item['unlocks']})"
        for item in total["most_wanted"][:_SHOWN]
    ]
    if wanted:
        more = len(total["most_wanted"]) - len(wanted)
        yield f"most wanted and absent: {', '.join(wanted)}{f' and {more} more' if more else ''}"


def _curve(curve: list[dict[str, Any]]) -> Iterator[str]:
    """The steps after which more programs run."""
    steps, waiting = [], 0
    for step in curve[1:]:
        waiting += 1
        if step["unlocks"]:
            others = f" and {waiting - 1} before it" if waiting > 1 else ""
            steps.append(f"{step['syscall']}{others} ({step['programs']})")
            waiting = 0
    if steps:
        yield f"programs that run after each next syscall: {', '.join(steps[:_SHOWN])}"


def _head(row: Row) -> Iterator[str]:
    yield f"{row['path']}: {row['arch']}, {len(row['syscalls'])} syscalls: {row['verdict']}"


def _notes(row: Row, table: dict[str, dict[str, str]]) -> Iterator[str]:
    """What the limits are."""
    for status in ("partial", "stub"):
        for name in row[status]:
            yield f"    {status}: {name}: {table[name]['note']}"
    if row["absent"]:
        yield f"    absent: {' '.join(row['absent'])}"


def _names(row: Row, _: object) -> Iterator[str]:
    """Where the limits are."""
    for status in ("partial", "stub", "absent"):
        if row[status]:
            yield f"    {status}: {' '.join(row[status])}"


def _doubts(row: Row) -> Iterator[str]:
    """Why the answer is wider than the code alone."""
    for reason in row["widened"]:
        yield f"    widened: {reason}"
    unresolved = row["unresolved"]
    for site in unresolved[:_REASONS_SHOWN]:
        yield f"    unresolved: {site['object']}: {site['address']:#x}: {site['reason']}"
    if len(unresolved) > _REASONS_SHOWN:
        yield f"    unresolved: {len(unresolved) - _REASONS_SHOWN} more sites"
