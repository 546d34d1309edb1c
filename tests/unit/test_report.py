"""What `run --stats` prints."""

from __future__ import annotations

import json

from hermipy import report
from hermipy.channel import Count
from hermipy.relay import Outcome

OUTCOME = Outcome(
    exit_status=3,
    counts=(Count(63, 3, 0, 1), Count(64, 4, 1, 0), Count(9999, 0, 2, 2)),
    peak_memory_bytes=8192,
    memory_left_bytes=4096,
)


def test_statistics_are_a_table_with_the_busiest_call_first() -> None:
    assert report.statistics(OUTCOME, "riscv64", as_json=False).splitlines() == [
        "hermipy: % calls     calls    errors    direct      trap syscall",
        "hermipy: ------- --------- --------- --------- --------- ----------------",
        "hermipy:   50.00         5                   4         1 write",
        "hermipy:   30.00         3         1         3           read",
        "hermipy:   20.00         2         2                   2 syscall_9999",
        "hermipy: ------- --------- --------- --------- --------- ----------------",
        "hermipy:  100.00        10         3         7         3 total",
        "hermipy: memory in use at exit: 4,096 bytes, at most 8,192; exit status 3",
    ]


def test_statistics_as_json_have_fixed_keys() -> None:
    assert json.loads(report.statistics(OUTCOME, "riscv64", as_json=True)) == {
        "calls": {
            "read": {"direct": 3, "trap": 0, "errors": 1},
            "write": {"direct": 4, "trap": 1, "errors": 0},
            "syscall_9999": {"direct": 0, "trap": 2, "errors": 2},
        },
        "memory_bytes": 4096,
        "exit_status": 3,
    }


def test_a_program_without_a_call_has_a_table_too() -> None:
    last = report.statistics(Outcome(exit_status=0), "aarch64", as_json=False).splitlines()
    assert "0.00         0" in last[-2]
