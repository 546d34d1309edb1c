"""The rows for the page, each fact once: thousands of programs share their libraries' witnesses.

Strings become places in one list. A witness becomes the place of its first step; a step is
(object, function, address, how, place of the next step or -1), so paths that end alike share their
ends. That makes a page of megabytes out of hundreds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

_NO_STEP = -1


@dataclass(frozen=True, slots=True)
class Packed:
    """The page's data."""

    content: dict[str, Any]
    """What page.js reads."""
    users: Counter[str]
    """How many programs can make each syscall."""


def pack(programs: Iterable[Mapping[str, Any]], table: Mapping[str, Mapping[str, str]]) -> Packed:
    """Read every row once."""
    packer = _Packer(table)
    rows = [packer.row(row) for row in programs]
    content = {
        "table": [[name, row["status"], row["note"]] for name, row in table.items()],
        "strings": packer.strings.kept,
        "steps": packer.steps.kept,
        "lists": packer.lists.kept,
        "programs": rows,
    }
    return Packed(content, packer.users)


class _Places:
    """Values in the order in which they first came."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self._places: dict[Hashable, int] = {}

    def of(self, value: Hashable) -> int:
        """The value's place."""
        place = self._places.setdefault(value, len(self.kept))
        if place == len(self.kept):
            self.kept.append(value)
        return place


class _Packer:
    def __init__(self, table: Mapping[str, object]) -> None:
        self.strings, self.steps, self.lists = _Places(), _Places(), _Places()
        self.users: Counter[str] = Counter()
        self._number = {name: place for place, name in enumerate(table)}

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The names are short: they are in the page once per program."""
        head = {"p": row["path"], "a": row.get("arch"), "k": row.get("package")}
        if "error" in row:
            return head | {"e": row["error"]}
        self.users.update(row["syscalls"])
        return head | {
            "v": row["verdict"],
            "f": row["sizes"]["file"],
            "l": row["sizes"]["libraries"],
            "s": [self._number[name] for name in row["syscalls"]],
            "w": [self._witness(row["witnesses"].get(name, ())) for name in row["syscalls"]],
            "u": [
                [self.strings.of(site["object"]), site["address"], self.strings.of(site["reason"])]
                for site in row["unresolved"]
            ],
            "d": row["dynamic"],
            "b": self._list(row["libraries"]),
            "m": row["missing_libraries"],
            "g": self._arguments(row["arguments"]),
            "x": self._list(row["widened"]),
            "y": self._list(row["assumed"]),
        }

    def _list(self, texts: Iterable[str]) -> int:
        return self.lists.of(tuple(map(self.strings.of, texts)))

    def _witness(self, path: Iterable[Mapping[str, Any]]) -> int:
        place = _NO_STEP
        for step in reversed(list(path)):
            words = (self.strings.of(step[part]) for part in ("object", "function", "how"))
            place = self.steps.of((*words, step["address"], place))
        return place

    def _arguments(self, arguments: Mapping[str, Mapping[str, Any]]) -> list[list[Any]]:
        return [
            [self._number[name], self.strings.of(bound["argument"]), self._values(bound["values"])]
            for name, bound in arguments.items()
            if name in self._number
        ]

    def _values(self, values: str | Iterable[object]) -> int:
        return _NO_STEP if isinstance(values, str) else self._list(map(str, values))
