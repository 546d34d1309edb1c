"""`--fail-on`: whether an audit lets a CI job pass, and why not.

What could not be judged does not pass: an error never, missing libraries as an unresolved site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hermipy.audit.facts import Facts

ABSENT, PARTIAL, UNRESOLVED = "absent", "partial", "unresolved"
KINDS = (ABSENT, PARTIAL, UNRESOLVED)
_NAMED_PROGRAMS, _NAMED_SYSCALLS = 3, 4


def refusal(facts: Iterable[Facts], kinds: Sequence[str]) -> str:
    """One line with the first reasons; empty when all pass."""
    reasons = [reason for fact in facts if (reason := _reason(fact, kinds))]
    if not reasons:
        return ""
    more = len(reasons) - _NAMED_PROGRAMS
    told = "; ".join(reasons[:_NAMED_PROGRAMS])
    return f"--fail-on: {told}{f'; and {more} more programs' if more > 0 else ''}"


def _reason(fact: Facts, kinds: Sequence[str]) -> str:
    if fact.error:
        return fact.error
    found = []
    if ABSENT in kinds and fact.absent:
        found.append(f"lacks {_listed(fact.absent)}")
    if PARTIAL in kinds and fact.limited:
        found.append(f"has only in part {_listed(fact.limited)}")
    if UNRESOLVED in kinds and fact.unresolved:
        found.append(f"has {fact.unresolved} unresolved sites")
    if UNRESOLVED in kinds and fact.missing:
        found.append(f"needs {_listed(fact.missing)}, not found")
    return f"{fact.path} {' and '.join(found)}" if found else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_SYSCALLS
    return ", ".join(names[:_NAMED_SYSCALLS]) + (f" and {more} more" if more > 0 else "")
