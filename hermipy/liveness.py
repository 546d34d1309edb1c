"""Which registers hold nothing that anyone reads after a site.

The walk goes forward from the site along every path, with the set of candidates not yet
overwritten; one that is read first is live. It goes on through jumps into other functions, because
that is where control goes. What it assumes, and from where:

- At a return the temporaries (t0-t6; x16, x17, NZCV) are dead, and at a call they carry no argument
  and are lost: RISC-V ELF psABI "Integer Register Convention", AAPCS64 6.1.1. The static chain t2
  may enter a callee (nested functions), and ra is what a return reads.
- A call that links in t0 (-msave-restore millicode, Go's morestack, TLS descriptors) keeps and may
  read everything.
- gcc's -fipa-ra (on at -O2) breaks the convention inside a file: a caller may keep a value in a
  temporary over a call of a function that it has seen not to use it. So a temporary survives a call
  whose callee never writes it, and where a path leaves the function with a temporary that the
  function does not otherwise use, the code behind its callers is walked too.
- Go has no such convention for its write barrier, so in Go files a call keeps and reads everything.
- An indirect jump that is not a return may lead to a jump table's case: everything is live.
- An instruction that the decoder does not know reads everything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hermipy.analysis import analyse
from hermipy.arch.base import Add, Flow

if TYPE_CHECKING:
    from hermipy.analysis import Analysis
    from hermipy.arch.base import Insn
    from hermipy.elf import Elf
    from hermipy.model import Site

_BUDGET = 3_000
_DEPTH_LIMIT = 100
_CALLER_LIMIT = 400


def dead_registers(elf: Elf, site: Site) -> frozenset[str]:
    """Return the registers that are provably dead right after a site, named as in DIRECT.md."""
    if site.function is None:
        return frozenset()
    return _liveness(elf).dead_after(site.address, site.function)


class Liveness:
    """The walks over one file, and what they have learned about its functions."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.arch = analysis.arch
        self._candidates = sum(self.arch.candidates.values())
        self._untouched: dict[int, int] = {}

    def dead_after(self, site: int, function: int) -> frozenset[str]:
        """Return the candidates that no path from a site reads; the site itself reads none."""
        live, escaped = self._walk(site, self._candidates)
        remembered = escaped & self.arch.remembered & ~live
        if remembered and not self.analysis.is_go(function):
            live |= self._live_in_callers(function, remembered)
        return frozenset(name for name, bit in self.arch.candidates.items() if not live & bit)

    def _walk(self, start: int, asked: int) -> tuple[int, int]:
        """Return (read on some path before being overwritten, still there at some return)."""
        live = escaped = 0
        reached = {start: asked}
        todo = [(start, asked)]
        steps = 0
        while todo:
            address, pending = todo.pop()
            pending &= ~live
            insn = self.analysis.insn(address)
            steps += 1
            if insn is None or steps > _BUDGET:
                return asked, escaped
            live |= pending & insn.reads
            pending &= ~(insn.kills | live)
            if insn.flow is Flow.RETURN:
                live |= pending & ~self.arch.dead_at_return
                escaped |= pending
                continue
            after, pending, read = self._after(address, insn, pending)
            live |= read
            for place in after:
                fresh = pending & ~reached.get(place, 0)
                if fresh:
                    reached[place] = reached.get(place, 0) | fresh
                    todo.append((place, fresh))
        return live, escaped

    def _after(self, address: int, insn: Insn, pending: int) -> tuple[list[int], int, int]:
        """Return (where control goes, what is still there, what is read on the way)."""
        target = self.analysis.target(address, insn)
        following = address + insn.size
        if insn.flow is Flow.STOP or (
            insn.flow is Flow.SYSCALL and self.analysis.ends_thread(address)
        ):
            return [], 0, 0
        if insn.flow in (Flow.CALL, Flow.INDIRECT_CALL):
            return self._after_call(address, insn, pending)
        if insn.flow is Flow.INDIRECT_JUMP and target is None:
            return [], 0, pending
        if insn.flow in (Flow.JUMP, Flow.INDIRECT_JUMP):
            return [target] if target is not None else [], pending, 0
        if insn.flow is Flow.BRANCH and target is not None:
            return [target, following], pending, 0
        return [following], pending, 0

    def _after_call(self, address: int, insn: Insn, pending: int) -> tuple[list[int], int, int]:
        if self.analysis.is_go(address) or self._keeps_everything(address, insn):
            return [], 0, pending
        read = pending & ~self.arch.dead_at_call
        if not self.analysis.comes_back(address, insn):
            return [], 0, read
        target = self.analysis.target(address, insn)
        kept = self.untouched(target, pending & self.arch.remembered) if target is not None else 0
        return ([address + insn.size] if kept else []), pending & kept, read

    def _keeps_everything(self, call: int, insn: Insn) -> bool:
        """Return whether a call's callee changes nothing but its result.

        A second link register, or a TLS descriptor.

        AArch64 calls a descriptor through x1 right behind `add x0, x0, low part`, a sequence that
        linkers count on.
        """
        if insn.link == self.arch.extra_link:
            return True
        before = self.analysis.before(call) if insn.target == self.arch.tls_target else None
        previous = None if before is None else self.analysis.insn(before)
        first = self.arch.arguments[0]
        return previous is not None and any(
            dest == first and isinstance(value, Add) and value.source == first
            for dest, value in previous.defs
        )

    def untouched(self, function: int, asked: int, depth: int = 0) -> int:
        """Return the candidates that a function, with all it calls.

        Leaves alone as far as its compiler could see.

        Too many is safe: a caller that could have kept a value there is then looked at.
        """
        if not asked or depth > _DEPTH_LIMIT:
            return asked
        if function not in self._untouched:
            self._untouched[function] = self.arch.remembered  # what recursion meets meanwhile
            self._untouched[function] = self._find_untouched(function, depth)
        return self._untouched[function] & asked

    def _find_untouched(self, function: int, depth: int) -> int:
        kept = self.arch.remembered
        todo, seen = [function], {function}
        while todo and kept:
            address = todo.pop()
            insn = self.analysis.insn(address)
            if insn is None or len(seen) > _BUDGET:
                break
            kept &= ~insn.kills
            after, kept = self._through(address, insn, kept, depth)
            fresh = [a for a in after if a not in seen]
            seen.update(fresh)
            todo += fresh
        return kept

    def _through(self, address: int, insn: Insn, kept: int, depth: int) -> tuple[list[int], int]:
        """Return (where control goes, what is still untouched).

        A compiler takes a call through a pointer for one that changes everything. An indirect jump
        may be one or a switch, so it is taken to change nothing.
        """
        target = self.analysis.target(address, insn)
        following = address + insn.size
        after = [following]
        if insn.flow in (Flow.RETURN, Flow.STOP):
            after = []
        elif insn.flow in (Flow.CALL, Flow.INDIRECT_CALL):
            if insn.link != self.arch.extra_link:
                kept = 0 if target is None else self.untouched(target, kept, depth + 1)
        elif insn.flow in (Flow.JUMP, Flow.INDIRECT_JUMP):
            after = [target] if target is not None else []
        elif insn.flow is Flow.BRANCH and target is not None:
            after.append(target)
        return after, kept

    def _live_in_callers(self, function: int, asked: int) -> int:
        """Return which registers a direct caller reads after its call.

        Or a caller's caller if it leaves them alone too.
        """
        live = 0
        todo, seen = [(function, asked)], {function}
        while todo:
            callee, pending = todo.pop()
            pending = self.untouched(callee, pending & ~live)
            if not pending:
                continue
            calls = self.analysis.callers(callee)
            onward = self.analysis.entries_from_outside(callee)
            if len(calls) + len(onward) > _CALLER_LIMIT:
                return asked
            if not calls and not onward and self.analysis.references.outside_caller(callee) is None:
                return asked  # how it is entered is not known
            for call in calls:
                insn = self.analysis.insn(call)
                read, escaped = self._walk(call + (insn.size if insn else 0), pending)
                live |= read
                onward += [call] if escaped & ~read else []
            callers = {self.analysis.function_of(place) for place in onward}
            if None in callers:
                return asked
            fresh = {caller for caller in callers if caller is not None and caller not in seen}
            seen |= fresh
            todo += [(caller, pending) for caller in fresh]
        return live


@lru_cache(maxsize=4)
def _liveness(elf: Elf) -> Liveness:
    return Liveness(analyse(elf))
