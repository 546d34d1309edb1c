"""What we say beside a command's subject: lines of our own, and how far a long one is."""

from __future__ import annotations

import io
import sys

import pytest

from hermipy import console


class Stream(io.StringIO):
    """stderr as a terminal or a pipe."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def told(monkeypatch: pytest.MonkeyPatch, seconds: list[float], *, terminal: bool) -> str:
    """What is shown of a state at each of these times."""
    stream, clock = Stream(terminal=terminal), iter([0.0, *seconds])
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    progress = console.Progress()
    for number, _ in enumerate(seconds):
        progress.tell(f"state {number}")
    progress.end()
    return stream.getvalue()


def test_a_pipe_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(monkeypatch, [1.0, 29.0, 31.0, 40.0, 62.0], terminal=False)
    assert text == "hermipy: state 2\nhermipy: state 4\n"


def test_a_terminal_gets_a_line_that_moves_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "12")
    text = told(monkeypatch, [0.5, 2.0, 2.05, 3.0], terminal=True)
    assert text == "\r\x1b[Khermipy: st\r\x1b[Khermipy: st\r\x1b[K"


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_quick_says_nothing(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert told(monkeypatch, [0.1, 0.2], terminal=terminal) == ""


def test_a_terminal_that_cannot_move_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert told(monkeypatch, [2.0, 31.0], terminal=True) == "hermipy: state 1\n"


def test_a_message_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(terminal=False)
    monkeypatch.setattr(sys, "stderr", stream)
    console.say("two\nlines")
    assert stream.getvalue() == "hermipy: two lines\n"
