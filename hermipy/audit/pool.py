"""Worker processes of this machine, and the rows that they make.

Rows come as lines of JSON, in whatever order they are ready, and nothing holds on to them: an audit
of thousands of programs is larger than what one wants in memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING

from hermipy import process
from hermipy.audit import rows, worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hermipy.audit.targets import Job

LONGEST_S = 1800.0
_COMMAND = (sys.executable, "-m", "hermipy.audit.worker")
# numpy's library would start a thread per CPU in each of the processes.
_ALONE = {"OPENBLAS_NUM_THREADS": "1"}
_CHUNK_BYTES = 1 << 16
_ENDING_S = 10.0
_AHEAD = 2  # jobs waiting for each worker


class Worker:
    """A worker process as its parent sees it; started when it is first asked."""

    def __init__(self, longest_s: float = LONGEST_S, command: Sequence[str] = _COMMAND) -> None:
        """`longest_s`: what one program may take."""
        self._longest_s = longest_s
        self._command = command
        self._child: process.Child | None = None

    def ask(self, job: Job) -> bytes:
        """The row of a program as JSON; of one that ends the worker, a row that says so."""
        child = self._child = self._child or process.serve(self._command, os.environ | _ALONE)
        assert child.stdin is not None, "serve() makes pipes"
        with contextlib.suppress(OSError):  # it is gone: that there is no answer says so
            child.stdin.write(json.dumps(job.fields()).encode() + b"\n")
            child.stdin.flush()
        try:
            line = self._answer(child)
        except TimeoutError:
            self.end()
            return _failed(job, f"took longer than {self._longest_s:g} s")
        if not line.endswith(b"\n"):
            ended = process.ending(child, _ENDING_S)
            self.end()
            return _failed(job, f"ended {ended}")
        word, _, row = line.rstrip().partition(b" ")
        if word.decode() == worker.LAST:
            self.end()
        return row

    def end(self) -> None:
        """Stop the process, whatever it is doing."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in filter(None, (child.stdin, child.stdout)):
                with contextlib.suppress(OSError):
                    pipe.close()

    def _answer(self, child: process.Child) -> bytes:
        """What comes up to an end of line or of the process; raises TimeoutError."""
        assert child.stdout is not None, "serve() makes pipes"
        descriptor = child.stdout.fileno()
        end = time.monotonic() + self._longest_s
        found = bytearray()
        while not found.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(descriptor, _CHUNK_BYTES)
            if not part:
                break
            found += part
        return bytes(found)


def judge(jobs: Sequence[Job], workers: Sequence[Worker]) -> Iterator[tuple[int, bytes]]:
    """(index of the job, its row) of every job."""
    idle: SimpleQueue[Worker] = SimpleQueue()
    for one in workers:
        idle.put(one)

    def ask(index: int) -> tuple[int, bytes]:
        one = idle.get()
        try:
            return index, one.ask(jobs[index])
        finally:
            idle.put(one)

    threads = ThreadPoolExecutor(len(workers))
    try:
        pending: set[Future[tuple[int, bytes]]] = set()
        for index in range(len(jobs)):
            pending.add(threads.submit(ask, index))
            if len(pending) >= _AHEAD * len(workers):
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for one in workers:
            one.end()


def _failed(job: Job, what: str) -> bytes:
    return json.dumps(rows.failed(job, f"{job.path}: the analysis {what}")).encode()
