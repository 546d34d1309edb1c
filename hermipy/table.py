"""Load and check `syscall_table/`, the one place where a syscall is declared.

Each file there is a section: a title, the note for what is absent, and one row per syscall of the
generic 64-bit ABI (Linux 6.12, include/uapi/asm-generic/unistd.h). Everything else is derived from
the rows: the C prototypes, the image's dispatch table, module selection, names, the coverage page.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from hermipy.errors import TableError

ARCHES = ("riscv64", "aarch64")
_SOURCE_FOLDER = Path(__file__).parent.parent / "syscall_table"
_WHEEL_FOLDER = Path(__file__).parent / "_syscall_table"


class Status(StrEnum):
    """How much of the man page a handler does."""

    FULL = "full"
    PARTIAL = "partial"
    STUB = "stub"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter of the C prototype."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Need:
    """A module that must be linked with a handler though it does not name it (linker sets)."""

    module: str
    words: tuple[str, ...]
    """Only when the program could know one of these texts; empty: always. `/` also means NUL."""


@dataclass(frozen=True, slots=True)
class Syscall:
    """One row."""

    name: str
    number: int
    arguments: tuple[Argument, ...]
    status: Status
    module: str
    """Object that holds the handler, as a path under kernel/ without suffix; empty when absent."""
    note: str
    """What is missing; empty only for `full`."""
    section: str
    arches: tuple[str, ...]
    regs: bool
    """The handler reads or changes the whole register frame."""
    needs: tuple[Need, ...]

    @property
    def implemented(self) -> bool:
        """Whether a handler exists."""
        return self.status is not Status.ABSENT

    @property
    def prototype(self) -> str:
        """The handler's C parameter list."""
        return ", ".join(_declare(argument) for argument in self.arguments) or "void"


@cache
def load(folder: Path | None = None) -> tuple[Syscall, ...]:
    """Every row of every section, by number. Raises TableError for a row that breaks a rule."""
    if folder is None:
        folder = _SOURCE_FOLDER if _SOURCE_FOLDER.is_dir() else _WHEEL_FOLDER
    rows: list[Syscall] = []
    for path in sorted(folder.glob("*.toml")):
        rows += _section(path)
    _refuse_duplicates(rows)
    return tuple(sorted(rows, key=lambda row: row.number))


@cache
def by_number(arch: str) -> dict[int, Syscall]:
    """The rows that exist on an architecture, keyed by syscall number."""
    return {row.number: row for row in load() if arch in row.arches}


@cache
def by_name() -> dict[str, Syscall]:
    """All rows, keyed by name."""
    return {row.name: row for row in load()}


def name_of(number: int, arch: str) -> str:
    """The syscall's name, or `syscall_N` for a number that Linux does not define."""
    row = by_number(arch).get(number)
    return row.name if row else f"syscall_{number}"


def _section(path: Path) -> list[Syscall]:
    document = tomllib.loads(path.read_text())
    title, absent = document.pop("section"), document.pop("absent")
    return [_row(path, title, absent, name, fields) for name, fields in document.items()]


_KEYS = {"number", "args", "status", "module", "note", "regs", "arch", "needs"}


def _row(path: Path, section: str, absent: str, name: str, fields: dict[str, object]) -> Syscall:
    unknown = fields.keys() - _KEYS
    if unknown:
        raise TableError(path, name, f"unknown key {', '.join(sorted(unknown))}")
    try:
        status = Status(str(fields["status"]))
        number = int(str(fields["number"]))
    except (KeyError, ValueError) as error:
        raise TableError(path, name, f"needs a number and a valid status ({error})") from error
    note = str(fields.get("note", absent if status is Status.ABSENT else ""))
    module = str(fields.get("module", ""))
    if status not in (Status.FULL, Status.ABSENT) and not note:
        raise TableError(path, name, f"is {status} without a note that says what is missing")
    if status is Status.FULL and note:
        raise TableError(path, name, "is full and has a note: then it is partial")
    if (status is Status.ABSENT) == bool(module):
        raise TableError(path, name, "has a module exactly when it is implemented")
    return Syscall(
        name=name,
        number=number,
        arguments=_arguments(path, name, str(fields.get("args", ""))),
        status=status,
        module=module,
        note=note,
        section=section,
        arches=(str(fields["arch"]),) if "arch" in fields else ARCHES,
        regs=bool(fields.get("regs", False)),
        needs=_needs(fields.get("needs", [])),
    )


def _needs(fields: object) -> tuple[Need, ...]:
    """`fs/proc`, or `fs/proc if proc /dev/std`."""
    texts = map(str, fields) if isinstance(fields, list) else (str(fields),)
    parts = (text.partition(" if ") for text in texts)
    return tuple(Need(module, tuple(words.split())) for module, _, words in parts)


def _arguments(path: Path, name: str, text: str) -> tuple[Argument, ...]:
    arguments = []
    for declaration in filter(None, text.split(", ")):
        match = re.fullmatch(r"(.+?[ *])([a-z_0-9]+)", declaration)
        if match is None:
            raise TableError(path, name, f"cannot read the parameter {declaration!r}")
        arguments.append(Argument(match[1].strip(), match[2]))
    return tuple(arguments)


def _refuse_duplicates(rows: list[Syscall]) -> None:
    seen: dict[object, str] = {}
    for row in rows:
        for key in (row.number, row.name):
            if key in seen:
                raise TableError(Path("syscall_table"), row.name, f"and {seen[key]} are both {key}")
            seen[key] = row.name


def _declare(argument: Argument) -> str:
    space = "" if argument.type.endswith("*") else " "
    return f"{argument.type}{space}{argument.name}"
