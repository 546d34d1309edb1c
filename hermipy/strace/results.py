"""What a call gave back: the text behind the equals sign."""

from __future__ import annotations

import errno
import os
import struct
from typing import TYPE_CHECKING

from hermipy.strace import calls, constants, structures, text

if TYPE_CHECKING:
    from hermipy.strace.events import Memory
    from hermipy.strace.kinds import Call

_POINTERS = frozenset(("brk", "mmap", "mremap", "shmat"))
_ERRNO_MAX = 4095
_F_GETFD, _F_GETFL = 1, 3


def result(call: Call) -> str:
    """`3`, `0x7f...`, `-1 ENOENT (No such file or directory)`, `? ERESTARTSYS (...)`."""
    assert call.result is not None, "the call has returned"
    if call.failed:
        return _error(-call.result)
    if call.name in _POINTERS:
        return text.pointer(call.result & ((1 << 64) - 1)) if call.result else "NULL"
    if call.name == "umask":
        return text.octal(call.result)
    return _SPECIAL.get(call.name, _plain)(call)


def _error(number: int) -> str:
    if number in constants.RESTARTS:
        name, meaning = constants.RESTARTS[number]
        return f"? {name} ({meaning})"
    if number > _ERRNO_MAX or number not in errno.errorcode:
        return f"-1 (errno {number})"
    name = {errno.EAGAIN: "EAGAIN", errno.EDEADLK: "EDEADLK"}.get(number, errno.errorcode[number])
    name = "EOPNOTSUPP" if number == errno.EOPNOTSUPP else name
    return f"-1 {name} ({os.strerror(number)})"


def _plain(call: Call) -> str:
    return str(call.result)


def _fcntl(call: Call) -> str:
    given, command = call.result or 0, call.arguments[1]
    if command == _F_GETFL:
        return f"{text.number(given)} (flags {structures.open_flags(call.arch, given)})"
    if command == _F_GETFD and given:
        return f"{given:#x} (flags {text.flags(given, constants.FD_FLAGS, 'FD_')})"
    return str(given)


def _ppoll(call: Call) -> str:
    if not call.result:
        return "0 (Timeout)"
    shown = []
    for at in range(call.arguments[1]):
        content = call.memory.read(call.arguments[0] + 8 * at, 8)
        if content is None:
            break
        descriptor, _, returned = struct.unpack("<ihH", content)
        if returned:
            revents = text.flags(returned, constants.POLL, "POLL")
            shown.append(f"{{fd={descriptor}, revents={revents}}}")
    left = _left(call.arguments[2], call.memory)
    return f"{call.result} ([{', '.join(shown)}]{left})"


def _left(address: int, memory: Memory) -> str:
    content = memory.read(address, 16) if address else None
    return f", left {structures.timespec(None, content)}" if content else ""


def _pselect(call: Call) -> str:
    if not call.result:
        return "0 (Timeout)"
    sets = [
        f"{name} {shown}"
        for name, at in (("in", 1), ("out", 2), ("except", 3))
        if call.arguments[at]
        and (shown := calls.arguments("pselect6")[at].show(call, at)) not in (None, "[]")
    ]
    return f"{call.result} ({', '.join(sets)}{_left(call.arguments[4], call.memory)})"


def _membarrier(call: Call) -> str:
    given = call.result or 0
    if not given:
        return "0"
    names = {bit: name for bit, name in constants.MEMBARRIER.items() if bit}
    return f"{given:#x} ({text.flags(given, names, 'MEMBARRIER_CMD_')})"


_SPECIAL = {
    "fcntl": _fcntl,
    "membarrier": _membarrier,
    "ppoll": _ppoll,
    "pselect6": _pselect,
}
