"""The argument that decides what a call does: ioctl's request, a socket's domain, futex's op.

It is asked for at the site as the number is. Where it is the argument of an exported function
(libc's ioctl()), what others pass to that function counts, each for the code that passes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hermipy.reach.passing import WATCHED
from hermipy.resolve.search import Search
from hermipy.strace import constants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hermipy.analysis import Analysis
    from hermipy.model import Call
    from hermipy.resolve.tables import Tables

_CLOCK = "|FUTEX_CLOCK_REALTIME"
_32_BITS = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Deciding:
    """Which argument of a syscall decides, and its values' names."""

    name: str
    index: int
    values: Mapping[int, str]
    """For clone: of bits."""


_FUTEX, _CLONE = 98, 220
_OPERATIONS = {
    operation | private << 7 | clock << 8: name + "_PRIVATE" * private + _CLOCK * clock
    for operation, name in constants.FUTEX.items()
    for private in (0, 1)
    for clock in (0, 1)
}
DECIDING = {
    25: Deciding("cmd", 1, constants.FCNTL),
    29: Deciding("request", 1, constants.IOCTLS),
    _FUTEX: Deciding("op", 1, _OPERATIONS),
    167: Deciding("option", 0, constants.PRCTL),
    198: Deciding("domain", 0, constants.SOCKET_FAMILIES),
    199: Deciding("domain", 0, constants.SOCKET_FAMILIES),
    _CLONE: Deciding("flags", 0, constants.CLONE),
}
"""By number: fcntl, ioctl, futex, prctl, socket, socketpair, clone."""


class Found(NamedTuple):
    """One value of a call's deciding argument; None: it could be any, or `via` says whose it is."""

    number: int
    value: int | None
    at: int
    """The instruction that sets it."""
    via: str = ""
    """The exported function whose callers pass it."""


def at_site(analysis: Analysis, tables: Tables, call: Call) -> Iterator[Found]:
    """The values at one site."""
    site = call.site.address
    for number, origin in call.origins:
        if number not in DECIDING:
            continue
        if call.evidence.startswith("wrapper"):
            yield Found(number, None, origin)
            continue
        search = Search(analysis, tables, site, analysis.arch.arguments[DECIDING[number].index])
        search.run()
        if search.reason is not None or search.through_pointer:
            yield Found(number, None, site)
            continue
        for value, places in search.origins.items():
            yield from (Found(number, value & _32_BITS, place) for place in places)
        for function, argument in search.handed:
            yield Found(number, None, function, _watched(analysis, function, argument))


def _watched(analysis: Analysis, function: int, argument: int) -> str:
    """The name under which what is passed to a function is known; empty: it is not."""
    names = (s.name for s in analysis.elf.symbols if s.exported and s.address == function)
    return next((n for n in names if n in WATCHED and WATCHED[n][0] == argument), "")


def named(number: int, value: int) -> str:
    """A value as strace writes it."""
    names = DECIDING[number].values
    if number != _CLONE:
        return names.get(value, f"{value:#x}")
    flags = [name for bit, name in names.items() if value & bit]
    signal = value & ~sum(names)
    return "|".join([*flags, *([f"{signal:#x}"] if signal else [])]) or "0"
