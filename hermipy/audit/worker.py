"""One process that judges programs: a job a line in, an answer a line out, until its input ends.

It stands alone so that what a file does to it (a crash, an endless loop, all the memory) is done to
nobody else. pool.py starts it. An answer is a word and the row: MORE, or LAST from a process that
has grown and makes way for a new one.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy.audit import memory, rows, targets
from hermipy.errors import HermipyError

if TYPE_CHECKING:
    from hermipy.audit.targets import Job

MORE, LAST = "MORE", "LAST"
_PACKAGE = Path(targets.__file__).parents[1]


def main() -> None:
    """Answer until stdin ends; our stdout is kept from whatever else would print."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    memory.limit()
    for line in sys.stdin:
        row = _row(targets.of_fields(json.loads(line)))
        grown = memory.has_grown()
        answers.write(f"{LAST if grown else MORE} {json.dumps(row)}\n")
        answers.flush()
        if grown:
            return


def _row(job: Job) -> rows.Row:
    try:
        with memory.turn():
            return rows.row(job)
    except HermipyError as error:
        return rows.failed(job, str(error))
    except MemoryError:
        most = f"{memory.MOST_BYTES >> 30} GiB"
        return rows.failed(job, f"{job.path}: the analysis needs more memory than its {most}")
    except Exception as error:  # noqa: BLE001  a bug of ours is this file's row, not the end
        return rows.failed(job, f"{job.path}: the analysis failed: {_told(error)}")


def _told(error: Exception) -> str:
    """The error, and the last place of ours on the way to it."""
    ours = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_PACKAGE)
    ]
    file, line = ours[-1] if ours else (_PACKAGE, 0)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{text} ({file.relative_to(_PACKAGE)}:{line})"


if __name__ == "__main__":
    main()
