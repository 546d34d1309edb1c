from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hermipy import elf, scan

Assemble = Callable[[str], Path]
SITE = {"riscv64": "ecall", "aarch64": "svc 0"}
NUMBER = {"riscv64": "li a7, 172", "aarch64": "mov x8, 172"}
FILLER = {
    "riscv64": ["c.nop", "nop", "c.mv a0, a1", "li t0, 0x73", "lui t1, 0x73", ".4byte 0x02050007"],
    "aarch64": ["nop", "mov x0, x1", "movz x3, 1", ".4byte 0x04a0e3e0"],
}
HIDDEN = {  # the site's bytes within another instruction or across two
    "riscv64": [".4byte 0x00730013", ".2byte 0x0001, 0x0073 << 2 | 1", "lui a0, 0x730"],
    "aarch64": ["ldr x0, .+8", "mov w0, 0xd400"],
}


def program(arch: str, *lines: str) -> str:
    return "\n".join([".globl _start", "_start:", *lines, NUMBER[arch], SITE[arch]])


def shown_by_objdump(path: Path, arch: str) -> list[int]:
    dump = [f"{arch}-linux-gnu-objdump", "-d", path]
    text = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s*([0-9a-f]+):.*\t(?:ecall|svc\t#0x0)\s*$", text, re.MULTILINE)
    return [int(address, 16) for address in found]


def found(path: Path) -> list[int]:
    return [site.address for site in scan.sites(elf.read(path))]


def test_a_site_behind_every_kind_of_instruction_is_found(arch: str, assemble: Assemble) -> None:
    lines = [line for filler in FILLER[arch] for line in (filler, SITE[arch])]
    path = assemble(program(arch, *lines))
    assert len(found(path)) == len(FILLER[arch]) + 1
    assert found(path) == shown_by_objdump(path, arch)


def test_bytes_within_an_instruction_are_no_site(arch: str, assemble: Assemble) -> None:
    path = assemble(program(arch, *HIDDEN[arch]))
    assert len(found(path)) == 1
    assert found(path) == shown_by_objdump(path, arch)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(picks=st.lists(st.integers(0, 60), max_size=80))
def test_sites_are_those_of_objdump(arch: str, assemble: Assemble, picks: list[int]) -> None:
    choices = [*FILLER[arch], *HIDDEN[arch], SITE[arch], SITE[arch]]
    path = assemble(program(arch, *(choices[pick % len(choices)] for pick in picks)))
    assert found(path) == shown_by_objdump(path, arch)


def test_data_in_the_text_section_is_no_site(arch: str, assemble: Assemble) -> None:
    """Mapping symbols say where data lies in code; riscv64's assembler of Debian 12 writes none."""
    words = {"riscv64": 0x73, "aarch64": 0xD4000001}
    path = assemble(program(arch, "nop") + f"\n.section .rodata\n.word {words[arch]}")
    assert len(found(path)) == 1
    if arch == "aarch64":
        path = assemble(program(arch, "b 1f", f".word {words[arch]}", "1: nop"))
        assert len(found(path)) == 1


def test_the_offset_of_a_site_is_where_its_bytes_are(arch: str, assemble: Assemble) -> None:
    path = assemble(program(arch))
    (site,) = scan.sites(elf.read(path))
    instruction = {"riscv64": b"\x73\0\0\0", "aarch64": b"\1\0\0\xd4"}[arch]
    assert path.read_bytes()[site.offset : site.offset + 4] == instruction
    assert site.function is not None
    assert site.function <= site.address


def test_without_section_headers_sites_in_data_are_left_alone(
    arch: str, assemble: Assemble, tmp_path: Path
) -> None:
    """Read-only data shares the executable segment; only the flow of control says which it is."""
    pattern = {"riscv64": 0x73, "aarch64": 0xD4000001}[arch]
    source = program(arch, "nop") + f'\n.section .rodata,"a"\n.word 1, {pattern}, 2, {pattern}'
    script = tmp_path / "one.ld"
    script.write_text("SECTIONS { . = 0x10000; .all : { *(.text) *(.rodata) } }\n")
    path = assemble(source)
    linked = tmp_path / "linked"
    text = tmp_path / "program.S"
    gcc = [
        f"{arch}-linux-gnu-gcc",
        "-nostdlib",
        "-static",
        f"-Wl,-T,{script},-n",
        text,
        "-o",
        linked,
    ]
    subprocess.run(gcc, check=True)
    data = bytearray(linked.read_bytes())
    data[40:48] = bytes(8)
    data[60:62] = bytes(2)
    file = elf.parse("linked", bytes(data))
    assert file.sections == ()
    assert len(scan.sites(file)) == len(found(path)) == 1


def test_a_real_static_program_has_the_sites_that_objdump_shows(arch: str, tmp_path: Path) -> None:
    out = tmp_path / "hello"
    gcc = [f"{arch}-linux-gnu-gcc", "-static", "-x", "c", "-", "-o", out]
    subprocess.run(gcc, input=b"int main(void) { return 0; }", check=True)
    subprocess.run([f"{arch}-linux-gnu-strip", out], check=True)
    assert found(out) == shown_by_objdump(out, arch)
    result = scan.scan_file(out)
    assert len(result.calls) > 50
    assert len(result.unresolved) <= len(result.calls) * 0.02
    assert {64, 93, 94, 222} <= result.numbers  # write, exit, exit_group, mmap
