from __future__ import annotations

import re
import subprocess

import keystone
from hypothesis import given, settings
from hypothesis import strategies as st

from hermipy import link
from hermipy.arch import aarch64_direct, riscv64_direct
from hermipy.arch.direct import BY_ARCH

REACH = {"riscv64": 1 << 20, "aarch64": 1 << 27}


def llvm_mc(triple: str, text: str, *options: str) -> bytes:
    """The bytes that LLVM's assembler makes of a line of assembly."""
    command = ["llvm-mc", f"--triple={triple}", "--show-encoding", *options]
    out = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    encodings = [
        line.split("[")[-1].split("]")[0] for line in out.splitlines() if "encoding:" in line
    ]
    return b"".join(bytes(int(byte, 16) for byte in one.split(",")) for one in encodings)


@settings(max_examples=60, deadline=None)
@given(st.integers(-(1 << 19), (1 << 19) - 1))
def test_riscv_jal_is_what_the_assembler_makes(halfwords: int) -> None:
    offset = halfwords * 2
    assert riscv64_direct.jal(0, offset) == llvm_mc("riscv64", f"jal zero, {offset}")


@settings(max_examples=60, deadline=None)
@given(st.integers(0x1_0000, 0x1_0000_0000), st.integers(-200_000, 200_000))
def test_riscv_stub_is_what_the_assembler_makes(site: int, distance: int) -> None:
    site, stub = site & ~1, (site + 2 * distance) & ~31
    delta = site + 4 - (stub + 12)
    high = (delta + 0x800) >> 12
    text = f"""
        csrci sstatus, 2
        csrrw sp, sscratch, sp
        sd t0, 32(sp)
        auipc t0, {high & 0xFFFFF}
        addi t0, t0, {delta - (high << 12)}
        jalr zero, -1920(zero)
    """
    assert riscv64_direct.stub(site, stub)[:24] == llvm_mc("riscv64", text)


def test_riscv_vector_entries_are_what_the_assembler_makes() -> None:
    for slot, scratch in enumerate(("t1", "t2", "t3", "t4", "t5", "t6", "ra")):
        way = riscv64_direct.in_place(frozenset({"t0", scratch}))
        assert way is not None
        assert way.word == llvm_mc("riscv64", f"jalr t0, {-2048 + 16 * slot}(zero)")
        assert riscv64_direct.in_place_registers(way.word) == {"t0", scratch}


@settings(max_examples=60, deadline=None)
@given(st.integers(0x10_0000, 0x1_0000_0000), st.integers(-(1 << 25), (1 << 25) - 1))
def test_aarch64_stub_is_what_keystone_makes(site: int, distance: int) -> None:
    site, stub = site & ~3, (site + 4 * distance) & ~15
    if stub < 0:
        return
    engine = keystone.Ks(keystone.KS_ARCH_ARM64, keystone.KS_MODE_LITTLE_ENDIAN)
    page = (site + 4) & ~0xFFF
    text = f"adrp x17, #{page}; add x17, x17, #{(site + 4) & 0xFFF}; mov x16, #-4096; br x16"
    encoded, _ = engine.asm(text, stub)
    assert aarch64_direct.stub(site, stub) == bytes(encoded)
    if aarch64_direct.jump(site, stub) is not None:
        encoded, _ = engine.asm(f"b #{stub}", site)
        assert aarch64_direct.jump(site, stub) == bytes(encoded)


@given(st.integers(-(1 << 30), 1 << 30))
def test_a_jump_decodes_to_where_it_was_sent_or_is_refused(distance: int) -> None:
    site = 0x8000_0000
    for arch, way in BY_ARCH.items():
        stub = (site + distance) & ~31
        word = way.jump(site, stub)
        if -REACH[arch] <= stub - site < REACH[arch]:
            assert word is not None
            assert way.jump_target(site, word) == stub
        else:
            assert word is None


def test_the_trap_is_neither_a_jump_nor_a_vector_entry() -> None:
    for way in BY_ARCH.values():
        assert way.jump_target(0x1000, way.trap) is None
        assert way.in_place_registers(way.trap) is None


def test_no_c_code_of_the_kernel_uses_what_a_direct_call_leaves_in_the_registers() -> None:
    archive = link.kernel_folder("aarch64") / "libkernel.a"
    command = ["llvm-objdump", "-d", "--no-show-raw-insn", str(archive)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    objects = re.split(r"^(.+\.o\)):\s+file format .*$", text, flags=re.MULTILINE)[1:]
    code = dict(zip(objects[::2], objects[1::2], strict=True))
    compiled = {name: lines for name, lines in code.items() if ".S.o" not in name}
    assert len(compiled) > 100
    using = [name for name, lines in compiled.items() if re.search(r"\b[xw](9|1[0-58])\b", lines)]
    assert using == []
