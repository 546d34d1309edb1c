"""The parts of `make conformance-analysis` that need neither a package nor qemu."""

from __future__ import annotations

import pytest

from hermipy import table
from hermipy.functions import CodeRange
from tests.accuracy import hosted, names, observed, predict, scores


def test_calls_of_a_strace_log_are_counted_by_name() -> None:
    log = b"""7 openat(AT_FDCWD,"/etc/passwd",O_RDONLY) = 3
7 read(3,0x1,10) = 10
7 Unknown syscall 293
7 exit_group(0)
"""
    assert names.counted(log, "aarch64") == {"openat": 1, "read": 1, "rseq": 1, "exit_group": 1}


def test_a_call_that_begins_behind_another_threads_is_counted() -> None:
    log = b"7 futex(0x40,128,2,NULL,NULL,0)8 read(3,0x1,10) = 10\n = 0\n--- SIGCHLD {} ---\n"
    assert names.counted(log, "riscv64") == {"futex": 1, "read": 1}


def test_a_name_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(names.UnknownNameError, match="fstatat64"):
        names.counted(b'7 fstatat64(3,"") = 0\n', "riscv64")


def test_names_come_in_the_order_of_their_numbers() -> None:
    assert names.in_order(["read", "getcwd", "read", "openat"]) == ["getcwd", "openat", "read"]


def test_a_score_is_precision_recall_and_their_harmonic_mean() -> None:
    given = scores.score({"read", "write", "close"}, {"read", "write", "openat", "futex"})
    assert (given.predicted, given.precision, given.recall) == (4, 0.5, 2 / 3)
    assert given.f1 == pytest.approx(4 / 7)


def test_an_answer_without_anything_seen_scores_zero() -> None:
    assert scores.score({"read"}, set()).f1 == 0
    assert scores.score({"read"}, {"write"}).f1 == 0


def test_means_count_every_program_the_same() -> None:
    one, other = scores.score({"read"}, {"read"}), scores.score({"read"}, {"write"})
    assert scores.means([one, other]) == scores.Means(1, 0.5, 0.5, 0.5)


def test_the_programs_of_a_package_are_in_one_set() -> None:
    sets = {observed.set_of(name) for name in ("coreutils:/usr/bin/ls", "coreutils,x:/usr/bin/cp")}
    assert len(sets) == 1


def test_every_session_says_what_it_is() -> None:
    for session in hosted.sessions():
        assert session.kind in (observed.LIGHT, observed.SUITE)
        assert session.kind == observed.LIGHT or session.source or "testsuite" in session.packages
        files = [path.rpartition("/")[2] for _, path in session.called]
        assert len(set(files)) == len(files), f"{session.name}: two wrappers of one name"
        packages = {package for package, _ in session.called}
        assert len({observed.set_of(package) for package in packages}) == 1, session.name


STORED = {
    # li a7, 64; nop; ecall
    "riscv64": bytes.fromhex("93080004 13000000 73000000"),
    # mov x8, #64; nop; svc #0
    "aarch64": bytes.fromhex("080880d2 1f2003d5 010000d4"),
}


def test_the_naive_scan_finds_the_constant_before_a_site(arch: str) -> None:
    found = list(predict.numbers_before_sites(CodeRange(0x1000, STORED[arch]), arch))
    assert found == [table.by_name()["write"].number]


def test_the_naive_scan_drops_a_site_without_a_constant() -> None:
    code = bytes.fromhex("13000000 73000000")
    assert list(predict.numbers_before_sites(CodeRange(0x1000, code), "riscv64")) == [None]


def test_a_session_changes_with_the_parts_that_it_takes_in() -> None:
    grep = next(one for one in hosted.sessions() if one.name == "grep")
    assert "gnu_environment()" in grep.text
    assert "gnu_environment()" not in grep.script.read_text()
