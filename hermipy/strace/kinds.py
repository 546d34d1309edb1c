"""What an argument can be: how it is shown, and what of the program's memory that needs.

A kind that is `out` is shown when the call has returned; until then strace's line stops before it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from hermipy.strace import constants, text
from hermipy.strace.events import Memory, What

PATH_MAX = 4096
ELEMENTS_MAX = 32
"""Of an array, as strace's -s has it for strings."""
_ERRNO_MAX = 4095


class Copy(IntEnum):
    """enum capture_kind of kernel/core/trace.c."""

    STRING = 1
    FIXED = 2
    COUNTED = 3
    RESULT = 4
    POINTED = 5
    VECTORS = 6
    STRINGS = 7


@dataclass(frozen=True, slots=True)
class Capture:
    """Memory that the kernel sends along with an event: struct trace_capture."""

    copy: Copy
    size: int = 1
    count: int = 0
    """The argument that says how many."""
    limit: int = PATH_MAX
    what: What = What.ENTER


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as it is known: `result` is None before it returns."""

    arch: str
    name: str
    arguments: tuple[int, ...]
    memory: Memory
    result: int | None = None

    @property
    def failed(self) -> bool:
        """It gave an error, or has to be made again."""
        return self.result is not None and -_ERRNO_MAX <= self.result < 0


Show = Callable[[Call, int], str | None]
"""The text of the argument with that index; None: strace leaves it out."""
Structure = Callable[[Call, bytes], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of argument."""

    show: Show
    captures: tuple[Capture, ...] = ()
    out: bool = False


def value(show: Callable[[int], str]) -> Kind:
    """An argument that is shown without memory."""
    return Kind(lambda call, at: show(call.arguments[at]))


def named(names: Mapping[int, str], prefix: str) -> Kind:
    """One of a set of names."""
    return value(lambda given: text.choice(text.signed(given), names, prefix))


def flags(names: Mapping[int, str], prefix: str, bits: int = 32) -> Kind:
    """Names joined by `|`."""
    return value(lambda given: text.flags(given & ((1 << bits) - 1), names, prefix))


INT = value(lambda given: str(text.signed(given)))
UNSIGNED = value(lambda given: str(given & 0xFFFF_FFFF))
LONG = value(lambda given: str(text.signed(given, 64)))
SIZE = value(str)
HEX = value(text.number)
POINTER = value(text.pointer)
SIGNAL = value(lambda given: text.signal_name(text.signed(given)))
FD = INT
_AT_FDCWD = -100
DIRFD = value(
    lambda given: "AT_FDCWD" if text.signed(given) == _AT_FDCWD else str(text.signed(given))
)


def file_mode(mode: int) -> str:
    """`S_IFREG|0644`."""
    kind = constants.FILE_TYPES.get(mode & 0o170000)
    words = [kind] if kind else []
    words += [name for bit, name in constants.FILE_BITS.items() if kind and mode & bit]
    rest = mode & (0o777 if kind else 0o177777)
    return "|".join([*words, text.octal(rest)])


MODE = value(lambda given: file_mode(given & 0o177777))
PERMISSIONS = value(lambda given: text.octal(given & 0o7777))


def _path(call: Call, at: int) -> str:
    address = call.arguments[at]
    content = call.memory.read_some(address, PATH_MAX) if address else b""
    if not content:
        return text.pointer(address)
    name, nul, _ = content.partition(b"\0")
    return text.quoted(name) + ("" if nul else "...")


PATH = Kind(_path, (Capture(Copy.STRING),))


def _string(call: Call, at: int) -> str:
    address = call.arguments[at]
    content = call.memory.read_some(address, text.STRING_MAX + 1) if address else b""
    if not content:
        return text.pointer(address)
    name, nul, _ = content.partition(b"\0")
    return text.quoted(name[: text.STRING_MAX]) + ("" if nul else "...")


STRING = Kind(_string, (Capture(Copy.STRING, limit=text.STRING_MAX + 1),))


def data(count: int) -> Kind:
    """A buffer that goes in, of as many bytes as argument `count` says."""

    def show(call: Call, at: int) -> str:
        return _buffer(call, call.arguments[at], call.arguments[count])

    return Kind(show, (Capture(Copy.COUNTED, count=count, limit=text.STRING_MAX + 1),))


def random_output() -> Kind:
    """As `output`, in hexadecimal."""
    plain = output()

    def show(call: Call, at: int) -> str | None:
        address, size = call.arguments[at], call.result or 0
        content = call.memory.read_some(address, min(size, text.STRING_MAX))
        if call.failed or not content:
            return plain.show(call, at)
        digits = "".join(f"\\x{byte:02x}" for byte in content)
        return f'"{digits}"' + ("..." if size > text.STRING_MAX else "")

    return Kind(show, plain.captures, out=True)


def output(*, terminated: bool = False) -> Kind:
    """A buffer that comes out, of as many bytes as the call's result says."""

    def show(call: Call, at: int) -> str:
        address, size = call.arguments[at], call.result or 0
        if call.failed or (terminated and not size):
            return text.pointer(address)
        return _buffer(call, address, size - terminated)

    captures = (Capture(Copy.RESULT, limit=PATH_MAX, what=What.LEAVE),)
    return Kind(show, captures, out=True)


def _buffer(call: Call, address: int, size: int) -> str:
    if not size:
        return text.pointer(address) if not address else '""'
    content = call.memory.read_some(address, min(size, text.STRING_MAX))
    return text.data(content, size) if content else text.pointer(address)


def structure(size: int, show: Structure) -> Kind:
    """A structure that goes in."""
    return Kind(_structure(size, show), (Capture(Copy.FIXED, size=size),))


def out_structure(size: int, show: Structure) -> Kind:
    """A structure that comes out, when the call succeeds."""
    captures = (Capture(Copy.FIXED, size=size, what=What.LEAVE),)
    return Kind(_structure(size, show), captures, out=True)


def left_structure(size: int, show: Structure) -> Kind:
    """A structure that comes out when a signal interrupts the call."""
    inner = _structure(size, show)

    def shown(call: Call, at: int) -> str | None:
        interrupted = call.result in (-516, -4)
        if not interrupted:
            return text.pointer(call.arguments[at])
        return inner(Call(call.arch, call.name, call.arguments, call.memory), at)

    captures = (Capture(Copy.FIXED, size=size, what=What.LEAVE),)
    return Kind(shown, captures, out=True)


def _structure(size: int, show: Structure) -> Show:
    def shown(call: Call, at: int) -> str:
        address = call.arguments[at]
        content = None if call.failed or not address else call.memory.read(address, size)
        return text.pointer(address) if content is None else show(call, content)

    return shown


def array(size: int, show: Structure, count: int, *, limit: int = ELEMENTS_MAX) -> Kind:
    """As many structures as argument `count` says, which go in."""
    captures = (Capture(Copy.COUNTED, size=size, count=count, limit=size * limit),)
    return Kind(lambda call, at: elements(call, at, (size, show), call.arguments[count]), captures)


def out_array(size: int, show: Structure, count: int | None = None) -> Kind:
    """As many structures as the result, or an argument, says, which come out."""

    def shown(call: Call, at: int) -> str:
        if call.failed:
            return text.pointer(call.arguments[at])
        number = call.arguments[count] if count is not None else call.result or 0
        return elements(call, at, (size, show), number)

    copy = Copy.RESULT if count is None else Copy.COUNTED
    limit = size * ELEMENTS_MAX
    captures = (Capture(copy, size=size, count=count or 0, limit=limit, what=What.LEAVE),)
    return Kind(shown, captures, out=True)


def elements(call: Call, at: int, element: tuple[int, Structure], count: int) -> str:
    """`[first, second]`; "..." stands for what is too much, and for what is not there."""
    address, (size, show) = call.arguments[at], element
    if not address or not count:
        return text.pointer(address) if not address else "[]"
    content = call.memory.read_some(address, min(count, ELEMENTS_MAX) * size)
    shown = [
        show(call, content[start : start + size])
        for start in range(0, len(content) - size + 1, size)
    ]
    if not shown:
        return text.pointer(address)
    return f"[{', '.join([*shown, *(['...'] if len(shown) < count else [])])}]"


def number_in(code: str) -> Structure:
    """A plain number in memory, by struct's code."""
    packing = struct.Struct(f"<{code}")
    return lambda _, content: str(packing.unpack(content)[0])


def pointed(code: str) -> Kind:
    """`[5]`: a number that a pointer names, which goes in."""
    show = number_in(code)
    return structure(struct.calcsize(code), lambda call, content: f"[{show(call, content)}]")


def out_pointed(code: str, count: int = 1) -> Kind:
    """`[3, 4]`: numbers that come out."""
    size = struct.calcsize(code)
    show = number_in(code)

    def shown(call: Call, content: bytes) -> str:
        parts = (content[at : at + size] for at in range(0, size * count, size))
        return f"[{', '.join(show(call, part) for part in parts)}]"

    return out_structure(size * count, shown)
