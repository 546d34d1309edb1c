"""The audit as one HTML file: figures, the coverage curve, what is wanted most, every program.

    audit -> packed (the data, each fact once) ┐
          -> sections, chart (what stands still) ┴ page.html + page.css + page.js -> one file

The file needs no network and no server. What a reader sees first is plain HTML and SVG, so nothing
moves when the script comes; the script makes the table of programs out of the data, a screenful at
a time, and the details of a program when somebody opens it.
"""

from __future__ import annotations

import json
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from hermipy.page import packed, sections

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Audit(Protocol):
    """What is shown: the audit's document."""

    @property
    def programs(self) -> Sequence[Mapping[str, Any]]:
        """The rows."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """The figures over all rows."""

    @property
    def table(self) -> Mapping[str, Mapping[str, str]]:
        """Status and note of every syscall in a row."""

    @property
    def observed(self) -> Mapping[str, Any] | None:
        """What a trace has against the one program's row."""


def write(audit: Audit, stream: BinaryIO) -> None:
    """Write the page; each row is read once and let go."""
    data = packed.pack(audit.programs, audit.table)
    text = Template(_asset("page.html")).substitute(
        style=_asset("page.css"),
        headline=sections.headline(audit.summary),
        curve=sections.curve(audit.summary),
        wanted=sections.wanted(audit.summary, audit.table),
        observed=sections.observed(audit.observed),
        syscalls=sections.syscalls(data.users, audit.table),
        data=_script_text(data.content),
        script=_asset("page.js"),
    )
    stream.write(text.encode())


def _asset(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _script_text(content: object) -> str:
    """JSON that no content can break out of: HTML ends a script at `</` alone."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
