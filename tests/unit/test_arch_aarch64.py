from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermipy.arch import aarch64
from hermipy.arch.aarch64_decode import decode
from hermipy.arch.aarch64_forms import EVERYTHING, NZCV, SP
from hermipy.arch.base import Add, Choice, Constant, Flow, Insert, Insn, Load, PcRelative, Store

if TYPE_CHECKING:
    from pathlib import Path

NOTHING_KNOWN = np.empty(0, dtype=np.int64)


def words(source: str, folder: Path, features: str = "+v8.5a,+sve2,+lse,+pauth") -> list[int]:
    text, out, raw = folder / "code.s", folder / "code.o", folder / "code.bin"
    text.write_text(source + "\n")
    mc = ["llvm-mc", "-triple=aarch64", f"-mattr={features}", "-filetype=obj", "-o", out, text]
    subprocess.run(mc, check=True)
    subprocess.run(["llvm-objcopy", "-O", "binary", "-j", ".text", out, raw], check=True)
    return np.frombuffer(raw.read_bytes(), dtype="<u4").tolist()


def registers(mask: int) -> set[str]:
    names = {SP: "sp", NZCV: "nzcv"}
    return {names.get(bit, f"x{bit}") for bit in range(NZCV + 1) if mask >> bit & 1}


CASES = {
    "add x1, x2, x3, lsl 2": ("x2 x3", "x1"),
    "adds w1, w2, w3": ("x2 x3", "x1 nzcv"),
    "add sp, sp, 16": ("sp", "sp"),
    "cmp x1, 7": ("x1", "nzcv"),
    "cmn w1, w2, uxtb": ("x1 x2", "nzcv"),
    "tst x1, 8": ("x1", "nzcv"),
    "and sp, x1, 0xff": ("x1", "sp"),
    "bic x1, x2, x3": ("x2 x3", "x1"),
    "bics xzr, x2, x3": ("x2 x3", "nzcv"),
    "movk x1, 5": ("x1", "x1"),
    "bfi x1, x2, 3, 4": ("x1 x2", "x1"),
    "ubfx x1, x2, 3, 4": ("x2", "x1"),
    "extr x1, x2, x3, 4": ("x2 x3", "x1"),
    "adc x1, x2, x3": ("x2 x3 nzcv", "x1"),
    "sbcs x1, x2, x3": ("x2 x3 nzcv", "x1 nzcv"),
    "ccmp x1, x2, 0, eq": ("x1 x2 nzcv", "nzcv"),
    "ccmp x1, 2, 0, eq": ("x1 nzcv", "nzcv"),
    "csinc x1, x2, x3, ne": ("x2 x3 nzcv", "x1"),
    "cset x1, eq": ("nzcv", "x1"),
    "madd x1, x2, x3, x4": ("x2 x3 x4", "x1"),
    "udiv x1, x2, x3": ("x2 x3", "x1"),
    "clz x1, x2": ("x2", "x1"),
    "pacia x1, x2": ("x1 x2", "x1"),
    "paciasp": ("x30 sp", "x30"),
    "pacia1716": ("x16 x17", "x17"),
    "bti c": ("", ""),
    "nop": ("", ""),
    "dmb ish": ("", ""),
    "mrs x1, nzcv": ("nzcv", "x1"),
    "msr nzcv, x1": ("x1", "nzcv"),
    "mrs x1, tpidr_el0": ("", "x1"),
    "msr tpidr_el0, x1": ("x1", ""),
    "dc zva, x1": ("x1", ""),
    "cfinv": ("nzcv", ""),
    "ldr x1, [x2, 8]": ("x2", "x1"),
    "ldr x1, [x2], 8": ("x2", "x1 x2"),
    "str x1, [x2, -8]!": ("x1 x2", "x2"),
    "ldr x1, [x2, x3, lsl 3]": ("x2 x3", "x1"),
    "str w1, [x2, w3, sxtw]": ("x1 x2 x3", ""),
    "ldr d1, [x2, x3]": ("x2 x3", ""),
    "str q1, [x2, 16]!": ("x2", "x2"),
    "prfm pldl1keep, [x2]": ("x2", ""),
    "ldrsw x1, [x2]": ("x2", "x1"),
    "ldp x1, x2, [x3], 16": ("x3", "x1 x2 x3"),
    "stp x1, x2, [sp, -16]!": ("x1 x2 sp", "sp"),
    "ldpsw x1, x2, [x3]": ("x3", "x1 x2"),
    "stp q1, q2, [x3]": ("x3", ""),
    "ldr x1, .": ("", "x1"),
    "ldxr x1, [x2]": ("x2", "x1"),
    "stlxr w1, x2, [x3]": ("x2 x3", "x1"),
    "ldaxp x1, x2, [x3]": ("x3", "x1 x2"),
    "stxp w1, x2, x3, [x4]": ("x2 x3 x4", "x1"),
    "ldar x1, [x2]": ("x2", "x1"),
    "stlr x1, [x2]": ("x1 x2", ""),
    "cas x1, x2, [x3]": ("x1 x2 x3", "x1"),
    "casp x0, x1, x2, x3, [x4]": ("x0 x1 x2 x3 x4", "x0 x1"),
    "ldadd x1, x2, [x3]": ("x1 x3", "x2"),
    "swp x1, x2, [x3]": ("x1 x3", "x2"),
    "ldapr x1, [x2]": ("x2", "x1"),
    "ldapur x1, [x2, 4]": ("x2", "x1"),
    "stlur x1, [x2, 4]": ("x1 x2", ""),
    "ld1 {v0.16b}, [x1], x2": ("x1 x2", "x1"),
    "st1 {v0.16b}, [x1], 16": ("x1", "x1"),
    "fcmp d0, d1": ("", "nzcv"),
    "fccmp d0, d1, 0, eq": ("nzcv", "nzcv"),
    "fcsel d0, d1, d2, eq": ("nzcv", ""),
    "fmov d0, x16": ("x16", ""),
    "dup v0.2d, x17": ("x17", ""),
    "fadd d16, d17, d16": ("", ""),
    "svc 0": ("", "x0"),
    "cbz x1, .": ("x1", ""),
    "tbnz w1, 3, .": ("x1", ""),
    "b.eq .": ("nzcv", ""),
    "br x16": ("x16", ""),
    "blr x1": ("x1", "x30"),
    "ret": ("x30 sp", ""),
    "retaa": ("x30 sp", ""),
}


def test_reads_and_kills(tmp_path: Path) -> None:
    found = [decode(word) for word in words("\n".join(CASES), tmp_path)]
    wrong = {
        text: (registers(insn.reads), registers(insn.kills))
        for insn, (text, (reads, kills)) in zip(found, CASES.items(), strict=True)
        if (registers(insn.reads), registers(insn.kills))
        != (set(reads.split()), set(kills.split()))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "defs"),
    [
        ("movz x8, 172", [(8, Constant(172))]),
        ("movn w8, 0", [(8, Constant(0xFFFF_FFFF))]),
        ("orr x8, xzr, 0x60", [(8, Constant(0x60))]),
        ("orr w8, wzr, 0x3f", [(8, Constant(0x3F))]),
        ("mov w8, 94", [(8, Constant(94))]),
        ("movk x8, 7, lsl 16", [(8, Insert(8, 7, 16))]),
        ("mov x8, x1", [(8, Add(1, 0, 8))]),
        ("mov w8, w1", [(8, Add(1, 0, 4))]),
        ("sxtw x8, w1", [(8, Add(1, 0, 4, signed=True))]),
        ("mov x8, xzr", [(8, Constant(0))]),
        ("add x8, sp, 16", [(8, Add(SP, 16))]),
        ("sub w8, w1, 4096", [(8, Add(1, -4096, 4))]),
        ("csel x8, x1, x2, eq", [(8, Choice(1, 2))]),
        ("ldr w8, [sp, 8]", [(8, Load(SP, 8, 4, signed=False))]),
        ("ldursw x8, [x1, -4]", [(8, Load(1, -4, 4, signed=True))]),
        (
            "ldp x7, x8, [sp, 16]",
            [(7, Load(SP, 16, 8, signed=False)), (8, Load(SP, 24, 8, signed=False))],
        ),
        ("ldr x8, [sp], 16", [(8, Load(SP, 0, 8, signed=False)), (SP, Add(SP, 16))]),
        ("ldr x8, [sp, 16]!", [(8, Load(SP, 16, 8, signed=False)), (SP, Add(SP, 16))]),
        ("adr x8, .+8", [(8, PcRelative(8))]),
    ],
)
def test_values(text: str, defs: list[object], tmp_path: Path) -> None:
    assert list(decode(words(text, tmp_path)[0]).defs) == defs


@pytest.mark.parametrize(
    ("text", "stores"),
    [
        ("str x1, [sp, 8]", (Store(1, SP, 8, 8),)),
        ("stp w1, wzr, [x2, 8]", (Store(1, 2, 8, 4), Store(31, 2, 12, 4))),
        ("stp x29, x30, [sp, -32]!", (Store(29, SP, -32, 8), Store(30, SP, -24, 8))),
        ("str x30, [sp], 16", (Store(30, SP, 0, 8),)),
        ("stur q0, [sp, 24]", (Store(-1, SP, 24, 16),)),
    ],
)
def test_stores(text: str, stores: tuple[Store, ...], tmp_path: Path) -> None:
    assert decode(words(text, tmp_path)[0]).stores == stores


@pytest.mark.parametrize("text", ["cntb x0", "ptrue p0.b", "addvl sp, sp, 1", "stg x0, [x1]"])
def test_an_unknown_instruction_reads_everything_and_hides_nothing(
    text: str, tmp_path: Path
) -> None:
    insn = decode(words(text, tmp_path, "+sve2,+mte")[0])
    assert (insn.reads, insn.kills) == (EVERYTHING, 0)


def test_targets_are_those_of_objdump(tmp_path: Path) -> None:
    source = ["b .+4096", "bl .-64", "cbz x1, .+128", "tbz x2, 40, .-1024", "b.ne .+1048572"]
    code = words("\n".join(source), tmp_path)
    dump = ["llvm-objdump", "-d", tmp_path / "code.o"]
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    shown = [
        int(at, 16)
        for at in re.findall(
            r"\t(?:b|bl|cbz|tbz|b\.ne)\t.*?(0x[0-9a-f]+)(?: <|$)", text, re.MULTILINE
        )
    ]
    raw = b"".join(word.to_bytes(4, "little") for word in code)
    swept = aarch64.sweep(raw, 0, NOTHING_KNOWN)
    edges = dict(zip(swept.jump_from.tolist(), swept.jump_to.tolist(), strict=True))
    edges |= dict(zip(swept.call_from.tolist(), swept.call_to.tolist(), strict=True))
    found = [edges[at] & ((1 << 64) - 1) for at in sorted(edges)]
    assert found == [
        at + decode(word).displacement & ((1 << 64) - 1)
        for at, word in zip(range(0, 20, 4), code, strict=True)
    ]
    assert found == shown


@given(st.integers(0, (1 << 32) - 1))
def test_no_word_makes_the_decoder_fail(word: int) -> None:
    insn = decode(word)
    assert isinstance(insn, Insn)
    assert insn.kills & ~insn.writes == 0


@given(st.integers(0, (1 << 26) - 1))
def test_a_call_links_and_a_jump_does_not(offset: int) -> None:
    jump, call = decode(0x1400_0000 | offset), decode(0x9400_0000 | offset)
    assert (jump.flow, call.flow, jump.displacement) == (Flow.JUMP, Flow.CALL, call.displacement)
    assert call.kills == 1 << 30
