"""Calls whose arguments hang together, or whose results want a closer look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sequences.arguments import (
    APPEND,
    CLOEXEC,
    CREAT,
    EXCL,
    HARMLESS,
    MODES,
    NEVER_BLOCK,
    ODD_SIGNALS,
    OFFSETS,
    OPEN_BITS,
    PAGE,
    PATH,
    SIGNALS,
    TRUNC,
    Bits,
    One,
)
from tests.sequences.generate import arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from hermipy.table import Syscall
    from tests.sequences.generate import Maker

_STAT_BYTES = 128
_MAP_FIXED, _MAP_ANONYMOUS, _MAP_NORESERVE = 0x10, 0x20, 0x4000
_EVENT_BYTES = 16
_RESTARTS = {"SA_RESTART": 0x10000000, "SA_NODEFER": 0x40000000, "SA_SIGINFO": 4}


# --- files ----------------------------------------------------------------------------------------


def open_flags(maker: Maker) -> int:
    bits = OPEN_BITS[maker.arch]
    flags = maker.random.choice((0, 1, 2, 2, 2)) | NEVER_BLOCK
    for flag, chance in ((CREAT, 2), (EXCL, 6), (TRUNC, 6), (APPEND, 6), (CLOEXEC, 4)):
        flags |= 0 if maker.random.randrange(chance) else flag
    if flags & CREAT == 0 and maker.random.randrange(4) == 0:
        flags |= bits["DIRECTORY"]
    if maker.odd():
        flags |= maker.random.choice((bits["NOFOLLOW"], PATH, bits["TMPFILE"]))
    return flags


def _openat(maker: Maker, row: Syscall) -> list[str]:
    directory = maker.directory(row, row.arguments[0])
    return [directory, maker.path(), str(open_flags(maker)), str(maker.pick(MODES))]


def _openat2(maker: Maker, row: Syscall) -> list[str]:
    flags = open_flags(maker)
    mode = maker.pick(MODES) if flags & CREAT or maker.odd() else 0
    how = maker.words(flags, mode, maker.pick(Bits((), odd=(1, 2, 4, 8, 16, 64))))
    size = maker.pick(One((24,), (0, 8, 23, 25, 32)))
    directory = maker.directory(row, row.arguments[0])
    return [directory, maker.path(), maker.pointer(how), str(size)]


def _first_open(maker: Maker, row: Syscall) -> list[str]:
    """The next openat finds what this one made."""
    if maker.descriptors:
        return _openat(maker, row)
    return ["-100", maker.path(), str(CREAT | 2 | NEVER_BLOCK), str(0o644)]


def _looked_at(size_index: int | None) -> Callable[[Maker, Syscall], list[str]]:
    """What was read is printed: as many bytes as the call gave."""

    def make(maker: Maker, row: Syscall) -> list[str]:
        values = arguments(maker, row)
        if size_index is None or int(values[size_index]) >= 0:
            maker.behind.append(f"r {maker.buffer}")
        return values

    return make


def _stat(maker: Maker, row: Syscall) -> list[str]:
    start = maker.space(_STAT_BYTES)
    maker.behind.append(f"x {start}")
    values = arguments(maker, row)
    values[[argument.name for argument in row.arguments].index("statbuf")] = maker.pointer(start)
    return values


def _getdents(maker: Maker, row: Syscall) -> list[str]:
    descriptor = maker.descriptor(row, row.arguments[0])
    return [descriptor, maker.bytes_out(), str(maker.pick(One((4096, 8192), (10,))))]


def _fcntl(maker: Maker, row: Syscall) -> list[str]:
    descriptor = maker.descriptor(row, row.arguments[0])
    command = maker.pick(One((0, 1, 2, 3, 4, 5, 6, 1030, 1032), (36, 37, 11, 1024, 1033, 99, -1)))
    argument = {
        0: lambda: str(maker.pick(One((0, 5, 10), (-1,)))),
        1030: lambda: str(maker.pick(One((0, 5, 10), (-1,)))),
        2: lambda: str(maker.pick(One((0, 1), (-1,)))),
        # An open file that may block would stop the whole sequence.
        4: lambda: str(NEVER_BLOCK | (APPEND if maker.odd() else 0)),
    }.get(command, lambda: _lock(maker) if command in {5, 6, 36, 37} else "0")()
    return [descriptor, str(command), argument]


def _lock(maker: Maker) -> str:
    """A struct flock."""
    kind, whence = maker.pick(One((0, 1, 2), (3,))), maker.pick(One((0, 0, 1, 2), (3,)))
    start = maker.words(0, maker.pick(OFFSETS), maker.pick(One((0, 1, 10, -1), (-100,))), 0)
    maker.before += [f"w {start} 2 {kind}", f"w {start + 2} 2 {whence}"]
    return maker.pointer(start)


def _ioctl(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    start = maker.words(1, size=4)
    if int(values[1]) == 0x541B:
        maker.behind.append(f"o {start} 4")
    return [*values[:2], maker.pointer(start)]


def _xattr(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    names = ("user.a", "user.b", "trusted.a", "security.a", "nothing", "user.", "system.x", "")
    name = maker.random.choice(names)
    start = maker.space(len(name) + 1)
    maker.before.append(f"s {start} {(name.encode() + bytes(1)).hex()}")
    values[1] = maker.pointer(start)
    maker.shown[values[1]] = f'"{name}"'
    if "const void __user *" in [argument.type for argument in row.arguments]:
        values[2] = maker.bytes_in()
    return values


# --- memory ---------------------------------------------------------------------------------------


def _mmap(maker: Maker, row: Syscall) -> list[str]:
    fixed = maker.random.randrange(3)
    flags = maker.random.choice((1, 2, 2)) if not maker.odd() else maker.random.choice((0, 4))
    if not maker.descriptors or maker.random.randrange(3):
        flags |= _MAP_ANONYMOUS
    flags |= _MAP_FIXED if fixed else 0
    flags |= maker.pick(Bits((), odd=(_MAP_NORESERVE, 0x8000)))
    protection = maker.random.choice((3, 3, 3, 1, 0, 7))
    anonymous = flags & _MAP_ANONYMOUS
    descriptor = "-1" if anonymous else maker.descriptor(row, row.arguments[4])
    offset = 0 if anonymous else maker.pick(One((0, 0, PAGE, 2 * PAGE), (100, -PAGE)))
    length = maker.length()
    place = maker.address() if fixed or maker.odd() else "0"
    return [place, length, str(protection), str(flags), descriptor, str(offset)]


def _mremap(maker: Maker, _row: Syscall) -> list[str]:
    old = maker.address()
    flags = maker.random.choice((0, 1, 1, 3, 3, 5 if maker.odd() else 1, 2 if maker.odd() else 3))
    new = maker.address() if flags & 2 else "0"
    return [old, maker.length(), maker.length(), str(flags), new]


def _mincore(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    return [*values[:2], maker.pointer(maker.space(64))]


def _brk(maker: Maker, _row: Syscall) -> list[str]:
    return [f"b{maker.pick(One((0, 1, 100, PAGE, 5 * PAGE, 100000), (-PAGE,)))}"]


# --- signals --------------------------------------------------------------------------------------


def _sigaction(maker: Maker, _row: Syscall) -> list[str]:
    """Only what is harmless gets the default back; SIGSEGV and SIGBUS are the interpreter's."""
    number = maker.random.choice(ODD_SIGNALS if maker.odd() else (*SIGNALS, 17, 18))
    handler = maker.random.choice(("H", "H", "H", "1", "0" if number in HARMLESS else "H"))
    flags = 0
    for flag in _RESTARTS.values():
        flags |= flag if maker.random.randrange(2) else 0
    flags |= _RESTARTS["SA_SIGINFO"] if handler == "H" else 0
    mask = sum(1 << (n - 1) for n in SIGNALS if maker.random.randrange(4) == 0)
    # aarch64 has sa_restorer between the flags and the mask.
    middle = [0] if maker.arch == "aarch64" else []
    action = maker.words(handler, flags, *middle, mask)
    old = maker.space(32)
    maker.behind.append(f"o {old} {(3 + len(middle)) * 8}")
    given = "0" if maker.odd() else maker.pointer(action)
    # Linux has set the action when it finds that it cannot store the old one; qemu-user not.
    return [str(number), given, f"a{old}", maker.set_size()]


def _to_itself(maker: Maker, row: Syscall) -> list[str]:
    """kill, tkill, tgkill and queueing, to the only process that may be meant."""
    number = maker.random.choice((0, 65, -1)) if maker.odd() else maker.random.choice(SIGNALS)
    values = ["P" for argument in row.arguments if argument.type == "pid_t"]
    values.append(str(number))
    if "queueinfo" in row.name:
        code = maker.pick(One((-1, -1, -2), (0, -6, 128)))
        info = maker.words(number, 0, code, 0, 0, 0, maker.random.randrange(100), 0, size=4)
        maker.space(128)
        values.append(maker.pointer(info))
    return values


def _sigtimedwait(maker: Maker, _row: Syscall) -> list[str]:
    # The first three words of a siginfo: number, errno, code.
    info = maker.space(128)
    maker.behind.append(f"o {info} 12")
    timeout = f"a{maker.words(0, 10**9 if maker.odd() else 0)}"
    return [maker.signals(), maker.pointer(info), timeout, maker.set_size()]


def _sigaltstack(maker: Maker, _row: Syscall) -> list[str]:
    flags = maker.pick(One((0, 0, 2), (1, 4)))
    size = maker.pick(One((16384,), (0, 100)))
    stack = maker.words(f"a{maker.space(16384, 16)}", flags, size)
    old = maker.space(24)
    maker.behind.append(f"o {old + 8} 4")
    # Linux has changed the stack when it finds that it cannot store the old one; qemu-user not.
    return ["0" if maker.odd() else maker.pointer(stack), f"a{old}"]


def _setitimer(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    second = maker.random.choice((0, 1000, 100))
    value = maker.words(0, 0, second, 10**6 if maker.odd() else 0)
    return [values[0], maker.pointer(value), maker.pointer(maker.space(32))]


def _getitimer(maker: Maker, row: Syscall) -> list[str]:
    return [arguments(maker, row)[0], maker.pointer(maker.space(32))]


def _timer_create(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    notify = maker.pick(One((0, 1), (4, 3, 99)))
    number = maker.random.choice(ODD_SIGNALS if maker.odd() else SIGNALS)
    event = maker.words(7, 0, number, notify, 0, 0, size=4)
    identity = maker.words(-1, size=4)
    maker.kinds.setdefault("timer", []).append(f"d{identity}")
    return [values[0], "0" if maker.odd() else f"a{event}", f"a{identity}"]


def _timer(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    known = maker.kinds.get("timer", [])
    return [maker.random.choice(known) if known and not maker.odd() else "-1", *values[1:]]


# --- events ---------------------------------------------------------------------------------------


def _anything(maker: Maker, row: Syscall) -> str:
    return maker.descriptor(row, row.arguments[0]) if maker.odd() else maker.random.choice(
        maker.descriptors[-8:] or ["-1"]
    )  # fmt: skip


def _epoll_ctl(maker: Maker, row: Syscall) -> list[str]:
    epoll = maker.descriptor(row, row.arguments[0])
    operation = maker.pick(One((1, 1, 2, 3), (0, 4, -1)))
    events = maker.pick(One((1, 4, 5, 0, 0x80000001, 0x40000005, 0x2001), (0x10000005,)))
    event = maker.words(events, maker.random.randrange(9))
    return [epoll, str(operation), _anything(maker, row), maker.pointer(event)]


def _epoll_wait(maker: Maker, row: Syscall) -> list[str]:
    events = maker.space(8 * _EVENT_BYTES)
    maker.behind.append(f"o {events} {8 * _EVENT_BYTES}")
    timeout = f"a{maker.words(0, 0)}" if row.name == "epoll_pwait2" else "0"
    count = maker.pick(One((8, 8, 2), (0, -1)))
    mask = maker.optional_signals()
    first = maker.descriptor(row, row.arguments[0])
    return [first, maker.pointer(events), str(count), timeout, mask, maker.set_size()]


def _ppoll(maker: Maker, row: Syscall) -> list[str]:
    count = maker.random.randrange(4)
    polled = maker.space(8 * count + 8)
    for index in range(count):
        events = maker.pick(One((1, 4, 5, 0, 0x2001), (0x38,)))
        maker.before += [
            f"w {polled + 8 * index} 4 {_anything(maker, row)}",
            f"w {polled + 8 * index + 4} 4 {events}",
        ]
        maker.behind.append(f"o {polled + 8 * index + 4} 4")
    timeout = f"a{maker.words(0, 10**9 if maker.odd() else 0)}"
    mask = maker.optional_signals()
    return [maker.pointer(polled), str(count), timeout, mask, maker.set_size()]


def _pselect(maker: Maker, _row: Syscall) -> list[str]:
    sets = []
    for _ in range(3):
        start = maker.words(maker.random.choice((0, 0x8, 0x18, 0x30, 0x48)))
        maker.behind.append(f"o {start} 8")
        sets.append("0" if maker.random.randrange(3) == 0 else maker.pointer(start))
    count = maker.pick(One((0, 4, 5, 7, 8), (-1,)))
    return [str(count), *sets, f"a{maker.words(0, 0)}", "0"]


def _futex(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    first, second = maker.word(), maker.word()
    if maker.odd():
        first = f"{first}+2" if first.startswith("r") else "a1026"
    # A number for those that wake, a time that is over soon for those that wait.
    waits = int(values[1]) & 127 in {0, 9}
    timeout = f"a{maker.words(0, 1000)}" if waits else str(maker.pick(One((0, 1), (-1,))))
    return [first, values[1], values[2], timeout, second, values[5]]


def _clock_nanosleep(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    return [str(maker.pick(One((0, 1, 7), (3, 4, 5, 99, -1)))), *values[1:3], values[3]]


def _socketpair(maker: Maker, row: Syscall) -> list[str]:
    return [*arguments(maker, row)[:3], f"a{maker.words(-1, -1, size=4)}"]


def _pipe(maker: Maker, row: Syscall) -> list[str]:
    return [f"a{maker.words(-1, -1, size=4)}", arguments(maker, row)[1]]


def _message(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    if row.name == "recvfrom":
        maker.behind.append(f"r {maker.buffer}")
    return [*values[:4], "0", "0"]


# --- processes ------------------------------------------------------------------------------------


def _prctl(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    text = maker.space(32)
    if values[0] in {"15", "16"}:
        maker.before.append(f"s {text} {b'a name that is long'.hex()}00")
        return [values[0], maker.pointer(text), "0", "0", "0"]
    if values[0] in {"2", "37"}:
        return [values[0], maker.pointer(text), "0", "0", "0"]
    return [*values[:2], "0", "0", "0"]


def _rlimit(maker: Maker, row: Syscall) -> list[str]:
    values = arguments(maker, row)
    old = maker.space(16)
    if row.name == "getrlimit":
        return [values[0], maker.pointer(old)]
    return ["0", values[1], "0", maker.pointer(old)]


SPECIAL: dict[str, Callable[[Maker, Syscall], list[str]]] = {
    "openat": _first_open,
    "openat2": _openat2,
    "read": _looked_at(2),
    "pread64": _looked_at(2),
    "readv": _looked_at(None),
    "preadv": _looked_at(None),
    "preadv2": _looked_at(None),
    "readlinkat": _looked_at(3),
    "getcwd": _looked_at(1),
    "newfstatat": _stat,
    "fstat": _stat,
    "getdents64": _getdents,
    "fcntl": _fcntl,
    "ioctl": _ioctl,
    **dict.fromkeys(("setxattr", "fsetxattr", "getxattr", "fgetxattr", "removexattr"), _xattr),
    "lgetxattr": _xattr,
    "mmap": _mmap,
    "mremap": _mremap,
    "mincore": _mincore,
    "brk": _brk,
    "rt_sigaction": _sigaction,
    **dict.fromkeys(("kill", "tkill", "tgkill"), _to_itself),
    **dict.fromkeys(("rt_sigqueueinfo", "rt_tgsigqueueinfo"), _to_itself),
    "rt_sigtimedwait": _sigtimedwait,
    "sigaltstack": _sigaltstack,
    "setitimer": _setitimer,
    "getitimer": _getitimer,
    "timer_create": _timer_create,
    **dict.fromkeys(("timer_settime", "timer_gettime"), _timer),
    **dict.fromkeys(("timer_delete", "timer_getoverrun"), _timer),
    "epoll_ctl": _epoll_ctl,
    "epoll_pwait": _epoll_wait,
    "epoll_pwait2": _epoll_wait,
    "ppoll": _ppoll,
    "pselect6": _pselect,
    "futex": _futex,
    "clock_nanosleep": _clock_nanosleep,
    "socketpair": _socketpair,
    "pipe2": _pipe,
    "sendto": _message,
    "recvfrom": _message,
    "prctl": _prctl,
    "getrlimit": _rlimit,
    "prlimit64": _rlimit,
}
