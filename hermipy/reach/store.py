"""Facts in the user's cache, by the file's contents: a library is read once, not per program."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from hermipy import cache, elf
from hermipy.dynamic import Dynamic
from hermipy.reach import read
from hermipy.reach.facts import Argument, Facts, Made

if TYPE_CHECKING:
    from pathlib import Path

_ARRAYS = ("functions", "regions", "region_ends", "cells", "source", "target", "at", "how")
_PLAIN = ("arch", "soname", "asks_constants")


def facts(path: Path) -> Facts:
    """The facts of a file; raises BadFileError and InputError."""
    stored = cache.folder("facts") / f"{cache.key('facts', cache.file_hash(path))}.npz"
    found = _load(stored, str(path))
    if found is None:
        found = read.facts(elf.read(path))
        with cache.atomic_file(stored) as stream:
            np.savez(stream, header=_header(found), **{n: getattr(found, n) for n in _ARRAYS})
    return found


def _header(found: Facts) -> np.ndarray[Any, Any]:
    header = {
        **{name: getattr(found, name) for name in _PLAIN},
        "code": found.code,
        "symbols": [list(asdict(symbol).values()) for symbol in found.symbols],
        "roots": found.roots,
        "made": [list(asdict(made).values()) for made in found.made],
        "asks": found.asks,
        "arguments": [list(asdict(argument).values()) for argument in found.arguments],
        "passed": found.passed,
    }
    return np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)


def _load(stored: Path, path: str) -> Facts | None:
    """None when it is not there, or a power failure left it damaged."""
    try:
        with np.load(stored, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            columns = {name: arrays[name] for name in _ARRAYS}
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return Facts(
        path=path,
        code=tuple((start, end) for start, end in header["code"]),
        symbols=[Dynamic(*fields) for fields in header["symbols"]],
        roots={why: tuple(nodes) for why, nodes in header["roots"].items()},
        made=tuple(Made(*fields) for fields in header["made"]),
        asks=tuple(header["asks"]),
        arguments=tuple(Argument(*fields) for fields in header["arguments"]),
        passed={
            name: tuple((function, value) for function, value in rows)
            for name, rows in header["passed"].items()
        },
        **{name: header[name] for name in _PLAIN},
        **columns,
    )
