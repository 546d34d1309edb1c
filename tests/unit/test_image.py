"""The image's block as kernel/include/image.h describes it, read back by a reader of its own."""

from __future__ import annotations

import io
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermipy import image, tree
from hermipy.image import Image
from hermipy.link import Kernel
from hermipy.model import Node

BLOB = 0xFFFFFFC080010000


@dataclass(frozen=True)
class Read:
    """A block, decoded."""

    files: dict[str, tuple[int, bytes, int]]
    strings: list[str]
    executable: str
    argc: int


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """A linked file with one segment; its contents do not matter here."""
    folder = tmp_path_factory.mktemp("kernel")
    source, out = folder / "k.S", folder / "k"
    source.write_text(".globl _start\n_start: nop\n")
    gcc = ["riscv64-linux-gnu-gcc", "-nostdlib", "-static", "-o", str(out), str(source)]
    subprocess.run(gcc, check=True)
    return Kernel(str(out), "riscv64", BLOB, BLOB - 0xFFFFFFC000000000, 4, ())


def build(kernel: Kernel, *nodes: Node, arguments: tuple[str, ...] = ("a",)) -> bytes:
    packed = Image(
        kernel=kernel,
        nodes=tree.build(nodes),
        executable="/bin/a",
        arguments=arguments,
        environment=("K=V",),
        flags=0,
        manifest={"arch": "riscv64", "program": "/bin/a"},
    )
    stream = io.BytesIO()
    image.write(packed, stream)
    return stream.getvalue()


def headers_of(data: bytes) -> list[tuple[int, ...]]:
    offset, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    return [struct.unpack_from("<IIQQQQQQ", data, offset + 56 * i) for i in range(count)]


def decode(data: bytes) -> Read:
    """As the kernel would: from the segment at image_blob."""
    segment = next(entry for entry in headers_of(data) if entry[3] == BLOB)
    block = data[segment[2] : segment[2] + segment[5]]
    magic, size, nodes, names, strings, *rest = struct.unpack_from("<QQQQQIIIIIIQ", block)
    _, argc, envc, executable, _, _, _ = rest
    assert block[:8] == b"HMIPYIM1"
    assert magic
    assert size == len(block)
    assert size % 4096 == 0

    def text(at: int) -> str:
        return block[at : block.index(b"\0", at)].decode()

    files: dict[str, tuple[int, bytes, int]] = {}

    def walk(index: int, path: str) -> None:
        fields = struct.unpack_from("<IIIIQQQIIQQQ", block, nodes + 72 * index)
        name, mode, _, _, _, length, offset, first, count = fields[:9]
        files[path or "/"] = (mode, block[offset : offset + length], offset)
        children = [
            text(names + struct.unpack_from("<I", block, nodes + 72 * i)[0])
            for i in range(first, first + count)
        ]
        assert children == sorted(children, key=str.encode)
        assert text(names + name) == path.rpartition("/")[2]
        for i, child in enumerate(children):
            walk(first + i, f"{path}/{child}")

    walk(0, "")
    found = []
    for _ in range(argc + envc):
        found.append(text(strings))
        strings += len(found[-1].encode()) + 1
    return Read(files, found, text(names + executable), argc)


def regular(path: str, data: bytes) -> Node:
    return Node(path, stat.S_IFREG | 0o644, data=data)


def test_files_links_and_arguments_are_found_again(kernel: Kernel) -> None:
    link = Node("/bin/b", stat.S_IFLNK | 0o777, data=b"a")
    data = build(kernel, regular("/bin/a", b"hello" * 2000), link, arguments=("a", "", "x y"))
    found = decode(data)
    assert found.files["/bin/a"][1] == b"hello" * 2000
    assert found.files["/bin/a"][2] % 4096 == 0
    assert found.files["/bin/b"][1] == b"a"
    assert (found.executable, found.argc) == ("/bin/a", 3)
    assert found.strings == ["a", "", "x y", "K=V"]


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8)
PATHS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=4)


@given(st.dictionaries(PATHS.map(lambda parts: "/top/" + "/".join(parts)), st.binary(max_size=50)))
def test_any_tree_survives(kernel: Kernel, contents: dict[str, bytes]) -> None:
    # A file cannot be a directory as well.
    wanted = {
        path: data
        for path, data in contents.items()
        if not any(other.startswith(f"{path}/") for other in contents)
    }
    found = decode(build(kernel, *(regular(path, data) for path, data in wanted.items())))
    regulars = {
        path: data
        for path, (mode, data, _) in found.files.items()
        if path.startswith("/top/") and stat.S_ISREG(mode)
    }
    assert regulars == wanted


def test_new_arguments_leave_the_files_alone(kernel: Kernel, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(build(kernel, regular("/bin/a", b"data")))
    stream = io.BytesIO()
    image.write_again(path, stream, ["-x", "y" * 9000], ["K=W", "L=1"])
    found = decode(stream.getvalue())
    assert found.strings == ["a", "-x", "y" * 9000, "K=W", "L=1"]
    assert found.files["/bin/a"][1] == b"data"


def test_the_manifest_is_read_back_and_nothing_else_has_one(kernel: Kernel, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(build(kernel, regular("/bin/a", b"data")))
    manifest = image.read_manifest(path)
    assert manifest is not None
    assert manifest["arguments"] == ["a"]
    assert image.extract(path, manifest, "/bin/a") == b"data"
    assert image.read_manifest(Path(kernel.path)) is None


@given(st.data())
def test_a_damaged_file_has_no_manifest_or_is_refused(kernel: Kernel, data: st.DataObject) -> None:
    whole = build(kernel, regular("/bin/a", b"data"))
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert image._read_manifest(io.BytesIO(whole[:cut])) is None  # noqa: SLF001
