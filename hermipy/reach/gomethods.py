"""Go's methods: what a type switch or an interface may call though no code names it.

A type with methods carries a table of them, four 32-bit offsets each: name, type, and the code for
calls through an interface and for direct ones, from the start of Go's text (Go src/internal/abi/
type.go, Method). The linker puts 0 or -1 where it found that a method cannot be called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hermipy.elf import PF_X

if TYPE_CHECKING:
    from hermipy.analysis import Analysis

_OFFSET = 4


def methods(analysis: Analysis) -> list[int]:
    """The functions that two offsets in a row name, as a method's do."""
    text = analysis.witnesses.go_text
    if not text:
        return []
    offsets = analysis.witnesses.starts - text.start
    starts = offsets[(offsets > 0) & (offsets < len(text))]
    found = [np.empty(0, dtype=np.int64)]
    for load in analysis.elf.loads:
        if not load.flags & PF_X:
            raw = analysis.elf.read(load.address, load.file_size)
            words = np.frombuffer(raw, dtype="<i4", count=len(raw) // _OFFSET).astype(np.int64)
            is_start = np.isin(words, starts)
            both = is_start[:-1] & is_start[1:]
            found += [words[:-1][both], words[1:][both]]
    named: list[int] = (np.unique(np.concatenate(found)) + text.start).tolist()
    return named
