"""Debian's bash-static, unmodified: scripts that need no second process, against qemu-user."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hermipy import debian
from tests.qemu.runs import MODES, assert_same

pytestmark = pytest.mark.qemu

LIST = Path(__file__).parent.parent / "conformance" / "bash.txt"
SCRIPTS = dict(re.findall(r"^### (.*)\n((?:(?!### ).*\n)*)", LIST.read_text(), re.MULTILINE))
STDIN = b"a line\none:two:three\nabcdef\nlast\nmore"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SCRIPTS)
def test_bash_gives_what_qemu_user_gives(arch: str, mode: str, name: str, tmp_path: Path) -> None:
    program = debian.fetch("bash-static", arch).source
    assert_same(arch, mode, program, ["-c", SCRIPTS[name]], folder=tmp_path, stdin=STDIN)


@pytest.mark.parametrize("mode", MODES)
def test_bash_reads_its_script_from_standard_input(arch: str, mode: str) -> None:
    program = debian.fetch("bash-static", arch).source
    script = b'read -r x\nthis is data\necho "read: $x"\nexit 5\n'
    assert_same(arch, mode, program, ["-s", "argument"], stdin=script)
