"""The coverage curve as SVG: programs that run, against syscalls that the kernel would have.

Drawn here, not by the script: it stands before the script comes, and it prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 32, 60
_TICKS = 5
_MARKED = 6
_LABEL_GAP = 22
_LEAST_RISE = 7
_LETTER = 11.5  # of the monospaced font as large as a phone has it


@dataclass(frozen=True, slots=True)
class _Scale:
    steps: int
    programs: int

    def x(self, step: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / max(self.steps, 1)

    def y(self, programs: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - programs / max(self.programs, 1))


def draw(curve: Sequence[Mapping[str, Any]], programs: int) -> str:
    """The curve's points, first what there is today; `programs` is the most there can be."""
    scale = _Scale(len(curve) - 1, programs)
    last = curve[-1]
    told = (
        f"{curve[0]['programs']} of {programs} programs run with the syscalls of today; "
        f"with {len(curve) - 1} more, {last['programs']} would"
    )
    body = [*_grid(scale), *_line(curve, scale), *_marks(curve, scale), *_hovers(curve, scale)]
    return (
        f'<svg class="curve" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(told)}">{"".join(body)}</svg>'
    )


def _grid(scale: _Scale) -> Iterator[str]:
    for value in range(0, scale.programs + 1, _every(scale.programs)):
        y = scale.y(value)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield (
            f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>'
        )
    for step in range(0, scale.steps + 1, _every(scale.steps)):
        label = "today" if step == 0 else f"+{step}"
        yield (
            f'<text class="tick" x="{scale.x(step):.1f}" y="{_HEIGHT - _BOTTOM + 24}" '
            f'text-anchor="middle">{label}</text>'
        )
    yield (
        f'<text class="tick" x="{(_WIDTH + _LEFT - _RIGHT) / 2}" y="{_HEIGHT - 6}" '
        'text-anchor="middle">syscalls added, best first</text>'
        f'<text class="tick" x="0" y="18" text-anchor="start">programs that run</text>'
    )


def _every(most: int) -> int:
    """A round distance of marks: 1, 2 or 5 times a power of ten."""
    power = 1
    while most > 10 * power * _TICKS:
        power *= 10
    return next((power * by for by in (1, 2, 5) if most <= power * by * _TICKS), 10 * power)


def _line(curve: Sequence[Mapping[str, Any]], scale: _Scale) -> Iterator[str]:
    path = [f"M{scale.x(0):.1f} {scale.y(curve[0]['programs']):.1f}"]
    for step, point in enumerate(curve[1:], 1):
        path.append(f"H{scale.x(step):.1f}V{scale.y(point['programs']):.1f}")
    line = "".join(path)
    base = scale.y(0)
    yield f'<path class="area" d="{line}V{base:.1f}H{scale.x(0):.1f}Z"/>'
    yield f'<path class="line" d="{line}"/>'
    now = scale.y(curve[0]["programs"])
    yield f'<circle class="now" cx="{scale.x(0):.1f}" cy="{now:.1f}" r="5"/>'


def _marks(curve: Sequence[Mapping[str, Any]], scale: _Scale) -> Iterator[str]:
    """The names of the steps that rise most, where they do not lie over each other."""
    taken: list[_Label] = []
    for step in sorted(range(1, len(curve)), key=lambda step: -curve[step]["unlocks"]):
        low, high = (scale.y(curve[at]["programs"]) for at in (step - 1, step))
        label = _label(str(curve[step]["syscall"]), scale.x(step), (low, high))
        free = label.y < _HEIGHT - _BOTTOM and not any(label.touches(other) for other in taken)
        if low - high >= _LEAST_RISE and len(taken) < _MARKED and free:
            taken.append(label)
            yield label.text


@dataclass(frozen=True, slots=True)
class _Label:
    left: float
    right: float
    y: float
    text: str

    def touches(self, other: _Label) -> bool:
        return (
            abs(self.y - other.y) <= _LABEL_GAP
            and self.right >= other.left
            and self.left <= other.right
        )


def _label(name: str, x: float, rise: tuple[float, float]) -> _Label:
    """Below the line, right of its rise; above it and left where there is no room."""
    low, high = rise
    wide, middle = len(name) * _LETTER, (low + high) / 2
    if x + 8 + wide <= _WIDTH:
        left, anchor = x + 8, "start"
        y = max(middle, high + 12) + 5
    else:
        left, anchor = x - 8 - wide, "end"
        y = min(middle, low - 12) + 5
    at = left if anchor == "start" else left + wide
    text = (
        f'<text class="mark" x="{at:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(name)}</text>'
    )
    return _Label(left, left + wide, y, text)


def _hovers(curve: Sequence[Mapping[str, Any]], scale: _Scale) -> Iterator[str]:
    """What each step is, for the pointer."""
    wide = scale.x(1) - scale.x(0)
    for step, point in enumerate(curve[1:], 1):
        text = (
            f"+{step}: {point['syscall']} unlocks {point['unlocks']}; {point['programs']} would run"
        )
        yield (
            f'<rect class="hover" x="{scale.x(step) - wide / 2:.1f}" y="{_TOP}" width="{wide:.1f}" '
            f'height="{_HEIGHT - _TOP - _BOTTOM}"><title>{escape(text)}</title></rect>'
        )
