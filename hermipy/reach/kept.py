"""A program's answer without its graph, kept by the content of its objects: what packing needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hermipy import cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hermipy.closure import Object
    from hermipy.reach.answer import Answer

_SITELESS = "no site was found: the program unpacks or makes its code when it runs"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a program can ask of the kernel."""

    asked: tuple[tuple[int, tuple[tuple[str, tuple[int, ...]], ...]], ...]
    """Each number, with the objects and their sites that make it; none for the system's own."""
    unresolved: tuple[str, ...]
    """`object: 0x1234: reason` of each reachable site that could make any; the program unnamed."""
    widened: tuple[str, ...]
    assumed: tuple[str, ...]

    @property
    def numbers(self) -> frozenset[int]:
        """Every number that a resolved site can make, and what follows from it."""
        return frozenset(number for number, _ in self.asked)

    def askers(self, number: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """(object, its sites) of all that can make a syscall of this number."""
        return next((askers for known, askers in self.asked if known == number), ())


def of_objects(
    loaded: Sequence[Object], names: Mapping[str, Object], services: Iterable[str]
) -> Kept:
    """As `reach.of_objects`, from the cache when it was found before."""
    contents = [(item.path, cache.file_hash(item.source)) for item in loaded]
    aliases = sorted((name, item.path) for name, item in names.items())
    stored = cache.folder("reach") / f"{cache.key(contents, aliases, sorted(services))}.json"
    try:
        return _decoded(json.loads(stored.read_bytes()))
    except (OSError, ValueError):  # not there, or cut short by a power failure
        pass
    from hermipy import reach  # noqa: PLC0415  slow to import, needed once per program

    found = _kept(reach.of_objects(loaded, names, (), services))
    with cache.atomic_file(stored) as stream:
        stream.write(json.dumps(asdict(found)).encode())
    return found


def _kept(answer: Answer) -> Kept:
    unresolved = [
        f"{site.address:#x}: {site.reason}"
        if site.object == answer.program
        else f"{site.object}: {site.address:#x}: {site.reason}"
        for site in answer.unresolved
    ]
    if not answer.numbers and not unresolved:
        unresolved = [f"0x0: {_SITELESS}"]
    return Kept(
        asked=tuple((number, answer.askers(number)) for number in sorted(answer.numbers)),
        unresolved=tuple(unresolved),
        widened=answer.widened,
        assumed=answer.assumed,
    )


def _decoded(fields: dict[str, Any]) -> Kept:
    asked = tuple(
        (number, tuple((path, tuple(sites)) for path, sites in askers))
        for number, askers in fields["asked"]
    )
    rest = {name: tuple(fields[name]) for name in ("unresolved", "widened", "assumed")}
    return Kept(asked=asked, **rest)
