"""Whatever a program does to the process that judges it costs one row."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from hermipy.audit import cluster, pool, targets
from hermipy.audit.pool import Worker
from hermipy.audit.targets import Job
from hermipy.errors import ClusterError

# Answers with its process number, and does what a path says.
SCRIPT = """
import json, os, signal, sys
for line in sys.stdin:
    path = json.loads(line)["path"]
    if path == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if path == "exits":
        sys.exit(3)
    if path == "hangs":
        signal.pause()
    word = "LAST" if path == "grows" else "MORE"
    print(word, json.dumps({"path": path, "pid": os.getpid()}), flush=True)
"""
HANGING_S = 0.5  # what a script that sleeps for ever is given


def worker(longest_s: float = 60) -> Worker:
    return Worker(longest_s, (sys.executable, "-c", SCRIPT))


def job(path: str) -> Job:
    return Job(path, "riscv64", path)


def ask(one: Worker, path: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(one.ask(job(path)))
    assert row["path"] == path
    return row


def test_a_process_answers_again_and_again() -> None:
    one = worker()
    assert ask(one, "a")["pid"] == ask(one, "b")["pid"]
    one.end()


def test_a_process_that_dies_leaves_a_row_and_a_successor() -> None:
    one = worker()
    first = ask(one, "a")["pid"]
    assert ask(one, "killed")["error"] == "killed: the analysis ended by SIGKILL"
    assert ask(one, "exits")["error"] == "exits: the analysis ended with exit status 3"
    assert ask(one, "b")["pid"] != first
    one.end()


def test_a_process_that_does_not_end_is_ended() -> None:
    one = worker(HANGING_S)
    assert "took longer than 0.5 s" in ask(one, "hangs")["error"]
    one.end()


def test_a_process_that_has_grown_makes_way() -> None:
    one = worker()
    assert ask(one, "grows")["pid"] != ask(one, "a")["pid"]
    one.end()


def test_every_job_has_its_row_whoever_dies() -> None:
    jobs = [job(f"{n}") for n in range(40)]
    jobs[7] = job("killed")
    found = dict(pool.judge(jobs, [worker() for _ in range(3)]))
    assert sorted(found) == list(range(40))
    lost = [index for index, line in found.items() if "error" in json.loads(line)]
    assert lost == [7]


def test_without_dask_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'hermipy\[dask\]'"):
        next(cluster.judge([job("a")], "tcp://127.0.0.1:1"))


def test_a_bug_of_ours_is_a_row_that_says_where() -> None:
    one = Worker()
    fields = job("name").fields() | {"file": sys.executable, "guest": 5, "roots": []}
    row = json.loads(one.ask(targets.of_fields(fields)))
    assert row["error"].startswith("name: the analysis failed: AttributeError: ")
    assert ".py:" in row["error"]
    one.end()
