"""What stands above the table of programs: plain HTML, escaped here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hermipy.page import chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WANTED = 12
# Keys of the summary, class, and what the reader is told.
_OUTCOMES = (
    ("runs", "full", "run"),
    ("runs_with_limits", "partial", "run with limits"),
    ("lacks", "absent", "lack a syscall"),
    ("incomplete", "unknown", "lack a library"),
    ("errors", "unknown", "could not be read"),
)
STATUSES = ("full", "partial", "stub", "absent")


def headline(summary: Mapping[str, Any]) -> str:
    """The figure that matters, the bar of outcomes, and a line per architecture."""
    programs, run = summary["programs"], summary["run"]
    rest = summary["unresolved"]
    doubt = (
        f"In {_count(rest, 'program')} a site could make a syscall that the analysis cannot tell."
        if rest
        else "Every syscall site of every program is resolved."
    )
    return (
        f'<p class="figure"><b>{_percent(run, programs)}</b> '
        f"{run:,} of {programs:,} programs run</p>"
        f"{_bar(summary)}<p>{doubt}</p>{''.join(_arches(summary))}"
    )


def _bar(summary: Mapping[str, Any]) -> str:
    total = max(summary["programs"], 1)
    shown = [outcome for outcome in _OUTCOMES if summary[outcome[0]]]
    parts = "".join(
        f'<i class="{kind} {key}" style="flex-grow:{summary[key] / total:.4f}"></i>'
        for key, kind, _ in shown
    )
    legend = "".join(
        f'<li><button type="button" data-search="is:{key}"><i class="{kind} {key}"></i>'
        f"<b>{summary[key]:,}</b> {escape(told)}</button></li>"
        for key, kind, told in shown
    )
    return f'<div class="bar" aria-hidden="true">{parts}</div><ul class="legend">{legend}</ul>'


def _arches(summary: Mapping[str, Any]) -> Iterator[str]:
    arches = {arch: counts for arch, counts in summary["arches"].items() if counts["read"]}
    if len(arches) > 1:
        told = "; ".join(
            f"{escape(arch)}: {counts['run']:,} of {counts['programs']:,} run"
            for arch, counts in arches.items()
        )
        yield f"<p>{told}.</p>"


def curve(summary: Mapping[str, Any]) -> str:
    """The curve and what it says in words."""
    points = summary["curve"]
    if len(points) < 2:  # noqa: PLR2004  a curve has two points
        return "<p>No program lacks a syscall.</p>"
    judged = points[-1]["programs"]
    gain = next((p for p in points if 2 * p["programs"] >= judged + points[0]["programs"]), None)
    half = ""
    if gain is not None and gain is not points[0]:
        steps = points.index(gain)
        half = f" {_count(steps, 'syscall')} more would unlock half of those that lack any."
    return f"{chart.draw(points, judged)}<p>{points[0]['programs']:,} programs run today.{half}</p>"


def wanted(summary: Mapping[str, Any], table: Mapping[str, Mapping[str, str]]) -> str:
    """The absent syscalls that would help most."""
    found = summary["most_wanted"][:_WANTED]
    if not found:
        return "<p>None.</p>"
    most = max(item["programs"] for item in found)
    rows = "".join(_wanted_row(item, most, table) for item in found)
    return (
        '<table class="wanted"><thead><tr><th scope="col">Syscall</th>'
        '<th scope="col">Programs that lack it</th><th scope="col">Unlocks alone</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _wanted_row(item: Mapping[str, Any], most: int, table: Mapping[str, Mapping[str, str]]) -> str:
    name = escape(item["syscall"])
    note = escape(table.get(item["syscall"], {}).get("note", ""))
    button = f'<button type="button" data-search="lacks:{name}" title="{note}">{name}</button>'
    return (
        f'<tr><th scope="row">{button}</th>'
        f'<td><span class="meter" style="--part:{item["programs"] / most:.3f}">'
        f"{item['programs']:,}</span></td><td>{item['unlocks']:,}</td></tr>"
    )


def syscalls(users: Mapping[str, int], table: Mapping[str, Mapping[str, str]]) -> str:
    """Every syscall that some program can make, by number: its status, and how many programs."""
    most = max(users.values(), default=1)
    cells = "".join(_cell(name, users.get(name, 0), most, row) for name, row in table.items())
    counts = {status: sum(row["status"] == status for row in table.values()) for status in STATUSES}
    legend = "".join(
        f'<li><i class="{status}"></i>{count} {status}</li>'
        for status, count in counts.items()
        if count
    )
    return f'<ul class="legend">{legend}</ul><div class="cells">{cells}</div>{_notes(table)}'


def _notes(table: Mapping[str, Mapping[str, str]]) -> str:
    """What is missing of those that are there in part."""
    noted = {n: row["note"] for n, row in table.items() if row["status"] in ("partial", "stub")}
    if not noted:
        return ""
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(note)}</dd></div>" for name, note in noted.items()
    )
    title = f"What is missing of the {len(noted)} that are there in part"
    return f'<details class="notes"><summary>{title}</summary><dl>{items}</dl></details>'


_OBSERVED = (
    ("seen_not_predicted", "absent", "seen, but not predicted: a bug of the analysis"),
    ("seen_where_any_is_predicted", "partial", "seen, where a site could make any"),
    ("seen_and_predicted", "full", "seen and predicted"),
    ("predicted_not_seen", "unknown", "predicted, but not seen"),
)


def observed(found: Mapping[str, Any] | None) -> str:
    """What a trace of the one program has against its row."""
    if found is None:
        return ""
    parts = "".join(
        f"<h3>{len(found[key])} {told}</h3><p class='cells'>{_chips(found[key], kind)}</p>"
        for key, kind, told in _OBSERVED
        if found[key]
    )
    head = '<section aria-labelledby="h-observed"><h2 id="h-observed">The trace</h2>'
    return f"{head}{parts}</section>"


def _chips(names: Sequence[str], kind: str) -> str:
    return "".join(f'<span class="chip {kind}">{escape(name)}</span>' for name in names)


def _cell(name: str, users: int, most: int, row: Mapping[str, str]) -> str:
    told = f"{name}: {row['status']}, {_count(users, 'program')}"
    if row["note"]:
        told += f"\n{row['note']}"
    return (
        f'<button type="button" class="{escape(row["status"])}" data-search="makes:{escape(name)}" '
        f'style="--part:{users / most:.2f}" title="{escape(told)}">{escape(name)}</button>'
    )


def _percent(part: int, whole: int) -> str:
    """Rounded towards the middle: of none is 0 %, of all is 100 %, and nothing else is."""
    if part and 100 * part < whole:
        return "&lt; 1 %"
    return f"{100 * part // whole if whole else 0} %"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
