"""A trace against the answer: what was seen and what was foretold.

Traces are strace's, with whichever of its prefixes (-f, -o, -t, -r, -i, -n), qemu-user's -strace
and our own `run --strace`, which all have a call's name before its parenthesis. The execve() by
which strace starts the program is not the program's, and neither is what a process does once it has
become another program.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hermipy import table
from hermipy.errors import AuditError, InputError, TraceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hermipy.audit.rows import Row

# [pid 123] or 123 (also qemu's), a time of day, an epoch or a difference; -i and -n in brackets.
_PREFIX = re.compile(
    r"\s*(?:\[pid\s+(?P<pid>\d+)\]\s+|(?P<number>\d+)\s+)?"
    r"(?:\(?\+?\s*[\d:]*[.:][\d.]+\)?\s+)*"
    r"(?:\[\s*[0-9a-f?]+\]\s+)*"
)
_CALL = re.compile(r"(?:<\.\.\. |Unknown )?([a-z_][a-z0-9_]*)(?:\(| resumed>| (\d+)$)")
# qemu ends a line with the result, so that another thread's call may stand on the same one.
_GLUED = re.compile(r"(?<=\))(?=\d+ [a-z_][a-z0-9_]*\()")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_BY_NUMBER = re.compile(r"syscall_(0x[0-9a-f]+|\d+)")
_EXECUTED = re.compile(r'execve(?:at)?\((?:[^",]+, ?)?"((?:[^"\\]|\\.)*)"')
_RESULT = re.compile(r"\)\s+= (-?\w+|\?)(?=\s|$)")
_EXECUTE = ("execve", "execveat")
_SPAWN = ("clone", "clone3", "fork", "vfork")
# qemu-user's names where they are not the kernel's.
_OTHER_NAMES = {"fstatat64": "newfstatat", "pread": "pread64", "pwrite": "pwrite64"}


@dataclass(slots=True)
class _Trace:
    """What a trace has shown so far."""

    arch: str
    programs: set[str]
    """Names under which the program is executed."""
    seen: set[str] = field(default_factory=set)
    others: int = 0
    """Calls of other programs."""
    calls: int = 0
    foreign: set[str] = field(default_factory=set)
    """Processes that are other programs by now."""
    spawning: list[str] = field(default_factory=list)
    """Processes in a clone() that has not returned: whoever is new is a child of the last."""
    known: set[str] = field(default_factory=set)
    executing: dict[str, str] = field(default_factory=dict)
    """By process: what it asked to execute and has no answer for yet."""

    def take(self, line: str) -> None:
        """One line; what is no call says nothing."""
        ends = [match.end() for match in _GLUED.finditer(_TEXT.sub(_blank, line))]
        for start, end in pairwise([0, *ends, len(line)]):
            self._take_call(line[start:end])

    def _take_call(self, line: str) -> None:
        prefix = _PREFIX.match(line)
        assert prefix is not None, "everything in it is optional"
        call = _CALL.match(line, prefix.end())
        name = self._named(call[1], call[2]) if call else None
        if name is None:
            return
        process = prefix["pid"] or prefix["number"] or ""
        self._settle(process, line)
        self.calls += 1
        if self.calls == 1 and name in _EXECUTE:
            self.programs.add(_executed(line))
            return
        if process in self.foreign:
            self.others += 1
        else:
            self.seen.add(name)
        self._follow(process, name, line)

    def _named(self, name: str, number_after: str | None) -> str | None:
        """The table's name of a call; None for what only looks like one."""
        if number_after is not None:
            return table.name_of(int(number_after), self.arch) if name == "syscall" else None
        number = _BY_NUMBER.fullmatch(name)
        if number:
            return table.name_of(int(number[1], 0), self.arch)
        name = _OTHER_NAMES.get(name, name)
        return name if name in table.by_name() else None

    def _settle(self, process: str, line: str) -> None:
        """What is known of a process by the time it makes its next call."""
        if process not in self.known:
            self.known.add(process)
            if self.spawning and self.spawning[-1] in self.foreign:
                self.foreign.add(process)
        if process in self.executing and " resumed>" not in line:
            self._become(process)  # qemu shows no result of what succeeded

    def _follow(self, process: str, name: str, line: str) -> None:
        result = _RESULT.search(line)
        if name in _EXECUTE:
            path = _executed(line)
            if path:
                self.executing[process] = path
            if result and result[1] == "0":
                self._become(process)
            elif result:
                self.executing.pop(process, None)
        elif name in _SPAWN and result:
            self.spawning = [other for other in self.spawning if other != process]
            if process in self.foreign and result[1].isdigit():
                self.foreign.add(result[1])
                self.known.add(result[1])
        elif name in _SPAWN:
            self.spawning.append(process)

    def _become(self, process: str) -> None:
        """A process has executed what it asked for."""
        ours = self.executing.pop(process, "") in self.programs
        (self.foreign.discard if ours else self.foreign.add)(process)


def cross(row: Row, trace: Path) -> dict[str, Any]:
    """The lists that the document has under `observed`; raises TraceError, AuditError."""
    if "error" in row:
        raise AuditError(row["error"])
    try:
        with trace.open(errors="replace") as stream:
            found = _read(stream, row)
    except OSError as error:
        raise InputError(trace, error) from error
    if not found.calls:
        raise TraceError(
            f"{trace}: holds no system call; give what strace -f, qemu-user's -strace or "
            "hermipy run --strace wrote"
        )
    predicted = set(row["syscalls"])
    beyond = found.seen - predicted
    allowed = beyond if row["unresolved"] or row["missing_libraries"] else set()
    return {
        "seen_and_predicted": _ordered(found.seen & predicted),
        "seen_not_predicted": _ordered(beyond - allowed),
        "seen_where_any_is_predicted": _ordered(allowed),
        "predicted_not_seen": _ordered(predicted - found.seen),
        "calls_of_other_programs": found.others,
    }


def text(observed: dict[str, Any]) -> str:
    """The lists for people."""
    titles = {
        "seen_and_predicted": "seen and predicted",
        "seen_not_predicted": "SEEN BUT NOT PREDICTED",
        "seen_where_any_is_predicted": "seen, and predicted only as `any`",
        "predicted_not_seen": "predicted but not seen",
    }
    lines = [
        f"{title}: {len(observed[key])}{_names(observed[key])}" for key, title in titles.items()
    ]
    if observed["calls_of_other_programs"]:
        lines.append(f"calls of other programs, left out: {observed['calls_of_other_programs']}")
    return "\n".join(lines)


def _names(names: list[str]) -> str:
    return f": {' '.join(names)}" if names else ""


def _read(lines: Iterable[str], row: Row) -> _Trace:
    found = _Trace(row["arch"], {posixpath.basename(row["path"])})
    for line in lines:
        found.take(line)
    return found


def _blank(text: re.Match[str]) -> str:
    """As many characters that mean nothing."""
    return "_" * len(text[0])


def _executed(line: str) -> str:
    """The name of the file that an execve() is about; empty when the line does not say."""
    path = _EXECUTED.search(line)
    return posixpath.basename(path[1]) if path else ""


def _ordered(names: set[str]) -> list[str]:
    rows = table.by_name()
    return sorted(names, key=lambda name: (rows[name].number if name in rows else 1 << 16, name))
