"""Selection of handlers, the dispatch table, and real links of the built kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermipy import archive, link, modules, table
from hermipy.errors import MissingKernelError, OptionError
from hermipy.modules import Selection

WRITE, EXIT, RT_SIGACTION, RT_SIGRETURN = 64, 93, 134, 139
OPENAT, READ = 56, 63


def test_only_what_the_program_makes_is_selected(arch: str) -> None:
    selection = modules.select(arch, frozenset({WRITE, EXIT}), unresolved=False)
    assert {row.name for row in selection.handlers} <= {"write", "exit"}
    assert not selection.whole


def test_a_program_with_handlers_gets_what_only_signals_make(arch: str) -> None:
    selection = modules.select(arch, frozenset({RT_SIGACTION}), unresolved=False)
    implemented = {row.number for row in table.by_number(arch).values() if row.implemented}
    wanted = {RT_SIGACTION, RT_SIGRETURN, 128} & implemented
    assert {row.number for row in selection.handlers} == wanted


def test_an_unresolved_site_selects_everything(arch: str) -> None:
    selection = modules.select(arch, frozenset(), unresolved=True)
    rows = table.by_number(arch).values()
    assert len(selection.handlers) == sum(row.implemented for row in rows)


def test_a_number_without_a_handler_is_named_as_missing(arch: str) -> None:
    selection = modules.select(arch, frozenset({4000}), unresolved=False)
    assert selection.missing == ("syscall_4000",)
    assert not selection.handlers


@pytest.mark.parametrize(
    ("texts", "is_needed"),
    [
        (None, True),
        ([b"", b"open /proc/self/exe"], True),
        ([b"/dev/stdout"], True),
        ([b"/self/fd\0"], True),
        ([b"/dev/null", b"process"], True),  # a word is looked for, not a path
        ([b"/dev/null", b"fdopen"], False),
    ],
)
def test_what_only_names_lead_to_needs_such_a_name(
    arch: str, texts: list[bytes] | None, *, is_needed: bool
) -> None:
    selection = modules.select(arch, frozenset({OPENAT}), unresolved=False, texts=texts)
    assert (("fs/proc", "openat") in selection.needs) == is_needed
    knows_null = texts is None or b"/dev/null" in texts
    assert (("fs/memory_device", "openat") in selection.needs) == knows_null


def test_a_program_that_reads_may_come_to_know_any_name(arch: str) -> None:
    selection = modules.select(arch, frozenset({OPENAT, READ}), unresolved=False, texts=[b""])
    assert ("fs/proc", "openat") in selection.needs


def test_assumed_names_must_exist_on_the_architecture() -> None:
    assert modules.numbers_of(["write"], "riscv64") == {WRITE}
    with pytest.raises(OptionError):
        modules.numbers_of(["riscv_hwprobe"], "aarch64")


def row(name: str) -> table.Syscall:
    return table.by_name()[name]


def test_the_dispatch_table_has_one_entry_per_number() -> None:
    selection = Selection("riscv64", (row("read"), row("clone")), (), (), whole=False)
    lines = link.table_script(selection).splitlines()
    assert len(lines) == row("clone").number + 1
    assert lines[row("read").number] == "LONG(sys_read - syscall_table)"
    assert lines[row("clone").number] == "LONG(sys_clone - syscall_table + 1)"
    assert lines[0] == "LONG(syscall_missing - syscall_table)"


def test_with_statistics_the_counted_table_is_the_one_that_counts() -> None:
    selection = Selection("riscv64", (row("read"),), (), (), whole=False)
    text = link.table_script(selection, (link.STATS,))
    real, _, counted = text.partition("syscall_table = .;")
    assert real.startswith(". = ALIGN(8);\nsyscall_table_real = .;")
    assert "LONG(sys_read - syscall_table_real)" in real
    assert set(counted.split("\n")) == {"", "LONG(syscall_counted - syscall_table + 1)"}
    assert real.count("LONG") == counted.count("LONG")


@pytest.fixture
def linked(arch: str) -> link.Kernel:
    try:
        link.kernel_folder(arch)
    except MissingKernelError as error:
        pytest.skip(str(error))
    selection = modules.select(arch, frozenset({WRITE, EXIT}), unresolved=False)
    return link.link(selection)


def test_a_small_program_gets_a_small_kernel(linked: link.Kernel) -> None:
    assert linked.bytes <= 64 * 1024
    assert linked.blob_virtual % 4096 == 0
    assert linked.blob_virtual - linked.blob_physical == 0xFFFFFFC000000000


def test_every_module_has_a_reason_and_the_sum_fits(linked: link.Kernel) -> None:
    names = {module.name: module for module in linked.modules}
    assert names["sys/write"].because == "syscall write"
    assert "sys/exit" in names
    assert all(module.because for module in linked.modules)
    assert 0 < sum(module.bytes for module in linked.modules) <= linked.bytes


def test_the_archive_and_its_list_agree(arch: str) -> None:
    try:
        folder = link.kernel_folder(arch)
    except MissingKernelError as error:
        pytest.skip(str(error))
    data = (folder / "libkernel.a").read_bytes()
    members = list(archive.members(data, folder / "libkernel.a"))
    paths = (folder / "members").read_text().split()
    assert len(members) == len(paths)
    assert all(member[:4] == b"\x7fELF" for member in members)
    objects = archive.unpacked(folder / "libkernel.a")
    assert all(Path(objects, path).is_file() for path in paths)
