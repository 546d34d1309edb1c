"""The three answers that are compared: the analyser's, and two baselines.

The closure is the union of what all sites of the program and of its libraries can make; the naive
scan looks for the number among the 20 instructions before a site, in the same files, and drops a
site where it finds none (as Loupe's and Chestnut's static parts do).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hermipy import cache, elf, reach, table, target
from hermipy.arch import ARCHS
from hermipy.arch.base import Constant
from hermipy.functions import code_ranges
from tests.accuracy import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hermipy.functions import CodeRange
    from hermipy.reach.answer import Answer as Reached

ALWAYS = ("rt_sigreturn", "restart_syscall")
"""Made by the system itself, at no site."""
_WINDOW = 20  # instructions


@dataclass(frozen=True, slots=True)
class Answer:
    """What one of the three says of a program."""

    syscalls: tuple[str, ...]
    unresolved: int
    """Sites that could make any syscall."""


@dataclass(frozen=True, slots=True)
class Answers:
    """All of a program."""

    ours: Answer
    closure: Answer
    naive: Answer


def answers(path: Path, arch: str, root: Path) -> Answers:
    """The answers for a program below its root, kept by the code and the files that made them."""
    # A root is named by the packages in it.
    facts = repr((cache.key(), Path(__file__).read_text(), cache.file_hash(path), root.name))
    kept = Path("build/accuracy/answers") / hashlib.sha256(facts.encode()).hexdigest()
    if kept.is_file():
        stored = json.loads(kept.read_text())
        return Answers(**{name: Answer(**fields) for name, fields in stored.items()})
    found = _reached(path, arch, root)
    files = [Path(facts.path) for facts in found.found.graph.objects]
    made = Answers(_ours(found), _closure(found), naive(files, arch))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(asdict(made)))
    return made


def ours(path: Path, arch: str, root: Path) -> Answer:
    """The analyser's answer alone."""
    return _ours(_reached(path, arch, root))


def _reached(path: Path, arch: str, root: Path) -> Reached:
    return reach.program(path, arch, root if target.interpreter(path) else None)


def _ours(found: Reached) -> Answer:
    named = (table.name_of(number, found.arch) for number in found.numbers)
    return _answer(named, len(found.unresolved))


def _closure(found: Reached) -> Answer:
    """Every site of every object."""
    made = [one.number for facts in found.found.graph.objects for one in facts.made]
    named = (table.name_of(number, found.arch) for number in made if number >= 0)
    return _answer((*named, *ALWAYS), sum(number < 0 for number in made))


def naive(files: Iterable[Path], arch: str) -> Answer:
    """The nearest constant before each site."""
    found = [_scanned(file, arch) for file in files]
    named = {
        table.name_of(number, arch) for numbers, _ in found for number in numbers
    } & table.by_name().keys()
    return _answer(named, sum(dropped for _, dropped in found))


def _answer(found: Iterable[str], unresolved: int) -> Answer:
    return Answer(tuple(names.in_order(found)), unresolved)


@lru_cache(maxsize=64)
def _scanned(file: Path, arch: str) -> tuple[frozenset[int], int]:
    """The numbers found, and how many sites were dropped."""
    found = [
        number
        for code in code_ranges(elf.read(file))
        for number in numbers_before_sites(code, arch)
    ]
    return frozenset(n for n in found if n is not None), found.count(None)


def numbers_before_sites(code: CodeRange, arch: str) -> Iterator[int | None]:
    """For each site the nearest number, by address; None where there is none."""
    record = ARCHS[arch]
    if record.site not in code.data:
        return
    swept = record.sweep(code.data, code.address, np.empty(0, dtype=np.int64))
    at_site = np.searchsorted(swept.starts, swept.sites)
    for index in at_site.tolist():
        before = swept.starts[max(0, index - _WINDOW) : index][::-1]
        yield _nearest(code, before.tolist(), arch)


def _nearest(code: CodeRange, addresses: list[int], arch: str) -> int | None:
    record = ARCHS[arch]
    for address in addresses:
        word = code.data[address - code.address :][:4].ljust(4, b"\0")
        for register, value in record.decode(int.from_bytes(word, "little")).defs:
            if register == record.number and isinstance(value, Constant):
                return value.value
    return None
