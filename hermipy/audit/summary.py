"""What follows from all rows: how many programs run, and which syscalls would unlock the others.

A program that lacks several syscalls is unlocked by the last of them. So a syscall has two figures:
the programs that it would unlock alone, today, and its place in the curve, where each step takes
the syscall that unlocks most after those before it; where none unlocks any, the one that brings
the programs nearest that lack least.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from hermipy import table
from hermipy.audit.facts import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hermipy.audit.facts import Facts

# How much a program that lacks n counts for each of them: whole numbers, so that no order of
# addition shows in the sum.
_WHOLE = 1 << 40
_JUDGED = (Outcome.RUNS, Outcome.LIMITS, Outcome.LACKS)
_RUN = (Outcome.RUNS, Outcome.LIMITS)


def summary(facts: Sequence[Facts], left_out: dict[str, int]) -> dict[str, Any]:
    """The figures, as the document has them."""
    arches = sorted({fact.arch for fact in facts})
    return {
        **_counts(facts),
        "arches": {arch: _counts([f for f in facts if f.arch == arch]) for arch in arches},
        "left_out": left_out,
        "most_wanted": _most_wanted(facts),
        "most_limited": _most_limited(facts),
        "curve": _curve(facts),
    }


def named(facts: Iterable[Facts]) -> dict[str, dict[str, str]]:
    """The table's row of every syscall that some program can make, by number."""
    names = set().union(*(fact.syscalls for fact in facts))
    rows = table.by_name()
    known = sorted((name for name in names if name in rows), key=lambda name: rows[name].number)
    found = {name: {"status": str(rows[name].status), "note": rows[name].note} for name in known}
    unknown = {"status": str(table.Status.ABSENT), "note": "Linux has no syscall of this number"}
    return found | dict.fromkeys(sorted(names - rows.keys()), unknown)


def _counts(facts: Sequence[Facts]) -> dict[str, int]:
    outcomes = Counter(fact.outcome for fact in facts)
    return {
        "programs": len(facts),
        "read": len(facts) - outcomes[Outcome.ERROR],
        **{str(outcome): outcomes[outcome] for outcome in Outcome},
        "run": sum(outcomes[outcome] for outcome in _RUN),
        "unresolved": sum(fact.unresolved > 0 for fact in facts),
    }


def _most_wanted(facts: Sequence[Facts]) -> list[dict[str, Any]]:
    """Absent syscalls: what unlocks most comes first, then what most programs lack."""
    lacking: dict[str, list[int]] = defaultdict(list)
    alone: Counter[str] = Counter()
    for index, fact in enumerate(facts):
        for name in fact.absent:
            lacking[name].append(index)
        if len(fact.absent) == 1 and fact.outcome in _JUDGED:
            alone[fact.absent[0]] += 1
    order = sorted(lacking, key=lambda name: (-alone[name], -len(lacking[name]), _order(name)))
    return [
        {
            "syscall": name,
            "programs": len(lacking[name]),
            "unlocks": alone[name],
            "lacked_by": lacking[name],
        }
        for name in order
    ]


def _most_limited(facts: Iterable[Facts]) -> list[dict[str, Any]]:
    counts = Counter(name for fact in facts for name in fact.limited)
    order = sorted(counts, key=lambda name: (-counts[name], _order(name)))
    return [{"syscall": name, "programs": counts[name]} for name in order]


def _curve(facts: Sequence[Facts]) -> list[dict[str, Any]]:
    """From what there is today on: one step per syscall, until nothing is lacking."""
    left = Counter(
        frozenset(fact.absent) for fact in facts if fact.absent and fact.outcome in _JUDGED
    )
    run = sum(fact.outcome in _RUN for fact in facts)
    implemented = sum(row.implemented for row in table.load())
    curve: list[dict[str, Any]] = [
        {"syscall": None, "implemented": implemented, "unlocks": 0, "programs": run}
    ]
    while left:
        name = _next(left)
        unlocks = left.pop(frozenset((name,)), 0)
        run, implemented = run + unlocks, implemented + 1
        curve.append(
            {"syscall": name, "implemented": implemented, "unlocks": unlocks, "programs": run}
        )
        shorter: Counter[frozenset[str]] = Counter()
        for lacked, count in left.items():
            shorter[lacked - {name}] += count
        left = shorter
    return curve


def _next(left: Counter[frozenset[str]]) -> str:
    unlocks: Counter[str] = Counter()
    nearer: Counter[str] = Counter()
    for lacked, count in left.items():
        for name in lacked:
            unlocks[name] += count if len(lacked) == 1 else 0
            nearer[name] += count * _WHOLE // len(lacked) ** 2
    return min(nearer, key=lambda name: (-unlocks[name], -nearer[name], _order(name)))


def _order(name: str) -> tuple[int, str]:
    row = table.by_name().get(name)
    return (row.number if row else 1 << 16, name)
