"""RISC-V encodings of the direct path (kernel/arch/DIRECT.md).

`jalr rd, imm(zero)` reaches the last 2 KiB of the address space from anywhere, so most sites need
no stub: t0 holds the way back and a second dead register lets the vector page switch stacks. Every
instruction used here is 4 bytes, as `ecall` is. Encodings: RISC-V unprivileged specification,
chapter "RV32/64G Instruction Set Listings".
"""

from __future__ import annotations

from hermipy.arch.direct_types import Way

TRAP = (0x0000_0073).to_bytes(4, "little")
STUB_SIZE = 32
PT_RISCV_ATTRIBUTES = 0x7000_0003
PT_NOTE = 4
SPARE_HEADERS = (PT_RISCV_ATTRIBUTES, PT_NOTE)
STUB_REGISTERS: frozenset[str] = frozenset()

_ZERO, _SP, _T0 = 0, 2, 5
_SLOT_SIZE = 16
_VECTOR_TOP = -2048  # the vector page's upper half, as jalr's immediate
_SCRATCH_SLOTS = ("t1", "t2", "t3", "t4", "t5", "t6", "ra")
_STUB_SLOT = 8
_PERCPU_SCRATCH0 = 32  # offset of percpu.scratch[0] (kernel/include/percpu.h)
_CSR_SSTATUS, _CSR_SSCRATCH = 0x100, 0x140
_SSTATUS_SIE = 2

_OPCODE_JAL, _OPCODE_JALR, _OPCODE_AUIPC = 0x6F, 0x67, 0x17
_OPCODE_IMM, _OPCODE_STORE, _OPCODE_SYSTEM = 0x13, 0x23, 0x73


def in_place(dead: frozenset[str]) -> Way | None:
    """`jalr t0, slot(zero)` when t0 and a scratch register are dead."""
    if "t0" not in dead:
        return None
    for slot, scratch in enumerate(_SCRATCH_SLOTS):
        if scratch in dead:
            return Way(_jalr(_T0, _ZERO, _slot_offset(slot)), f"t0 and {scratch} are dead")
    return None


def in_place_registers(word: bytes) -> frozenset[str] | None:
    """The registers that the vector entry named by `word` uses up."""
    for slot, scratch in enumerate(_SCRATCH_SLOTS):
        if word == _jalr(_T0, _ZERO, _slot_offset(slot)):
            return frozenset({"t0", scratch})
    return None


def stub_refusal(dead: frozenset[str]) -> str:
    """A stub keeps every register: it can always serve."""
    del dead
    return ""


def jump(site: int, stub: int) -> bytes | None:
    """`jal zero, stub`."""
    return jal(_ZERO, stub - site)


def stub(site: int, stub: int) -> bytes:
    """Mask interrupts, sp = the per-CPU page, keep t0 there, load the way back, enter by slot 8."""
    high, low = _pcrel(site + 4 - (stub + 12))
    code = (
        _csr(7, _CSR_SSTATUS, _SSTATUS_SIE, _ZERO)              # csrrci zero, sstatus, SIE
        + _csr(1, _CSR_SSCRATCH, _SP, _SP)                      # csrrw sp, sscratch, sp
        + _sd(_T0, _SP, _PERCPU_SCRATCH0)
        + _word(_OPCODE_AUIPC | _T0 << 7 | (high & 0xFFFFF) << 12)
        + _immediate(_OPCODE_IMM, 0, _T0, _T0, low)             # addi t0, t0, low
        + _jalr(_ZERO, _ZERO, _slot_offset(_STUB_SLOT))
    )  # fmt: skip
    return code.ljust(STUB_SIZE, b"\0")


def identity_stub(site: int, stub: int) -> bytes:
    """`ecall; jal zero, site+4`."""
    back = jal(_ZERO, site + 4 - (stub + 4))
    assert back is not None, "the site reached the stub, so the stub reaches the site"
    return (TRAP + back).ljust(STUB_SIZE, b"\0")


def jump_target(address: int, word: bytes) -> int | None:
    """Where `jal zero` at `address` leads."""
    value = int.from_bytes(word, "little")
    if value & 0xFFF != _OPCODE_JAL:
        return None
    # 31: imm[20], 30-21: imm[10:1], 20: imm[11], 19-12: imm[19:12]
    offset = (value >> 31) << 20 | (value >> 12 & 0xFF) << 12
    offset |= (value >> 20 & 1) << 11 | (value >> 21 & 0x3FF) << 1
    return address + offset - (offset >> 20 << 21)


def jal(link: int, offset: int) -> bytes | None:
    """`jal link, offset`; None beyond ±1 MiB or for an odd offset."""
    if not -(1 << 20) <= offset < 1 << 20 or offset & 1:
        return None
    value = (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3FF) << 21
    value |= (offset >> 11 & 1) << 20 | (offset >> 12 & 0xFF) << 12
    return _word(_OPCODE_JAL | link << 7 | value)


def _slot_offset(slot: int) -> int:
    return _VECTOR_TOP + _SLOT_SIZE * slot


def _pcrel(offset: int) -> tuple[int, int]:
    high = (offset + 0x800) >> 12
    return high, offset - (high << 12)


def _jalr(link: int, base: int, offset: int) -> bytes:
    return _immediate(_OPCODE_JALR, 0, link, base, offset)


def _csr(function: int, csr: int, source: int, target: int) -> bytes:
    return _word(_OPCODE_SYSTEM | target << 7 | function << 12 | source << 15 | csr << 20)


def _sd(source: int, base: int, offset: int) -> bytes:
    low, high = offset & 0x1F, offset >> 5 & 0x7F
    return _word(_OPCODE_STORE | low << 7 | 3 << 12 | base << 15 | source << 20 | high << 25)


def _immediate(opcode: int, function: int, target: int, source: int, value: int) -> bytes:
    return _word(opcode | target << 7 | function << 12 | source << 15 | (value & 0xFFF) << 20)


def _word(value: int) -> bytes:
    return value.to_bytes(4, "little")
