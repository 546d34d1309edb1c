"""What each argument of each call is.

Most follow from the table's prototypes, by the argument's name or type; the rest is said here.

From the same description come the text and the plan of what the kernel copies (`plan`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hermipy import table
from hermipy.strace import constants, special, structures, text
from hermipy.strace.events import What
from hermipy.strace.kinds import (
    DIRFD,
    FD,
    HEX,
    INT,
    LONG,
    MODE,
    PATH,
    PATH_MAX,
    PERMISSIONS,
    POINTER,
    SIGNAL,
    SIZE,
    STRING,
    UNSIGNED,
    Capture,
    Copy,
    Kind,
    array,
    data,
    flags,
    left_structure,
    named,
    out_array,
    out_pointed,
    out_structure,
    output,
    pointed,
    random_output,
    structure,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hermipy.table import Argument, Syscall


_AT_FLAGS = flags(constants.AT, "AT_")
_CLOCK = named(constants.CLOCKS, "CLOCK_")
_OPEN_FLAGS = Kind(special.open_flags)
_TIMEVAL_PAIR = structure(32, structures.itimerval)
_OUT_TIMEVAL_PAIR = out_structure(32, structures.itimerval)
_SIGSET = structure(8, structures.sigset)
_OUT_SIGSET = out_structure(8, structures.sigset)
_OUT_TIMESPEC = out_structure(16, structures.timespec)
_LEFT_TIMESPEC = left_structure(16, structures.timespec)
_ITIMERSPEC = structure(32, structures.itimerspec)
_OUT_ITIMERSPEC = out_structure(32, structures.itimerspec)
_RUSAGE = out_structure(144, structures.rusage)
_NOBODY = 0xFFFF_FFFF
_ID = value(lambda given: "-1" if given & _NOBODY == _NOBODY else str(given & _NOBODY))
_OUT_ID = out_pointed("I")
_PRIORITY = structure(4, lambda _, content: f"[{int.from_bytes(content[:4], 'little')}]")
_OUT_PRIORITY = out_structure(4, lambda _, content: f"[{int.from_bytes(content[:4], 'little')}]")
_OFFSET = pointed("q")
_SIGNAL_OR_ZERO = value(special.signal_or_zero)
_MESSAGE = flags(constants.MESSAGE, "MSG_")

_BY_TYPE = {
    "int": INT,
    "unsigned int": UNSIGNED,
    "uint32_t": UNSIGNED,
    "long": LONG,
    "off_t": LONG,
    "pid_t": INT,
    "uid_t": _ID,
    "gid_t": _ID,
    "mode_t": PERMISSIONS,
    "size_t": SIZE,
    "const char __user *": PATH,
    "struct stat __user *": out_structure(128, structures.stat),
    "struct statx __user *": out_structure(256, structures.statx),
    "struct statfs __user *": out_structure(120, structures.statfs),
    "const struct __kernel_timespec __user *": special.TIMESPEC,
    "struct __kernel_timespec __user *": _OUT_TIMESPEC,
    "const struct __kernel_itimerspec __user *": _ITIMERSPEC,
    "struct __kernel_itimerspec __user *": _OUT_ITIMERSPEC,
    "const uint64_t __user *": _SIGSET,
    "struct epoll_event __user *": structure(16, structures.epoll_event),
    "struct open_how __user *": structure(24, structures.open_how),
    "uid_t __user *": _OUT_ID,
    "gid_t __user *": _OUT_ID,
    "off_t __user *": _OFFSET,
}
_BY_NAME = {
    "dirfd": DIRFD,
    "olddirfd": DIRFD,
    "newdirfd": DIRFD,
    "dfd": DIRFD,
    "sig": _SIGNAL_OR_ZERO,
    "signum": SIGNAL,
    "signo": _SIGNAL_OR_ZERO,
    "clockid": _CLOCK,
    "clock_id": _CLOCK,
    "which_clock": _CLOCK,
    "length": SIZE,
    "sigsetsize": SIZE,
}

_READ = (FD, output(), SIZE, LONG)
_WRITE = (FD, data(2), SIZE, LONG)
_PROT = flags(constants.PROT, "PROT_")
_BY_CALL: dict[str, tuple[Kind, ...]] = {
    "read": _READ[:3],
    "write": _WRITE[:3],
    "pread64": _READ,
    "pwrite64": _WRITE,
    "readv": (FD, special.vectors(out=True), SIZE),
    "writev": (FD, special.vectors(out=False), SIZE),
    "preadv": (FD, special.vectors(out=True), SIZE, LONG),
    "pwritev": (FD, special.vectors(out=False), SIZE, LONG),
    "preadv2": (FD, special.vectors(out=True), SIZE, LONG, Kind(lambda *_: None), HEX),
    "pwritev2": (FD, special.vectors(out=False), SIZE, LONG, Kind(lambda *_: None), HEX),
    "lseek": (FD, LONG, named(constants.SEEK, "SEEK_")),
    "sendfile": (FD, FD, _OFFSET, SIZE),
    "fadvise64": (FD, LONG, LONG, named(constants.ADVICE, "POSIX_FADV_")),
    "openat": (DIRFD, PATH, _OPEN_FLAGS, Kind(special.open_mode)),
    "openat2": (DIRFD, PATH, structure(24, structures.open_how), SIZE),
    "close_range": (UNSIGNED, UNSIGNED, flags(constants.CLOSE_RANGE, "CLOSE_RANGE_")),
    "newfstatat": (DIRFD, PATH, out_structure(128, structures.stat), _AT_FLAGS),
    "statx": (
        *(DIRFD, PATH, value(special.statx_flags), flags(constants.STATX_MASK, "STATX_")),
        out_structure(256, structures.statx),
    ),
    "faccessat": (DIRFD, PATH, value(special.access_mode)),
    "faccessat2": (DIRFD, PATH, value(special.access_mode), flags(constants.AT_EACCESS, "AT_")),
    "unlinkat": (DIRFD, PATH, _AT_FLAGS),
    "linkat": (DIRFD, PATH, DIRFD, PATH, _AT_FLAGS),
    "renameat2": (DIRFD, PATH, DIRFD, PATH, flags(constants.RENAME, "RENAME_")),
    "mknodat": (DIRFD, PATH, MODE, Kind(special.device)),
    "fchownat": (DIRFD, PATH, _ID, _ID, _AT_FLAGS),
    "fchmodat2": (DIRFD, PATH, PERMISSIONS, _AT_FLAGS),
    "utimensat": (DIRFD, PATH, structure(32, structures.file_times), _AT_FLAGS),
    "readlinkat": (DIRFD, PATH, output(), SIZE),
    "getcwd": (output(terminated=True), SIZE),
    "getdents64": (
        FD,
        Kind(special.entries, (Capture(Copy.RESULT, limit=32256, what=What.LEAVE),), out=True),
        SIZE,
    ),
    "fallocate": (FD, flags(constants.FALLOCATE, "FALLOC_FL_"), LONG, LONG),
    "flock": (FD, flags(constants.FLOCK, "LOCK_")),
    "dup3": (FD, FD, flags(constants.DUP3, "O_")),
    "pipe2": (out_pointed("i", 2), flags(constants.PIPE, "O_")),
    "memfd_create": (STRING, flags(constants.MEMFD, "MFD_")),
    "shmget": (value(special.ipc_key), SIZE, value(special.shm_flags)),
    "shmat": (INT, POINTER, flags(constants.SHM_AT, "SHM_")),
    "shmdt": (POINTER,),
    "shmctl": (INT, named(constants.SHM_COMMANDS, "SHM_"), POINTER),
    "fcntl": (
        FD,
        named(constants.FCNTL, "F_"),
        Kind(
            special.fcntl_argument,
            (Capture(Copy.FIXED, size=32), Capture(Copy.FIXED, size=32, what=What.LEAVE)),
            out=True,
        ),
    ),
    "ioctl": (
        FD,
        value(special.ioctl_request),
        Kind(special.ioctl_argument, (Capture(Copy.FIXED, size=36, what=What.LEAVE),), out=True),
    ),
    "eventfd2": (UNSIGNED, flags(constants.EVENTFD, "EFD_")),
    "epoll_create1": (flags(constants.EPOLL_CREATE, "EPOLL_"),),
    "epoll_ctl": (
        FD,
        named(constants.EPOLL_OP, "EPOLL_CTL_"),
        FD,
        structure(16, structures.epoll_event),
    ),
    "epoll_pwait": (
        FD,
        out_array(16, structures.epoll_event),
        INT,
        INT,
        _SIGSET,
        SIZE,
    ),
    "epoll_pwait2": (
        FD,
        out_array(16, structures.epoll_event),
        INT,
        special.TIMESPEC,
        _SIGSET,
        SIZE,
    ),
    "ppoll": (
        Kind(
            array(8, structures.pollfd, 1).show,
            (
                *array(8, structures.pollfd, 1).captures,
                Capture(Copy.COUNTED, size=8, count=1, limit=8 * 1024, what=What.LEAVE),
            ),
        ),
        UNSIGNED,
        Kind(special.TIMESPEC.show, (*special.TIMESPEC.captures, *_OUT_TIMESPEC.captures)),
        _SIGSET,
        SIZE,
    ),
    "pselect6": (
        INT,
        special.FD_SET,
        special.FD_SET,
        special.FD_SET,
        Kind(special.TIMESPEC.show, (*special.TIMESPEC.captures, *_OUT_TIMESPEC.captures)),
        POINTER,
    ),
    "signalfd4": (FD, _SIGSET, SIZE, flags(constants.SIGNALFD, "SFD_")),
    "inotify_init1": (flags(constants.INOTIFY, "IN_"),),
    "timerfd_create": (_CLOCK, flags(constants.TIMERFD, "TFD_")),
    "timerfd_settime": (
        FD,
        flags(constants.TIMERFD_SET, "TFD_TIMER_"),
        _ITIMERSPEC,
        _OUT_ITIMERSPEC,
    ),
    "timer_create": (_CLOCK, structure(32, structures.sigevent), out_pointed("i")),
    "timer_settime": (INT, flags(constants.TIMER, "TIMER_"), _ITIMERSPEC, _OUT_ITIMERSPEC),
    "getitimer": (named(constants.ITIMERS, "ITIMER_"), _OUT_TIMEVAL_PAIR),
    "setitimer": (named(constants.ITIMERS, "ITIMER_"), _TIMEVAL_PAIR, _OUT_TIMEVAL_PAIR),
    "nanosleep": (special.TIMESPEC, _LEFT_TIMESPEC),
    "clock_nanosleep": (_CLOCK, flags(constants.TIMER, "TIMER_"), special.TIMESPEC, _LEFT_TIMESPEC),
    "gettimeofday": (out_structure(16, structures.timeval), POINTER),
    "times": (out_structure(32, structures.tms),),
    "brk": (POINTER,),
    "mmap": (POINTER, SIZE, _PROT, value(special.map_flags), FD, HEX),
    "munmap": (POINTER, SIZE),
    "mprotect": (POINTER, SIZE, _PROT),
    "mremap": (
        POINTER,
        SIZE,
        SIZE,
        flags(constants.MREMAP, "MREMAP_"),
        Kind(special.mremap_address),
    ),
    "madvise": (POINTER, SIZE, named(constants.MADVISE, "MADV_")),
    "msync": (POINTER, SIZE, flags(constants.MSYNC, "MS_")),
    "mincore": (POINTER, SIZE, POINTER),
    "mlock": (POINTER, SIZE),
    "mlock2": (POINTER, SIZE, HEX),
    "munlock": (POINTER, SIZE),
    "mlockall": (flags(constants.MLOCKALL, "MCL_"),),
    "rt_sigaction": (SIGNAL, special.action(out=False), special.action(out=True), SIZE),
    "rt_sigprocmask": (named(constants.SIGPROCMASK, "SIG_"), _SIGSET, _OUT_SIGSET, SIZE),
    "rt_sigpending": (_OUT_SIGSET, SIZE),
    "rt_sigsuspend": (_SIGSET, SIZE),
    "rt_sigtimedwait": (
        _SIGSET,
        out_structure(128, lambda _, content: structures.siginfo(content)),
        special.TIMESPEC,
        SIZE,
    ),
    "rt_sigqueueinfo": (
        INT,
        _SIGNAL_OR_ZERO,
        structure(128, lambda _, content: structures.siginfo(content)),
    ),
    "rt_tgsigqueueinfo": (
        INT,
        INT,
        _SIGNAL_OR_ZERO,
        structure(128, lambda _, content: structures.siginfo(content)),
    ),
    "rt_sigreturn": (),
    "sigaltstack": (structure(24, structures.altstack), out_structure(24, structures.altstack)),
    "kill": (INT, _SIGNAL_OR_ZERO),
    "tkill": (INT, _SIGNAL_OR_ZERO),
    "tgkill": (INT, INT, _SIGNAL_OR_ZERO),
    "futex": (
        POINTER,
        value(special.futex_operation),
        Kind(special.futex_value),
        Kind(special.futex_timeout, special.TIMESPEC.captures),
        Kind(special.futex_second),
        Kind(special.futex_third),
    ),
    "set_tid_address": (POINTER,),
    "set_robust_list": (POINTER, SIZE),
    "clone3": (structure(64, structures.clone_args), SIZE),
    "exit": (INT,),
    "exit_group": (INT,),
    "execve": (
        PATH,
        Kind(special.strings, (Capture(Copy.STRINGS, limit=text.STRING_MAX + 1),)),
        Kind(special.variables, (Capture(Copy.STRINGS, limit=1),)),
    ),
    "wait4": (
        INT,
        Kind(special.status, out_pointed("i").captures, out=True),
        flags(constants.WAIT, "W"),
        _RUSAGE,
    ),
    "getrusage": (named(constants.RUSAGE, "RUSAGE_"), _RUSAGE),
    "prlimit64": (
        INT,
        named(constants.RLIMITS, "RLIMIT_"),
        structure(16, structures.rlimit),
        out_structure(16, structures.rlimit),
    ),
    "getrlimit": (named(constants.RLIMITS, "RLIMIT_"), out_structure(16, structures.rlimit)),
    "setrlimit": (named(constants.RLIMITS, "RLIMIT_"), structure(16, structures.rlimit)),
    "getpriority": (named(constants.PRIORITY, "PRIO_"), INT),
    "setpriority": (named(constants.PRIORITY, "PRIO_"), INT, INT),
    "sched_setscheduler": (INT, named(constants.SCHED, "SCHED_"), _PRIORITY),
    "sched_setparam": (INT, _PRIORITY),
    "sched_getparam": (INT, _OUT_PRIORITY),
    "sched_getaffinity": (INT, SIZE, special.affinity(out=True)),
    "sched_setaffinity": (INT, SIZE, special.affinity(out=False)),
    "uname": (out_structure(390, structures.utsname),),
    "sysinfo": (out_structure(112, structures.sysinfo),),
    "getrandom": (random_output(), SIZE, flags(constants.GETRANDOM, "GRND_")),
    "getcpu": (out_pointed("I"), out_pointed("I"), POINTER),
    "prctl": (
        named(constants.PRCTL, "PR_"),
        Kind(
            special.prctl_argument,
            (
                Capture(Copy.FIXED, size=16),
                Capture(Copy.FIXED, size=16, what=What.LEAVE),
            ),
            out=True,
        ),
        *(Kind(special.prctl_rest, out=True),) * 3,
    ),
    "membarrier": (named(constants.MEMBARRIER, "MEMBARRIER_CMD_"), HEX, Kind(lambda *_: None)),
    "rseq": (HEX, HEX, HEX, HEX),
    "umask": (PERMISSIONS,),
    "socket": (named(constants.SOCKET_FAMILIES, "AF_"), value(special.socket_type), INT),
    "socketpair": (
        named(constants.SOCKET_FAMILIES, "AF_"),
        value(special.socket_type),
        INT,
        out_pointed("i", 2),
    ),
    "bind": (FD, special.address(2), INT),
    "connect": (FD, special.address(2), INT),
    "accept": (FD, special.out_address(2), out_pointed("i")),
    "accept4": (
        FD,
        special.out_address(2),
        out_pointed("i"),
        flags(constants.SOCKET_FLAGS, "SOCK_"),
    ),
    "getsockname": (FD, special.out_address(2), out_pointed("i")),
    "getpeername": (FD, special.out_address(2), out_pointed("i")),
    "sendto": (FD, data(2), SIZE, _MESSAGE, special.address(5), INT),
    "recvfrom": (FD, output(), SIZE, _MESSAGE, special.out_address(5), out_pointed("i")),
    "shutdown": (FD, named(constants.SHUTDOWN, "SHUT_")),
}
_ORDER = {
    "clone": ((1, "child_stack"), (0, "flags"), (2, "parent_tid"), (3, "tls"), (4, "child_tidptr"))
}
_CLONE_PARENT_SETTID, _CLONE_SETTLS, _CLONE_CHILD = 0x100000, 0x80000, 0x1200000


def _clone_optional(bits: int, kind: Kind) -> Kind:
    return Kind(
        lambda call, at: kind.show(call, at) if call.arguments[0] & bits else None,
        kind.captures,
        out=True,
    )


_BY_CALL["clone"] = (
    value(special.clone_flags),
    POINTER,
    _clone_optional(_CLONE_PARENT_SETTID, out_pointed("i")),
    _clone_optional(_CLONE_SETTLS, HEX),
    _clone_optional(_CLONE_CHILD, HEX),
)


def _kind_of(argument: Argument) -> Kind:
    if argument.type.endswith("*") and argument.type not in _BY_TYPE:
        return POINTER
    by_name = None if argument.type.endswith("*") else _BY_NAME.get(argument.name)
    return by_name or _BY_TYPE.get(argument.type) or HEX


@cache
def arguments(name: str) -> tuple[Kind, ...]:
    """The kinds of a call's arguments; six numbers for one that the table does not have."""
    if name in _BY_CALL:
        return _BY_CALL[name]
    row = table.by_name().get(name)
    return (HEX,) * 6 if row is None else tuple(map(_kind_of, row.arguments))


def order(name: str) -> tuple[tuple[int, str], ...]:
    """In which order arguments are shown, each with the name before it if it has one."""
    return _ORDER.get(name) or tuple((at, "") for at in range(len(arguments(name))))


def plan(rows: Iterable[Syscall]) -> list[tuple[int, int, Capture]]:
    """What the kernel copies: number of the call, of the argument, and how."""
    return [
        (row.number, at, capture)
        for row in rows
        for at, kind in enumerate(arguments(row.name))
        for capture in kind.captures
    ]


assert PATH_MAX <= 1 << 15, "core/trace.c: EVENT_MAX holds any piece"
