"""The figures over many programs."""

from __future__ import annotations

from hermipy.audit import gate, summary
from hermipy.audit.facts import Facts, Outcome


def lacking(*names: str, path: str = "p") -> Facts:
    outcome = Outcome.LACKS if names else Outcome.RUNS
    return Facts(path, "riscv64", outcome, frozenset(names), tuple(names))


def test_a_syscall_that_is_all_that_is_missing_is_wanted_most() -> None:
    facts = [lacking("bpf", "acct"), lacking("bpf", "acct"), lacking("ptrace")]
    wanted = summary.summary(facts, {})["most_wanted"]
    assert [item["syscall"] for item in wanted] == ["ptrace", "acct", "bpf"]
    assert wanted[0] == {"syscall": "ptrace", "programs": 1, "unlocks": 1, "lacked_by": [2]}
    assert wanted[2]["lacked_by"] == [0, 1]


def test_the_curve_counts_programs_that_run_after_each_step() -> None:
    facts = [lacking(), lacking("bpf", "acct"), lacking("bpf"), lacking("bpf"), lacking("ptrace")]
    curve = summary.summary(facts, {})["curve"]
    assert [(step["syscall"], step["unlocks"], step["programs"]) for step in curve] == [
        (None, 0, 1),
        ("bpf", 2, 3),
        ("acct", 1, 4),
        ("ptrace", 1, 5),
    ]
    assert curve[3]["implemented"] == curve[0]["implemented"] + 3


def test_where_no_step_unlocks_anything_the_nearest_program_comes_first() -> None:
    facts = [lacking("bpf", "acct", "ptrace", "syslog"), lacking("swapon", "swapoff")]
    curve = summary.summary(facts, {})["curve"]
    assert {step["syscall"] for step in curve[1:3]} == {"swapon", "swapoff"}
    assert [step["programs"] for step in curve] == [0, 0, 1, 1, 1, 1, 2]


def test_the_order_of_programs_does_not_change_the_curve() -> None:
    facts = [lacking("bpf", "acct"), lacking("acct", "ptrace"), lacking("ptrace", "bpf")]
    forwards, backwards = (summary.summary(order, {})["curve"] for order in (facts, facts[::-1]))
    assert forwards == backwards


def test_outcomes_are_counted_over_all_and_per_architecture() -> None:
    error = Facts("e", "aarch64", Outcome.ERROR, error="e: broken")
    missing = Facts("m", "aarch64", Outcome.INCOMPLETE, missing=("libm.so.6",))
    found = summary.summary([lacking(), lacking("bpf"), error, missing], {"libraries": 3})
    assert (found["programs"], found["read"], found["run"]) == (4, 3, 1)
    assert found["arches"]["aarch64"]["errors"] == 1
    assert found["left_out"] == {"libraries": 3}


def test_names_without_a_row_are_in_the_table_as_absent() -> None:
    table = summary.named([lacking("write", "syscall_9999")])
    assert table["write"]["status"] == "full"
    assert table["syscall_9999"]["status"] == "absent"


def test_a_gate_names_the_first_programs_that_it_stops() -> None:
    facts = [lacking(), *(lacking("bpf", "acct", path=f"p{n}") for n in range(5))]
    line = gate.refusal(facts, ["absent"])
    assert line == (
        "--fail-on: p0 lacks bpf, acct; p1 lacks bpf, acct; p2 lacks bpf, acct; and 2 more programs"
    )
    assert not gate.refusal(facts, ["partial", "unresolved"])


def test_what_cannot_be_judged_passes_no_gate() -> None:
    error = Facts("e", "riscv64", Outcome.ERROR, error="e: broken")
    missing = Facts("m", "riscv64", Outcome.INCOMPLETE, missing=("libm.so.6",))
    assert gate.refusal([error], ["absent"]) == "--fail-on: e: broken"
    assert "m needs libm.so.6, not found" in gate.refusal([missing], ["unresolved"])
    assert not gate.refusal([missing], ["absent"])
