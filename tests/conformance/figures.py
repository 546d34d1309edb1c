"""What every command of `make conformance` last gave: kept in docs, and its page there."""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from tests.conformance import programs
from tests.qemu.runs import MODES

PAGE = Path("docs/conformance.md")
FIGURES = Path("docs/conformance.json")
ARCHES = ("riscv64", "aarch64")
_COLUMNS = tuple((arch, mode) for arch in ARCHES for mode in MODES)


class Verdict(StrEnum):
    """What came of one command in one mode."""

    PASS = "pass"
    DIFFER = "differ"
    MISSING = "missing syscall"
    CRASH = "crash"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ORACLE = "no oracle"
    NO_PACKAGE = "no package"


@dataclass(frozen=True, slots=True)
class Result:
    """A line's verdict, with the first thing that says why."""

    line: str
    arch: str
    mode: str
    verdict: Verdict
    why: str = ""


def load() -> dict[tuple[str, str, str], Result]:
    """The results of what is in the list, by line, architecture and mode."""
    records = json.loads(FIGURES.read_text()) if FIGURES.exists() else []
    known = {(one["line"], one["arch"], one["mode"]): one for one in records}
    keys = [(line, *column) for line in programs.lines() for column in _COLUMNS]
    return {key: _result(known[key]) for key in keys if key in known}


def add(result: Result) -> None:
    """Keep a result in the place of the last one; other runs may do so at the same time."""
    FIGURES.parent.mkdir(exist_ok=True)
    lock = os.open(FIGURES.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        results = load() | {(result.line, result.arch, result.mode): result}
        records = [asdict(one) for one in results.values()]
        FIGURES.write_text(json.dumps(records, indent=1) + "\n")
        PAGE.write_text(_page(load()))
    finally:
        os.close(lock)


def _result(record: dict[str, str]) -> Result:
    return Result(**record | {"verdict": Verdict(record["verdict"])})


def _page(results: dict[tuple[str, str, str], Result]) -> str:
    """Three Markdown tables: how many, which, and why those that do not pass."""
    lines = [
        "# Conformance",
        "",
        "Made by `make conformance`: each command of `tests/conformance/programs.txt`, a program",
        "of Debian's archive in an image and under qemu-user, with equal standard output, standard",
        "error and exit status (pass) or not.",
        "",
        *_row("architecture", "mode", *Verdict),
        "|---|---|" + "---:|" * len(Verdict),
    ]
    for arch, mode in _COLUMNS:
        column = [one for one in results.values() if (one.arch, one.mode) == (arch, mode)]
        counts = Counter(one.verdict for one in column)
        lines += _row(arch, mode, *(str(counts[verdict]) for verdict in Verdict))
    lines += ["", *_row("package", "command", *(" ".join(column) for column in _COLUMNS))]
    lines += _row(*["---"] * (2 + len(_COLUMNS)))
    for line in programs.lines():
        package, _, command = line.partition(": ")
        found = [results.get((line, *column)) for column in _COLUMNS]
        verdicts = [one.verdict if one else "" for one in found]
        lines += _row(package.partition(":")[0], f"`{command}`", *verdicts)
    failed = [one for one in results.values() if one.verdict != Verdict.PASS]
    if failed:
        lines += ["", *_row("command", "architecture", "mode", "verdict", "why")]
        lines += _row(*["---"] * 5)
    for one in failed:
        lines += _row(f"`{one.line}`", one.arch, one.mode, one.verdict, one.why)
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> list[str]:
    plain = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return [f"| {' | '.join(plain)} |"]
