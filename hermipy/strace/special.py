"""Arguments whose meaning hangs on other arguments: flags that bring a mode, commands, sizes."""

from __future__ import annotations

import struct

from hermipy.strace import constants, structures, text
from hermipy.strace.events import What
from hermipy.strace.kinds import (
    PERMISSIONS,
    STRING,
    Call,
    Capture,
    Copy,
    Kind,
    elements,
    out_structure,
    pointed,
    structure,
)

_OPEN_MODE = constants.OPEN_CREATE | constants.OPEN_TMPFILE


def open_flags(call: Call, at: int) -> str:
    """O_RDONLY and what is joined to it."""
    return structures.open_flags(call.arch, call.arguments[at] & 0xFFFF_FFFF)


def open_mode(call: Call, at: int) -> str | None:
    """The permissions of a file that the flags would make."""
    creates = call.arguments[at - 1] & _OPEN_MODE
    return PERMISSIONS.show(call, at) if creates else None


def ipc_key(given: int) -> str:
    """A key of System V IPC."""
    return text.number(given & 0xFFFF_FFFF) if given & 0xFFFF_FFFF else "IPC_PRIVATE"


def shm_flags(given: int) -> str:
    """shmget(2): flags, and permissions as a number."""
    rest = given & 0xFFFF_FFFF & ~0o777
    words = [text.flags(rest, constants.SHM_GET, "SHM_")] if rest else []
    return "|".join([*words, text.octal(given & 0o777)])


def access_mode(given: int) -> str:
    """R_OK and so on."""
    return text.flags(given & 0xFFFF_FFFF, constants.ACCESS, "?_OK")


def map_flags(given: int) -> str:
    """MAP_PRIVATE and what is joined to it."""
    kind = constants.MAP_TYPES.get(given & 0xF, f"{given & 0xF:#x} /* MAP_??? */")
    rest = given & 0xFFFF_FFF0
    return kind + (f"|{text.flags(rest, constants.MAP, 'MAP_')}" if rest else "")


def mremap_address(call: Call, at: int) -> str | None:
    """The new place, where the flags ask for one."""
    moves = call.arguments[at - 1] & 6  # MREMAP_FIXED, MREMAP_DONTUNMAP
    return text.pointer(call.arguments[at]) if moves else None


def statx_flags(given: int) -> str:
    """The way to synchronise, then AT_ flags."""
    rest = given & 0xFFFF_FFFF & ~0x6000
    sync = constants.AT_STATX.get(given & 0x6000, "AT_STATX_SYNC_AS_STAT")
    return "|".join([sync, *([text.flags(rest, constants.AT, "AT_")] if rest else [])])


def futex_operation(given: int) -> str:
    """FUTEX_WAIT_PRIVATE and so on."""
    operation, private, clock = given & 0x7F, given & 0x80, given & 0x100
    name = constants.FUTEX.get(operation, f"{operation:#x} /* FUTEX_??? */")
    return f"{name}{'_PRIVATE' if private else ''}{'|FUTEX_CLOCK_REALTIME' if clock else ''}"


_FUTEX_WAITS = frozenset((0, 6, 9, 11, 13))  # WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2
_FUTEX_WAKES = frozenset((1, 10))
_FUTEX_BITSETS = frozenset((9, 10))
_FUTEX_ONE = frozenset((7, 8))  # UNLOCK_PI, TRYLOCK_PI
_FUTEX_PI = frozenset((6, 13))
TIMESPEC = structure(16, structures.timespec)


def futex_value(call: Call, at: int) -> str | None:
    """What is compared, or how many are woken."""
    operation = call.arguments[1] & 0x7F
    if operation in _FUTEX_ONE | _FUTEX_PI:
        return None
    bits = call.arguments[at] & 0xFFFF_FFFF
    return str(text.signed(bits)) if operation in _FUTEX_WAKES else str(bits)


def futex_timeout(call: Call, at: int) -> str | None:
    """The time limit, or how many are moved."""
    operation = call.arguments[1] & 0x7F
    if operation in _FUTEX_ONE:
        return None
    if operation in _FUTEX_WAITS:
        return TIMESPEC.show(call, at)
    if operation in _FUTEX_WAKES:
        return "NULL" if operation in _FUTEX_BITSETS else None
    return str(text.signed(call.arguments[at]))


def futex_second(call: Call, at: int) -> str | None:
    """The other futex."""
    operation = call.arguments[1] & 0x7F
    if operation in _FUTEX_BITSETS:
        return "NULL" if not call.arguments[at] else text.pointer(call.arguments[at])
    shown = operation not in _FUTEX_WAITS | _FUTEX_WAKES | _FUTEX_ONE or operation == 11
    return text.pointer(call.arguments[at]) if shown else None


_FUTEX_CMP_REQUEUE, _FUTEX_WAKE_OP = 4, 5


def futex_third(call: Call, at: int) -> str | None:
    """The bits, what is compared, or the operation."""
    operation, given = call.arguments[1] & 0x7F, call.arguments[at] & 0xFFFF_FFFF
    if operation in _FUTEX_BITSETS:
        return "FUTEX_BITSET_MATCH_ANY" if given == 0xFFFF_FFFF else f"{given:#x}"
    if operation in (_FUTEX_CMP_REQUEUE, 12):
        return str(given)
    return f"{given:#x}" if operation == _FUTEX_WAKE_OP else None


_F_SETTERS = {2: constants.FD_FLAGS, 1033: constants.SEALS}
_F_NO_ARGUMENT = frozenset((1, 3, 9, 11, 1025, 1032, 1034))
_F_SETFL, _F_SETSIG = 4, 10
_F_LOCKS = frozenset((5, 6, 7, 36, 37, 38))
_F_GETLK = frozenset((5, 36))


def fcntl_argument(call: Call, at: int) -> str | None:
    """What the command takes."""
    command, given = call.arguments[1] & 0xFFFF_FFFF, call.arguments[at]
    if command in _F_NO_ARGUMENT:
        return None
    if command in _F_SETTERS:
        prefix = "FD_" if command == 2 else "F_SEAL_"
        return text.flags(given & 0xFFFF_FFFF, _F_SETTERS[command], prefix)
    if command == _F_SETFL:
        return structures.open_flags(call.arch, given & 0xFFFF_FFFF)
    if command in _F_LOCKS:
        entering = Call(call.arch, call.name, call.arguments, call.memory)
        return _FLOCK.show(call if command in _F_GETLK else entering, at)
    if command == _F_SETSIG:
        return text.signal_name(given) if given else "0"
    return str(text.signed(given))


_FLOCK = structure(32, structures.flock)
_IOCTL_STRUCTURES = {
    0x5401: structure(36, structures.termios),
    0x5402: structure(36, structures.termios),
    0x5403: structure(36, structures.termios),
    0x5404: structure(36, structures.termios),
    0x5413: structure(8, structures.winsize),
    0x5414: structure(8, structures.winsize),
    0x540F: pointed("i"),
    0x5410: pointed("i"),
    0x5411: pointed("i"),
    0x541B: pointed("i"),
    0x5421: pointed("i"),
    0x5429: pointed("i"),
    0x80045430: pointed("i"),
    0x40045431: pointed("i"),
}
_IOCTL_NOTHING = frozenset((0x540E, 0x5422, 0x5450, 0x5451))


def ioctl_argument(call: Call, at: int) -> str | None:
    """What the request takes or gives."""
    request = call.arguments[1] & 0xFFFF_FFFF
    if request in _IOCTL_NOTHING:
        return None
    kind = _IOCTL_STRUCTURES.get(request)
    return kind.show(call, at) if kind else text.number(call.arguments[at])


def ioctl_request(given: int) -> str:
    """TCGETS and so on, else the parts of the number."""
    request = given & 0xFFFF_FFFF
    name = constants.IOCTLS.get(request)
    if name:
        return name
    ways = {0: "_IOC_NONE", 1: "_IOC_WRITE", 2: "_IOC_READ", 3: "_IOC_READ|_IOC_WRITE"}
    return (
        f"_IOC({ways[request >> 30]}, {text.number(request >> 8 & 0xFF)}, "
        f"{text.number(request & 0xFF)}, {text.number(request >> 16 & 0x3FFF)})"
    )


_PR_STRINGS = frozenset((15, 16))
_PR_NONE = frozenset((3, 7, 21, 30))
_PR_POINTERS = frozenset((2, 37))
_PR_SET_PDEATHSIG = 1


def prctl_argument(call: Call, at: int) -> str | None:
    """What the option takes or gives."""
    option = call.arguments[0] & 0xFFFF_FFFF
    if option in _PR_STRINGS:
        return STRING.show(call, at)
    if option in _PR_NONE:
        return None
    if option == _PR_SET_PDEATHSIG:
        return text.signal_name(call.arguments[at]) if call.arguments[at] else "0"
    return pointed("i").show(call, at) if option in _PR_POINTERS else str(call.arguments[at])


# PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_CAP_AMBIENT,
# PR_SET_VMA: the others take one argument.
_PR_MORE = frozenset((38, 39, 41, 42, 47, 0x53564D41))


def prctl_rest(call: Call, at: int) -> str | None:
    """The third argument and those behind it."""
    option = call.arguments[0] & 0xFFFF_FFFF
    hidden = option in constants.PRCTL and option not in _PR_MORE
    return None if hidden else text.number(call.arguments[at])


def action(*, out: bool) -> Kind:
    """What rt_sigaction takes or gives."""

    def show(call: Call, at: int) -> str | None:
        size = structures.SIGACTION_BYTES[call.arch]
        return (out_structure if out else structure)(size, structures.sigaction).show(call, at)

    most = max(structures.SIGACTION_BYTES.values())
    captures = (Capture(Copy.FIXED, size=most, what=What.LEAVE if out else What.ENTER),)
    return Kind(show, captures, out=out)


def vectors(*, out: bool, count: int = 2) -> Kind:
    """An array of iovecs and what they name."""

    def show(call: Call, at: int) -> str:
        if call.failed:
            return text.pointer(call.arguments[at])
        element = (structures.IOVEC_BYTES, structures.iovec)
        return elements(call, at, element, call.arguments[count])

    what = What.LEAVE if out else What.ENTER
    capture = Capture(Copy.VECTORS, count=count, limit=text.STRING_MAX + 1, what=what)
    return Kind(show, (capture,), out=out)


def entries(call: Call, at: int) -> str:
    """getdents64: how many came."""
    address = call.arguments[at]
    if call.failed or call.result is None:
        return text.pointer(address)
    content, found, where = call.memory.read_some(address, call.result), 0, 0
    while where + 19 <= len(content):  # struct linux_dirent64 before the name
        (length,) = struct.unpack_from("<H", content, where + 16)
        found, where = found + 1, where + max(length, 1)
    return f"{text.pointer(address)} /* {found} entries */"


def affinity(*, out: bool) -> Kind:
    """The CPUs in a mask."""

    def show(call: Call, at: int) -> str:
        size = call.result if out else call.arguments[1]
        if call.failed or not size:
            return text.pointer(call.arguments[at])
        mask = int.from_bytes(call.memory.read_some(call.arguments[at], size), "little")
        return _set_of(mask)

    capture = (
        Capture(Copy.RESULT, what=What.LEAVE) if out else Capture(Copy.COUNTED, count=1, limit=128)
    )
    return Kind(show, (capture,), out=out)


def _set_of(mask: int) -> str:
    return f"[{' '.join(str(at) for at in range(mask.bit_length()) if mask >> at & 1)}]"


_FD_SET_BYTES = 128


def _descriptors(call: Call, at: int) -> str:
    address = call.arguments[at]
    content = call.memory.read_some(address, _FD_SET_BYTES)
    limit = max(text.signed(call.arguments[0]), 0)
    mask = int.from_bytes(content, "little") & ((1 << limit) - 1)
    return _set_of(mask) if address and content else text.pointer(address)


FD_SET = Kind(
    _descriptors,
    (
        Capture(Copy.FIXED, size=_FD_SET_BYTES),
        Capture(Copy.FIXED, size=_FD_SET_BYTES, what=What.LEAVE),
    ),
)


def strings(call: Call, at: int) -> str:
    """The words of execve's argv."""
    words: list[str] = []
    address = call.arguments[at]
    while (word := call.memory.read(address + 8 * len(words), 8)) and any(word):
        content = call.memory.read_some(int.from_bytes(word, "little"), text.STRING_MAX + 1)
        words.append(text.data(content.split(b"\0")[0], content.find(b"\0") % (1 << 32)))
    return f"[{', '.join(words)}]" if words else text.pointer(address)


def variables(call: Call, at: int) -> str:
    """How many variables execve's envp has."""
    address, count = call.arguments[at], 0
    while (word := call.memory.read(address + 8 * count, 8)) and any(word):
        count += 1
    return f"{text.pointer(address)} /* {count} vars */" if address else "NULL"


def address(length: int) -> Kind:
    """A socket's address of as many bytes as an argument says."""

    def show(call: Call, at: int) -> str:
        address = call.arguments[at]
        content = call.memory.read_some(address, call.arguments[length]) if address else b""
        return (
            structures.socket_address(call, content) if len(content) > 1 else text.pointer(address)
        )

    return Kind(show, (Capture(Copy.COUNTED, count=length, limit=128),))


def out_address(length: int) -> Kind:
    """A socket's address of as many bytes as the word behind an argument says."""

    def show(call: Call, at: int) -> str:
        address = call.arguments[at]
        size = call.memory.read(call.arguments[length], 4)
        if call.failed or not address or size is None:
            return text.pointer(address)
        content = call.memory.read_some(address, int.from_bytes(size, "little"))
        return (
            structures.socket_address(call, content) if len(content) > 1 else text.pointer(address)
        )

    captures = (Capture(Copy.POINTED, count=length, limit=128, what=What.LEAVE),)
    return Kind(show, captures, out=True)


def socket_type(given: int) -> str:
    """SOCK_STREAM and what is joined to it."""
    kind = text.choice(given & 0xF, constants.SOCKET_TYPES, "SOCK_")
    rest = given & 0xFFFF_FFF0
    return kind + (f"|{text.flags(rest, constants.SOCKET_FLAGS, 'SOCK_')}" if rest else "")


def clone_flags(given: int) -> str:
    """CLONE_ flags and the signal."""
    signo = given & 0xFF
    names = text.flags(given & 0xFFFF_FF00, constants.CLONE, "CLONE_") if given >> 8 else ""
    return "|".join(filter(None, [names, text.signal_name(signo) if signo else ""])) or "0"


def device(call: Call, at: int) -> str | None:
    """The number of a device that mknodat makes."""
    is_device = call.arguments[at - 1] & 0o170000 in (0o020000, 0o060000)
    return text.device(call.arguments[at] & 0xFFFF_FFFF) if is_device else None


def signal_or_zero(given: int) -> str:
    """A signal's name, or 0 which tests only."""
    return text.signal_name(text.signed(given)) if given & 0xFFFF_FFFF else "0"


def status(call: Call, at: int) -> str:
    """Wait(2)'s word, by the macros that take it apart."""
    address = call.arguments[at]
    content = call.memory.read(address, 4) if address and (call.result or 0) > 0 else None
    if content is None:
        return text.pointer(address)
    word = int.from_bytes(content, "little")
    signo, code = word & 0x7F, word >> 8 & 0xFF
    if signo == 0x7F:
        return f"[{{WIFSTOPPED(s) && WSTOPSIG(s) == {text.signal_name(code)}}}]"
    if signo:
        dumped = " && WCOREDUMP(s)" if word & 0x80 else ""
        return f"[{{WIFSIGNALED(s) && WTERMSIG(s) == {text.signal_name(signo)}{dumped}}}]"
    return f"[{{WIFEXITED(s) && WEXITSTATUS(s) == {code}}}]"
