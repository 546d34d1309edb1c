"""The report of a fault that ended the program: the kernel sends the facts, here they get names.

core/report.c has the format: lines `key value...`, registers by their DWARF numbers, the
app's memory map, and a piece of its stack. Names come from the symbols of the program and its
libraries, the backtrace from their unwind tables (unwind.py).
"""

from __future__ import annotations

import bisect
import re
import signal
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hermipy import table
from hermipy.errors import HermipyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hermipy.elf import Elf
    from hermipy.relay import Outcome
    from hermipy.session import Runnable
    from hermipy.unwind import Tables

_RISCV = (
    "zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 "
    "a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6"
)
_REGISTERS = {
    "riscv64": tuple(_RISCV.split()),
    "aarch64": (*(f"x{number}" for number in range(31)), "sp"),
}
# <asm-generic/siginfo.h>
_CODES = {
    ("SIGSEGV", 1): "nothing is mapped there",
    ("SIGSEGV", 2): "the mapping does not permit it",
    ("SIGBUS", 1): "the address is not aligned",
    ("SIGBUS", 2): "behind the end of the mapped file",
    ("SIGILL", 1): "not an instruction of this machine",
    ("SIGTRAP", 1): "a breakpoint instruction",
}
_PER_LINE = 4


@dataclass(frozen=True, slots=True)
class Area:
    """A piece of the program's memory, as /proc/PID/maps shows it."""

    start: int
    end: int
    protection: str
    file_offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What the kernel said."""

    signo: int
    code: int
    address: int
    thread: str
    pc: int
    registers: dict[int, int]
    areas: tuple[Area, ...]
    stack: tuple[int, bytes]
    state: tuple[str, ...] = ()
    """`running`, `runnable`, or `sleeping` with a call's number and arguments."""


def report(outcome: Outcome, what: Runnable) -> list[str]:
    """The lines for the user's stderr."""
    fault = read(outcome.fault, outcome.stack or (0, b""))
    places = _Places(fault.areas, what.file)
    frames = places.backtrace(fault, what.arch)
    return [
        _headline(fault),
        f"  at {places.describe(fault.pc)}",
        *_register_lines(fault, what.arch),
        "  backtrace:",
        *(f"    #{depth:<2} {places.describe(pc)}" for depth, pc in enumerate(frames)),
    ]


def whereabouts(text: str, what: Runnable) -> list[str]:
    """Where every thread is, out of the kernel's answer to ^C: a few lines for each."""
    areas: tuple[Area, ...] = ()
    lines: list[list[str]] = []
    # Behind a process's threads come its areas: from the end, they are known first.
    for part in reversed(re.split(r"^(?=thread )", text, flags=re.MULTILINE)):
        thread = read(part, (0, b""))
        areas = thread.areas or areas
        if thread.state:
            lines.append(_thread_lines(thread, _Places(areas, what.file), what.arch))
    return [line for part in reversed(lines) for line in part]


_RETURN_ADDRESS = {"riscv64": 1, "aarch64": 30}
_STACK_POINTER = {"riscv64": 2, "aarch64": 31}


def _thread_lines(thread: Fault, places: _Places, arch: str) -> list[str]:
    back = thread.registers.get(_RETURN_ADDRESS[arch], 0)
    stack = thread.registers.get(_STACK_POINTER[arch], 0)
    return [
        f"thread {thread.thread}: {_doing(thread.state, arch)}",
        f"  at {places.describe(thread.pc)}, sp {stack:#x}",
        f"  called from {places.describe(back)}",
    ]


def _doing(state: tuple[str, ...], arch: str) -> str:
    word, *call = state
    if not call:
        return word
    row = table.by_number(arch).get(int(call[0]))
    shown = call[1 : 1 + len(row.arguments)] if row else call[1:]
    return f"waits in {table.name_of(int(call[0]), arch)}({', '.join(shown)})"


def read(text: str, stack: tuple[int, bytes]) -> Fault:
    """The facts out of the kernel's lines; what an older kernel leaves out is empty or zero."""
    words: dict[str, list[str]] = {}
    registers: dict[int, int] = {}
    areas = []
    for line in text.splitlines():
        key, *values = line.split(" ", 5 if line.startswith("area") else -1)
        if key == "register":
            registers[int(values[0])] = int(values[1], 16)
        elif key == "area":
            numbers = [int(values[i], 16) for i in (0, 1, 3)]
            name = values[4] if values[4:] else ""
            areas.append(Area(numbers[0], numbers[1], values[2], numbers[2], name))
        else:
            words[key] = values
    signo, code, address = words.get("signal", ["0", "0", "0x0"])[:3]
    return Fault(
        signo=int(signo),
        code=int(code),
        address=int(address, 16),
        thread=" ".join(words.get("thread", ["?"])),
        pc=int(words.get("pc", ["0x0"])[0], 16),
        registers=registers,
        areas=tuple(areas),
        stack=stack,
        state=tuple(words.get("state", ())),
    )


def _headline(fault: Fault) -> str:
    name = signal.Signals(fault.signo).name if fault.signo in set(signal.Signals) else "signal"
    reason = _CODES.get((name, fault.code), f"code {fault.code}")
    return f"{name} at address {fault.address:#x} ({reason}), thread {fault.thread}"


def _register_lines(fault: Fault, arch: str) -> list[str]:
    names = _REGISTERS[arch]
    shown = [
        f"{names[number]:>4} {value:016x}"
        for number, value in sorted(fault.registers.items())
        if number < len(names)
    ]
    return ["  " + "  ".join(shown[at : at + _PER_LINE]) for at in range(0, len(shown), _PER_LINE)]


@dataclass(frozen=True, slots=True)
class _Object:
    """A file of the program's code, and its functions: (start, size, name) by linked address."""

    elf: Elf
    functions: list[tuple[int, int, str]]

    def function(self, linked: int) -> tuple[int, str] | None:
        """Start and name of the function that holds a linked address."""
        at = bisect.bisect_right(self.functions, (linked, 1 << 64, ""))
        if not at:
            return None
        start, size, name = self.functions[at - 1]
        return (start, name) if linked < start + size else None


def _object(data: bytes | None) -> _Object | None:
    from hermipy import elf  # noqa: PLC0415  only a fault needs the reader

    try:
        file = elf.parse("object", data) if data is not None else None
    except HermipyError:
        return None
    if file is None:
        return None
    return _Object(file, sorted((s.address, s.size, s.name) for s in file.symbols if s.name))


class _Places:
    """Names for addresses: function and offset, else file and offset, else the bare number."""

    def __init__(self, areas: tuple[Area, ...], read: Callable[[str], bytes | None]) -> None:
        self._areas = areas
        self._object_of = cache(lambda name: _object(read(name)))
        self._tables_of = cache(_tables)

    def describe(self, address: int) -> str:
        area, linked = self._area(address), self._linked(address)
        where = f" ({area.name})" if area and area.name else ""
        if linked is None:
            return f"{address:#x}{where}"
        code = self._code(address)
        function = code.function(linked) if code else None
        if function is None:
            return f"{address:#x} {linked:#x} in the file{where}"
        return f"{address:#x} {function[1]}+{linked - function[0]:#x}{where}"

    def backtrace(self, fault: Fault, arch: str) -> list[int]:
        from hermipy import unwind  # noqa: PLC0415  pyelftools is slow to import

        program = unwind.Program(
            tables=self._tables, linked=self._linked, code_before=self._code_before
        )
        state = unwind.State(fault.pc, fault.registers, fault.stack)
        return unwind.backtrace(state, arch, program)

    def _area(self, address: int) -> Area | None:
        return next((area for area in self._areas if area.start <= address < area.end), None)

    def _code(self, address: int) -> _Object | None:
        """The object whose code lies at an address."""
        area = self._area(address)
        if area is None or not area.name.startswith("/") or "x" not in area.protection:
            return None
        return self._object_of(area.name)

    def _linked(self, address: int) -> int | None:
        """The address as its object's file has it; None outside of code."""
        area, code = self._area(address), self._code(address)
        if area is None or code is None:
            return None
        offset = address - area.start + area.file_offset
        for segment in code.elf.loads:
            if segment.offset <= offset < segment.offset + segment.file_size:
                return int(segment.address + offset - segment.offset)
        return None

    def _tables(self, address: int) -> Tables | None:
        code = self._code(address)
        return self._tables_of(code.elf.data) if code else None

    def _code_before(self, address: int) -> bytes | None:
        code, linked = self._code(address), self._linked(address)
        function = code.function(linked) if code and linked is not None else None
        if code is None or linked is None or function is None:
            return None
        return code.elf.read(function[0], linked - function[0])


def _tables(data: bytes) -> Tables:
    from hermipy import unwind  # noqa: PLC0415  pyelftools is slow to import

    return unwind.Tables(data)
