from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermipy.arch import riscv64
from hermipy.arch.base import Add, Constant, Flow, Insn, Load, PcRelative, Store
from hermipy.arch.riscv64_forms import EVERYTHING, mask

if TYPE_CHECKING:
    from pathlib import Path

NOTHING_KNOWN = np.empty(0, dtype=np.int64)
SP, T0, A0, A5, S0 = 2, 5, 10, 15, 8


def listing(halves: list[int], folder: Path) -> dict[int, str]:
    """What llvm-objdump calls each of some 2-byte instructions, by address from 0."""
    source, out = folder / "halves.s", folder / "halves.o"
    source.write_text("\n".join(f".2byte {half}" for half in halves))
    mc = ["llvm-mc", "-triple=riscv64", "-mattr=+c,+d", "-filetype=obj", "-o", out, source]
    subprocess.run(mc, check=True)
    dump = ["llvm-objdump", "-d", "-M", "no-aliases", "--mattr=+c,+d", out]
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\s*([0-9a-f]+):\s+[0-9a-f ]+\t\s*(.*)$", text, re.MULTILINE)
    return {int(at, 16): _decimal(re.sub(r"\s+", " ", what)) for at, what in rows}


def _decimal(text: str) -> str:
    """Newer objdumps write every immediate in hexadecimal; jumps' targets always were."""
    if re.match(r"c\.(j|b)", text):
        return text
    return re.sub(r"0x[0-9a-f]+", lambda found: str(int(found[0], 16)), text)


NAMES = ["zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"]
NAMES += [f"a{i}" for i in range(8)] + [f"s{i}" for i in range(2, 12)] + ["t3", "t4", "t5", "t6"]


def described(insn: Insn, address: int) -> str | None:  # noqa: PLR0911 (one return per form)
    """The same words from our decoder; None for what it does not follow by value."""
    if insn.flow in (Flow.JUMP, Flow.BRANCH):
        return hex(address + insn.displacement)
    if insn.stores and insn.stores[0].source >= 0:
        store = insn.stores[0]
        return f"{NAMES[store.source]}, {store.offset}({NAMES[store.base]}) {store.size}"
    if not insn.defs:
        return None
    register, value = insn.defs[0]
    match value:
        case Load(base, offset, size, True):
            return f"{NAMES[register]}, {offset}({NAMES[base]}) {size}"
        case Constant(constant):
            return f"{NAMES[register]} = {constant}"
        case Add(source, addend, width, _):
            return f"{NAMES[register]} = {NAMES[source]} + {addend} ({width})"
    return None


def expected(text: str) -> str | None:  # noqa: PLR0911 (one return per form)
    """Our words for llvm's; None for what carries no value that is followed."""
    name, _, operands = text.partition(" ")
    parts = [part.strip() for part in operands.split(",")]
    width = {"w": 4, "d": 8}
    if name in ("c.j", "c.beqz", "c.bnez"):
        return parts[-1].split()[0]
    if found := re.fullmatch(r"c\.([ls])([wd])(?:sp)?", name):
        return f"{parts[0]}, {parts[1]} {width[found[2]]}"
    if name == "c.li":
        return f"{parts[0]} = {parts[1]}"
    if name == "c.lui" and parts[1] != "0":  # 0 is reserved
        high = int(parts[1], 0)
        return f"{parts[0]} = {(high if high < 32 else high - (1 << 20)) << 12}"
    if name in ("c.addi", "c.addi16sp", "c.addiw"):
        size = 4 if name == "c.addiw" else 8
        return f"{parts[0]} = {parts[0]} + {int(parts[1])} ({size})"
    if name == "c.addi4spn":
        return f"{parts[0]} = sp + {parts[2]} (8)"
    if name == "c.mv":
        return f"{parts[0]} = {parts[1]} + 0 (8)"
    return None


def test_every_compressed_instruction_means_what_llvm_says(tmp_path: Path) -> None:
    halves = [half for half in range(1 << 16) if half & 3 != 3]
    differing = []
    for address, text in listing(halves, tmp_path).items():
        wanted, insn = expected(text), riscv64.decode(halves[address // 2])
        if wanted is None or parts_with_x0(text):
            continue
        if described(insn, address) != wanted:
            differing.append((text, described(insn, address)))
    assert differing == []


def parts_with_x0(text: str) -> bool:
    """Hints that write x0."""
    return " zero," in text and not text.startswith("c.s")


@given(st.binary(min_size=2, max_size=400), st.integers(0, 3))
def test_starts_are_those_of_a_walk_from_the_first_byte(code: bytes, page: int) -> None:
    code = code[: len(code) // 2 * 2]
    walked, at = [], 0
    while at < len(code):
        walked.append(at + page * 4096)
        at += riscv64.length(int.from_bytes(code[at : at + 2], "little"))
    assert riscv64.sweep(code, page * 4096, NOTHING_KNOWN).starts.tolist() == walked


def test_a_known_function_start_brings_the_walk_back_in_step() -> None:
    code = bytes.fromhex("1300 7300 0000 0100")  # data that looks like half an instruction, ecall
    lost = riscv64.sweep(code, 0, NOTHING_KNOWN)
    found = riscv64.sweep(code, 0, np.array([2]))
    assert (lost.sites.tolist(), found.sites.tolist()) == ([], [2])


@given(
    st.lists(st.integers(0, (1 << 30) - 1).map(lambda bits: bits << 2 | 3), min_size=1, max_size=20)
)
def test_the_sweep_and_the_decoder_agree_on_every_target(words: list[int]) -> None:
    words = [word for word in words if word & 0x1F != 0x1F]
    code = b"".join(word.to_bytes(4, "little") for word in words)
    swept = riscv64.sweep(code, 0x10000, NOTHING_KNOWN)
    jumps, calls = [], []
    for i, word in enumerate(words):
        insn, address = riscv64.decode(word), 0x10000 + 4 * i
        if insn.flow in (Flow.JUMP, Flow.BRANCH):
            jumps.append((address, address + insn.displacement))
        if insn.flow is Flow.CALL:
            calls.append((address, address + insn.displacement))
    far = {i * 4 + 0x10000 for i, w in enumerate(words) if w & 0x7F == 0x67}
    found = list(zip(swept.jump_from.tolist(), swept.jump_to.tolist(), strict=True))
    assert [edge for edge in found if edge[0] not in far] == jumps
    found = list(zip(swept.call_from.tolist(), swept.call_to.tolist(), strict=True))
    assert [edge for edge in found if edge[0] not in far] == calls


@pytest.mark.parametrize(
    ("word", "what"),
    [
        (0x3E800893, "li a7, 1000"),
        (0x000788B7, "lui a7, 120"),
    ],
)
def test_a_number_in_one_instruction_is_a_constant(word: int, what: str) -> None:
    (register, value), *_ = riscv64.decode(word).defs
    assert isinstance(value, Constant), what
    assert (register, value.value) == (17, 1000 if "1000" in what else 120 << 12)


@pytest.mark.parametrize(
    ("word", "insn"),
    [
        (0x00000073, Insn(4, Flow.SYSCALL, kills=mask(A0), writes=mask(A0))),
        (0x00008067, Insn(4, Flow.RETURN, reads=mask(1), target=1)),
        (0x00078067, Insn(4, Flow.INDIRECT_JUMP, reads=mask(A5), target=A5)),
        (0xFCF43C23, Insn(4, reads=mask(S0, A5), stores=(Store(A5, S0, -40, 8),))),
        (0x00000517, Insn(4, kills=mask(A0), writes=mask(A0), defs=((A0, PcRelative(0)),))),
        (0x00100073, Insn(4, Flow.STOP)),
    ],
)
def test_four_byte_instructions(word: int, insn: Insn) -> None:
    found = riscv64.decode(word)
    assert (found.flow, found.reads, found.kills) == (insn.flow, insn.reads, insn.kills)
    assert found.stores == insn.stores


@pytest.mark.parametrize(
    ("word", "what"),
    [
        (0x0C0572D7, "vsetvli t0, a0, e8, m1, ta, ma"),
        (0x02050007, "vle8.v v0, (a0)"),
        (0x20A52533, "sh1add a0, a0, a0"),
        (0x40B577B3, "andn a5, a0, a1"),
        (0x60051513, "clz a0, a0"),
        (0x0000000B, "custom-0"),
    ],
)
def test_an_unknown_instruction_reads_everything_and_hides_nothing(word: int, what: str) -> None:
    insn = riscv64.decode(word)
    assert (insn.reads, insn.kills) == (EVERYTHING, 0), what


def test_no_word_makes_the_decoder_fail() -> None:
    for high in range(1 << 14):
        for low in (0x03, 0x2F, 0x53, 0x63, 0x6F, 0x73, 0x7F):
            insn = riscv64.decode((high << 18 | low) & 0xFFFF_FFFF)
            assert insn.kills & ~insn.writes == 0
