"""`make conformance-analysis`: what the analyser predicts against what programs were seen to do.

python -m tests.accuracy [--held-out] [--arch A] [--only WORD] [--trace|--kept] [--jobs N]
python -m tests.accuracy --known

Traces are data in traces/ and made anew only where a program or session has changed (`--trace`:
all; `--kept`: none). A syscall that was seen but not predicted is named, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from hermipy.errors import HermipyError
from tests.accuracy import evaluate, known, observed, page, work
from tests.accuracy.observed import DEVELOPMENT, HELD_OUT

if TYPE_CHECKING:
    from tests.accuracy.observed import Trace
    from tests.accuracy.work import Work

ARCHES = ("riscv64", "aarch64")


def main() -> None:
    """Trace what has to be traced, then evaluate; the exit status is 1 when anything was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--only", default="", help="packages and sessions that hold this text")
    parser.add_argument("--held-out", action="store_true", help="the held-out set: for a release")
    parser.add_argument("--known", action="store_true", help="only the table of known programs")
    parser.add_argument("--jobs", type=int, default=2, help="sessions at the same time")
    parser.add_argument("--kept", action="store_true", help="evaluate the traces that there are")
    parser.add_argument("--trace", action="store_true", help="make all traces anew")
    options = parser.parse_args()
    if options.known:
        _measure_known(options)
        return
    which = HELD_OUT if options.held_out else DEVELOPMENT
    stored = [] if options.trace else observed.load(which)
    if options.kept:
        chosen, failed = [one for one in stored if _is_wanted(options, one)], 0
    else:
        chosen, failed = _traces(_listed(options, which), stored, options.jobs)
    rows = evaluate.evaluate(chosen, options.jobs)
    page.keep(which, rows, is_all=not (options.only or options.arch))
    missed = [row for row in rows if row.missed]
    for row in missed:
        print(f"missed: {row.arch} {row.program}: {' '.join(row.missed)}")
    print(f"{which}: {len(rows)} rows, {len(missed)} with misses, {failed} sessions not traced")
    sys.exit(bool(missed or failed))


def _is_wanted(options: argparse.Namespace, trace: Trace) -> bool:
    arches = options.arch or ARCHES
    return trace.arch in arches and options.only in f"{trace.session} {trace.program}"


def _listed(options: argparse.Namespace, which: str) -> list[Work]:
    return [
        one
        for arch in options.arch or ARCHES
        for one in work.all_of(arch)
        if observed.set_of(one.package) == which and options.only in f"{one.name} {one.package}"
    ]


def _measure_known(options: argparse.Namespace) -> None:
    for one in known.PROGRAMS:
        for arch in options.arch or ARCHES:
            if options.only in one.target:
                measured = known.measure(one, arch)
                page.keep_known(measured)
                print(f"{arch} {one.target}: {measured.syscalls} syscalls", flush=True)


def _traces(listed: list[Work], stored: list[Trace], jobs: int) -> tuple[list[Trace], int]:
    """The traces of all, and how many could not be made."""
    found: list[Trace] = []
    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        begun = {pool.submit(_one, one, stored): one for one in listed}
        for index, done in enumerate(as_completed(begun), 1):
            one = begun[done]
            try:
                traces, is_new = done.result()
            except (HermipyError, subprocess.SubprocessError, OSError) as error:
                print(f"[{index}/{len(listed)}] {one.arch} {one.name}: {error}", flush=True)
                failed += 1
                continue
            found += traces
            if is_new:
                observed.keep(traces)
                calls = sum(trace.calls for trace in traces)
                print(f"[{index}/{len(listed)}] {one.arch} {one.name}: {calls} calls", flush=True)
    return found, failed


def _one(one: Work, stored: list[Trace]) -> tuple[list[Trace], bool]:
    found = work.kept(one, stored)
    return (found, False) if found else (work.traced(one), True)


if __name__ == "__main__":
    main()
