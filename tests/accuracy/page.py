"""docs/analysis.md: the method, the means, every program; made from docs/analysis.json."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.accuracy import hosted, known, observed, scores
from tests.accuracy.evaluate import Row
from tests.accuracy.known import Measured
from tests.accuracy.observed import DEVELOPMENT, HELD_OUT, LIGHT, SUITE
from tests.accuracy.scores import Score

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = Path("docs/analysis.md")
FIGURES = Path("docs/analysis.json")
METHOD = Path(__file__).with_name("method.md")
PEERS = Path(__file__).with_name("peers.md")
_ARCHES = ("riscv64", "aarch64")
_KNOWN = "known"
_ANSWERS = {"ours": "Hermipy", "closure": "closure", "naive": "naive scan"}


def keep(which: str, rows: list[Row], *, is_all: bool) -> None:
    """Put rows of a set in the place of their last ones, or of all, and write the page."""
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    stored = [] if is_all else figures.get(which, [])
    records = {_place(record): record for record in stored}
    records |= {_place(record): record for record in map(asdict, rows)}
    _keep(which, [records[place] for place in sorted(records)])


def _place(record: dict[str, Any]) -> tuple[str, str, str]:
    return record["program"], record["arch"], record["kind"]


def keep_known(measured: Measured) -> None:
    """The same for a row of the known programs."""
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    records = {(one["target"], one["arch"]): one for one in figures.get(_KNOWN, [])}
    records[measured.target, measured.arch] = asdict(measured)
    order = [(one.target, arch) for one in known.PROGRAMS for arch in known.ARCHES]
    _keep(_KNOWN, [records[place] for place in order if place in records])


def _keep(part: str, records: list[dict[str, Any]]) -> None:
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    figures[part] = records
    texts = []
    for name in (DEVELOPMENT, HELD_OUT, _KNOWN):
        lines = ",\n".join(json.dumps(record) for record in figures.get(name, []))
        texts.append(f"{json.dumps(name)}: [\n{lines}\n]")
    FIGURES.write_text("{" + ",\n".join(texts) + "}\n")
    write()


def write() -> None:
    """Write the page from what is known."""
    figures = json.loads(FIGURES.read_text())
    rows = {which: [_row(one) for one in figures[which]] for which in (DEVELOPMENT, HELD_OUT)}
    measured = [Measured(**record) for record in figures[_KNOWN]]
    PAGE.write_text("\n".join(_page(rows, measured)) + "\n")


def _row(record: dict[str, Any]) -> Row:
    made = {name: Score(**record[name]) for name in _ANSWERS}
    lists = {"parts": tuple(record["parts"]), "missed": tuple(record["missed"])}
    return Row(**record | made | lists)


def _page(rows: dict[str, list[Row]], measured: list[Measured]) -> list[str]:
    lines = [METHOD.read_text().rstrip(), "", "## Means", ""]
    lines += _means(rows)
    lines += ["", "## Known programs", "", PEERS.read_text().rstrip(), "", *_known(measured)]
    for which in (DEVELOPMENT, HELD_OUT):
        found = rows.get(which, [])
        count = {arch: len({r.program for r in found if r.arch == arch}) for arch in _ARCHES}
        traced = observed.load(which)
        told = " and ".join(
            f"{count[arch]} of {len({t.program for t in traced if t.arch == arch})} for {arch}"
            for arch in _ARCHES
        )
        head = f"Of the programs with traces, evaluated when this was written: {told}."
        lines += ["", f"## Programs: {which} set", "", head, ""]
        lines += _programs(found)
    return [*lines, "", "## What the sessions do", "", *_sessions()]


def _means(rows: dict[str, list[Row]]) -> list[str]:
    lines = _table("set", "trace", "architecture", "programs", "answer", "mean size",
                   "precision", "recall", "F1", "with a miss")  # fmt: skip
    for which in (DEVELOPMENT, HELD_OUT):
        for kind in (LIGHT, SUITE):
            for arch in _ARCHES:
                chosen = [r for r in rows.get(which, []) if (r.kind, r.arch) == (kind, arch)]
                if chosen:
                    lines += _mean_rows((which, kind, arch, str(len(chosen))), chosen)
    return lines


def _mean_rows(heads: tuple[str, ...], chosen: list[Row]) -> Iterable[str]:
    for name, title in _ANSWERS.items():
        given: list[Score] = [getattr(row, name) for row in chosen]
        mean = scores.means(given)
        missing = sum(one.recall < 1 for one in given)
        yield _line(
            *heads, title, f"{mean.predicted:.1f}", f"{mean.precision:.2f}", f"{mean.recall:.3f}",
            f"{mean.f1:.2f}", str(missing),
        )  # fmt: skip


def _known(measured: list[Measured]) -> list[str]:
    lines = _table("program", "architecture", "syscalls", "closure", "unresolved", "cold, s",
                   "warm, s", "sysfilter", "SysPart")  # fmt: skip
    peers = {one.target: one for one in known.PROGRAMS}
    for one in measured:
        peer = peers[one.target]
        lines.append(_line(
            f"`{one.target}`", one.arch, str(one.syscalls), str(one.closure), str(one.unresolved),
            f"{one.cold_s:.1f}", f"{one.warm_s:.1f}", _figure(peer.sysfilter),
            _figure(peer.syspart),
        ))  # fmt: skip
    return lines


def _figure(published: int | None) -> str:
    return "" if published is None else str(published)


def _programs(rows: list[Row]) -> list[str]:
    lines = _table("program", "architecture", "trace", "calls", "observed", "Hermipy", "closure",
                   "naive", "precision", "F1", "missed", "unresolved")  # fmt: skip
    for row in rows:
        lines.append(_line(
            f"`{row.program}`", row.arch, row.kind, str(row.calls), str(row.observed),
            str(row.ours.predicted), str(row.closure.predicted), str(row.naive.predicted),
            f"{row.ours.precision:.2f}", f"{row.ours.f1:.2f}", str(len(row.missed)),
            str(row.unresolved),
        ))  # fmt: skip
    return lines


def _sessions() -> list[str]:
    lines = _table("session", "trace", "programs", "what")
    for one in hosted.sessions():
        called = " ".join(f"`{Path(path).name}`" for _, path in one.called)
        lines.append(_line(one.name, one.kind, called, one.part))
    return lines


def _table(*heads: str) -> list[str]:
    return [_line(*heads), _line(*["---"] * len(heads))]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
