"""Values that the architectures' direct-path encoders hand out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """One instruction that carries a site to the kernel by itself."""

    word: bytes
    reason: str
    """The registers that it uses, for the report."""
