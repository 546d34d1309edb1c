"""The frozen values that travel between stages; nothing here computes.

Addresses are virtual addresses as the file links them (load bias 0), offsets are bytes into the
file, sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Tier(StrEnum):
    """How a site reaches the kernel after rewriting (kernel/arch/DIRECT.md)."""

    VECTOR = "vector"
    STUB = "stub"
    TRAP = "trap"


@dataclass(frozen=True, slots=True)
class Site:
    """One `ecall` or `svc #0` in executable code."""

    address: int
    offset: int
    function: int | None
    """Start address of the function that holds it, when one is known."""


@dataclass(frozen=True, slots=True)
class Call:
    """A site and the numbers it can make; None: unresolved, and `evidence` says why."""

    site: Site
    numbers: frozenset[int] | None
    evidence: str
    """`block`, `flow`, `wrapper: 3 callers, depth 2` ...; for an unresolved site the reason."""
    origins: frozenset[tuple[int, int]] = frozenset()
    """(number, address of an instruction that sets it): for a wrapper's site, in its callers."""
    wrappers: frozenset[int] = frozenset()
    """Exported functions whose caller in another object names the number: libc's syscall(). When no
    other object calls one, the site makes the numbers of `origins` and nothing else."""

    @property
    def inside(self) -> frozenset[int]:
        """For a site in a wrapper: the numbers that the object's own calls make."""
        return frozenset(number for number, _ in self.origins)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one ELF file can ask of the kernel."""

    file: str
    arch: str
    calls: tuple[Call, ...]

    @property
    def unresolved(self) -> tuple[Call, ...]:
        """The calls whose number could be anything."""
        return tuple(call for call in self.calls if call.numbers is None)

    @property
    def numbers(self) -> frozenset[int]:
        """Every number that a resolved site can make."""
        return frozenset().union(*(call.numbers for call in self.calls if call.numbers is not None))


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes that replace bytes of the same length at one place of the file."""

    offset: int
    old: bytes
    new: bytes
    why: str


@dataclass(frozen=True, slots=True)
class SitePlan:
    """What becomes of one site."""

    site: Site
    tier: Tier
    reason: str
    """Which registers carry it, or why it stays a trap."""
    stub_address: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that rewriting changes in one file. Empty `stubs`: no segment is added."""

    sites: tuple[SitePlan, ...]
    patches: tuple[Patch, ...]
    stubs: bytes
    """What is appended to the file: the stub segments, each but the last in whole pages."""
    stub_offset: int
    """Where `stubs` goes in the file, page aligned."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A rewritten file's bytes and how they came about."""

    data: bytes
    plan: Plan


@dataclass(frozen=True, slots=True)
class Node:
    """One name in the image's file tree (kernel/include/image.h)."""

    path: str
    """Absolute guest path, normalised; "/" is the root."""
    mode: int
    """File type and permissions, as st_mode."""
    uid: int = 0
    gid: int = 0
    mtime_ns: int = 0
    source: Path | None = None
    """Regular file: where its bytes are read from, unless `data` holds them."""
    data: bytes | None = None
    """Regular file's bytes or symlink's target."""
    rdev: int = 0
    stub_offset: int = 0
    stub_size: int = 0
