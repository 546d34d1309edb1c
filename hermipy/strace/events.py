"""What the kernel sends: struct channel_trace and pieces of memory (kernel/include/channel.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

_HEAD = struct.Struct("<IiQq6Q")
_PIECE = struct.Struct("<QQ")


class What(IntEnum):
    """enum channel_trace_event."""

    ENTER = 1
    LEAVE = 2
    SIGNAL = 3
    EXIT = 4


@dataclass(frozen=True, slots=True)
class Memory:
    """The pieces of the program's memory that came with an event."""

    pieces: tuple[tuple[int, bytes], ...] = ()

    def read(self, address: int, size: int) -> bytes | None:
        """`size` bytes, or None when they did not all come."""
        data = self.read_some(address, size)
        return data if len(data) == size else None

    def read_some(self, address: int, limit: int) -> bytes:
        """As many bytes as came, up to a limit; of several pieces the one that has most."""
        found = b""
        for start, data in self.pieces:
            if start <= address < start + len(data):
                part = data[address - start : address - start + limit]
                found = part if len(part) > len(found) else found
        return found


@dataclass(frozen=True, slots=True)
class Event:
    """One message."""

    what: int
    tid: int
    number: int
    result: int
    arguments: tuple[int, ...]
    memory: Memory


def parse(payload: bytes) -> Event:
    """The event in a message of Kind.TRACE."""
    what, tid, number, result, *arguments = _HEAD.unpack_from(payload)
    pieces = []
    at = _HEAD.size
    while at + _PIECE.size <= len(payload):
        address, size = _PIECE.unpack_from(payload, at)
        at += _PIECE.size
        pieces.append((address, payload[at : at + size]))
        at += size
    return Event(what, tid, number, result, tuple(arguments), Memory(tuple(pieces)))
