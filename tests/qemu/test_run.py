"""`hermipy run` is transparent: streams, status, signals and terminal are as if it ran here."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.qemu

HERMIPY = str(Path(sys.executable).with_name("hermipy"))
TIMEOUT_S = 60

Compile = Callable[[str], Path]


@pytest.fixture
def compile_c(arch: str, tmp_path: Path) -> Compile:
    """Build a static program out of the body of main()."""

    def build(body: str) -> Path:
        source, out = tmp_path / "program.c", tmp_path / "program"
        headers = ("errno", "signal", "stdio", "stdlib", "string", "termios", "unistd", "fcntl")
        includes = [f"#include <{name}.h>" for name in (*headers, "sys/ioctl", "sys/stat")]
        main = f"int main(int argc, char **argv) {{ {body} }}"
        source.write_text("\n".join([*includes, main]))
        gcc = [f"{arch}-linux-gnu-gcc", "-O1", "-g", "-static", "-w", "-o", str(out), str(source)]
        subprocess.run(gcc, check=True)
        return out

    return build


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [HERMIPY, "run", "--timeout", str(TIMEOUT_S - 10), *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False)


def test_streams_and_status_are_the_programs(compile_c: Compile) -> None:
    program = compile_c('puts("out"); fflush(stdout); fputs("err\\n", stderr); return 42;')
    done = run(program)
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 42)


def test_arguments_and_environment_arrive(compile_c: Compile) -> None:
    program = compile_c('for (int i = 1; i < argc; i++) puts(argv[i]); puts(getenv("K"));')
    done = run("--env", "K=a b", program, "one", "", "--help", "two words")
    assert done.stdout == b"one\n\n--help\ntwo words\na b\n"


def test_stdin_arrives_whole(compile_c: Compile) -> None:
    program = compile_c(
        "char b[5000]; ssize_t n; while ((n = read(0, b, sizeof b)) > 0) write(1, b, n);"
    )
    data = bytes(range(256)) * 4000
    assert run(program, stdin=data).stdout == data


def test_what_the_program_does_not_read_stays_for_the_next(
    compile_c: Compile, tmp_path: Path
) -> None:
    program = compile_c("char c; (void)c; return 0;")
    text = tmp_path / "text"
    text.write_text("line\n")
    command = ["sh", "-c", f"{HERMIPY} run {program}; cat"]
    with text.open("rb") as stdin:
        done = subprocess.run(
            command, stdin=stdin, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    assert done.stdout == b"line\n"


def test_much_output_to_a_slow_reader_is_whole(compile_c: Compile) -> None:
    program = compile_c('for (int i = 0; i < 2000000; i++) printf("%d\\n", i);')
    command = f"{HERMIPY} run {program} | (sleep 2; md5sum)"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    expected = subprocess.run(
        ["sh", "-c", "seq 0 1999999 | md5sum"], capture_output=True, check=True
    )
    assert done.stdout == expected.stdout


def test_a_reader_that_leaves_ends_the_program(compile_c: Compile) -> None:
    program = compile_c('for (;;) puts("y");')
    command = f"({HERMIPY} run {program}; echo $? >&2) | head -n 1"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, timeout=TIMEOUT_S, check=False
    )
    assert (done.stdout, done.stderr) == (b"y\n", b"141\n")


def test_a_signal_that_ends_the_program_gives_128_and_its_number(compile_c: Compile) -> None:
    assert run(compile_c("raise(SIGTERM);")).returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_our_signals_are_the_programs(compile_c: Compile, number: signal.Signals) -> None:
    program = compile_c('puts("ready"); fflush(stdout); for (;;) pause();')
    with subprocess.Popen([HERMIPY, "run", str(program)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(number)
        assert child.wait(TIMEOUT_S) == 128 + number


def test_the_time_limit_gives_124(compile_c: Compile) -> None:
    program = compile_c("for (;;);")
    command = [HERMIPY, "run", "--timeout", "1", str(program)]
    assert subprocess.run(command, timeout=TIMEOUT_S, check=False).returncode == 124


def test_a_fault_is_reported_with_the_functions_names(compile_c: Compile) -> None:
    program = compile_c(
        "__attribute__((noinline)) int inner(volatile int *p) { return *p + 1; }"
        "__attribute__((noinline)) int outer(volatile int *p) { return inner(p) + 1; }"
        "return outer((int *)16L);"
    )
    done = run(program)
    assert done.returncode == 128 + signal.SIGSEGV
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert all(line.startswith("hermipy: ") for line in lines)
    assert "SIGSEGV at address 0x10" in lines[0]
    frames = [line for line in lines if "#" in line]
    assert "inner" in frames[0]
    assert "outer" in frames[1]
    assert "main" in frames[2]


def test_a_packed_image_takes_new_arguments(compile_c: Compile, tmp_path: Path) -> None:
    program = compile_c('for (int i = 1; i < argc; i++) puts(argv[i]); puts(getenv("K"));')
    packed = tmp_path / "image"
    pack = [HERMIPY, "pack", "-o", str(packed), "--env", "K=packed", str(program), "default"]
    subprocess.run(pack, check=True)
    assert run(packed).stdout == b"default\npacked\n"
    assert run("--env", "K=run", packed, "other", "-x").stdout == b"other\n-x\nrun\n"


def test_an_image_runs_under_a_bare_qemu(compile_c: Compile) -> None:
    program = compile_c('puts("bare"); return 0;')
    printed = run("--dry-run", program)
    done = subprocess.run(
        ["sh", "-c", printed.stdout.decode()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert b"bare" in done.stdout


def test_added_files_are_there_with_their_contents(compile_c: Compile, tmp_path: Path) -> None:
    program = compile_c(
        "char b[100]; int f = open(argv[1], O_RDONLY); write(1, b, read(f, b, sizeof b));"
    )
    text = tmp_path / "text"
    text.write_text("from the host\n")
    assert run("--add", f"{text}:/data/text", program, "/data/text").stdout == b"from the host\n"


def test_statistics_end_with_one_json_object(compile_c: Compile) -> None:
    program = compile_c("for (int i = 0; i < 100; i++) getppid(); close(77); return 3;")
    done = run("--stats", "--json", program)
    facts = json.loads(done.stderr.decode().splitlines()[-1])
    calls = facts["calls"]
    assert calls["getppid"]["direct"] + calls["getppid"]["trap"] == 100
    assert calls["close"]["errors"] == 1
    assert facts["exit_status"] == 3
    assert facts["memory_bytes"] > 0


def test_inspect_says_what_is_linked_and_why(compile_c: Compile, tmp_path: Path) -> None:
    packed = tmp_path / "image"
    program = compile_c('write(1, "x", 1);')
    subprocess.run([HERMIPY, "pack", "-o", str(packed), str(program)], check=True)
    printed = subprocess.run(
        [HERMIPY, "inspect", "--json", str(packed)], capture_output=True, check=True
    )
    facts = json.loads(printed.stdout)
    assert "write" in facts["syscalls"]
    reasons = {module["name"]: module["because"] for module in facts["modules"]}
    assert reasons["sys/write"].startswith("syscall ")
    assert sum(module["bytes"] for module in facts["modules"]) <= facts["kernel_bytes"]
    assert "/program" in {file["path"] for file in facts["files"]}
    assert set(facts["sites"]) == {"direct", "trap"}
    (asker,) = facts["asked"]["write"]
    assert asker["object"] == "/program"
    assert all(int(site, 16) for site in asker["sites"])


def spawn(program: Path) -> pexpect.spawn[str]:
    return pexpect.spawn(
        HERMIPY, ["run", str(program)], timeout=30, encoding="utf-8", dimensions=(33, 99)
    )


def test_the_terminal_has_our_size_and_follows_it(compile_c: Compile) -> None:
    program = compile_c(
        "struct winsize w; char line[10];"
        'do { ioctl(0, TIOCGWINSZ, &w); printf("size %d %d\\n", w.ws_row, w.ws_col); }'
        "while (fgets(line, sizeof line, stdin));"
    )
    child = spawn(program)
    child.expect("size 33 99")
    child.setwinsize(44, 111)
    child.sendline("")
    child.expect("size 44 111")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_what_is_typed_ahead_is_not_lost(compile_c: Compile) -> None:
    program = compile_c(
        'char line[100]; while (fgets(line, sizeof line, stdin)) printf("got %s", line);'
    )
    child = spawn(program)
    child.send("early\r")
    child.expect("got early\r\n")
    child.close()


def test_lines_are_edited_and_control_c_interrupts(compile_c: Compile) -> None:
    program = compile_c(
        'char line[100]; puts("ready");'
        'while (fgets(line, sizeof line, stdin)) printf("got %s", line);'
    )
    child = spawn(program)
    child.expect("ready")
    child.send("abX\x7fc\r")
    child.expect("got abc\r\n")
    child.sendcontrol("c")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 128 + signal.SIGINT


def test_the_second_control_c_shows_the_threads_and_the_third_ends_the_run(
    compile_c: Compile,
) -> None:
    program = compile_c('signal(SIGINT, SIG_IGN); puts("ready"); for (;;) pause();')
    child = spawn(program)
    child.expect("ready")
    child.sendcontrol("c")
    child.expect_exact("^C")
    child.sendcontrol("c")
    child.expect(r"hermipy: thread 1 program: waits in ppoll\(0x0, 0x0, 0x0, 0x0, [^\r]*\r\n")
    wrapper = "(pause|syscall_cancel)"  # glibc 2.41 has one for every call that can be cancelled
    child.expect(rf"hermipy:   at 0x\w+ [^\r]*{wrapper}[^\r]* \(/program\), sp 0x\w+\r\n")
    child.sendcontrol("c")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 128 + signal.SIGINT


def test_a_tight_loop_is_broken(compile_c: Compile) -> None:
    program = compile_c('signal(SIGINT, SIG_IGN); write(1, "x", 1); for (;;);')
    with subprocess.Popen(
        [HERMIPY, "run", str(program)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(1)
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGTERM)
        assert child.wait(TIMEOUT_S) == 128 + signal.SIGTERM


def test_the_terminal_is_put_back(compile_c: Compile, tmp_path: Path) -> None:
    program = compile_c("raise(SIGKILL);")
    shell = pexpect.spawn("sh", timeout=30, encoding="utf-8", cwd=str(tmp_path))
    shell.sendline(
        f"stty -a > before; {HERMIPY} run {program}; stty -a | cmp - before && echo sa''me"
    )
    shell.expect_exact("same")
    shell.close()
