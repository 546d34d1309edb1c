"""The same work on an existing Dask cluster.

A worker there reads programs and libraries itself, by the paths that are known here: as on a
shared file system, which is what a cluster has. It runs our own worker process, so rows are the
same byte by byte, and what crashes is not Dask's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hermipy.audit import pool, rows, targets
from hermipy.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hermipy.audit.targets import Job

_CONNECT_S = 10
_AHEAD = 2  # jobs waiting for each thread
_PACKAGE = Path(__file__).parents[1]
# On a Dask worker: each of its threads has a process of ours.
_own = threading.local()


def judge(jobs: Sequence[Job], address: str) -> Iterator[tuple[int, bytes]]:
    """(index of the job, its row) of every job; raises ClusterError when that cannot begin."""
    distributed = _distributed()
    logging.disable()  # what goes wrong is our one line
    _knock(address)
    try:
        client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"--dask {address}: no scheduler answers there: {error}") from error
    with client:
        _check(client, address, jobs[0])
        try:
            yield from _gathered(distributed, client, jobs)
        except OSError as error:
            raise ClusterError(f"--dask {address}: the scheduler is gone: {error}") from error


def _distributed() -> Any:  # noqa: ANN401  it has no types
    try:
        import distributed  # noqa: PLC0415  an extra
    except ImportError as error:
        raise ClusterError(
            "--dask needs Dask, which is not installed: pip install 'hermipy[dask]'"
        ) from error
    return distributed


def _knock(address: str) -> None:
    """Raise ClusterError when nobody listens: a Client that finds nobody ends noisily."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        place = (parts.hostname or "", parts.port or 0)
        if not all(place):
            raise ClusterError(f"--dask {address}: write tcp://HOST:PORT")
        socket.create_connection(place, _CONNECT_S).close()
    except ValueError as error:
        raise ClusterError(f"--dask {address}: write tcp://HOST:PORT: {error}") from error
    except OSError as error:
        raise ClusterError(f"--dask {address}: no scheduler answers there: {error}") from error


def _check(client: Any, address: str, job: Job) -> None:  # noqa: ANN401
    """Refuse workers that would give other rows than ours, or none."""
    try:
        answers = client.run(probe, job.file)
    except ImportError as error:
        raise ClusterError(f"--dask {address}: a worker has no hermipy: {error}") from error
    if not answers:
        raise ClusterError(f"--dask {address}: the scheduler has no workers")
    for worker, (code, readable) in sorted(answers.items()):
        if code != fingerprint():
            raise ClusterError(f"--dask {address}: the worker {worker} has another hermipy")
        if not readable:
            raise ClusterError(
                f"--dask {address}: the worker {worker} cannot read {job.file}: workers need "
                "the files under the same paths"
            )


def _gathered(
    distributed: Any,  # noqa: ANN401
    client: Any,  # noqa: ANN401
    jobs: Sequence[Job],
) -> Iterator[tuple[int, bytes]]:
    """A few jobs ahead of the workers, so that no result waits in anybody's memory."""
    waiting = iter(range(len(jobs)))
    places: dict[str, int] = {}
    done = distributed.as_completed(loop=client.loop)

    def submit() -> None:
        for index in waiting:
            future = client.submit(answer, jobs[index].fields(), pure=False)
            places[future.key] = index
            done.add(future)
            return

    threads = sum(client.nthreads().values())
    for _ in range(max(1, threads) * _AHEAD):
        submit()
    for future in done:
        index = places.pop(future.key)
        yield index, _result(future, jobs[index])
        future.release()
        submit()


def _result(future: Any, job: Job) -> bytes:  # noqa: ANN401
    """The row; of a job that no worker survives, one that says so."""
    if future.status == "finished":
        line: bytes = future.result()
        return line
    if future.status != "error":
        raise ConnectionError(f"a task is {future.status}")
    failed = rows.failed(job, f"{job.path}: the analysis ended with its Dask worker")
    return json.dumps(failed).encode()


def answer(fields: dict[str, Any]) -> bytes:
    """On a Dask worker: the row of a job, as JSON."""
    if not hasattr(_own, "worker"):
        _own.worker = pool.Worker()
    one: pool.Worker = _own.worker
    return one.ask(targets.of_fields(fields))


def probe(path: str) -> tuple[str, bool]:
    """On a Dask worker: its code, and whether it can read a file."""
    return fingerprint(), os.access(path, os.R_OK)


def fingerprint() -> str:
    """Of our code and table by content: file times differ from machine to machine."""
    digest = hashlib.sha256()
    for path in sorted([*_PACKAGE.rglob("*.py"), *_PACKAGE.parent.glob("syscall_table/*.toml")]):
        with contextlib.suppress(OSError):
            digest.update(path.read_bytes())
    return digest.hexdigest()
