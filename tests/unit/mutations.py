"""Mutate an ELF file many times and take each through scan, rewrite and the check before packing.

Run by test_mutations.py as a program of its own, so that its memory can be limited: one mutation
that asks for a gigabyte must fail there and not take the tests with it.
"""

from __future__ import annotations

import random
import resource
import struct
import sys
import time
from pathlib import Path

from hermipy import stages, target
from hermipy.errors import HermipyError

MEMORY_BYTES = 1 << 30
SECONDS_EACH = 20
LATER_VALUES = (0, 1, 2, 3, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1)


def places(data: bytes) -> list[range]:
    """Where it hurts: the ELF header, the two tables, and anywhere."""
    (program_headers, sections) = struct.unpack_from("<QQ", data, 32)
    (count, _, section_count) = struct.unpack_from("<HHH", data, 56)
    tables = [
        range(program_headers, program_headers + 56 * count),
        range(sections, sections + 64 * section_count),
    ]
    everywhere = range(4, len(data))
    return [range(4, 64), everywhere, *(table for table in tables if len(table))]


def mutate(data: bytes, where: list[range], chance: random.Random) -> bytes:
    """One to four bytes or words replaced; one file in ten cut as well."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        width = chance.choice((1, 2, 4, 8))
        at = chance.choice(chance.choice(where)) // width * width
        values = (chance.getrandbits(64), chance.getrandbits(16), *LATER_VALUES)
        value = chance.choice(values) & ((1 << 8 * width) - 1)
        out[at : at + width] = value.to_bytes(width, "little")
    return bytes(out[: chance.randrange(len(out))] if chance.randrange(10) == 0 else out)


def take(path: Path) -> bool:
    """Whether the file is taken; a refusal is one line."""
    try:
        target.check(path)
        stages.rewrite_file(path)
    except HermipyError as error:
        refusal = str(error)
    else:
        return True
    assert "\n" not in refusal, "a refusal is one line"
    return False


def main() -> None:
    """`python -m tests.unit.mutations FILE COUNT SEED WORK`; prints how many files were taken."""
    source, count, seed, work = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    data = Path(source).read_bytes()
    where, chance, taken = places(data), random.Random(seed), 0
    mutated = Path(work, "mutated")
    for index in range(int(count)):
        mutated.write_bytes(mutate(data, where, chance))
        start = time.process_time()
        try:
            taken += take(mutated)
        except BaseException as error:
            error.add_note(f"mutation {index} of seed {seed}: {mutated}")
            raise
        assert time.process_time() - start < SECONDS_EACH, f"mutation {index} takes too long"
    print(taken)


if __name__ == "__main__":
    main()
