"""What a program can reach, on small programs of C: one way of reaching, or of not, a test."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from hermipy import reach, table

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.reach.answer import Answer

CALLS = """
    #if __riscv
    #define CALL(nr) ({ register long n asm("a7") = nr; asm volatile("ecall" :: "r"(n)); })
    #else
    #define CALL(nr) ({ register long n asm("x8") = nr; asm volatile("svc 0" :: "r"(n)); })
    #endif
    #define ALONE __attribute__((noinline, noclone))
    static ALONE void end(void) { for (;;) CALL(94); }
    ALONE static void one(void) { CALL(172); }
    ALONE static void two(void) { CALL(173); }
    ALONE static void three(void) { CALL(174); }
"""
GETPID, GETPPID, GETUID, EXIT = "getpid", "getppid", "getuid", "exit_group"
STATIC = ("-static",)
PIE = ("-static-pie", "-fPIE", "-Wl,--no-dynamic-linker")


class World:
    """A program and its libraries, built where a test wants them."""

    def __init__(self, arch: str, folder: Path) -> None:
        self.arch, self.folder = arch, folder

    def library(self, name: str, source: str, *options: str) -> Path:
        return self._gcc(f"lib{name}.so", source, "-shared", "-fPIC",
                         f"-Wl,-soname,lib{name}.so", *options)  # fmt: skip

    def program(self, source: str, *options: str) -> Path:
        return self._gcc("program", source, *(options or STATIC))

    def _gcc(self, name: str, source: str, *options: str) -> Path:
        out = self.folder / name
        command = [
            f"{self.arch}-linux-gnu-gcc", "-nostdlib", "-O2", "-fno-stack-protector", "-x", "c",
            "-", "-x", "none", "-o", str(out), f"-L{self.folder}", *options,
        ]  # fmt: skip
        subprocess.run(command, input=(CALLS + source).encode(), check=True)
        return out

    def answer(self, program: Path, sysroot: Path | None = None) -> Answer:
        return reach.program(program, self.arch, sysroot)

    def names(self, source: str, *options: str) -> set[str]:
        return named(self.answer(self.program(source, *options)))


def named(answer: Answer) -> set[str]:
    return {table.name_of(number, answer.arch) for number in answer.numbers}


@pytest.fixture
def world(arch: str, tmp_path: Path) -> World:
    return World(arch, tmp_path)


@pytest.fixture(params=[STATIC, PIE], ids=["fixed", "pie"])
def form(request: pytest.FixtureRequest) -> tuple[str, ...]:
    options: tuple[str, ...] = request.param
    return options


def test_only_what_the_entry_calls_is_reached(world: World, form: tuple[str, ...]) -> None:
    source = """
        __attribute__((used)) static void unused(void) { two(); }
        void _start(void) { one(); end(); }"""
    assert world.names(source, *form) == {GETPID, EXIT}


def test_a_tail_call_is_followed(world: World, form: tuple[str, ...]) -> None:
    source = """
        ALONE static void last(void) { two(); }
        void _start(void) { one(); last(); }"""
    assert world.names(source, *form) == {GETPID, GETPPID}


def test_a_branch_into_another_function_is_followed(world: World) -> None:
    source = """
        asm(".globl _start\\n.type _start, %function\\n_start:\\n"
        #if __riscv
            "beqz a0, other\\nj _start\\n"
        #else
            "cbz x0, other\\nb _start\\n"
        #endif
            ".size _start, . - _start");
        __attribute__((used)) void other(void) { two(); }"""
    assert world.names(source) == {GETPPID}


def test_a_function_whose_address_is_taken_is_reached(world: World, form: tuple[str, ...]) -> None:
    source = """
        void (*volatile kept)(void);
        void _start(void) { kept = one; kept(); end(); }"""
    assert world.names(source, *form) == {GETPID, EXIT}


def test_a_table_is_reached_by_who_names_it(world: World, form: tuple[str, ...]) -> None:
    source = """
        typedef void (*Action)(void);
        static Action const named[] = {one, two};
        Action const unnamed[] = {three, three};
        volatile long which;
        void _start(void) { named[which](); end(); }"""
    assert world.names(source, *form) == {GETPID, GETPPID, EXIT}


def test_a_known_field_leads_to_what_lies_there(world: World) -> None:
    source = """
        struct Pair { void (*first)(void), (*second)(void); } pair = {one, two};
        void _start(void) { ((struct Pair volatile *)&pair)->second(); end(); }"""
    assert world.names(source, *PIE) == {GETPPID, EXIT}


def test_a_loop_over_a_table_reaches_all_of_it(world: World, form: tuple[str, ...]) -> None:
    rows = ", ".join(["{1, one}"] * 6 + ["{1, two}", "{0, 0}"])
    source = f"""
        struct Row {{ long used; void (*action)(void); }};
        struct Row rows[] = {{{rows}}};
        void _start(void) {{
            for (struct Row volatile *row = rows; row->used; row++) row->action();
            end();
        }}"""
    assert world.names(source, *form) == {GETPID, GETPPID, EXIT}


def test_pointers_in_data_are_followed(world: World, form: tuple[str, ...]) -> None:
    source = """
        struct Inner { long number; void (*action)(void); } inner = {1, two};
        struct Outer { long number; struct Inner *inner; } outer = {2, &inner};
        void take(struct Outer *) __attribute__((noinline, noclone));
        void take(struct Outer *given) { given->inner->action(); }
        void _start(void) { take(&outer); end(); }"""
    assert GETPPID in world.names(source, *form)


def test_a_switch_keeps_what_its_cases_build(world: World, form: tuple[str, ...]) -> None:
    cases = "\n".join(f"case {n}: given[{n}] = {n} * {n}; break;" for n in range(3, 12))
    source = f"""
        volatile long given[16];
        void (*volatile kept)(void);
        void _start(void) {{
            void (*chosen)(void) = one;
            switch (given[0]) {{ case 2: chosen = two; break; {cases} }}
            kept = chosen; kept(); end();
        }}"""
    assert {GETPID, GETPPID} <= world.names(source, *form)


def test_constructors_of_a_library_are_reached(world: World) -> None:
    world.library("thing", """
        __attribute__((constructor)) static void begin(void) { two(); }
        void thing(void) { one(); } void unused(void) { three(); }""")  # fmt: skip
    source = "void thing(void); void _start(void) { thing(); end(); }"
    assert world.names(source, *linked(world, "thing")) >= {GETPID, GETPPID}
    assert GETUID not in world.names(source, *linked(world, "thing"))


def linked(world: World, *libraries: str) -> tuple[str, ...]:
    loader = {
        "riscv64": "/lib/ld-linux-riscv64-lp64d.so.1", "aarch64": "/lib/ld-linux-aarch64.so.1",
    }[world.arch]  # fmt: skip
    return (
        f"-Wl,-rpath,{world.folder}",
        "-Wl,--no-as-needed",
        f"-Wl,-dynamic-linker,{loader}",
        *(f"-l{library}" for library in libraries),
    )


def test_the_program_s_own_definition_is_taken_before_a_library_s(world: World) -> None:
    world.library("thing", "void act(void) { two(); } void thing(void) { act(); }")
    source = """
        void thing(void); void act(void) { three(); }
        void _start(void) { thing(); end(); }"""
    own = dedicated(world, source, "-Wl,--export-dynamic", *linked(world, "thing"))
    assert "program" in own[GETUID]
    assert GETPPID not in {name for name, where in own.items() if "libthing" in where}


def dedicated(world: World, source: str, *options: str) -> dict[str, str]:
    """The object in which each syscall's witness ends."""
    answer = world.answer(world.program(source, *options))
    ways = {table.name_of(n, world.arch): answer.witness(n) for n in answer.numbers}
    return {name: way[-1].object for name, way in ways.items() if way}


def test_a_number_counts_for_the_object_that_passes_it_to_syscall(world: World) -> None:
    shift = {
        "riscv64": "mv a7, a0\\nmv a0, a1\\necall\\nret",
        "aarch64": "mov x8, x0\\nmov x0, x1\\nsvc 0\\nret",
    }[world.arch]
    world.library("thing", f"""
        asm(".globl syscall\\n.type syscall, %function\\nsyscall:\\n{shift}\\n"
            ".size syscall, . - syscall");""")  # fmt: skip
    source = """
        long syscall(long, ...);
        __attribute__((used)) static void unused(void) { syscall(170, 0); }
        void _start(void) { syscall(167, 0); end(); }"""
    answer = world.answer(world.program(source, *linked(world, "thing")))
    assert "prctl" in named(answer)
    assert "settimeofday" not in dedicated(world, source, *linked(world, "thing"))
    assert not answer.unresolved


def test_a_site_that_could_make_any_call_counts_where_it_is_reached(world: World) -> None:
    source = """
        volatile long number;
        ALONE static void any(void) { CALL(number); }
        %s static void more(void) { any(); }
        void _start(void) { one(); %s end(); }"""
    assert not world.answer(world.program(source % ("__attribute__((used))", ""))).unresolved
    (site,) = world.answer(world.program(source % ("ALONE", "more();"))).unresolved
    assert site.object == "/program"


def test_a_handler_brings_its_return_and_a_timed_wait_its_restart(world: World) -> None:
    source = "void _start(void) { CALL(%d); end(); }"
    assert world.names(source % 134) == {"rt_sigaction", "rt_sigreturn", EXIT}
    assert world.names(source % 101) == {"nanosleep", "restart_syscall", EXIT}


def test_a_witness_leads_from_the_entry_to_the_site(world: World) -> None:
    source = """
        void *handler;
        ALONE void middle(void) { two(); }
        void _start(void) { middle(); end(); }"""
    answer = world.answer(world.program(source))
    way = answer.witness(table.by_name()[GETPPID].number)
    assert [step.how for step in way][-1] == "makes"
    assert way[0].how == "is started: entry"
    assert {step.how for step in way[1:-1]} <= {"calls", "jumps to"}
    assert all(step.object == "/program" for step in way)


def test_a_missing_library_is_named_and_the_rest_answered(world: World) -> None:
    library = world.library("thing", "void thing(void) { two(); }")
    program = world.program(
        "void thing(void); void _start(void) { one(); thing(); end(); }", *linked(world, "thing")
    )
    library.unlink()
    answer = world.answer(program)
    assert answer.missing == ("libthing.so",)
    assert {GETPID, EXIT} <= named(answer)


def test_a_table_of_functions_that_no_symbol_names(world: World) -> None:
    program = world.program(
        """
        typedef void (*Action)(void);
        static Action const actions[] = {one, two};
        volatile long which;
        void _start(void) { actions[which](); end(); }""",
        *STATIC,
        "-fno-asynchronous-unwind-tables",
        "-s",
    )
    assert {GETPID, GETPPID} <= named(world.answer(program))


def test_a_static_program_below_a_sysroot(world: World) -> None:
    source = world.program("void _start(void) { one(); end(); }")
    program = world.folder / "root" / "usr" / "bin" / "program"
    program.parent.mkdir(parents=True)
    source.rename(program)
    answer = world.answer(program, world.folder / "root")
    assert (answer.program, named(answer)) == ("/usr/bin/program", {GETPID, EXIT})


def test_a_library_that_can_be_started_is_part_of_the_program(world: World) -> None:
    world.library("thing", """
        __attribute__((section(".interp"), used)) char const loader[] = "/lib/ld.so";
        void thing(void) { one(); }""")  # fmt: skip
    source = "void thing(void); void _start(void) { thing(); end(); }"
    assert GETPID in world.names(source, *linked(world, "thing"))
