"""`make conformance-audit`: hundreds of Debian packages, killed on the way, and again on Dask.

python -m tests.audit [--arch A] [--first N] [--dask-first N]

All programs of the packages in packages.txt are audited with a cache that knows nothing but the
packages. The audit is killed (SIGKILL) when it is a third through, started again and runs to its
end; then a part of it is done anew on a Dask cluster of two workers and must be the same byte by
byte. What is left in build/audit/ is the JSON, the CSV and the page; the figures are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tests.audit.memory import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = Path(__file__).with_name("packages.txt")
OUT = Path("build/audit")
HERMIPY = str(Path(sys.executable).with_name("hermipy"))
_PROGRESS = re.compile(r"hermipy: (\d+) of (\d+) programs")
_MIB = 1 << 20
_LIMIT_MIB = 2048
_CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
    cluster.close()
"""


@dataclass(frozen=True, slots=True)
class Run:
    """How one audit went."""

    seconds: float
    most_bytes: int
    status: int

    def __str__(self) -> str:
        """Time and memory."""
        return f"{self.seconds:.0f} s, at most {self.most_bytes // _MIB} MiB, status {self.status}"


def main() -> int:
    options = _options()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    targets = _listed(options.first, "packages")
    results = [
        "--json",
        OUT / "audit.json",
        "--csv",
        OUT / "audit.csv",
        "--html",
        OUT / "audit.html",
    ]
    words = [f"@{targets}", "--arch", options.arch, *results]
    with _cache("cache") as environment:
        print("killed after a third:", _audit(words, environment, kill_at=1 / 3), flush=True)
        whole = _audit(words, environment)
        print("resumed, to the end:", whole, flush=True)
        print("once more, all known:", _audit(words, environment), flush=True)
    _tell(json.loads((OUT / "audit.json").read_text()))
    same = _on_dask(options)
    print("the same on Dask, byte by byte:", same)
    good = whole.status == 0 and whole.most_bytes < _LIMIT_MIB * _MIB and same
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", choices=("riscv64", "aarch64", "all"), default="all")
    parser.add_argument("--first", type=int, help="only so many packages")
    parser.add_argument("--dask-first", type=int, default=40, help="so many of them on Dask")
    return parser.parse_args()


def _listed(first: int | None, name: str) -> Path:
    """A list with the first packages."""
    path = OUT / f"{name}.txt"
    path.write_text("\n".join(PACKAGES.read_text().splitlines()[:first]) + "\n")
    return path


@contextmanager
def _cache(name: str) -> Iterator[dict[str, str]]:
    """A cache that has the packages of the user's and nothing else."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "hermipy").resolve()
    place = (OUT / name / "hermipy").resolve()
    place.mkdir(parents=True)
    for part in ("debian", "apt"):
        (own / part).mkdir(parents=True, exist_ok=True)
        (place / part).symlink_to(own / part)
    yield {**os.environ, "XDG_CACHE_HOME": str(place.parent)}
    shutil.rmtree(place.parent)


def _audit(
    words: list[str | Path], environment: dict[str, str], kill_at: float | None = None
) -> Run:
    """Run one to its end, or to the part of its programs at which it is killed."""
    begin = time.monotonic()
    command = [HERMIPY, "audit", *map(str, words)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stderr
        watch = Watch(child.pid)
        _follow(child, child.stderr, kill_at)
        status = child.wait()
        most = watch.close()
    return Run(time.monotonic() - begin, most, status)


def _follow(child: subprocess.Popen[str], lines: IO[str], kill_at: float | None) -> None:
    for line in lines:
        progress = _PROGRESS.match(line)
        if progress is None:
            print(line, end="", file=sys.stderr)
        elif kill_at is not None and int(progress[1]) > int(progress[2]) * kill_at:
            child.kill()


def _on_dask(options: argparse.Namespace) -> bool:
    """Whether two Dask workers give the bytes that two processes give."""
    targets = _listed(min(options.first or options.dask_first, options.dask_first), "dask")
    made = []
    for name in ("local", "dask"):
        output = OUT / f"{name}.json"
        words: list[str | Path] = [f"@{targets}", "--arch", options.arch, "--json", output]
        with _cache(name) as environment, _workers(name, environment) as who:
            print(f"{name}:", _audit([*words, *who], environment), flush=True)
        made.append(output.read_bytes())
    return made[0] == made[1]


@contextmanager
def _workers(name: str, environment: dict[str, str]) -> Iterator[list[str]]:
    """The options that say who works."""
    if name == "local":
        yield ["--jobs", "2"]
        return
    with subprocess.Popen(
        [sys.executable, "-c", _CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as child:
        assert child.stdin
        assert child.stdout
        yield ["--dask", child.stdout.readline().strip()]
        child.stdin.close()


def _tell(document: dict[str, object]) -> None:
    """The figures."""
    programs = document["programs"]
    assert isinstance(programs, list)
    packages = {(row["arch"], row["package"]) for row in programs if "error" not in row}
    for arch in sorted({arch for arch, _ in packages}):
        rows = [row for row in programs if row["arch"] == arch]
        errors = [row for row in rows if "error" in row]
        read = [row for row in rows if "error" not in row]
        mean = sum(len(row["syscalls"]) for row in read) / max(1, len(read))
        names = {package for one, package in packages if one == arch}
        print(
            f"{arch}: {len(names)} packages, {len(rows)} programs, {len(errors)} errors, "
            f"{mean:.0f} syscalls on average, "
            f"{sum(bool(row['unresolved']) for row in read)} with unresolved sites"
        )
        for row in errors:
            print(f"  {row['error']}")
    summary = document["summary"]
    assert isinstance(summary, dict)
    print(f"{summary['run']} of {summary['read']} run today")
    for step in summary["curve"][1:]:
        if step["unlocks"]:
            print(f"  {step['implemented']} syscalls, with {step['syscall']}: {step['programs']}")


if __name__ == "__main__":
    sys.exit(main())
