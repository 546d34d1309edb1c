"""The slow sweep: `python -m tests.sequences [--arch ARCH] [--count N] [--seed N] [--length N]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.qemu.runs import MODES
from tests.sequences.compare import ARCHES, LENGTH, batches, build, differences, shrink


def main() -> None:
    """Run, print what differs, and fail if something does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", choices=ARCHES)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=LENGTH)
    given = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hermipy-test.") as folder:
        for arch in [given.arch] if given.arch else ARCHES:
            program = build(arch, Path(folder))
            for number, batch in enumerate(batches(arch, given.seed, given.count, given.length)):
                mode = MODES[number % len(MODES)]
                for found in differences(arch, program, batch, mode):
                    failed += 1
                    print(f"{arch} {mode}", shrink(arch, program, found, mode), flush=True)
            print(f"{arch}: {given.count} sequences, {failed} differences", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
