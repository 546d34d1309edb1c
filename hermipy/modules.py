"""Select: from the numbers that a program can make to the handlers that its kernel needs.

A number whose row has no handler stays out of the link and leads to syscall_missing at run time.

A few modules serve names only (/proc). They stay out when the program cannot know such a name: it
is in none of its files, arguments and variables, and no syscall brings text from elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import table
from hermipy.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hermipy.table import Need, Syscall

_RT_SIGACTION = 134
# Made by no site of the program, but by the vDSO's trampoline and the restart of a timed call.
_MADE_BY_SIGNALS = frozenset({128, 139})
_BRING_TEXT = frozenset(
    (
        *("read", "readv", "pread64", "preadv", "preadv2", "recvfrom", "recvmsg", "recvmmsg"),
        *("getdents64", "readlinkat", "getcwd", "process_vm_readv", "io_uring_enter"),
    )
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the link is asked for."""

    arch: str
    handlers: tuple[Syscall, ...]
    needs: tuple[tuple[str, str], ...]
    """Modules that handlers want beside their own, each with the name of its syscall."""
    missing: tuple[str, ...]
    """Names that the program can call and no handler serves."""
    whole: bool
    """Everything that exists is linked, because some site's number could be anything."""


def select(
    arch: str, numbers: frozenset[int], *, unresolved: bool, texts: Iterable[bytes] | None = None
) -> Selection:
    """The handlers for `numbers`; all there are, when a site is unresolved.

    `texts` is what the program can take names from; None when that is not known.
    """
    rows = table.by_number(arch)
    wanted = numbers | (_MADE_BY_SIGNALS if _RT_SIGACTION in numbers else frozenset())
    absent = {number for number in numbers if number not in rows or not rows[number].implemented}
    if unresolved:
        wanted = frozenset(rows)
    handlers = [row for number, row in sorted(rows.items()) if number in wanted and row.implemented]
    if any(row.name in _BRING_TEXT for row in handlers):
        texts = None
    return Selection(
        arch=arch,
        handlers=tuple(handlers),
        needs=_needs(handlers, texts),
        missing=tuple(sorted(table.name_of(number, arch) for number in absent)),
        whole=unresolved,
    )


def _needs(handlers: list[Syscall], texts: Iterable[bytes] | None) -> tuple[tuple[str, str], ...]:
    wanted = {need: row.name for row in handlers for need in row.needs}
    named = {need for need in wanted if need.words}
    if texts is not None and named:
        named = _known(named, texts)
    return tuple(
        (need.module, name) for need, name in wanted.items() if not need.words or need in named
    )


def _known(needs: set[Need], texts: Iterable[bytes]) -> set[Need]:
    """Those of which some word is in some text."""
    patterns = {need: re.compile("|".join(map(_pattern, need.words)).encode()) for need in needs}
    found: set[Need] = set()
    for text in texts:
        found |= {need for need, pattern in patterns.items() if pattern.search(text)}
    return found


def _pattern(word: str) -> str:
    return re.escape(word).replace("/", r"[/\x00]")


def numbers_of(names: Iterable[str], arch: str) -> frozenset[int]:
    """Numbers of the names that `--assume` lists; raises OptionError."""
    by_name = table.by_name()
    numbers = set()
    for name in names:
        row = by_name.get(name)
        if row is None or arch not in row.arches:
            raise OptionError(f"--assume: {arch} has no syscall named {name!r}")
        numbers.add(row.number)
    return frozenset(numbers)
