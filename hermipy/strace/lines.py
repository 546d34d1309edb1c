"""strace's lines: a call is begun when it enters the kernel and ended when it returns.

What happens between the two, in another thread or a signal, cuts the line with `<unfinished ...>`.
Behind `-o` every line begins with the thread's number; on a terminal only while there are several.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hermipy import table
from hermipy.strace import calls, events, results, structures, text
from hermipy.strace.events import Event, What
from hermipy.strace.kinds import Call

_RESULT_COLUMN = 40
_STARTS_THREADS = frozenset(("clone", "clone3", "fork", "vfork"))


@dataclass(slots=True)
class _Pending:
    """A call that has not returned."""

    call: Call
    shown: int
    """How many arguments stand on the line already."""
    began: int
    """Length of the line up to here."""


@dataclass(slots=True)
class Lines:
    """Turns events into strace's text."""

    arch: str
    numbered: bool
    """The thread's number before every line."""
    _pending: dict[int, _Pending] = field(default_factory=dict)
    _threads: set[int] = field(default_factory=set)
    _open: int | None = None
    """The thread whose line is not ended yet."""

    def feed(self, payload: bytes) -> str:
        """The text that an event adds."""
        event = events.parse(payload)
        self._threads.add(event.tid)
        match event.what:
            case What.ENTER:
                return self._cut() + self._enter(event)
            case What.LEAVE:
                return self._leave(event)
            case What.SIGNAL:
                return self._cut() + self._signal(event)
            case What.EXIT:
                return self._exit(event)
            case _:
                return ""

    def end(self) -> str:
        """What ends the last line, when the run ended in the middle of it."""
        return self._cut()

    def _prefix(self, tid: int) -> str:
        if self.numbered:
            return f"{tid:<5} "
        return f"[pid {tid:5}] " if len(self._threads) > 1 else ""

    def _cut(self) -> str:
        if self._open is None:
            return ""
        self._open = None
        return " <unfinished ...>\n"

    def _enter(self, event: Event) -> str:
        name = table.name_of(event.number, self.arch)
        call = Call(self.arch, name, event.arguments, event.memory)
        begun, shown = _until_output(call)
        line = f"{self._prefix(event.tid)}{name}({begun}"
        self._pending[event.tid] = _Pending(call, shown, len(line))
        self._open = event.tid
        return line

    def _leave(self, event: Event) -> str:
        name = table.name_of(event.number, self.arch)
        pending = self._pending.pop(event.tid, None)
        before = pending.call.memory if pending else events.Memory()
        call = Call(self.arch, name, event.arguments, event.memory, event.result)
        head, column, shown = self._resume(event.tid, name, pending)
        rest = _remaining(call, before, shown) + ")"
        if name in _STARTS_THREADS and event.result > 0:
            self._threads.add(event.result)
        return head + _aligned(rest, column, results.result(call))

    def _resume(self, tid: int, name: str, pending: _Pending | None) -> tuple[str, int, int]:
        """What comes before the rest of the line, how long the line is then, and what it shows."""
        shown = pending.shown if pending else 0
        if self._open == tid and pending is not None:
            self._open = None
            return "", pending.began, shown
        line = f"{self._prefix(tid)}<... {name} resumed>"
        return self._cut() + line, len(line), shown

    def _signal(self, event: Event) -> str:
        content = event.memory.read(0, 128)
        shown = structures.siginfo(content) if content else "{}"
        return f"{self._prefix(event.tid)}--- {text.signal_name(event.number)} {shown} ---\n"

    def _exit(self, event: Event) -> str:
        pending = self._pending.pop(event.tid, None)
        lines = ""
        status = event.result
        if pending is not None:
            head, column, _ = self._resume(event.tid, pending.call.name, pending)
            lines = head + _aligned(")", column, "?")
            if status < 0:
                status = (pending.call.arguments[0] & 0xFF) << 8
        lines += self._cut() + self._prefix(event.tid) + _ending(max(status, 0))
        self._threads.discard(event.tid)
        return lines


def _until_output(call: Call) -> tuple[str, int]:
    """The arguments that are known before the call, with a comma when more follow, and how many."""
    parts: list[str] = []
    kinds = calls.arguments(call.name)
    order = calls.order(call.name)
    for shown, (at, label) in enumerate(order):
        if kinds[at].out:
            more = any(_argument(call, *later) for later in order[shown:])
            return ", ".join(parts) + (", " if parts and more else ""), shown
        parts += _argument(call, at, label)
    return ", ".join(parts), len(order)


def _remaining(call: Call, before: events.Memory, shown: int) -> str:
    """The other arguments; those that went in are read as they were."""
    kinds = calls.arguments(call.name)
    parts: list[str] = []
    entered = Call(call.arch, call.name, call.arguments, before)
    for at, label in calls.order(call.name)[shown:]:
        parts += _argument(call if kinds[at].out else entered, at, label)
    return ", ".join(parts)


def _argument(call: Call, at: int, label: str) -> list[str]:
    shown = calls.arguments(call.name)[at].show(call, at)
    if shown is None:
        return []
    return [f"{label}={shown}" if label else shown]


def _aligned(rest: str, column: int, result: str) -> str:
    padding = " " * (_RESULT_COLUMN - column - len(rest) - 1)
    return f"{rest} {padding}= {result}\n"


def _ending(wait_status: int) -> str:
    signo = wait_status & 0x7F
    if signo:
        return f"+++ killed by {text.signal_name(signo)} +++\n"
    return f"+++ exited with {wait_status >> 8 & 0xFF} +++\n"
