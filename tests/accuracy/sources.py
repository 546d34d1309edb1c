"""Debian's source packages: they hold the programs' own test suites.

apt fetches them with a state of its own, as `hermipy.packages` does with binary packages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from hermipy import aptsources, cache
from hermipy.packages import SUITE


def unpacked(name: str) -> Path:
    """The source of a package, in the cache; CalledProcessError when it cannot be had."""
    base = cache.folder("accuracy", "sources")
    place = base / name
    if not place.is_dir():
        work = Path(tempfile.mkdtemp(prefix=".fetch.", dir=base))
        try:
            _apt("source", "--tar-only", "--only-source", name, folder=work)
            (work / "source").mkdir()
            command = ["tar", "--strip-components=1", "-C", "source", "-xf", _archive(work)]
            subprocess.run(command, cwd=work, check=True, capture_output=True)
            (work / "source").rename(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return place


def _archive(folder: Path) -> str:
    """Upstream's own: Debian's patches are for building."""
    (archive,) = folder.glob("*.orig.tar.*")
    return archive.name


def _apt(*arguments: str, folder: Path) -> None:
    state = _state()
    settings = {
        "Dir::State": state / "state",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": state / "sources",
        "APT::Sandbox::User": "root",  # apt's own user cannot enter a cache below /root
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
    }
    options = [item for key, value in settings.items() for item in ("-o", f"{key}={value}")]
    if not (state / "updated").is_file():
        subprocess.run(["apt-get", "-qq", *options, "update"], check=True)
        (state / "updated").touch()
    command = ["apt-get", "-qq", *options, *arguments]
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def _state() -> Path:
    state = cache.folder("accuracy", "apt")
    for part in ("state/lists/partial", "cache/archives/partial", "sources"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    text = aptsources.replaced(SUITE, "amd64").replace("Types: deb\n", "Types: deb-src\n")
    (state / "sources" / "sources.sources").write_text(text)
    return state
