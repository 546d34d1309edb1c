from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hermipy import headers
from hermipy.errors import UnsoundRewriteError
from hermipy.model import Call, Site, Tier
from hermipy.rewrite import PAGE, Subject, apply, make_identity_plan, make_plan, rewrite
from hermipy.verify import verify

ALL_DEAD = frozenset({"t0", "t1", "x16", "x17", "nzcv"})
EXIT = {"riscv64": "li a7, 93\necall", "aarch64": "mov x8, #93\nsvc #0"}
GETPID = {"riscv64": "li a7, 172\necall", "aarch64": "mov x8, #172\nsvc #0"}
ZERO = {"riscv64": "li a0, 7", "aarch64": "mov x0, #7"}

Assemble = Callable[[str], Path]


def program(arch: str) -> str:
    return f".globl _start\n_start:\n{GETPID[arch]}\n{ZERO[arch]}\n{EXIT[arch]}"


def subject_of(path: Path, arch: str, dead: frozenset[str], numbers: int = 172) -> Subject:
    """The file with its sites as objdump sees them."""
    data = path.read_bytes()
    listing = subprocess.run(
        ["llvm-objdump", "-d", str(path)], capture_output=True, text=True, check=True
    )
    addresses = [
        int(m, 16)
        for m in re.findall(r"^\s*([0-9a-f]+):.*\t(?:ecall|svc)", listing.stdout, re.MULTILINE)
    ]
    loads = [entry for entry in headers.read(data).entries if entry.type == headers.PT_LOAD]

    def offset(address: int) -> int:
        segment = next(s for s in loads if s.vaddr <= address < s.vaddr + s.file_size)
        return address - segment.vaddr + segment.offset

    calls = tuple(
        Call(Site(address, offset(address), None), frozenset({numbers}), "block")
        for address in addresses
    )
    return Subject(data, arch, calls, lambda _site: dead)


def test_a_site_with_dead_registers_becomes_a_jump(arch: str, assemble: Assemble) -> None:
    rewritten = rewrite(subject_of(assemble(program(arch)), arch, ALL_DEAD))
    expected = {"riscv64": Tier.VECTOR, "aarch64": Tier.STUB}[arch]
    assert [plan.tier for plan in rewritten.plan.sites] == [expected] * 2


def test_a_site_without_dead_registers_keeps_its_meaning(arch: str, assemble: Assemble) -> None:
    rewritten = rewrite(subject_of(assemble(program(arch)), arch, frozenset()))
    expected = {"riscv64": Tier.STUB, "aarch64": Tier.TRAP}[arch]
    assert [plan.tier for plan in rewritten.plan.sites] == [expected] * 2


def test_rt_sigreturn_stays_a_trap(arch: str, assemble: Assemble) -> None:
    subject = subject_of(assemble(program(arch)), arch, ALL_DEAD, numbers=139)
    assert rewrite(subject).data == subject.data


def test_an_identity_rewrite_runs_as_the_original_does(arch: str, assemble: Assemble) -> None:
    path = assemble(program(arch))
    subject = subject_of(path, arch, ALL_DEAD)
    path.write_bytes(apply(subject.data, make_identity_plan(subject)))
    assert subprocess.run([f"qemu-{arch}", str(path)], check=False).returncode == 7


def test_a_sound_rewrite_passes_verification(arch: str, assemble: Assemble) -> None:
    for dead in (ALL_DEAD, frozenset()):
        subject = subject_of(assemble(program(arch)), arch, dead)
        result = verify(subject, rewrite(subject).data)
        assert result.direct + result.trap == 2


def test_a_rewrite_that_uses_a_live_register_fails_verification(
    arch: str, assemble: Assemble
) -> None:
    subject = subject_of(assemble(program(arch)), arch, ALL_DEAD)
    honest = Subject(subject.data, arch, subject.calls, lambda _site: frozenset())
    with pytest.raises(UnsoundRewriteError, match="may be live"):
        verify(honest, rewrite(subject).data)


def test_any_broken_byte_fails_verification(arch: str, assemble: Assemble) -> None:
    dead = frozenset() if arch == "riscv64" else ALL_DEAD
    subject = subject_of(assemble(program(arch)), arch, dead)
    rewritten = rewrite(subject)
    plan = rewritten.plan
    spots = [patch.offset for patch in plan.patches] + [
        plan.stub_offset,
        plan.stub_offset + 13,
        300,
    ]
    for spot in spots:
        broken = bytearray(rewritten.data)
        broken[spot] ^= 0x10
        with pytest.raises(UnsoundRewriteError):
            verify(subject, bytes(broken))


def test_the_program_header_table_stays_where_and_as_long_as_it_was(
    arch: str, assemble: Assemble
) -> None:
    dead = frozenset() if arch == "riscv64" else ALL_DEAD
    subject = subject_of(assemble(program(arch)), arch, dead)
    before, after = headers.read(subject.data), headers.read(rewrite(subject).data)
    assert before.offset == after.offset
    assert len(before.entries) == len(after.entries)
    loads = [entry.vaddr for entry in after.entries if entry.type == headers.PT_LOAD]
    assert loads == sorted(loads)


def test_a_site_out_of_reach_of_the_end_is_carried_from_below() -> None:
    near = ".globl _start\n_start: li a7, 93\necall\n"
    source = near + ".skip 0x120000\n.globl far\nfar: li a7, 172\necall"
    out = Path(tempfile.mkdtemp(), "program")
    gcc = [
        "riscv64-linux-gnu-gcc",
        "-nostdlib",
        "-static",
        "-Wl,--build-id",
        "-x",
        "assembler",
        "-",
        "-o",
        str(out),
    ]
    subprocess.run(gcc, input=source.encode() + b"\n", check=True)
    subject = subject_of(out, "riscv64", frozenset())
    rewritten = rewrite(subject)
    assert {site.tier for site in rewritten.plan.sites} == {Tier.STUB}
    near, far = (site.stub_address for site in rewritten.plan.sites)
    assert near is not None
    assert far is not None
    assert near < subject.calls[0].site.address < far
    assert verify(subject, rewritten.data).trap == 0
    out.write_bytes(apply(subject.data, make_identity_plan(subject)))
    assert subprocess.run(["qemu-riscv64", str(out)], check=False).returncode == 0


def test_a_file_without_a_spare_header_keeps_its_traps(arch: str, assemble: Assemble) -> None:
    path = assemble(program(arch))
    data = bytearray(path.read_bytes())
    table = headers.read(bytes(data))
    for i in range(len(table.entries)):
        if table.entries[i].type in (headers.PT_NOTE, 0x7000_0003):
            data[table.offset + 56 * i : table.offset + 56 * i + 4] = (0x6474_E551).to_bytes(
                4, "little"
            )
    path.write_bytes(bytes(data))
    dead = frozenset() if arch == "riscv64" else ALL_DEAD
    plan = make_plan(subject_of(path, arch, dead))
    assert {site.tier for site in plan.sites} == {Tier.TRAP}
    assert "spare program header" in plan.sites[0].reason


def test_sites_that_share_their_bytes_stay_traps(arch: str, assemble: Assemble) -> None:
    subject = subject_of(assemble(program(arch)), arch, ALL_DEAD)
    first = subject.calls[0]
    again = Call(Site(first.site.address + PAGE, first.site.offset, None), first.numbers, "block")
    twice = Subject(subject.data, arch, (*subject.calls, again), subject.dead)
    plans = {plan.site.address: plan for plan in rewrite(twice).plan.sites}
    assert plans[first.site.address].tier is plans[again.site.address].tier is Tier.TRAP
    assert verify(twice, rewrite(twice).data).trap == 2
