"""What an architecture is to the analysis: a record of registers, conventions and two decoders.

`decode` takes one instruction to what dataflow needs of it; it knows no address, so its answers are
shared by every occurrence of a word. `sweep` finds all instruction starts, sites, branches and
calls of a stretch of code at once with numpy: a function is decoded only when an analysis walks
through it.

Register sets are bit masks. Three sets per instruction keep both directions sound: `reads` and
`writes` may name too many registers, `kills` (certainly overwritten) never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

MASK64 = (1 << 64) - 1


class Flow(Enum):
    """Where control goes after an instruction."""

    NEXT = auto()
    BRANCH = auto()
    """To `displacement` or to the next instruction."""
    JUMP = auto()
    CALL = auto()
    """A direct call; `link` is the register that holds the return address."""
    INDIRECT_CALL = auto()
    INDIRECT_JUMP = auto()
    RETURN = auto()
    SYSCALL = auto()
    STOP = auto()
    """Raises an exception that no program comes back from (ebreak, udf)."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Set dest to a value."""

    value: int


@dataclass(frozen=True, slots=True)
class PcRelative:
    """Set dest to (address of the instruction & ~(page - 1)) + offset."""

    offset: int
    page: int = 1


@dataclass(frozen=True, slots=True)
class Add:
    """Set dest to the low `width` bytes of (source + addend), sign-extended when `signed`.

    Width 8 and addend 0: a copy.
    """

    source: int
    addend: int = 0
    width: int = 8
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """Set dest to source with 16 bits replaced (movk)."""

    source: int
    bits: int
    shift: int


@dataclass(frozen=True, slots=True)
class Load:
    """Set dest to `size` bytes at base + offset (base as before the instruction)."""

    base: int
    offset: int
    size: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Indexed:
    """Set dest to `size` bytes at a register plus a scaled register, an element of a table."""

    size: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Set dest to one of two registers; `addend` applies to the second."""

    first: int
    second: int
    addend: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """Set dest to something else."""


Value = Constant | PcRelative | Add | Insert | Load | Indexed | Choice | Unknown
UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Store:
    """`size` bytes of `source` (-1.

    Not a tracked register) go to base + offset (base as before the instruction).
    """

    source: int
    base: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Insn:
    """One instruction's effect.

    Every register number and mask counts as the architecture's record says.
    """

    size: int
    flow: Flow = Flow.NEXT
    displacement: int = 0
    reads: int = 0
    kills: int = 0
    writes: int = 0
    defs: tuple[tuple[int, Value], ...] = ()
    stores: tuple[Store, ...] = ()
    link: int = -1
    target: int = -1
    """The register that an indirect jump or call goes through."""

    @property
    def is_comparison(self) -> bool:
        """Return whether it only decides something.

        A branch, or an operation whose one result are flags.
        """
        return self.flow is Flow.BRANCH or (
            self.writes != 0
            and not self.defs
            and not self.stores
            and self.flow is Flow.NEXT
            and self.writes == self.kills
        )

    @property
    def is_filler(self) -> bool:
        """Return whether it does nothing: a nop."""
        return self.flow is Flow.NEXT and not (self.reads or self.writes or self.stores)


@dataclass(frozen=True, slots=True)
class Sweep:
    """All instructions of one stretch of code, by address.

    Edges are parallel arrays, sorted by destination.
    """

    starts: npt.NDArray[np.int64]
    sites: npt.NDArray[np.int64]
    jump_from: npt.NDArray[np.int64]
    jump_to: npt.NDArray[np.int64]
    call_from: npt.NDArray[np.int64]
    call_to: npt.NDArray[np.int64]
    indirect_jumps: npt.NDArray[np.int64]
    address_from: npt.NDArray[np.int64]
    """Instructions that begin to build a pc-relative or absolute address ..."""
    address_to: npt.NDArray[np.int64]
    """... and the address they build, where the pair was recognised."""


@dataclass(frozen=True, slots=True)
class Arch:
    """One architecture. Masks as in `Insn`."""

    name: str
    site: bytes
    """The syscall instruction."""
    alignment: int
    """Bytes that every instruction address is a multiple of."""
    number: int
    """The register that carries the syscall number."""
    link: int
    stack: int
    arguments: tuple[int, ...]
    preserved: int
    """Registers that a C callee gives back as they were."""
    go_preserved: int
    """The same for Go, which has no callee-saved registers."""
    everything: int
    candidates: Mapping[str, int]
    """Registers that liveness is asked about, by the name that DIRECT.md gives them.

    Masks of one bit.
    """
    dead_at_call: int
    """Candidates that carry nothing into a call by the procedure call standard."""
    dead_at_return: int
    """Candidates that carry nothing out of a function by the procedure call standard."""
    remembered: int
    """Candidates in which gcc's -fipa-ra may keep a value over a call of what does not use them."""
    decode: Callable[[int], Insn]
    """One instruction from the 32 bits at its address (little-endian, zeros beyond the end)."""
    sweep: Callable[[bytes, int, npt.NDArray[np.int64]], Sweep]
    """(code, its address, addresses where an instruction certainly starts)."""
    tls_relocations: tuple[int, ...]
    """R_* of words that hold no address but a place in thread-local memory."""
    copy_relocation: int
    """R_*_COPY."""
    adr: bool
    """PcRelative with page 1 is a whole address (adr), not the first half of one (auipc)."""
    go_copy: tuple[int, int] = (-1, -1)
    """Source and destination registers of Go's block copy, runtime.duffcopy.

    (src/runtime/duff_<arch>.s).
    """
    tls_target: int = -2
    """The register that a TLS descriptor is called through.

    Such a call keeps everything (AArch64's x1).
    """
    global_pointer: int = -1
    """The register that holds one address all along (RISC-V's gp)."""
    zero: int = -1
    """The number by which stores name the zero register."""
    extra_link: int = -1
    """A second link register whose callees keep everything else (RISC-V's t0.

    Millicode, Go's morestack).
    """
