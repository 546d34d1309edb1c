"""What scan, rewrite and run --stats report, for people and, with fixed keys, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hermipy import table
from hermipy.errors import MissingLibraryError

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.model import Call, Scan, SitePlan
    from hermipy.relay import Outcome
    from hermipy.stages import Analysed


def scan_facts(analysed: Analysed) -> dict[str, Any]:
    """What `scan --json` prints."""
    found = analysed.found
    plans = {plan.site.address: plan for plan in analysed.rewritten.plan.sites}
    sites = [_site(found, call, plans[call.site.address]) for call in found.calls]
    return {
        "file": found.file,
        "arch": found.arch,
        "sites": sites,
        "unresolved": [
            {"address": call.site.address, "reason": call.evidence} for call in found.unresolved
        ],
        "syscalls": sorted(table.name_of(number, found.arch) for number in found.numbers),
    }


def library_facts(path: Path, arch: str, sysroot: Path | None) -> dict[str, Any]:
    """What `scan` adds for a dynamic program: its libraries, or which of them are not there."""
    from hermipy import objects, target  # noqa: PLC0415  only scan needs them

    if target.interpreter(path) is None:
        return {"libraries": [], "missing_libraries": []}
    try:
        found = objects.of_file(path, arch, sysroot)
    except MissingLibraryError as error:
        return {"libraries": [], "missing_libraries": [name for name, _ in error.missing]}
    libraries = [
        {
            "path": name,
            "direct": library.direct,
            "trap": library.trap,
            "syscalls": sorted(table.name_of(number, arch) for number in library.numbers),
            "unresolved": [reason for where, reason in found.open_sites if where == name],
        }
        for name, library in found.counted.items()
        if name != found.program
    ]
    return {"libraries": libraries, "missing_libraries": []}


def _site(found: Scan, call: Call, plan: SitePlan) -> dict[str, Any]:
    numbers = None if call.numbers is None else sorted(call.numbers)
    return {
        "address": call.site.address,
        "function": call.site.function,
        "numbers": numbers,
        "names": [table.name_of(number, found.arch) for number in numbers or ()],
        "evidence": call.evidence,
        "tier": str(plan.tier),
        "reason": plan.reason,
    }


def scan_text(facts: dict[str, Any]) -> str:
    """One line per site, then the sum."""
    lines = []
    for site in facts["sites"]:
        names = " ".join(site["names"]) if site["numbers"] is not None else "UNRESOLVED"
        lines.append(f"{site['address']:#12x}  {site['tier']:<6}  {names}  ({site['evidence']})")
    unresolved = len(facts["unresolved"])
    lines.append(
        f"{facts['file']}: {facts['arch']}, {len(facts['sites'])} sites, "
        f"{len(facts['syscalls'])} syscalls, {unresolved} unresolved"
    )
    lines += [
        f"  {library['path']}: {library['direct'] + library['trap']} sites, "
        f"{len(library['syscalls'])} syscalls, {len(library['unresolved'])} unresolved"
        for library in facts.get("libraries", ())
    ]
    lines += [f"  {name}: not found" for name in facts.get("missing_libraries", ())]
    return "\n".join(lines)


def rewrite_facts(analysed: Analysed) -> dict[str, Any]:
    """What `rewrite --json` prints."""
    plan = analysed.rewritten.plan
    traps = [site for site in plan.sites if site.tier == "trap"]
    return {
        "file": analysed.found.file,
        "arch": analysed.found.arch,
        "sites": len(plan.sites),
        "direct": len(plan.sites) - len(traps),
        "trap": len(traps),
        "added_bytes": len(analysed.rewritten.data) - analysed.size_bytes,
        "traps": [{"address": site.site.address, "reason": site.reason} for site in traps],
    }


def rewrite_text(facts: dict[str, Any]) -> str:
    """The sum, and why sites stay traps."""
    counts = f"{facts['sites']} sites, {facts['direct']} direct calls, {facts['trap']} traps"
    lines = [f"{facts['file']}: {counts}, {facts['added_bytes']} bytes added"]
    lines += [f"  {trap['address']:#x} stays a trap: {trap['reason']}" for trap in facts["traps"]]
    return "\n".join(lines)


def statistics(outcome: Outcome, arch: str, *, as_json: bool) -> str:
    """What `run --stats` prints at the end, with its newline."""
    if as_json:
        return json.dumps(_statistics_facts(outcome, arch)) + "\n"
    return "".join(f"hermipy: {line}\n" for line in _statistics_lines(outcome, arch))


def _statistics_facts(outcome: Outcome, arch: str) -> dict[str, Any]:
    calls = {
        table.name_of(count.number, arch): {
            "direct": count.direct,
            "trap": count.trap,
            "errors": count.errors,
        }
        for count in outcome.counts
    }
    return {
        "calls": calls,
        "memory_bytes": outcome.memory_left_bytes,
        "exit_status": outcome.exit_status,
    }


_STATISTICS_RULE = "------- --------- --------- --------- --------- ----------------"


def _statistics_lines(outcome: Outcome, arch: str) -> list[str]:
    """The table of `strace -c`, with the two ways that a call can take; the busiest first."""
    rows = [
        (count.direct + count.trap, count.errors, count.direct, table.name_of(count.number, arch))
        for count in outcome.counts
    ]
    total = sum(calls for calls, *_ in rows)
    left, peak = f"{outcome.memory_left_bytes:,}", f"{outcome.peak_memory_bytes:,}"
    errors, direct = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return [
        f"{'% calls':>7} {'calls':>9} {'errors':>9} {'direct':>9} {'trap':>9} syscall",
        _STATISTICS_RULE,
        *(_statistics_row(total, *row) for row in sorted(rows, key=lambda row: (-row[0], row[3]))),
        _STATISTICS_RULE,
        _statistics_row(total, total, errors, direct, "total"),
        f"memory in use at exit: {left} bytes, at most {peak}; exit status {outcome.exit_status}",
    ]


def _statistics_row(total: int, calls: int, errors: int, direct: int, name: str) -> str:
    """As `strace -c`: what is none is left blank."""
    share = 100 * calls / total if total else 0
    trap = calls - direct
    return f"{share:7.2f} {calls:9} {errors or '':>9} {direct or '':>9} {trap or '':>9} {name}"
