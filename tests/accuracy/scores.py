"""How good an answer is: precision, recall and F1 against what was observed, and their means."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@dataclass(frozen=True, slots=True)
class Score:
    """One answer about one program."""

    predicted: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(observed: Collection[str], predicted: Collection[str]) -> Score:
    """Compare two sets of names; `observed` is not empty."""
    both = len(set(observed) & set(predicted))
    precision = both / len(predicted) if predicted else 0.0
    return Score(len(predicted), precision, both / len(observed))


@dataclass(frozen=True, slots=True)
class Means:
    """Of many programs."""

    predicted: float
    precision: float
    recall: float
    f1: float


def means(scores: Sequence[Score]) -> Means:
    """Each program counts the same."""
    return Means(
        fmean(score.predicted for score in scores),
        fmean(score.precision for score in scores),
        fmean(score.recall for score in scores),
        fmean(score.f1 for score in scores),
    )
