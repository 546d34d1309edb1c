from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hermipy import elf, liveness, scan
from hermipy.model import Site

if TYPE_CHECKING:
    from hermipy.elf import Elf

Dead = Callable[[str], frozenset[str]]
SITE = {"riscv64": "ecall", "aarch64": "svc 0"}
EXIT = {"riscv64": "li a7, 93\necall", "aarch64": "mov x8, 93\nsvc 0"}
ALL = {
    "riscv64": {"t0", "t1", "t2", "t3", "t4", "t5", "t6"},
    "aarch64": {"x16", "x17", "nzcv"},
}


@pytest.fixture
def dead(arch: str, assemble: Callable[[str], Path]) -> Dead:
    """The dead registers after the first site of a program: `SITE` stands for the instruction."""

    def run(source: str) -> frozenset[str]:
        header = ".macro function name\n.globl \\name\n.type \\name, STT_FUNC\n\\name:\n.endm\n"
        file = elf.read(assemble(header + source.replace("SITE", SITE[arch])))
        return liveness.dead_registers(file, scan.sites(file)[0])

    return run


def test_before_a_return_every_temporary_is_dead(dead: Dead, arch: str) -> None:
    assert dead("function _start\nSITE\nret") == ALL[arch]


def test_after_exit_everything_is_dead(dead: Dead, arch: str) -> None:
    everything = ALL[arch] | ({"ra"} if arch == "riscv64" else set())
    read = {"riscv64": "add t0, t0, ra", "aarch64": "add x16, x16, x17"}[arch]
    assert dead(f"function _start\n{EXIT[arch]}\n{read}") == everything


READ = {"riscv64": ("t0", "add a0, a0, t0"), "aarch64": ("x16", "add x0, x0, x16")}
WRITE = {"riscv64": "li t0, 1", "aarch64": "mov x16, 1"}
BRANCH = {"riscv64": "beqz a0, 1f", "aarch64": "cbz x0, 1f"}


def test_a_register_that_is_read_is_live(dead: Dead, arch: str) -> None:
    register, read = READ[arch]
    assert dead(f"function _start\nSITE\n{read}\nret") == ALL[arch] - {register}


def test_a_register_that_is_overwritten_first_is_dead(dead: Dead, arch: str) -> None:
    assert dead(f"function _start\nSITE\n{WRITE[arch]}\n{READ[arch][1]}\nret") == ALL[arch]


def test_a_register_that_one_of_two_ways_reads_is_live(dead: Dead, arch: str) -> None:
    register, read = READ[arch]
    source = f"function _start\nSITE\n{BRANCH[arch]}\n{WRITE[arch]}\n1: {read}\nret"
    assert dead(source) == ALL[arch] - {register}


def test_a_read_before_the_site_in_a_loop_counts(dead: Dead, arch: str) -> None:
    register, read = READ[arch]
    back = BRANCH[arch].replace("1f", "1b")
    assert dead(f"function _start\n1: {read}\nSITE\n{back}\nret") == ALL[arch] - {register}


def test_what_an_unknown_instruction_may_read_is_live(dead: Dead, arch: str) -> None:
    unknown = {"riscv64": ".4byte 0x0205d007", "aarch64": ".4byte 0x04a0e3e0"}[arch]
    assert dead(f"function _start\nSITE\n{unknown}\nret") == frozenset()


def test_an_indirect_jump_may_lead_anywhere(dead: Dead, arch: str) -> None:
    jump = {"riscv64": "jr a5", "aarch64": "br x5"}[arch]
    assert dead(f"function _start\nSITE\n{jump}") == frozenset()


def test_a_call_through_a_pointer_takes_the_temporaries(dead: Dead, arch: str) -> None:
    call = {"riscv64": "jalr a5", "aarch64": "blr x5"}[arch]
    expected = ALL[arch] - {"t2"} | ({"ra"} if arch == "riscv64" else set())
    assert dead(f"function _start\nSITE\n{call}\nret") == expected


def test_the_return_address_is_dead_when_it_is_loaded_again() -> None:
    """Only RISC-V asks: `ra` is its last choice of a scratch register."""
    file = build("riscv64", "_start:\necall\nld ra, 8(sp)\nret")
    assert "ra" in liveness.dead_registers(file, scan.sites(file)[0])


def test_a_call_that_links_in_t0_keeps_everything_else() -> None:
    file = build("riscv64", "_start:\necall\njal t0, f\nret\nf: jr t0")
    assert liveness.dead_registers(file, scan.sites(file)[0]) == {"t0"}


def test_a_call_of_a_tls_descriptor_keeps_everything() -> None:
    source = "_start:\nsvc 0\nldr x1, [x0]\nadd x0, x0, 8\nblr x1\nadd x0, x0, x16\nret"
    file = build("aarch64", source)
    assert liveness.dead_registers(file, scan.sites(file)[0]) == frozenset()


def test_the_flags_are_live_up_to_what_reads_them() -> None:
    file = build("aarch64", "_start:\ncmp x1, 0\nsvc 0\nb.eq 1f\nnop\n1: ret")
    assert "nzcv" not in liveness.dead_registers(file, scan.sites(file)[0])
    file = build("aarch64", "_start:\nsvc 0\ncmn x0, 1, lsl 12\nb.hi 1f\nnop\n1: ret")
    assert "nzcv" in liveness.dead_registers(file, scan.sites(file)[0])


CALLEE = "\n.globl f\n.type f, @function\nf: ecall\n{body}ret\n.size f, . - f"


def test_a_value_that_a_caller_keeps_over_a_known_callee_is_live() -> None:
    """gcc's -fipa-ra: the caller has seen that f leaves t3 alone, so it need not save it."""
    caller = ".globl _start\n.type _start, @function\n_start: li t3, 1\ncall f\nmv a0, t3\nret"
    file = build("riscv64", caller + CALLEE.format(body=""))
    assert liveness.dead_registers(file, scan.sites(file)[0]) == ALL["riscv64"] - {"t3"}


def test_a_callee_that_uses_the_register_itself_has_no_such_caller() -> None:
    caller = ".globl _start\n.type _start, @function\n_start: li t3, 1\ncall f\nmv a0, t3\nret"
    file = build("riscv64", caller + CALLEE.format(body="li t3, 2\n"))
    assert "t3" in liveness.dead_registers(file, scan.sites(file)[0])


def test_a_site_of_no_known_function_has_no_dead_registers(arch: str) -> None:
    file = build(arch, f"_start:\n{SITE[arch]}\nret")
    (site,) = scan.sites(file)
    assert liveness.dead_registers(file, Site(site.address, site.offset, None)) == frozenset()


def test_the_way_back_fits_at_most_sites_of_libc(arch: str) -> None:
    share = {"riscv64": 0.92, "aarch64": 0.99}[arch]
    needed = {"riscv64": {"t0"}, "aarch64": {"x16", "x17", "nzcv"}}[arch]
    file = elf.read(f"/usr/{arch}-linux-gnu/lib/libc.so.6")
    sites = scan.sites(file)
    served = sum(needed <= liveness.dead_registers(file, site) for site in sites)
    assert served >= share * len(sites)


def build(arch: str, source: str) -> Elf:
    """Assemble without a fixture, for what only one architecture has."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "program")
        gcc = [f"{arch}-linux-gnu-gcc", "-nostdlib", "-static", "-x", "assembler", "-", "-o", out]
        subprocess.run(gcc, input=f".globl _start\n{source}\n".encode(), check=True)
        return elf.read(out)
