"""Random syscall sequences, from the prototypes in the syscall table and `arguments.py`.

A sequence is a list of steps that can be left out one by one: what a step refers to and is no
longer there reads as -1. `sequence.c` says what the lines mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hermipy import table
from tests.sequences.arguments import (
    DOMAINS,
    GROUPS,
    NAMES,
    ODD_NAMES,
    ODD_SIGNALS,
    OFFSETS,
    PAGE,
    PRIORITY,
    SIGNALS,
    SIZES,
    UNKNOWN_TO_QEMU,
    Bits,
    One,
)

if TYPE_CHECKING:
    import random

    from hermipy.table import Argument, Syscall

ARENA = 64 * PAGE
GROUND_PAGES = 64
AT_FDCWD = -100
Value = Callable[["Maker", "Syscall", "Argument"], str]
_LAST_SLOT = 60
_BAD_POINTERS = (0, 1, -PAGE, 8)
_ODD = 12  # one value in so many is odd

MAKES_DESCRIPTOR = frozenset(
    (
        *("openat", "openat2", "dup", "dup3", "memfd_create", "eventfd2", "epoll_create1"),
        *("timerfd_create", "signalfd4", "inotify_init1", "socket"),
    )
)
GIVES_ADDRESS = frozenset(("mmap", "mremap", "brk"))
# Only whether it failed can be the same everywhere.
GIVES_NUMBER = frozenset(
    (
        *("getdents64", "timer_create", "getpgid", "getsid", "getgroups", "getcwd"),
        *("rt_sigtimedwait_", "statfs", "fstatfs"),
    )
)


@dataclass(frozen=True, slots=True)
class Step:
    """One call with what it needs and what is looked at behind it."""

    name: str
    text: str
    """The call as C, for the reader."""
    slot: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Random steps that a seed stands for."""

    seed: int
    steps: tuple[Step, ...]

    def lines(self, number: int) -> str:
        """What the interpreter reads."""
        return "\n".join([f"S {number}", *(line for step in self.steps for line in step.lines), ""])


@dataclass(slots=True)
class Maker:
    """One sequence being made."""

    random: random.Random
    arch: str
    slot: int = 0
    free: int = 64
    """The arena's next unused byte."""
    descriptors: list[str] = field(default_factory=list)
    kinds: dict[str, list[str]] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    buffer: int = 0

    # --- small choices ----------------------------------------------------------------------------

    def odd(self) -> bool:
        """Now and then."""
        return self.random.randrange(_ODD) == 0

    def pick(self, domain: Bits | One) -> int:
        """A value of a domain."""
        if isinstance(domain, One):
            odd = domain.odd and self.odd()
            return self.random.choice(domain.odd if odd else domain.values)
        value = domain.always
        for bit in domain.bits:
            value |= bit if self.random.randrange(2) else 0
        if domain.odd and self.random.randrange(5) == 0:
            value |= self.random.choice(domain.odd)
        return value

    def space(self, size: int, align: int = 8) -> int:
        """Offset of unused bytes in the arena."""
        start = (self.free + align - 1) // align * align
        if start + size > ARENA:
            start = 64
        self.free = start + size
        return start

    def words(self, *values: str | int, size: int = 8) -> int:
        """Offset of integers stored one behind the other."""
        start = self.space(len(values) * size)
        for index, value in enumerate(values):
            self.before.append(f"w {start + index * size} {size} {value}")
        return start

    def pointer(self, offset: int) -> str:
        """The address of an offset; now and then a bad one."""
        if self.random.randrange(25) == 0:
            return str(self.random.choice(_BAD_POINTERS))
        return f"a{offset}"

    # --- kinds of arguments -----------------------------------------------------------------------

    def path(self, *_: object) -> str:
        name = self.random.choice(ODD_NAMES if self.odd() else NAMES)
        start = self.space(len(name) + 1)
        self.before.append(f"s {start} {(name.encode() + bytes(1)).hex()}")
        token = self.pointer(start)
        if token.startswith("a"):
            self.shown[token] = f'"{name[:12]}"'
        return token

    def descriptor(self, row: Syscall, argument: Argument) -> str:
        kind = self.kinds.get(_kind_wanted(row.name, argument.name), [])
        if kind and self.random.randrange(4):
            return self.random.choice(kind)
        if self.odd() or not self.descriptors:
            return str(self.random.choice((-1, 999, 1 << 31)))
        return self.random.choice(self.descriptors[-6:])

    def directory(self, row: Syscall, argument: Argument) -> str:
        if self.random.randrange(4):
            return str(AT_FDCWD)
        return self.descriptor(row, argument)

    def timespec(self, *_: object) -> str:
        seconds = self.random.choice((0, 0, 0, -1 if self.odd() else 0))
        nanoseconds = self.random.choice((0, 1, 1000, 10**9 if self.odd() else 1000))
        return self.pointer(self.words(seconds, nanoseconds))

    def timer(self, *_: object) -> str:
        """An itimerspec or itimerval that does not expire, or that is off."""
        second = self.random.choice((0, 1000, 1000, -1 if self.odd() else 1000))
        fraction = 10**9 if self.odd() else 0
        return self.pointer(self.words(0, fraction, second, 0))

    def times(self, *_: object) -> str:
        """The two timespecs of utimensat; UTIME_NOW and UTIME_OMIT among them."""
        values = (0, 5, (1 << 30) - 1, (1 << 30) - 2, 10**9 if self.odd() else 7)
        words = [10, self.random.choice(values), 20, self.random.choice(values)]
        return "0" if self.odd() else self.pointer(self.words(*words))

    def vectors(self, *_: object) -> str:
        """Two or three neighbouring pieces of one buffer."""
        sizes = [self.pick(SIZES) % 3000 for _ in range(self.random.randrange(1, 4))]
        self.buffer = self.space(sum(sizes) + 1)
        words: list[str | int] = []
        place = self.buffer
        for size in sizes:
            words += [f"a{place}", -1 if self.odd() and self.odd() else size]
            place += size
        self.before.append(f"f {self.buffer} {sum(sizes)} {self.random.randrange(256)}")
        self.shown["count"] = str(len(sizes))
        return self.pointer(self.words(*words))

    def vector_count(self, *_: object) -> str:
        return str(self.random.choice((0, -1, 1025))) if self.odd() else self.shown.pop("count")

    def bytes_in(self, *_: object) -> str:
        self.buffer = self.space(8200)
        self.before.append(f"f {self.buffer} 8192 {self.random.randrange(1, 256)}")
        # An eventfd takes the first eight as a number.
        self.before.append(f"w {self.buffer} 8 {self.random.choice((1, 5, 0, -1, -2))}")
        return self.pointer(self.buffer)

    def bytes_out(self, *_: object) -> str:
        self.buffer = self.space(8200)
        return self.pointer(self.buffer)

    def signals(self, *_: object) -> str:
        """A set; SIGSEGV and SIGBUS stay out of it, for the interpreter's sake."""
        mask = sum(1 << (n - 1) for n in SIGNALS if self.random.randrange(3) == 0)
        return self.pointer(self.words(mask))

    def optional_signals(self, *_: object) -> str:
        return "0" if self.random.randrange(3) else self.signals()

    def signal(self, *_: object) -> str:
        return str(self.random.choice(ODD_SIGNALS if self.odd() else SIGNALS))

    def address(self, *_: object) -> str:
        page = self.random.randrange(12)
        return f"g{page * PAGE + (self.random.choice((1, 100)) if self.odd() else 0)}"

    def length(self, *_: object) -> str:
        if self.odd():
            return str(self.random.choice((0, -1, -PAGE)))
        size = self.random.randrange(1, 7) * PAGE
        return str(size - self.random.choice((0, 0, 0, 1, 4000)))

    def zero_or_self(self, *_: object) -> str:
        return self.random.choice(("0", "P"))

    def place(self, *_: object) -> str:
        """A file position that the call moves; none at all is as good."""
        return "0" if self.random.randrange(2) else self.pointer(self.words(self.pick(OFFSETS)))

    def size(self, *_: object) -> str:
        return str(self.pick(SIZES))

    def set_size(self, *_: object) -> str:
        """Of a signal set, which has to be 8."""
        return "4" if self.odd() else "8"

    def word(self, *_: object) -> str:
        """A futex."""
        return self.pointer(self.words(self.random.choice((0, 1, 5)), size=4))


def out(size: int) -> Value:
    """An out-structure whose bytes must be the same."""

    def make(maker: Maker, *_: object) -> str:
        start = maker.space(size)
        maker.behind.append(f"o {start} {size}")
        return maker.pointer(start)

    return make


def blind(size: int) -> Value:
    """An out-structure whose contents are a system's own."""
    return lambda maker, *_: maker.pointer(maker.space(size))


def _kind_wanted(name: str, argument: str) -> str:
    """What kind of descriptor a parameter likes best."""
    if argument == "epfd":
        return "epoll_create1"
    if name.startswith("timerfd"):
        return "timerfd_create"
    if name.startswith("inotify"):
        return "inotify_init1"
    if name in {"sendto", "recvfrom", "shutdown"}:
        return "socketpair"
    return "openat"


def sequence(seed: int, arch: str, source: random.Random, length: int) -> Sequence:
    """A random sequence of `length` steps."""
    maker = Maker(source, arch)
    groups = list(PRIORITY)
    main = source.choices(groups, weights=[PRIORITY[group] for group in groups])[0]
    rows = table.by_name()
    steps = [_step(maker, rows[name]) for name in _preludes(main) if rows[name].implemented]
    while len(steps) < length and maker.slot < _LAST_SLOT:
        group = main if source.randrange(5) else source.choice([*groups, "process"])
        row = rows[source.choice(GROUPS[group])]
        if row.implemented and row.name not in UNKNOWN_TO_QEMU:
            steps.append(_step(maker, row))
        if group == "memory" and source.randrange(3):
            steps.append(_touch(maker))
    return Sequence(seed, tuple(steps))


def _preludes(group: str) -> tuple[str, ...]:
    """So that the first random calls already find something."""
    return {
        "files": ("openat", "mkdirat", "write", "openat"),
        "memory": ("mmap", "memfd_create", "ftruncate", "mmap"),
        "signals": ("rt_sigaction",),
        "events": ("pipe2", "eventfd2", "epoll_create1", "epoll_ctl"),
    }[group]


def _step(maker: Maker, row: Syscall) -> Step:
    from tests.sequences.special import SPECIAL  # noqa: PLC0415  it builds on Maker

    maker.before, maker.behind, maker.shown = [], [], {}
    special = SPECIAL.get(row.name)
    values = special(maker, row) if special else arguments(maker, row)
    slot = maker.slot
    maker.slot += 1
    kind = "a" if row.name in GIVES_ADDRESS else "s" if row.name in GIVES_NUMBER else "x"
    padded = [*values, *["0"] * (6 - len(values))]
    line = f"c {slot} {kind} {row.number} {' '.join(padded)}"
    _remember(maker, row.name, slot, values)
    shown = ", ".join(maker.shown.get(value, value) for value in values)
    return Step(row.name, f"r{slot} = {row.name}({shown})", slot,
                (*maker.before, line, *maker.behind))  # fmt: skip


def _remember(maker: Maker, name: str, slot: int, values: list[str]) -> None:
    new: list[str] = []
    if name in MAKES_DESCRIPTOR:
        new = [f"r{slot}"]
    if name in {"pipe2", "socketpair"} and values[-2 if name == "pipe2" else -1].startswith("a"):
        start = int(values[-2 if name == "pipe2" else -1][1:])
        new = [f"d{start}", f"d{start + 4}"]
    maker.descriptors += new
    maker.kinds.setdefault(name, []).extend(new)


def _touch(maker: Maker) -> Step:
    place = maker.random.randrange(20) * PAGE + maker.random.choice((0, 5, PAGE - 1))
    write = maker.random.randrange(2)
    text = f"{'write' if write else 'read'} ground+{place}"
    return Step("touch", text, -1, (f"t g{place} {write}",))


def arguments(maker: Maker, row: Syscall) -> list[str]:
    """A value for each parameter."""
    return [argument_value(maker, row, argument) for argument in row.arguments]


def argument_value(maker: Maker, row: Syscall, argument: Argument) -> str:
    """By name in this syscall, then by type and name in any."""
    for key in ((row.name, argument.name), ("*", argument.name), ("*", argument.type)):
        if key in DOMAINS:
            return str(maker.pick(DOMAINS[key]))
    by_name = _NAMED.get((argument.type, argument.name)) or _NAMED.get(("", argument.name))
    if by_name is not None:
        return by_name(maker, row, argument)
    by_type = _TYPED.get(argument.type)
    if by_type is not None:
        return by_type(maker, row, argument)
    return str(maker.random.choice((0, 1, 5, 100, -1)))


_DESCRIPTORS = ("fd", "oldfd", "epfd", "fd_in", "fd_out", "fdin", "fdout", "in_fd", "out_fd")
_DIRECTORIES = ("dirfd", "olddirfd", "newdirfd")
_NAMED: dict[tuple[str, str], Value] = {
    **{("", name): Maker.descriptor for name in _DESCRIPTORS},
    **{("", name): Maker.directory for name in _DIRECTORIES},
    ("", "fds"): blind(8),
    ("", "vec"): Maker.vectors,
    ("", "iov"): Maker.vectors,
    ("", "vlen"): Maker.vector_count,
    ("", "nr_segs"): Maker.vector_count,
    ("", "times"): Maker.times,
    ("", "sig"): Maker.signal,
    ("", "pid"): Maker.zero_or_self,
    ("", "who"): Maker.zero_or_self,
    ("", "addr"): Maker.address,
    ("", "length"): Maker.length,
    ("const uint64_t __user *", "sigmask"): Maker.optional_signals,
    ("const uint64_t __user *", "set"): Maker.signals,
    ("const uint64_t __user *", "mask"): Maker.signals,
    ("uint64_t __user *", "set"): out(8),
    ("uint64_t __user *", "oset"): out(8),
    ("", "sigsetsize"): Maker.set_size,
    ("", "sizemask"): Maker.set_size,
    ("const void __user *", "buf"): Maker.bytes_in,
    ("const char __user *", "buf"): Maker.bytes_in,
    ("", "count"): Maker.size,
    ("", "size"): Maker.size,
    ("", "len"): Maker.size,
    ("off_t __user *", "offset"): Maker.place,
    ("off_t __user *", "off_in"): Maker.place,
    ("off_t __user *", "off_out"): Maker.place,
}
_TYPED: dict[str, Value] = {
    "const char __user *": Maker.path,
    "void __user *": Maker.bytes_out,
    "char __user *": Maker.bytes_out,
    "struct __kernel_timespec __user *": Maker.timespec,
    "const struct __kernel_timespec __user *": Maker.timespec,
    "const struct __kernel_itimerspec __user *": Maker.timer,
    "struct __kernel_itimerspec __user *": blind(32),
    "struct statx __user *": blind(256),
    "uid_t __user *": out(4),
    "gid_t __user *": out(4),
    "unsigned char __user *": blind(64),
    "uint32_t __user *": Maker.word,
}
