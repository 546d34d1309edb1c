"""The rules that make syscall_table/ the one place where a syscall is declared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hermipy import table
from hermipy.errors import TableError
from hermipy.generate import header, page
from tests.samples import all_samples

KERNEL = Path(__file__).parent.parent.parent / "kernel"
ROWS = table.load()


def handlers() -> dict[str, str]:
    """Every handler in the kernel's sources, with its module."""
    found = {}
    for source in KERNEL.rglob("*.c"):
        for name in re.findall(r"^SYSCALL\((\w+)\)", source.read_text(), re.MULTILINE):
            found[name] = str(source.relative_to(KERNEL).with_suffix(""))
    return found


def test_the_table_lists_the_whole_abi() -> None:
    numbers = {row.number for row in ROWS}
    arch_specific = set(range(244, 260)) - {258, 259}
    assert numbers == set(range(463)) - set(range(295, 424)) - arch_specific


def test_every_implemented_row_has_its_handler_where_it_says() -> None:
    expected = {row.name: row.module for row in ROWS if row.implemented}
    found = handlers()
    for arch in table.ARCHES:
        found = {name: module.replace(f"arch/{arch}/", "arch/") for name, module in found.items()}
    assert found == {
        name: re.sub(r"^arch/\w+/", "arch/", module) for name, module in expected.items()
    }


def test_every_full_row_is_made_by_a_sample() -> None:
    tested = {name for sample in all_samples() for name in sample.syscalls}
    untested = sorted(
        row.name for row in ROWS if row.status is table.Status.FULL and row.name not in tested
    )
    assert untested == []


def test_a_row_that_is_partial_without_a_note_is_refused(tmp_path: Path) -> None:
    row = 'section = "s"\nabsent = "a"\nread = { number = 63, status = "partial", module = "m" }\n'
    (tmp_path / "io.toml").write_text(row)
    with pytest.raises(TableError, match="without a note"):
        table.load(tmp_path)


def test_two_rows_with_one_number_are_refused(tmp_path: Path) -> None:
    rows = 'section = "s"\nabsent = "a"\nread = { number = 63, status = "absent" }\n'
    rows += 'write = { number = 63, status = "absent" }\n'
    (tmp_path / "io.toml").write_text(rows)
    with pytest.raises(TableError, match="both 63"):
        table.load(tmp_path)


def test_the_header_converts_each_register_to_the_argument_type() -> None:
    text = header.header(ROWS)
    assert "long sys_dup(long a0) { return do_dup((unsigned int)a0); }" in text
    assert "long sys_getpid(void) { return do_getpid(); }" in text


def test_the_page_is_what_the_table_says() -> None:
    assert page.PAGE.read_text() == page.page(ROWS)
