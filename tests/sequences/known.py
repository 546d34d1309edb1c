"""Differences between qemu-user and an image that are not the image's fault, each with its reason.

qemu-user is version 7.2; where it is unfaithful to Linux, the reason says what Linux does. What
an image lacks is also a note in the syscall table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sequences.generate import Sequence, Step

    Applies = Callable[[str, tuple[str, ...], tuple[str, ...]], bool]

EPERM, ENOENT, E2BIG, ENOTDIR, ERANGE, ELOOP = -1, -2, -7, -20, -34, -40
EBADF, ENOMEM, EFAULT, EINVAL, ENOTSOCK, EOPNOTSUPP = -9, -12, -14, -22, -88, -95


@dataclass(frozen=True, slots=True)
class Known:
    """One explained difference."""

    calls: tuple[str, ...]
    """Empty: any."""
    reason: str
    applies: Applies
    """Given the call's text, what Linux said and what the image said."""
    goes_on: bool = False
    """Both are in the same state afterwards, so the rest is still compared."""
    after_failed: str = ""
    """A call of this name has failed before, or it explains nothing."""


def _code(lines: tuple[str, ...]) -> int:
    """The error number of a call; 0: it has not failed."""
    results = [line.split()[1] for line in lines if line[0].isdigit()]
    return int(results[0]) if results and re.fullmatch(r"-[0-9]+", results[0]) else 0


def _both(oracle_code: int, image_code: int) -> Applies:
    return lambda _text, oracle, image: (_code(oracle), _code(image)) == (oracle_code, image_code)


def _unaligned_offset(text: str) -> bool:
    found = re.search(r", (-?[0-9]+)\)$", text)
    return found is not None and int(found[1]) % 4096 != 0


def _is_lock(text: str) -> bool:
    return re.search(r", (5|6|36|37), ", text) is not None


def _pointer_first(text: str, oracle: tuple[str, ...], _image: tuple[str, ...]) -> bool:
    return _code(oracle) == EFAULT and re.search(r"[ (](0|1|8|-4096)[,)]", text) is not None


KNOWN: tuple[Known, ...] = (
    Known(
        (),
        "qemu-user translates what pointers lead to before the call, so EFAULT comes first",
        _pointer_first,
        goes_on=True,
    ),
    Known(
        ("madvise",),
        "qemu-user 7.2 accepts all advice but MADV_DONTNEED without a look",
        lambda _text, oracle, image: _code(oracle) == 0 and _code(image) in {EINVAL, ENOMEM, EBADF},
        goes_on=True,
    ),
    Known(
        ("mmap",),
        "qemu-user looks at lengths and offsets in another order, and before the descriptor",
        lambda _text, oracle, image: (
            _code(oracle) in {EINVAL, ENOMEM} and _code(image) in {EBADF, ENOMEM}
        ),
        goes_on=True,
    ),
    Known(
        ("mmap",),
        "qemu-user looks at the length before the offset, which Linux wants aligned first of all",
        lambda text, oracle, image: (
            _unaligned_offset(text) and (_code(oracle), _code(image)) == (ENOMEM, EINVAL)
        ),
        goes_on=True,
    ),
    Known(
        ("mprotect",),
        "qemu-user takes pages for mapped that an mmap has failed for",
        _both(0, ENOMEM),
        after_failed="mmap",
    ),
    Known(
        ("sendto",),
        "qemu-user swaps the eight bytes that an eventfd takes before it finds no socket",
        _both(EINVAL, ENOTSOCK),
        goes_on=True,
    ),
    Known(
        ("rt_sigpending",),
        "qemu-user writes the whole set also when asked for its first half",
        lambda text, oracle, image: text.endswith(", 4)") and _code(oracle) == _code(image) == 0,
        goes_on=True,
    ),
    Known(
        ("mprotect",),
        "Linux looks for the end of the range before it looks at the protection",
        _both(EINVAL, ENOMEM),
        goes_on=True,
    ),
    Known(
        ("mincore",),
        "Linux looks at the alignment and the pointer first, qemu-user at what is mapped",
        lambda _text, oracle, image: _code(oracle) == ENOMEM and _code(image) in {EINVAL, EFAULT},
        goes_on=True,
    ),
    Known(
        ("mprotect",),
        "qemu-user wants the range mapped also when it is empty",
        _both(ENOMEM, 0),
        goes_on=True,
    ),
    Known(
        ("mincore",),
        "qemu-user takes memory without any access for unmapped",
        _both(ENOMEM, 0),
        goes_on=True,
    ),
    Known(
        ("nanosleep", "clock_nanosleep"),
        "qemu-user does not notice that it cannot read the time",
        lambda _text, _oracle, image: _code(image) == EFAULT,
        goes_on=True,
    ),
    Known(
        ("mprotect",),
        "Linux takes an empty range for done before it looks at the protection",
        _both(EINVAL, 0),
        goes_on=True,
    ),
    Known(
        ("signalfd4", "epoll_pwait"),
        "Linux reads the mask before it looks at numbers and flags",
        _both(EINVAL, EFAULT),
        goes_on=True,
    ),
    Known(
        ("signalfd4",),
        "qemu-user does not look at the size of the mask",
        _both(0, EINVAL),
    ),
    Known(
        ("fchown", "fchmod", "fchownat", "utimensat"),
        "since Linux 6.15, which the host is, eventfd and its like have no owner and mode to set",
        _both(EOPNOTSUPP, 0),
        goes_on=True,
    ),
    Known(
        ("mremap",),
        "qemu-user looks at the length before it is rounded up (to nothing: a second mapping)",
        _both(ENOMEM, 0),
    ),
    Known(
        ("mremap",),
        "since Linux 6.17, which the host is, several mappings can be moved at once",
        _both(0, EFAULT),
    ),
    Known(
        ("fcntl",),
        "F_GETSIG is not there (a note of fcntl)",
        lambda text, _oracle, image: ", 11, " in text and _code(image) == EINVAL,
        goes_on=True,
    ),
    Known(
        ("setxattr", "fsetxattr", "getxattr", "fgetxattr", "lgetxattr", "removexattr"),
        "since Linux 6.13, which the host is, flags and names come before the file",
        lambda _text, oracle, image: (
            _code(oracle) in {EINVAL, ERANGE, EFAULT, E2BIG}
            and _code(image) in {ENOENT, EBADF, ENOTDIR, EFAULT, EOPNOTSUPP, EPERM, ELOOP}
        ),
        goes_on=True,
    ),
    Known(
        ("mremap",),
        "which of several faults is told has changed with Linux 6.17; the host is newer",
        lambda _text, oracle, image: _code(oracle) < 0 and _code(image) < 0,
        goes_on=True,
    ),
    Known(
        ("mremap",),
        "qemu-user 7.2 always moves what may be moved",
        lambda _text, oracle, image: "mapped" in oracle[0] and "ground" in image[0],
    ),
    Known(
        ("fcntl",),
        "qemu-user 7.2 hides O_LARGEFILE, which every file has that a 64-bit program opened",
        lambda text, oracle, image: ", 3, " in text and _code(oracle) == _code(image) == 0,
        goes_on=True,
    ),
    Known(
        ("mremap",),
        "up to Linux 6.16 a range that shrinks may go on behind its mapping; the host is newer",
        _both(EFAULT, 0),
    ),
    Known(
        ("readv", "writev", "preadv", "pwritev", "vmsplice"),
        "qemu-user takes no vectors for nothing to do, and more than 1024 for bad ones",
        lambda _text, oracle, image: _code(image) < 0 and _code(oracle) in {0, EINVAL},
        goes_on=True,
    ),
    Known(
        ("fcntl",),
        "qemu-user looks at the command and translates the lock before the descriptor",
        _both(EINVAL, EBADF),
        goes_on=True,
    ),
    Known(
        ("fcntl",),
        "here only files with an inode have record locks (a note of fcntl)",
        lambda text, _oracle, image: _code(image) == EINVAL and _is_lock(text),
        goes_on=True,
    ),
    Known(
        ("clock_getres", "clock_gettime", "getitimer"),
        "qemu-user forgets that it could not store the result",
        _both(0, EFAULT),
        goes_on=True,
    ),
)


def explained(
    each: Sequence, answers: list[tuple[str, ...]], image: tuple[str, ...]
) -> Known | None:
    """The entry that explains a difference: `answers` are Linux's, up to this call."""
    step, oracle = each.steps[len(answers) - 1], answers[-1]
    failed = {each.steps[at].name for at, lines in enumerate(answers[:-1]) if _code(lines) < 0}
    for known in KNOWN:
        if (
            (not known.calls or step.name in known.calls)
            and (not known.after_failed or known.after_failed in failed)
            and known.applies(step.text, oracle, image)
        ):
            return known
    return None


def spoils(step: Step, oracle: tuple[str, ...]) -> bool:
    """Both gave the same, and may be in another state all the same.

    Before Linux 6.17, mremap(2) unmapped the target before it found the source wanting.
    """
    return step.name == "mremap" and _code(oracle) == EFAULT
