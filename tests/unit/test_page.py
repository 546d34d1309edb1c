from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from hermipy import page
from hermipy.page import chart, packed, sections
from tests.page import documents
from tests.page.documents import Audit

VOID = {"meta", "link", "input", "br"}


class Checked(HTMLParser):
    """Fails where elements do not nest; keeps what tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"] and self.seen[-1][1].get("id") == "data":
            self.data += data


def written(audit: Audit) -> str:
    stream = io.BytesIO()
    page.write(audit, stream)
    return stream.getvalue().decode()


def test_the_page_is_one_file_that_asks_for_nothing() -> None:
    checked = Checked(written(documents.audit()))
    for tag, attributes in checked.seen:
        assert tag not in {"img", "iframe", "object", "embed"}
        assert not {"src", "srcset", "action"} & attributes.keys()
        assert str(attributes.get("href", "#")).startswith(("#", "data:"))
    policy = next(a["content"] for _, a in checked.seen if a.get("http-equiv"))
    assert "default-src 'none'" in str(policy)


def test_no_name_becomes_markup() -> None:
    checked = Checked(written(documents.audit()))
    assert [tag for tag, _ in checked.seen].count("script") == 2
    data = json.loads(checked.data)
    assert data["programs"][-1]["p"] == documents.EVIL


def test_witnesses_that_end_alike_share_their_ends() -> None:
    content = packed.pack(documents.audit().programs, documents.TABLE).content
    # Two steps of libc that all share, and the first step of each of the five programs.
    assert len(content["steps"]) == 2 + 4  # both machines' cat has the same path
    program = content["programs"][0]
    at, names = program["w"][0], []
    while at >= 0:
        _, name, _, _, at = content["steps"][at]
        names.append(content["strings"][name])
    assert names == ["main", "vprintf", "_IO_write"]


def test_a_copy_of_a_program_costs_little() -> None:
    one, many = (len(written(documents.audit(copies))) for copies in (1, 101))
    assert (many - one) / 600 < 300


def test_the_programs_that_can_make_a_syscall_are_counted() -> None:
    users = packed.pack(documents.audit().programs, documents.TABLE).users
    assert users["write"] == 5
    assert users["bpf"] == 1


def test_the_curve_is_well_formed_and_says_what_it_shows() -> None:
    root = ET.fromstring(chart.draw(documents.audit().summary["curve"], 4))
    assert root.attrib["aria-label"] == (
        "2 of 4 programs run with the syscalls of today; with 2 more, 4 would"
    )
    numbers = re.findall(r"[\d.]+", " ".join(e.attrib.get("d", "") for e in root))
    assert all(0 <= float(number) <= 720 for number in numbers)


def test_an_audit_without_programs_has_a_page() -> None:
    keys = [
        *("programs", "read", "run", "unresolved"),
        *("runs", "runs_with_limits", "lacks", "incomplete", "errors"),
    ]
    summary = dict.fromkeys(keys, 0) | {"arches": {}, "most_wanted": [], "curve": []}
    assert "0 %" in sections.headline(summary)
    Checked(written(Audit([], summary, {})))


def test_what_a_trace_has_seen_is_shown() -> None:
    lists: dict[str, list[str]] = {
        "seen_and_predicted": ["write"],
        "seen_not_predicted": ["<bpf>"],
        "seen_where_any_is_predicted": [],
        "predicted_not_seen": ["wait4"],
    }
    audit = documents.audit()
    text = written(Audit(audit.programs, audit.summary, audit.table, lists))
    Checked(text)
    assert "1 seen, but not predicted" in text
    assert "&lt;bpf&gt;" in text


@pytest.mark.parametrize(("run", "told"), [(0, "0 %"), (1, "&lt; 1 %"), (999, "99 %")])
def test_nothing_and_all_are_said_of_nothing_and_all_only(run: int, told: str) -> None:
    summary = documents.audit().summary | {"programs": 1000, "run": run}
    assert f"<b>{told}</b>" in sections.headline(summary)
