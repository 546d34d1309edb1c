"""Turn syscall sites into jumps (kernel/arch/DIRECT.md): plan every edit, refuse conflicts while planning, write once.

A site keeps its trap whenever anything about it is not proved: the trap path is complete, a wrong jump is not. Every edit
replaces exactly the 4 bytes of the syscall instruction, so no jump can lead into the middle of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import headers
from hermipy.arch import direct
from hermipy.model import Patch, Plan, Rewritten, SitePlan, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hermipy.arch.direct import DirectPath
    from hermipy.model import Call, Site

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
    """What becomes of every site. Sites that need a stub stay traps when the file has no spare program header."""
    way = direct.BY_ARCH[subject.arch]
    return _Planner(subject, way, way.stub).plan(_tier)


def make_identity_plan(subject: Subject) -> Plan:
    """Every site through a stub that runs the original instruction: what qemu-user can run, to prove the mechanism."""
    way = direct.BY_ARCH[subject.arch]
    return _Planner(subject, way, way.identity_stub).plan(_identity_tier)


def apply(data: bytes, plan: Plan) -> bytes:
    """The file with every patch written and the stubs appended; asserts that each patch finds what it replaces."""
    out = bytearray(data)
    for patch in plan.patches:
        end = patch.offset + len(patch.old)
        assert out[patch.offset : end] == patch.old, f"patch at {patch.offset:#x} finds other bytes"
        out[patch.offset : end] = patch.new
    if plan.stubs:
        out += bytes(plan.stub_offset - len(out)) + plan.stubs
    return bytes(out)


_Decision = tuple[Tier, str, bytes]


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

    def plan(self, decide: Callable[[DirectPath, Call, frozenset[str]], _Decision]) -> Plan:
        data, way = self.subject.data, self.way
        table = headers.read(data)
        address, offset = headers.room_for_stubs(data, table)
        segment = headers.load_segment(address, offset, PAGE)
        can_add = headers.with_segment(data, table, way.spare_headers, segment) is not None
        sites: list[SitePlan] = []
        patches: list[Patch] = []
        stubs = bytearray()
        for call in sorted(self.subject.calls, key=lambda call: call.site.address):
            tier, reason, word = decide(way, call, self.subject.dead(call.site))
            at = address + len(stubs)
            if tier is Tier.STUB:
                tier, reason, word = self._stub_word(call.site, at, reason, can_add=can_add)
            if tier is not Tier.TRAP:
                patches.append(Patch(call.site.offset, way.trap, word, f"site: {tier}"))
            if tier is Tier.STUB:
                stubs += self.make_stub(call.site.address, at)
            sites.append(SitePlan(call.site, tier, reason, at if tier is Tier.STUB else None))
        if stubs:
            patches.append(self._header_patch(table, address, offset, len(stubs)))
        _refuse_conflicts(patches)
        return Plan(tuple(sites), tuple(patches), bytes(stubs), address, offset)

    def _stub_word(self, site: Site, stub: int, reason: str, *, can_add: bool) -> _Decision:
        if not can_add:
            return Tier.TRAP, "the file has no spare program header for a stub segment", b""
        word = self.way.jump(site.address, stub)
        if word is None:
            return Tier.TRAP, "the stub segment is out of the jump's reach", b""
        return Tier.STUB, reason, word

    def _header_patch(self, table: headers.Table, address: int, offset: int, size: int) -> Patch:
        segment = headers.load_segment(address, offset, size)
        new = headers.with_segment(self.subject.data, table, self.way.spare_headers, segment)
        assert new is not None, "the planner asked before it made a stub"
        return Patch(table.offset, table.encode(), new.encode(), "program header of the stub segment")


def _refuse_conflicts(patches: Iterable[Patch]) -> None:
    end = 0
    for patch in sorted(patches, key=lambda patch: patch.offset):
        assert patch.offset >= end, f"two patches meet at {patch.offset:#x}"
        assert len(patch.old) == len(patch.new), "a patch keeps the length"
        end = patch.offset + len(patch.old)
