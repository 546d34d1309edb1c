"""The small pieces that strace's lines are made of: strings, flags, pointers, sets of signals."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STRING_MAX = 32
"""strace -s."""
_ESCAPES = {9: r"\t", 10: r"\n", 11: r"\v", 12: r"\f", 13: r"\r", 34: r"\"", 92: r"\\"}
_PRINTABLE = range(0x20, 0x7F)
_DIGITS = frozenset(b"0123456789")
_FIRST_REALTIME = 32
_SIGNAL_MAX = 64
_BITS = 64
# Numbers that signal.Signals does not know by Linux's name.
_SIGNAL_NAMES = {6: "SIGABRT", 16: "SIGSTKFLT", 17: "SIGCHLD", 29: "SIGIO", 32: "SIGRTMIN"}


def signed(value: int, bits: int = 32) -> int:
    """The low bits of a register as a signed number."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def pointer(value: int) -> str:
    """An address."""
    return f"{value:#x}" if value else "NULL"


def number(value: int) -> str:
    """A number of which the zero has no prefix either, as printf's %#x."""
    return f"{value:#x}" if value else "0"


def octal(value: int) -> str:
    """Permissions, as printf's %#03o."""
    return f"0{value:o}".zfill(3)


def quoted(data: bytes) -> str:
    """In double quotes, with C's escapes; an octal one is as short as what follows permits."""
    parts = []
    for at, byte in enumerate(data):
        if byte in _ESCAPES:
            parts.append(_ESCAPES[byte])
        elif byte in _PRINTABLE:
            parts.append(chr(byte))
        elif data[at + 1 : at + 2] and data[at + 1] in _DIGITS:
            parts.append(f"\\{byte:03o}")
        else:
            parts.append(f"\\{byte:o}")
    return f'"{"".join(parts)}"'


def data(content: bytes, size: int) -> str:
    """The beginning of a buffer of `size` bytes."""
    if size > STRING_MAX or size > len(content):
        return quoted(content[:STRING_MAX]) + "..."
    return quoted(content[:size])


def flags(value: int, names: Mapping[int, str], prefix: str) -> str:
    """Names joined by `|`; what no name covers is a number, and without any a comment follows.

    A name of the value 0 stands for the lack of any other; names of several bits come before those
    of one.
    """
    if value == 0 and 0 in names:
        return names[0]
    words, rest = [], value
    for bits, name in names.items():
        if bits and rest & bits == bits:
            words.append(name)
            rest &= ~bits
    if not words:
        return f"{value:#x} /* {prefix}??? */" if value else "0"
    return "|".join([*words, *([f"{rest:#x}"] if rest else [])])


def choice(value: int, names: Mapping[int, str], prefix: str) -> str:
    """The one name of a value."""
    return names.get(value) or f"{value:#x} /* {prefix}??? */"


def signal_name(number: int) -> str:
    """`SIGINT`, `SIGRT_1`; the number when it is none."""
    if number in _SIGNAL_NAMES:
        return _SIGNAL_NAMES[number]
    if _FIRST_REALTIME < number <= _SIGNAL_MAX:
        return f"SIGRT_{number - _FIRST_REALTIME}"
    return signal.Signals(number).name if number in set(signal.Signals) else str(number)


def signal_set(mask: int) -> str:
    """`[INT TERM]`, or what is missing when most are in."""
    inverted = mask.bit_count() >= _BITS * 2 // 3
    shown = ~mask if inverted else mask
    names = [
        signal_name(number).removeprefix("SIG")
        for number in range(1, _BITS + 1)
        if shown >> (number - 1) & 1
    ]
    return f"{'~' if inverted else ''}[{' '.join(names)}]"


def device(rdev: int) -> str:
    """dev_t as the 64-bit ABI packs it."""
    major = (rdev >> 8 & 0xFFF) | (rdev >> 32 & ~0xFFF)
    minor = (rdev & 0xFF) | (rdev >> 12 & 0xFFFFFF00)
    return f"makedev({number(major)}, {number(minor)})"
