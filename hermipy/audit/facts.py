"""What the figures over many programs need of each row; the rest of a row stays on disk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hermipy.audit.rows import Row


class Outcome(StrEnum):
    """What became of a program."""

    RUNS = "runs"
    LIMITS = "runs_with_limits"
    LACKS = "lacks"
    INCOMPLETE = "incomplete"
    ERROR = "errors"


@dataclass(frozen=True, slots=True)
class Facts:
    """One row in short."""

    path: str
    arch: str
    outcome: Outcome
    syscalls: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()
    """Partial and stub."""
    unresolved: int = 0
    missing: tuple[str, ...] = ()
    """Libraries."""
    error: str = ""


def of_row(row: Row, names: dict[str, str]) -> Facts:
    """`names` keeps one copy of every name."""
    path, arch = row["path"], row.get("arch") or "unknown"
    if "error" in row:
        return Facts(path, arch, Outcome.ERROR, error=row["error"])

    def kept(part: list[str]) -> tuple[str, ...]:
        return tuple(names.setdefault(name, name) for name in part)

    absent, limited = kept(row["absent"]), kept(row["partial"] + row["stub"])
    missing = tuple(row["missing_libraries"])
    return Facts(
        path=path,
        arch=arch,
        outcome=_outcome(missing, absent, limited),
        syscalls=frozenset(kept(row["syscalls"])),
        absent=absent,
        limited=limited,
        unresolved=len(row["unresolved"]),
        missing=missing,
    )


def _outcome(
    missing: tuple[str, ...], absent: tuple[str, ...], limited: tuple[str, ...]
) -> Outcome:
    if missing:
        return Outcome.INCOMPLETE
    if absent:
        return Outcome.LACKS
    return Outcome.LIMITS if limited else Outcome.RUNS
