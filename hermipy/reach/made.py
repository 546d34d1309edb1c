"""Which function makes which syscall: where a site's number comes from, and what follows from it.

A number that a wrapper is given counts for the code that gives it. The kernel itself makes
restart_syscall, when a wait with a time limit goes on after a signal that stopped the process:
those of nanosleep, clock_nanosleep and futex (kernel/time/hrtimer.c, kernel/futex/waitwake.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hermipy.resolve.search import NullSearch
from hermipy.resolve.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hermipy.analysis import Analysis
    from hermipy.model import Call
    from hermipy.reach.wrapped import Passed

ANY = -1
_FUTEX, _NANOSLEEP, _CLOCK_NANOSLEEP, _RESTART = 98, 101, 115, 128
_TIMEOUT = 3


class Origin(NamedTuple):
    """A number (`ANY`: it could be any), the instruction that sets it, and the site or call."""

    number: int
    at: int
    site: int


def origins(
    analysis: Analysis, calls: Iterable[Call], wrapped: Iterable[Passed]
) -> Iterator[Origin]:
    """All numbers of a file: of its sites, and those that it passes to another object's syscall().

    A site in a wrapper that only other objects call makes nothing here.
    """
    tables = Tables(analysis)

    def search(site: int) -> NullSearch:
        return NullSearch(analysis, tables, site, analysis.arch.arguments[_TIMEOUT])

    for call in calls:
        site = call.site.address
        for number, at in call.origins:
            yield Origin(number, at, site)
            yield from (
                Origin(_RESTART, place, site) for place in _limits(call, number, at, search)
            )
        if call.numbers is None and not call.wrappers:
            yield Origin(ANY, site, site)
    for one in wrapped:
        yield Origin(ANY if one.value is None else one.value, one.origin, one.call)
        if one.value in (_FUTEX, _NANOSLEEP, _CLOCK_NANOSLEEP):
            yield Origin(_RESTART, one.origin, one.call)


def _limits(call: Call, number: int, at: int, search: Callable[[int], NullSearch]) -> Iterator[int]:
    """The instructions that give a call a time limit."""
    if number != _FUTEX or call.evidence.startswith("wrapper"):
        if number in (_FUTEX, _NANOSLEEP, _CLOCK_NANOSLEEP):
            yield at
        return
    limit = search(call.site.address)
    limit.run()
    if limit.reason is not None:
        yield at
    yield from (function for function, _ in limit.handed)
    for value, places in limit.origins.items():
        yield from places if value else ()
