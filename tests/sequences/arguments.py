"""What a random syscall is given: flags and values, sensible and not, per syscall and parameter.

Only what the prototype does not say stands here. Every call must return at once, whatever came
before it: descriptors are made non-blocking, waits have an end, no signal may end the program.
"""

from __future__ import annotations

from dataclasses import dataclass

PAGE = 4096
NEVER_BLOCK = 0o4000  # O_NONBLOCK; also IN_, SFD_, TFD_, EFD_ and SOCK_NONBLOCK
FOLLOW, EMPTY, REMOVEDIR = 0x100, 0x1000, 0x200

# fcntl.h gives these three another value on each architecture.
OPEN_BITS = {
    "riscv64": {"DIRECTORY": 0o200000, "NOFOLLOW": 0o400000, "TMPFILE": 0o20200000},
    "aarch64": {"DIRECTORY": 0o40000, "NOFOLLOW": 0o100000, "TMPFILE": 0o20040000},
}
CREAT, EXCL, TRUNC, APPEND, CLOEXEC, PATH = 0o100, 0o200, 0o1000, 0o2000, 0o2000000, 0o10000000

# Names that a sequence's calls share, so that they meet; rarer ones are at the end.
NAMES = ("a", "b", "c", "d", "d/a", "d/b")
ODD_NAMES = ("", "/", ".", "..", "d/..", "a/", "d/", "/a", "a/b", "e/a", "x" * 256, "d/./a", "//d")

# Handlers are installed for all; those ignored by default may be set to the default.
SIGNALS = (1, 2, 10, 12, 14, 15, 23, 28, 34, 35, 40)
HARMLESS = (17, 18, 23, 28)
ODD_SIGNALS = (0, 65, -1, 9, 19, 1000)


@dataclass(frozen=True, slots=True)
class Bits:
    """Some of `bits` or-ed to `always`; now and then one of `odd` too."""

    bits: tuple[int, ...]
    always: int = 0
    odd: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class One:
    """One of `values`; now and then one of `odd`."""

    values: tuple[int, ...]
    odd: tuple[int, ...] = ()


MODES = One((0o644, 0o755, 0o600, 0o700, 0o4755, 0o1777, 0o2770, 0), (0o177777, 0o7777))
OFFSETS = One((0, 1, 10, 100, 4096, 5000, 8192, 70000), (-1, 1 << 62, -(1 << 63)))
SIZES = One((0, 1, 3, 10, 100, 1000, 4096, 5000, 8192))
CLOCKS = One((0, 1, 2, 3, 4, 5, 6, 7, 11), (-1, 10, 12, 99))
WHENCE = One((0, 1, 2, 3, 4), (5, -1))

_AT = Bits((), odd=(0x100, 0x1000, 0x200, 0x400, 0x10000))
_OWNER = One((0, 1, 1000, -1, 0xFFFFFFFF))
_PROT = Bits((1, 2, 4), odd=(8, 0x1000))
_ADVICE = One((0, 1, 2, 3, 4), (8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 99, -1))
_MSYNC = Bits((1, 2, 4), odd=(8,))
_SIGHOW = One((0, 1, 2), (3, -1))
_RWF = Bits((1, 2, 4), odd=(0x40, 0x8, 0x80))
_FUTEX_PRIVATE = 128

DOMAINS: dict[tuple[str, str], Bits | One] = {
    ("*", "mode_t"): MODES,
    ("*", "off_t"): OFFSETS,
    ("*", "clockid"): CLOCKS,
    ("*", "uid"): _OWNER,
    ("*", "gid"): _OWNER,
    ("mknodat", "mode"): One((0o100644, 0o10644, 0o140600, 0o644), (0o40755, 0o120777, 0o170000)),
    ("mknodat", "dev"): One((0,)),
    ("unlinkat", "flags"): Bits((REMOVEDIR,), odd=(1, FOLLOW)),
    ("linkat", "flags"): Bits((0x400,), odd=(EMPTY, FOLLOW, 1)),
    ("renameat2", "flags"): Bits((1, 2), odd=(8, 16)),
    ("faccessat", "mode"): Bits((1, 2, 4), odd=(8,)),
    ("faccessat2", "mode"): Bits((1, 2, 4), odd=(8,)),
    ("faccessat2", "flags"): _AT,
    ("fchmodat2", "flags"): _AT,
    ("fchownat", "flags"): _AT,
    ("utimensat", "flags"): _AT,
    ("newfstatat", "flags"): _AT,
    ("statx", "flags"): Bits((FOLLOW,), odd=(EMPTY, 0x2000, 0x4000, 0x6000, 1)),
    ("statx", "mask"): One((0x7FF, 0xFFF, 0), (0x80000000,)),
    ("umask", "mask"): One((0o22, 0, 0o77, 0o777)),
    ("fallocate", "mode"): One((0, 1, 3), (2, 0x10, 0x11, 0x20, 8, 0x40, 99)),
    ("lseek", "whence"): WHENCE,
    ("pipe2", "flags"): Bits((CLOEXEC,), NEVER_BLOCK, (1, 0o1000)),
    ("memfd_create", "flags"): Bits((1,), odd=(0x100, 0x20)),
    ("dup3", "flags"): Bits((CLOEXEC,), odd=(1, 0o4000)),
    ("dup3", "newfd"): One((5, 6, 7, 8, 20), (-1, 1 << 30)),
    ("close_range", "first"): One((3, 4, 5, 6, 10)),
    ("close_range", "last"): One((3, 4, 5, 6, 20, 0xFFFFFFFF), (0,)),
    ("close_range", "flags"): Bits((4,), odd=(1, 8)),
    ("flock", "cmd"): One((1 | 4, 2 | 4, 8 | 4, 8), (4, 7, 0)),
    ("ioctl", "cmd"): One((0x541B, 0x5451, 0x5450), (0x5413, 0x5401)),
    ("sync_file_range", "flags"): Bits((1, 2, 4), odd=(8,)),
    ("fadvise64", "advice"): One((0, 1, 2, 3, 4, 5), (6, -1)),
    ("preadv2", "flags"): _RWF,
    ("pwritev2", "flags"): _RWF,
    ("copy_file_range", "flags"): Bits((), odd=(1,)),
    ("splice", "flags"): Bits((1, 4), 2, (16,)),
    ("tee", "flags"): Bits((1, 4), 2, (16,)),
    ("vmsplice", "flags"): Bits((8,), 2, (16,)),
    ("inotify_init1", "flags"): Bits((CLOEXEC,), NEVER_BLOCK, (1,)),
    ("inotify_add_watch", "mask"): One(
        (0xFFF, 0x100, 0x2, 0x8, 0x3C0), (0, 0x40000000, 0x20000FFF)
    ),
    ("inotify_rm_watch", "wd"): One((1, 2), (0, -1, 99)),
    ("setxattr", "flags"): Bits((), odd=(1, 2, 3, 4)),
    ("lsetxattr", "flags"): Bits((), odd=(1, 2, 3, 4)),
    ("fsetxattr", "flags"): Bits((), odd=(1, 2, 3, 4)),
    ("mmap", "prot"): _PROT,
    ("mprotect", "prot"): _PROT,
    ("mremap", "flags"): Bits((1,), odd=(2, 4, 8)),
    ("madvise", "behavior"): _ADVICE,
    ("msync", "flags"): _MSYNC,
    ("mlockall", "flags"): One((1, 2, 3), (0, 4, 8)),
    ("mlock2", "flags"): Bits((1,), odd=(2,)),
    ("rt_sigprocmask", "how"): _SIGHOW,
    ("getitimer", "which"): One((0, 1, 2), (3, -1)),
    ("setitimer", "which"): One((0, 1, 2), (3, -1)),
    ("timer_settime", "flags"): Bits((), odd=(2,)),
    ("timerfd_settime", "flags"): Bits((), odd=(4,)),
    ("timerfd_create", "flags"): Bits((CLOEXEC,), NEVER_BLOCK, (1,)),
    ("timerfd_create", "clockid"): One((0, 1, 7), (2, 5, 99, -1)),
    ("timer_create", "clockid"): One((0, 1, 7), (2, 5, 99, -1)),
    ("signalfd4", "flags"): Bits((CLOEXEC,), NEVER_BLOCK, (1,)),
    ("signalfd4", "fd"): One((-1,)),
    ("eventfd2", "flags"): Bits((1, CLOEXEC), NEVER_BLOCK, (2,)),
    ("eventfd2", "count"): One((0, 1, 7, 0xFFFFFFFF)),
    ("epoll_create1", "flags"): Bits((CLOEXEC,), odd=(1, NEVER_BLOCK)),
    ("epoll_ctl", "op"): One((1, 1, 2, 3), (0, 4, -1)),
    ("epoll_pwait", "maxevents"): One((1, 2, 8), (0, -1)),
    ("epoll_pwait", "timeout"): One((0,)),
    ("epoll_pwait2", "maxevents"): One((1, 2, 8), (0, -1)),
    ("socketpair", "family"): One((1,), (0, 99)),
    ("socketpair", "type"): One((1 | NEVER_BLOCK, 2 | NEVER_BLOCK, 5 | NEVER_BLOCK), (6,)),
    ("socketpair", "protocol"): One((0,), (99,)),
    ("shutdown", "how"): One((0, 1, 2), (3, -1)),
    ("sendto", "flags"): Bits((0x4000,), 0x40),
    ("recvfrom", "flags"): Bits((2, 0x20), 0x40),
    ("futex", "op"): One(
        (1, 1 | _FUTEX_PRIVATE, 3, 4, 5, 10, 0, 9, 0 | _FUTEX_PRIVATE), (2, 14, 99, 256)
    ),
    ("futex", "val"): One((0, 1, 5)),
    ("futex", "val3"): One((0, 1, 0xFFFFFFFF, 0x51000001)),
    ("clock_nanosleep", "flags"): Bits((), odd=(1, 2)),
    ("sched_get_priority_max", "policy"): One((0, 1, 2, 3, 5, 6), (4, 7, -1)),
    ("sched_get_priority_min", "policy"): One((0, 1, 2, 3, 5, 6), (4, 7, -1)),
    ("getrandom", "flags"): Bits((1,), odd=(2, 4, 8)),
    ("getrlimit", "resource"): One((7,), (16, -1)),
    ("prlimit64", "resource"): One((7, 1), (16, -1)),
    ("prctl", "option"): One((15, 16, 3, 4, 1, 2, 39, 30), (-1, 9999)),
    ("prctl", "arg2"): One((0, 1, 2), (65, -1)),
    ("getpriority", "which"): One((0,), (3, -1)),
    ("setpriority", "which"): One((0,), (3, -1)),
    ("setpriority", "niceval"): One((0, 5, 19, 30)),
    ("getgroups", "size"): One((0, 64), (-1,)),
}

PRIORITY = {
    "files": 5,
    "memory": 3,
    "signals": 3,
    "events": 4,
}

# qemu-user 7.2 gives ENOSYS, so nothing can be compared.
UNKNOWN_TO_QEMU = frozenset(
    (
        *("openat2", "faccessat2", "fchmodat2", "epoll_pwait2", "preadv2", "pwritev2", "mlock2"),
        *("io_setup", "rseq", "clone3"),
    )
)

# What a random sequence is made of. Calls that end, stop or stay in the program are not: exit,
# clone, execve, pause; nor is what the interpreter needs to get back to a fresh state: chroot,
# setuid and the like.
GROUPS: dict[str, tuple[str, ...]] = {
    "files": (
        *("openat", "openat", "openat", "openat2", "close", "close_range", "dup", "dup3", "fcntl"),
        *("mknodat", "mkdirat", "mkdirat", "unlinkat", "symlinkat", "linkat", "renameat2"),
        *("readlinkat", "getdents64", "getcwd", "chdir", "fchdir", "umask", "faccessat"),
        *("faccessat2", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "utimensat"),
        *("newfstatat", "newfstatat", "fstat", "statx", "truncate", "ftruncate", "fallocate"),
        *("flock", "ioctl", "memfd_create", "lseek", "read", "write", "write", "readv", "writev"),
        *("pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "sendfile"),
        *("copy_file_range", "splice", "tee", "vmsplice", "fsync", "fdatasync", "syncfs"),
        *("sync_file_range", "readahead", "fadvise64", "setxattr", "fsetxattr", "getxattr"),
        *("fgetxattr", "removexattr", "lgetxattr", "inotify_init1", "inotify_add_watch"),
        "inotify_rm_watch",
    ),
    "memory": (
        *("mmap", "mmap", "mmap", "munmap", "mprotect", "mprotect", "mremap", "madvise", "msync"),
        *("mincore", "mlock", "mlock2", "munlock", "mlockall", "munlockall", "brk", "ftruncate"),
        *("memfd_create", "write"),
    ),
    "signals": (
        *("rt_sigaction", "rt_sigaction", "rt_sigprocmask", "rt_sigprocmask", "rt_sigpending"),
        *("rt_sigtimedwait", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
        *("sigaltstack", "getitimer", "setitimer", "timer_create", "timer_settime"),
        *("timer_gettime", "timer_delete", "timer_getoverrun", "signalfd4", "read"),
    ),
    "events": (
        *("pipe2", "eventfd2", "epoll_create1", "epoll_ctl", "epoll_ctl", "epoll_ctl"),
        *("epoll_pwait", "epoll_pwait2", "ppoll", "pselect6", "timerfd_create", "timerfd_settime"),
        *("timerfd_gettime", "read", "write", "write", "close", "dup", "fcntl", "futex"),
        *("nanosleep", "clock_nanosleep", "socketpair", "sendto", "recvfrom", "shutdown", "ioctl"),
    ),
    "process": (
        *("getrlimit", "prlimit64", "prctl", "getpriority", "setpriority", "clock_gettime"),
        *("clock_getres", "sched_get_priority_max", "sched_get_priority_min", "getrandom"),
        *("getgroups", "getresuid", "getresgid", "sched_getscheduler", "getpgid", "getsid"),
    ),
}
