"""The other end of kernel/include/channel.h: messages between kernel and `hermipy run`."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<B3xI")
_STATS_ROW = struct.Struct("<I4xQQQ")


class Kind(IntEnum):
    """enum channel_kind."""

    STDOUT = 1
    STDERR = 2
    LOG = 3
    EXIT = 4
    FAULT = 5
    STATS = 6
    MISSING = 7
    FAULT_STACK = 8
    MEMORY = 9
    STDIN_ROOM = 10
    MEMORY_LEFT = 11
    TRACE = 12
    WHERE = 13
    STDIN = 32
    STDIN_END = 33
    WINDOW = 34
    SIGNAL = 35
    ASK_WHERE = 36


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `kind` is a plain number when this version does not know it."""

    kind: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """How often one syscall was made."""

    number: int
    direct: int
    trap: int
    errors: int


class Decoder:
    """Cuts a stream of bytes into messages; what is not complete waits for the next bytes."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes."""
        self._pending += data
        at = 0
        while at + _HEADER.size <= len(self._pending):
            kind, size = _HEADER.unpack_from(self._pending, at)
            end = at + _HEADER.size + size
            if end > len(self._pending):
                break
            yield Message(kind, bytes(self._pending[at + _HEADER.size : end]))
            at = end
        del self._pending[:at]


def encode(kind: Kind, payload: bytes = b"") -> bytes:
    """One message's bytes."""
    return _HEADER.pack(kind, len(payload)) + payload


def signal(number: int) -> bytes:
    """A signal for the foreground process."""
    return encode(Kind.SIGNAL, struct.pack("<i", number))


def window(rows: int, columns: int) -> bytes:
    """The terminal's size."""
    return encode(Kind.WINDOW, struct.pack("<HH", rows, columns))


def number(payload: bytes) -> int:
    """The integer that EXIT, MISSING, MEMORY, MEMORY_LEFT and STDIN_ROOM carry, by its size."""
    return int.from_bytes(payload[:8], "little", signed=len(payload) == struct.calcsize("i"))


def counts(payload: bytes) -> tuple[Count, ...]:
    """The rows of STATS."""
    whole = len(payload) - len(payload) % _STATS_ROW.size
    return tuple(Count(*row) for row in _STATS_ROW.iter_unpack(payload[:whole]))
