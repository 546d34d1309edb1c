from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermipy import elf
from hermipy.errors import BadFileError, HermipyError, InputError

Assemble = Callable[[str], Path]
SOURCE = {
    "riscv64": ".globl _start\n.type _start, @function\n_start: li a7, 93\necall\n",
    "aarch64": ".globl _start\n.type _start, %function\n_start: mov x8, 93\nsvc 0\n",
}
SIZE = ".size _start, . - _start"
HEADER = struct.pack(
    "<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 243, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0
)


def changed(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def test_segments_and_sections_are_as_readelf_says(arch: str, assemble: Assemble) -> None:
    path = assemble(SOURCE[arch] + SIZE)
    file = elf.read(path)
    shown = subprocess.run(
        ["readelf", "-SlW", path], capture_output=True, text=True, check=True
    ).stdout
    loads = re.findall(r"^  LOAD +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+) 0x(\w+)", shown, re.MULTILINE)
    assert [tuple(int(x, 16) for x in row) for row in loads] == [
        (s.offset, s.address, s.file_size, s.memory_size) for s in file.loads
    ]
    text = re.search(r"\.text +PROGBITS +(\w+) (\w+) (\w+)", shown)
    section = file.section(".text")
    assert text is not None
    assert section is not None
    assert [int(x, 16) for x in text.groups()] == [section.address, section.offset, section.size]
    assert (file.arch, file.entry, file.position_independent) == (arch, section.address, False)


def test_symbols_are_found_with_their_sizes(arch: str, assemble: Assemble) -> None:
    file = elf.read(assemble(SOURCE[arch] + SIZE))
    start = next(s for s in file.symbols if s.name == "_start")
    assert (start.address, start.kind, start.exported) == (file.entry, elf.STT_FUNC, False)
    assert start.size == 8 if arch == "aarch64" else start.size in (6, 8)


def test_memory_is_read_by_address_and_ends_with_its_segment(arch: str, assemble: Assemble) -> None:
    file = elf.read(assemble(SOURCE[arch] + SIZE))
    site = {"riscv64": b"\x73\0\0\0", "aarch64": b"\1\0\0\xd4"}[arch]
    assert site in file.read(file.entry, 12)
    assert file.read(0, 4) == b""
    assert file.offset_of(0) is None


def shared_library(arch: str, folder: Path) -> Path:
    out = folder / "libx.so"
    flags = ["-shared", "-fPIC", "-Wl,-soname,libx.so.1", "-Wl,-rpath,$ORIGIN/lib", "-x", "c", "-"]
    source = b"""int puts(const char *);
        int exported(void) { return puts("x"); }
        int (*table[])(void) = { exported };"""
    subprocess.run([f"{arch}-linux-gnu-gcc", *flags, "-o", out], input=source, check=True)
    return out


def test_a_library_says_what_it_needs(arch: str, tmp_path: Path) -> None:
    file = elf.read(shared_library(arch, tmp_path))
    assert file.needed == ("libc.so.6",)
    assert file.soname == "libx.so.1"
    assert file.runpath == ("$ORIGIN/lib",)
    assert any(s.name == "exported" and s.exported for s in file.symbols)


def test_a_library_without_section_headers_still_shows_its_symbols(
    arch: str, tmp_path: Path
) -> None:
    data = shared_library(arch, tmp_path).read_bytes()
    file = elf.parse("x", changed(data, 40, bytes(8)))
    assert file.sections == ()
    assert any(s.name == "exported" and s.exported for s in file.symbols)


def test_the_interpreter_of_a_program_is_known(arch: str, tmp_path: Path) -> None:
    out = tmp_path / "program"
    gcc = [f"{arch}-linux-gnu-gcc", "-x", "c", "-", "-o", out]
    subprocess.run(gcc, input=b"int main(void) { return 0; }", check=True)
    interpreter = elf.read(out).interpreter
    assert interpreter is not None
    assert interpreter.startswith("/lib/ld-linux-")


def test_packed_relative_relocations_are_decoded(tmp_path: Path) -> None:
    """RELR: one address, then a bitmap of the 63 words behind it."""
    words = [0x1000 + 8 * i for i in range(4)]
    data = bytearray(0x400)
    data[:64] = HEADER
    data[16:18] = struct.pack("<H", 3)
    struct.pack_into("<H", data, 56, 2)
    struct.pack_into("<IIQQQQQQ", data, 64, 1, 6, 0, 0, 0, 0x400, 0x400, 0x1000)
    struct.pack_into("<IIQQQQQQ", data, 120, 2, 6, 0x200, 0x200, 0, 48, 48, 8)
    struct.pack_into("<6Q", data, 0x200, elf.DT_RELR, 0x280, elf.DT_RELRSZ, 16, 0, 0)
    struct.pack_into("<2Q", data, 0x280, 0x300, 0b1011)  # the words at 0x300, 0x308 and 0x318
    struct.pack_into("<4Q", data, 0x300, *words)
    path = tmp_path / "relr"
    path.write_bytes(data)
    file = elf.read(path)
    assert file.relocated_values.tolist() == [words[0], words[1], words[3]]
    assert file.relocations_to(words[3]) == [0x318]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"#!/bin/sh\n", "script"),
        (b"hello world, no program", "not an ELF"),
        (b"\x7fE", "truncated"),
        (HEADER[:40], "truncated"),
        (HEADER, "truncated"),
        (changed(HEADER, 4, b"\1"), "32-bit"),
        (changed(HEADER, 4, b"\7"), "damaged"),
        (changed(HEADER, 5, b"\2"), "big-endian"),
        (changed(HEADER, 18, b"\x3e\0"), "x86-64"),
        (changed(HEADER, 16, b"\4\0"), "core dump"),
        (changed(HEADER, 16, b"\1\0"), "object file"),
        (changed(HEADER, 16, b"\x99\x99"), "ELF type"),
        (changed(HEADER, 56, b"\0\0"), "no usable program headers"),
        (HEADER + struct.pack("<IIQQQQQQ", 4, 4, 0, 0, 0, 0, 0, 4), "no segment to load"),
        (HEADER + struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, 4096, 4096, 4096), "truncated"),
        (HEADER + struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, 64, 8, 4096), "impossible sizes"),
        (HEADER + struct.pack("<IIQQQQQQ", 1, 4, 0, 1 << 63, 0, 64, 1 << 63, 8), "impossible"),
    ],
)
def test_what_is_no_program_is_refused_in_one_line(data: bytes, problem: str) -> None:
    with pytest.raises(BadFileError, match=problem) as caught:
        elf.parse("name", data)
    assert str(caught.value).startswith("name: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        elf.read(tmp_path / "missing")
    with pytest.raises(BadFileError, match="is a directory"):
        elf.read(tmp_path)


@given(st.binary(max_size=512))
def test_any_bytes_behind_a_header_are_read_or_refused(tail: bytes) -> None:
    try:
        file = elf.parse("name", HEADER + tail)
    except HermipyError:
        return
    assert file.loads
