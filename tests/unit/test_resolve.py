"""Each test is one way in which a number reaches a site, written once for both architectures.

`{nr}` is the number register, `{a0}` ... the argument registers, `{site}` the instruction.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from hermipy import scan
from hermipy.model import Call
from hermipy.resolve import SETXID

if TYPE_CHECKING:
    from pathlib import Path

Resolve = Callable[[str], list[Call]]
WORDS = {
    "riscv64": {
        "nr": "a7",
        **{f"a{i}": f"a{i}" for i in range(8)},
        "site": "ecall",
        "call": "call",
        "jump": "j",
        "if0": "beqz a3,",
        "function": "@function",
        "push": "addi sp, sp, -32\nsd ra, 24(sp)",
        "pop": "ld ra, 24(sp)\naddi sp, sp, 32",
        "spill": "sd a0, 8(sp)",
        "reload": "ld a0, 8(sp)",
        "store_word": "sw a5, 8(sp)",
        "slot": "addi a0, sp, 8",
        "load_word": "lw a7, 0(a0)",
        "address": "la a4,",
        "zero": "zero",
    },
    "aarch64": {
        "nr": "x8",
        **{f"a{i}": f"x{i}" for i in range(8)},
        "site": "svc 0",
        "call": "bl",
        "jump": "b",
        "if0": "cbz x3,",
        "function": "%function",
        "push": "stp x29, x30, [sp, -32]!",
        "pop": "ldp x29, x30, [sp], 32",
        "spill": "str x0, [sp, 16]",
        "reload": "ldr x0, [sp, 16]",
        "store_word": "str w5, [sp, 16]",
        "slot": "add x0, sp, 16",
        "load_word": "ldr w8, [x0]",
        "address": "adr x4,",
        "zero": "xzr",
    },
}
FUNCTION = ".globl {name}\n.type {name}, {function}\n{name}:\n{body}\n.size {name}, . - {name}"


@pytest.fixture
def resolve(arch: str, assemble: Callable[[str], Path]) -> Resolve:
    """Assemble functions (`name: body` separated by `---`) and give the call of each site."""

    def run(source: str) -> list[Call]:
        functions = []
        for part in source.split("---"):
            name, _, body = part.strip().partition(":\n")
            functions.append(FUNCTION.replace("{name}", name).replace("{body}", body))
        text = "\n.balign 4\n".join(functions)
        for word, meaning in WORDS[arch].items():
            text = text.replace("{" + word + "}", meaning)
        path = assemble(text.replace("mv ", "mv " if arch == "riscv64" else "mov "))
        return list(scan.scan_file(path).calls)

    return run


def test_a_constant_before_the_site(resolve: Resolve, arch: str) -> None:
    load = "li a7, 172" if arch == "riscv64" else "mov x8, 172"
    (call,) = resolve(f"_start:\n{load}\n{{site}}\nret")
    assert (call.numbers, call.evidence) == ({172}, "block")


FORMS = {
    "riscv64": {
        "c.li a7, 29": 29,
        "li a7, 1000": 1000,
        "lui a7, 1\naddiw a7, a7, -96": 4000,
        "li a5, 57\nmv a7, a5": 57,
        "li a5, 57\nc.addi a5, 2\nadd a7, zero, a5": 59,
    },
    "aarch64": {
        "movz w8, 57": 57,
        "orr x8, xzr, 0x60": 96,
        "mov x8, 0\nmovk x8, 57": 57,
        "movn x8, 0\nadd x8, x8, 58": 57,
        "mov w5, 57\nsxtw x8, w5": 57,
    },
}


def test_forms_of_a_constant(resolve: Resolve, arch: str) -> None:
    forms = FORMS[arch]
    calls = resolve("_start:\n" + "\n".join(f"{load}\n{{site}}" for load in forms) + "\nret")
    assert [call.numbers for call in calls] == [{number} for number in forms.values()]


def test_a_number_set_on_two_ways_is_both(resolve: Resolve, arch: str) -> None:
    load = "li a7, " if arch == "riscv64" else "mov x8, "
    (call,) = resolve(f"_start:\n{load}56\n{{if0}} 1f\n{load}57\n1: {{site}}\nret")
    assert (call.numbers, call.evidence) == ({56, 57}, "flow")


def test_a_number_that_a_call_gives_back_is_unresolved(resolve: Resolve) -> None:
    calls = resolve(
        "_start:\n{push}\n{call} other\nmv {nr}, {a0}\n{site}\n{pop}\nret\n---other:\nret"
    )
    (call,) = calls
    assert call.numbers is None
    assert "comes out of the call" in call.evidence


def numbered(arch: str, register: str, number: int) -> str:
    return f"li {register}, {number}" if arch == "riscv64" else f"mov {register}, {number}"


def chain(arch: str, depth: int) -> str:
    """_start calls f1 with 63, f1 jumps on to f2 ... up to the function with the site."""
    first = numbered(arch, "{a0}", 63)
    parts = [f"_start:\n{first}\n{{call}} f1\n{numbered(arch, '{a0}', 64)}\n{{jump}} f1"]
    for level in range(1, depth):
        body = (
            f"{{jump}} f{level + 1}"
            if level % 2
            else f"{{push}}\n{{call}} f{level + 1}\n{{pop}}\nret"
        )
        parts.append(f"f{level}:\n{body}")
    parts.append(f"f{depth}:\nmv {{nr}}, {{a0}}\n{{site}}\nret")
    return "\n---".join(parts)


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
def test_an_argument_is_followed_through_wrappers(resolve: Resolve, arch: str, depth: int) -> None:
    (call,) = resolve(chain(arch, depth))
    assert call.numbers == {63, 64}
    assert call.evidence == f"wrapper: {depth + 1} callers, depth {depth}"


def test_a_spilled_argument_is_followed_through_its_slot(resolve: Resolve, arch: str) -> None:
    (call,) = resolve(
        f"_start:\n{numbered(arch, '{a0}', 63)}\n{{jump}} f\n---"
        "f:\n{push}\n{spill}\n{call} other\n{reload}\nmv {nr}, {a0}\n{site}\n{pop}\nret\n---"
        "other:\nret"
    )
    assert call.numbers == {63}


def test_a_wrapper_called_through_a_pointer_is_unresolved(resolve: Resolve, arch: str) -> None:
    (call,) = resolve(
        f"_start:\n{numbered(arch, '{a0}', 63)}\n{{call}} f\nret\n---"
        "f:\nmv {nr}, {a0}\n{site}\nret\n.data\n.quad f\n.text"
    )
    assert call.numbers is None
    assert "argument 0" in call.evidence
    assert "called through a pointer" in call.evidence


def test_an_address_that_is_only_compared_is_no_pointer_call(resolve: Resolve, arch: str) -> None:
    compare = "bltu a3, a4, 1f" if arch == "riscv64" else "cmp x3, x4\nb.lo 1f"
    (call,) = resolve(
        f"_start:\n{{address}} f\n{compare}\n1:\n{numbered(arch, '{a0}', 63)}\n{{jump}} f\n---"
        "f:\nmv {nr}, {a0}\n{site}\nret"
    )
    assert call.numbers == {63}


def test_the_entry_point_has_an_unknown_caller(resolve: Resolve) -> None:
    (call,) = resolve("_start:\nmv {nr}, {a0}\n{site}\nret")
    assert call.numbers is None
    assert "the entry point" in call.evidence


def test_code_behind_a_call_that_does_not_come_back_adds_nothing(
    resolve: Resolve, arch: str
) -> None:
    (call, _) = resolve(
        f"_start:\n{numbered(arch, '{nr}', 63)}\n{{if0}} 1f\n{{call}} die\n1: {{site}}\nret\n---"
        f"die:\n1: {numbered(arch, '{nr}', 94)}\n{{site}}\n{{jump}} 1b"
    )
    assert call.numbers == {63}


def test_a_jump_table_leads_to_its_cases(resolve: Resolve, arch: str) -> None:
    jump = {
        "riscv64": "slli a3, a3, 2\nlla a4, t\nadd a3, a3, a4\nlw a3, 0(a3)\nadd a3, a3, a4\njr a3",
        "aarch64": "adr x4, t\nldrsw x3, [x4, x3, lsl 2]\nadd x3, x3, x4\nbr x3",
    }[arch]
    (call,) = resolve(
        f"_start:\n{numbered(arch, '{nr}', 62)}\n{jump}\n"
        f"c0: {numbered(arch, '{nr}', 63)}\nc1: {{site}}\nret\n.size _start, . - _start\n"
        ".section .rodata\n.balign 4\nt: .word c0 - t, c1 - t\n.text"
    )
    assert call.numbers == {62, 63}


def broadcast(arch: str, number: int) -> str:
    """_start puts a number into a struct on its stack; f reads it there after another call."""
    kept = {"riscv64": "s1", "aarch64": "x19"}[arch]
    store = f"{numbered(arch, '{a5}', number)}\n{{store_word}}\n{{slot}}"
    load = f"mv {kept}, {{a0}}\n{{call}} other\nmv {{a0}}, {kept}\n{{load_word}}"
    return (
        f"_start:\n{{push}}\n{store}\n{{call}} f\n{{pop}}\nret\n---"
        f"f:\n{{push}}\n{load}\n{{site}}\n{{pop}}\nret\n---other:\nret"
    )


def test_a_struct_of_a_setxid_broadcast_gives_the_family(resolve: Resolve, arch: str) -> None:
    (call,) = resolve(broadcast(arch, 146))
    assert call.numbers == SETXID
    assert call.evidence.startswith("setxid broadcast")


def test_another_number_behind_a_pointer_is_unresolved(resolve: Resolve, arch: str) -> None:
    (call,) = resolve(broadcast(arch, 64))
    assert call.numbers is None
    assert "through a pointer" in call.evidence


def test_every_site_of_static_glibc_is_resolved(arch: str, tmp_path: Path) -> None:
    out = tmp_path / "program"
    source = b"""#include <unistd.h>
        #include <sys/syscall.h>
        #include <pthread.h>
        int main(void) { setuid(0); syscall(SYS_gettid); return pthread_cancel(pthread_self()); }"""
    gcc = [f"{arch}-linux-gnu-gcc", "-O2", "-static", "-x", "c", "-", "-o", out]
    subprocess.run(gcc, input=source, check=True)
    result = scan.scan_file(out)
    assert result.unresolved == ()
    assert {146, 178} <= result.numbers  # setuid, gettid
