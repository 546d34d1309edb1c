"""One class per situation that a user can be in; each writes its own message: what happened, where, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class HermipyError(Exception):
    """Anything that ends a command with one clear line. The CLI prints `str(error)` and exits 125."""


class TableError(HermipyError):
    """A row of the syscall table breaks a rule."""

    def __init__(self, path: Path, row: str, problem: str) -> None:
        """Name the section's file, the row in it and the rule."""
        super().__init__(f"{path.name}: row {row}: {problem}")
