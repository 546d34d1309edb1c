"""A library's package, from what packages and their names say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermipy import packages, providers

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_package_of_a_library_is_known_by_what_packages_say(
    arch: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    control = tmp_path / "zlib1g_1/control"
    control.mkdir(parents=True)
    (control / "shlibs").write_text("udeb: libz 1 zlib1g-udeb\nlibz 1 zlib1g (>= 1:1.2.3)\n")
    monkeypatch.setattr(packages, "unpacked", lambda _: tmp_path)
    monkeypatch.setattr(packages, "names", lambda _: {"zlib1g", "libfoo-1.2", "libbar2t64"})
    given = {"/usr/lib/libz.so.1": "zlib1g", "libfoo-1.2.so": "libfoo-1.2",
             "libbar.so.2": "libbar2t64", "ld-linux-aarch64.so.1": "libc6"}  # fmt: skip
    assert {name: providers.providing(name, arch) for name in [*given, "libno.so.1"]} == {
        **given, "libno.so.1": None,
    }  # fmt: skip
