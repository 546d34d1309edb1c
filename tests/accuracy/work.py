"""What is to be traced, and its traces: kept ones where neither program nor session has changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import cache, debian
from tests.accuracy import hosted, light, names, observed
from tests.accuracy.observed import Trace
from tests.accuracy.roots import root_of
from tests.conformance import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accuracy.hosted import Session
    from tests.conformance.programs import Case

COMMANDS = "commands"
LOGS = Path("build/accuracy/logs")


@dataclass(frozen=True, slots=True)
class Commands:
    """All commands of programs.txt that start one program."""

    target: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to be traced on one architecture."""

    arch: str
    what: Commands | Session

    @property
    def package(self) -> str:
        """The package whose programs it is about."""
        return self.targets[0].partition(":")[0].partition(",")[0]

    @property
    def name(self) -> str:
        """What to call it in a line of progress."""
        return self.what.target if isinstance(self.what, Commands) else self.what.name

    @property
    def targets(self) -> tuple[str, ...]:
        """The programs, as `hermipy.debian` fetches them."""
        if isinstance(self.what, Commands):
            return (self.what.target,)
        return tuple(f"{self.what.packages}:{path}" for _, path in self.what.called)

    @property
    def session(self) -> tuple[str, str, str]:
        """Its name, its kind, and what ran in words."""
        if isinstance(self.what, Commands):
            count = len(self.what.cases)
            return COMMANDS, observed.LIGHT, f"{count} command{'s' if count > 1 else ''}"
        return self.what.name, self.what.kind, self.what.part

    def key(self) -> str:
        """What the traces depend on."""
        if isinstance(self.what, Commands):
            text = "\n".join(case.line for case in self.what.cases)
        else:
            text = self.what.text
        files = [cache.file_hash(debian.fetch(one, self.arch).source) for one in self.targets]
        return hashlib.sha256("\0".join([text, *files]).encode()).hexdigest()[:16]


def all_of(arch: str) -> Iterator[Work]:
    """Everything that can be traced, programs.txt first."""
    groups: dict[str, list[Case]] = {}
    for line in programs.lines():
        case = programs.case(line, arch)
        groups.setdefault(light.name_of(case), []).append(case)
    for target, cases in groups.items():
        yield Work(arch, Commands(target, tuple(cases)))
    for session in hosted.sessions():
        yield Work(arch, session)


def kept(work: Work, known: list[Trace]) -> list[Trace]:
    """The traces of it that still hold; raises HermipyError."""
    session, key = work.session[0], work.key()
    return [one for one in known if (one.session, one.arch, one.key) == (session, work.arch, key)]


def traced(work: Work) -> list[Trace]:
    """Trace it now; raises HermipyError, TimeoutExpired."""
    if isinstance(work.what, Commands):
        return [_of_commands(work, work.what)]
    session, kind, part = work.session
    log = LOGS / f"{session}-{work.arch}.log"
    return [
        Trace(
            one.program, target, work.arch, kind, session, part, work.key(),
            one.starts, sum(one.calls.values()), tuple(names.in_order(one.calls)),
        )
        for target, one in zip(
            work.targets, hosted.run(work.what, work.arch, root_of, log), strict=True
        )
        if one.calls
    ]  # fmt: skip


def _of_commands(work: Work, commands: Commands) -> Trace:
    counts = Counter[str]()
    for case in commands.cases:
        counts.update(light.calls(case))
    session, kind, part = work.session
    path = debian.fetch(commands.target, work.arch).guest_path or ""
    return Trace(
        f"{work.package}:/{path.lstrip('/')}", commands.target, work.arch, kind, session, part,
        work.key(), len(commands.cases), counts.total(), tuple(names.in_order(counts)),
    )  # fmt: skip
