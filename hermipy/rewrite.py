"""Turn syscall sites into jumps (kernel/arch/DIRECT.md): plan every edit, then write once.

A site keeps its trap whenever anything about it is not proved: the trap path is complete, a wrong
jump is not. Every edit replaces exactly the 4 bytes of the syscall instruction, so no jump can lead
into the middle of one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from hermipy import headers
from hermipy.arch import direct
from hermipy.model import Patch, Plan, Rewritten, SitePlan, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hermipy.arch.direct import DirectPath
    from hermipy.model import Call, Site

    _Decide = Callable[[DirectPath, Call, frozenset[str]], "_Decision"]

RT_SIGRETURN = 139
PAGE = 4096


@dataclass(frozen=True, slots=True)
class Subject:
    """A file with what the analysis found in it."""

    data: bytes
    arch: str
    calls: tuple[Call, ...]
    dead: Callable[[Site], frozenset[str]]
    """Registers proved dead right after a site."""


def rewrite(subject: Subject) -> Rewritten:
    """The rewritten file and the plan that led to it."""
    plan = make_plan(subject)
    return Rewritten(apply(subject.data, plan), plan)


def make_plan(subject: Subject) -> Plan:
    """What becomes of every site; one that needs a stub stays a trap without a spare header."""
    way = direct.BY_ARCH[subject.arch]
    return _Planner(subject, way, way.stub, headers.marked).plan(_tier)


def make_identity_plan(subject: Subject) -> Plan:
    """Every site through a stub that runs the original instruction, as qemu-user can run it.

    Its sites can be seen still, so the file is not marked: it may be rewritten once more.
    """
    way = direct.BY_ARCH[subject.arch]
    return _Planner(subject, way, way.identity_stub, lambda table: table).plan(_identity_tier)


def apply(data: bytes, plan: Plan) -> bytes:
    """The file with every patch and the stubs; each patch must find what it replaces."""
    out = bytearray(data)
    for patch in plan.patches:
        end = patch.offset + len(patch.old)
        assert out[patch.offset : end] == patch.old, f"patch at {patch.offset:#x} finds other bytes"
        out[patch.offset : end] = patch.new
    if plan.stubs:
        out += bytes(plan.stub_offset - len(out)) + plan.stubs
    return bytes(out)


_Decision = tuple[Tier, str, bytes]
_Placed = tuple[Tier, str, bytes, int | None]


def _tier(way: DirectPath, call: Call, dead: frozenset[str]) -> _Decision:
    """The best tier for a site, why, and the word for one that needs no stub."""
    if call.numbers is not None and RT_SIGRETURN in call.numbers:
        return Tier.TRAP, "unwinders match the bytes of rt_sigreturn", b""
    carried = way.in_place(dead)
    if carried is not None:
        return Tier.VECTOR, carried.reason, carried.word
    refusal = way.stub_refusal(dead)
    if refusal:
        return Tier.TRAP, refusal, b""
    return Tier.STUB, "every register is kept", b""


def _identity_tier(way: DirectPath, call: Call, dead: frozenset[str]) -> _Decision:
    del way, call, dead
    return Tier.STUB, "identity", b""


@dataclass(frozen=True, slots=True)
class _Planner:
    subject: Subject
    way: DirectPath
    make_stub: Callable[[int, int], bytes]
    mark: Callable[[headers.Table], headers.Table]

    def plan(self, decide: _Decide) -> Plan:
        areas = self._areas()
        shared = _shared_offsets(self.subject)
        sites: list[SitePlan] = []
        patches: list[Patch] = []
        for call in sorted(self.subject.calls, key=lambda call: call.site.address):
            if call.site.offset in shared:
                tier, reason, word = Tier.TRAP, "its bytes in the file have another use", b""
            else:
                tier, reason, word = decide(self.way, call, self.subject.dead(call.site))
            stub = None
            if tier is Tier.STUB:
                tier, reason, word, stub = self._stub(call.site, reason, areas)
            if tier is not Tier.TRAP:
                patches.append(Patch(call.site.offset, self.way.trap, word, f"site: {tier}"))
            sites.append(SitePlan(call.site, tier, reason, stub))
        offset = headers.end_of_file(self.subject.data)
        used = [area for area in areas if area.code]
        if patches:
            patches.append(self._header_patch(used, offset))
        _refuse_conflicts(patches)
        return Plan(tuple(sites), tuple(patches), _file_bytes(used), offset)

    def _areas(self) -> list[_Area]:
        """The stub segments that the file's spare program headers allow."""
        data, table = self.subject.data, headers.read(self.subject.data)
        areas = [_Area(room) for room in headers.room_for_stubs(data, table)]
        while areas and self._table(table, areas, 0) is None:
            areas.pop()
        return areas

    def _stub(self, site: Site, reason: str, areas: list[_Area]) -> _Placed:
        if not areas:
            return Tier.TRAP, "the file has no spare program header for a stub segment", b"", None
        for area in areas:
            at = area.room.start + len(area.code)
            word = self.way.jump(site.address, at)
            if word is not None and at + self.way.stub_size <= area.room.stop:
                area.code += self.make_stub(site.address, at)
                return Tier.STUB, reason, word, at
        return Tier.TRAP, "every stub segment is out of the jump's reach", b"", None

    def _header_patch(self, used: list[_Area], offset: int) -> Patch:
        """The headers with the stub segments, and with the mark of a rewritten file.

        Without it, a file with direct calls could be taken for an original: its sites cannot be
        seen any more.
        """
        table = headers.read(self.subject.data)
        new = self._table(table, used, offset)
        assert new is not None, "the areas are as many as the spare program headers"
        why = "program headers: stub segments, mark"
        return Patch(table.offset, table.encode(), self.mark(new).encode(), why)

    def _table(self, table: headers.Table, areas: list[_Area], offset: int) -> headers.Table | None:
        segments = []
        for area in areas:
            segments.append(headers.load_segment(area.room.start, offset, len(area.code)))
            offset += area.file_size
        spare = self.way.spare_headers
        return headers.with_segments(self.subject.data, table, spare, tuple(segments))


def _shared_offsets(subject: Subject) -> set[int]:
    """Offsets of sites that share bytes with another site or the program headers.

    A file may map the same bytes at two addresses; what is right at one need not be at the other.
    """
    table = headers.read(subject.data)
    size = len(direct.BY_ARCH[subject.arch].trap)
    offsets = sorted(call.site.offset for call in subject.calls)
    pairs = [pair for pair in pairwise(offsets) if pair[1] - pair[0] < size]
    in_table = range(table.offset - size + 1, table.offset + table.size_bytes)
    return {*chain.from_iterable(pairs), *(offset for offset in offsets if offset in in_table)}


@dataclass(slots=True)
class _Area:
    """A stub segment while it fills."""

    room: range
    code: bytearray = field(default_factory=bytearray)

    @property
    def file_size(self) -> int:
        return -(-len(self.code) // PAGE) * PAGE


def _file_bytes(areas: list[_Area]) -> bytes:
    """The segments one after the other; only the last may end within a page."""
    if not areas:
        return b""
    padded = b"".join(bytes(area.code).ljust(area.file_size, b"\0") for area in areas[:-1])
    return padded + bytes(areas[-1].code)


def _refuse_conflicts(patches: Iterable[Patch]) -> None:
    end = 0
    for patch in sorted(patches, key=lambda patch: patch.offset):
        assert patch.offset >= end, f"two patches meet at {patch.offset:#x}"
        assert len(patch.old) == len(patch.new), "a patch keeps the length"
        end = patch.offset + len(patch.old)
