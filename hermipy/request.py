"""What the user asked to have packed. Alone: to run an image needs nothing of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments and options of `pack` and `run`."""

    target: str
    arguments: tuple[str, ...] = ()
    arch: str | None = None
    environment: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    rootfs: Path | None = None
    sysroot: Path | None = None
    workdir: str = "/"
    direct: bool = True
    on_missing: str = "enosys"
    assume: tuple[str, ...] | None = None
    """Names of the syscalls that unresolved sites make; None: they could make any."""
    stats: bool = False
    strace: bool = False
