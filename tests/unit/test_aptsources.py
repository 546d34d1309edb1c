"""The machine's package sources as both forms of sources.list(5) give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hermipy import aptsources
from hermipy.errors import PackageError

if TYPE_CHECKING:
    from pathlib import Path

ONE_LINE = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k/debian-archive-keyring.gpg] http://one.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://one.example/security bookworm-security main
deb [signed-by=/etc/apt/keyrings/other.gpg] https://other.example/debian bookworm main
deb https://docker.example/linux/debian bookworm stable
"""

DEB822 = """
Types: deb deb-src
URIs: http://two.example/debian
  http://three.example/debian
Suites: trixie trixie-updates
# a comment between fields
Components: main
Signed-By:
 /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

Types: deb
URIs: https://node.example
Suites: nodistro
Components: main
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ring = tmp_path / "debian-archive-keyring.gpg"
    ring.touch()
    monkeypatch.setattr(aptsources, "KEYRING", ring)


def uris(folder: Path) -> list[str]:
    return [source.uri for source in aptsources.read(folder) if source.is_debian]


def test_one_line_sources_of_debian_are_found(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    assert uris(apt) == ["http://one.example/debian"]


def test_deb822_sources_of_debian_are_found(apt: Path) -> None:
    (apt / "sources.list.d/debian.sources").write_text(DEB822)
    assert uris(apt) == ["http://two.example/debian", "http://three.example/debian"]


def test_the_suite_and_the_architecture_are_replaced_and_the_key_stays(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    text = aptsources.replaced("trixie", "arm64", apt)
    assert "Suites: trixie\n" in text
    assert "Architectures: arm64\n" in text
    assert "Signed-By: /" in text
    assert "bookworm" not in text


def test_a_machine_without_debian_sources_is_told_so(apt: Path) -> None:
    (apt / "sources.list").write_text("deb http://ubuntu.example/ubuntu jammy main\n")
    with pytest.raises(PackageError, match="no package source of this machine"):
        aptsources.replaced("trixie", "riscv64", apt)


def test_a_missing_keyring_is_named_with_its_package(
    apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (apt / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    monkeypatch.setattr(aptsources, "KEYRING", apt / "absent.gpg")
    with pytest.raises(PackageError, match="debian-archive-keyring"):
        aptsources.replaced("trixie", "riscv64", apt)
