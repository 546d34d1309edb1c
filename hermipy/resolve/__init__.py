"""The numbers that each site can make, with the evidence.

A number is a question asked backwards: what does the number register hold just before the site?
`search` walks every way that leads there (dataflow against the flow of control), into the callers
of a function whose argument it is, as deep as they go. An answer is only given when every way ends
in a constant; else the site is unresolved and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermipy.analysis import analyse
from hermipy.model import Call
from hermipy.resolve.search import Search
from hermipy.resolve.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hermipy.elf import Elf
    from hermipy.model import Site

SETXID = frozenset({143, 144, 145, 146, 147, 149, 159})
"""setregid, setgid, setreuid, setuid, setresuid, setresgid, setgroups: nptl(7) lists them.

(include/uapi/asm-generic/unistd.h).
"""


def calls(elf: Elf, sites: Iterable[Site]) -> tuple[Call, ...]:
    """Return the call of every site, in their order."""
    analysis = analyse(elf)
    tables = Tables(analysis)
    return tuple(_resolve(Search(analysis, tables, site.address), site) for site in sites)


def _resolve(search: Search, site: Site) -> Call:
    search.run()
    if search.reason is not None:
        return Call(site, None, search.reason)
    origins = frozenset((n, at) for n, places in search.origins.items() for at in places)
    numbers = frozenset(search.origins)
    if search.through_pointer and not numbers <= SETXID:
        return Call(site, None, "the number is read from memory through a pointer")
    if search.wrappers:
        names = " ".join(f"{address:#x}" for address in sorted(search.wrappers))
        reason = f"the number is an argument of the function at {names}, which is exported"
        return Call(site, None, reason, origins, frozenset(search.wrappers))
    if search.through_pointer:
        # glibc and musl run set*id on every thread: the number travels in a struct. The stores that
        # were found are evidence, not proof, so the answer is the whole closed family.
        origins |= {(number, site.address) for number in SETXID - numbers}
        return Call(site, SETXID, f"setxid broadcast: {search.evidence()}", origins)
    if not numbers:
        return Call(site, numbers, "no call of its function exists")
    return Call(site, numbers, search.evidence(), origins)
