"""One class per situation that a user can be in; each writes its own message.

The command line prints `str(error)` after "hermipy: " and ends with 125, so a message is one
line that says what happened, where, and what to do. A bug of ours is never one of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class HermipyError(Exception):
    """Anything that ends a command with one clear line."""


class BadFileError(HermipyError):
    """A target that is not a program we can take: truncated, another machine's, a script ..."""

    def __init__(self, path: str | Path, problem: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"{path}: {problem}")
        self.problem = problem


class TableError(HermipyError):
    """A row of the syscall table breaks a rule."""

    def __init__(self, path: Path, row: str, problem: str) -> None:
        """Name the section's file, the row in it and the rule."""
        super().__init__(f"{path.name}: row {row}: {problem}")


class RewriteError(HermipyError):
    """A rewrite that cannot be planned, or that verification refuses."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


class MissingToolError(HermipyError):
    """A program that we call is not installed."""

    def __init__(self, tool: str, package: str) -> None:
        super().__init__(f"{tool} is not installed: apt-get install {package} brings it")


class ToolFailedError(HermipyError):
    """A program that we call ended with an error."""

    def __init__(self, tool: str, detail: str) -> None:
        super().__init__(f"{tool} failed: {detail}")


class MissingKernelError(HermipyError):
    """The kernel's objects for an architecture are not beside the package."""

    def __init__(self, arch: str) -> None:
        super().__init__(f"the kernel for {arch} is not built: run `make kernel ARCH={arch}`")


class OutputError(HermipyError):
    """A file that we were asked to write cannot be written."""

    def __init__(self, path: str | Path, error: OSError) -> None:
        super().__init__(f"{path}: cannot write: {error.strerror or error}")


class InputError(HermipyError):
    """A file that we were asked to read cannot be read."""

    def __init__(self, path: str | Path, error: OSError) -> None:
        super().__init__(f"{path}: {(error.strerror or str(error)).lower()}")


class OptionError(HermipyError):
    """An option's value makes no sense, alone or with the others."""


class PackageError(HermipyError):
    """A `debian:` target that cannot be resolved."""


class NoArchiveError(PackageError):
    """No package archive can be reached from here."""


class QemuError(HermipyError):
    """QEMU did not start or ended before the program did."""


class MissingLibraryError(HermipyError):
    """Objects that ld.so would look for in vain."""

    def __init__(
        self,
        program: str,
        missing: Sequence[tuple[str, str]],
        others: Sequence[str] = (),
        packages: Mapping[str, str] | None = None,
    ) -> None:
        """`missing`: (name, path of the object that needs it); Debian's packages by name.

        `others`: what was found of that name and is no such library.
        """
        named = ", ".join(
            name if who == program else f"{name} (for {who})" for name, who in missing
        )
        has = [f"debian:{package} has {name}" for name, package in (packages or {}).items()]
        facts = ", ".join((*others, *has))
        super().__init__(
            f"{program} needs {named}: not found; give the folder that is its / with --sysroot, "
            f"or bring the file with --add{'; ' if facts else ''}{facts}"
        )
        self.program = program
        self.missing = tuple(missing)
        self.others = tuple(others)


class ProfileError(HermipyError):
    """No seccomp profile can be made that keeps the programs working."""

    def __init__(self, problem: str) -> None:
        """Name the first program that has no bound, and why."""
        super().__init__(f"no seccomp profile: {problem}")


class UnsoundRewriteError(HermipyError):
    """A rewritten file is not what the rewriter may make of its original."""

    def __init__(self, problem: str) -> None:
        """Name the first thing that is wrong."""
        super().__init__(f"the rewrite is unsound: {problem}")


class AuditError(HermipyError):
    """The one program that was to be audited cannot be judged."""


class ClusterError(HermipyError):
    """A Dask scheduler that cannot be used."""


class TraceError(HermipyError):
    """A trace that cannot be crossed with an audit."""
