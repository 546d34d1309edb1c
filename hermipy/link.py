"""Link: one kernel per set of handlers, from the prebuilt objects, with ld.lld.

The dispatch table is a piece of linker script (`LONG(sys_read - syscall_table)`, one per number),
so no compiler is needed where images are made. The objects come in one archive; they are unpacked
once so that the linker's map names them by their path in kernel/ and not by a base name that two of
them may share.
"""

from __future__ import annotations

import json
import re
import struct
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hermipy import archive, cache, headers, process
from hermipy.errors import MissingKernelError, ToolFailedError

if TYPE_CHECKING:
    from hermipy.modules import Selection

_KERNEL_FOLDER = Path(__file__).parent / "_kernel"
# An archive alone does not tell ld.lld which machine it links for.
_EMULATIONS = {"riscv64": "elf64lriscv", "aarch64": "aarch64elf"}
_FULL_FRAME = 1  # kernel/include/syscall.h: SYSCALL_FULL_FRAME
_SHT_SYMTAB = 2
_STATS_MODULE = "core/stats"


@dataclass(frozen=True, slots=True)
class Module:
    """One kernel object in an image."""

    name: str
    bytes: int
    because: str


@dataclass(frozen=True, slots=True)
class Kernel:
    """A linked kernel and where the image's data has to lie in it."""

    path: str
    arch: str
    blob_virtual: int
    blob_physical: int
    bytes: int
    """Text, rodata and data as they are loaded."""
    modules: tuple[Module, ...]


def link(selection: Selection, *, stats: bool) -> Kernel:
    """The kernel that holds exactly `selection`; raises MissingKernelError, ToolFailedError."""
    source = kernel_folder(selection.arch)
    numbers = tuple((row.number, row.name, row.regs) for row in selection.handlers)
    inputs = cache.fingerprint(source.iterdir())
    name = cache.key("kernel", selection.arch, inputs, numbers, selection.needs, stats)
    description = cache.folder("kernels") / f"{name}.json"
    if not description.is_file():
        _link(selection, source, description.with_suffix(".elf"), description, stats=stats)
    return _load(description)


def kernel_folder(arch: str) -> Path:
    """Where the archive and the linker script of an architecture lie."""
    folder = _KERNEL_FOLDER / arch
    if not (folder / "libkernel.a").is_file() or not (folder / "kernel.ld").is_file():
        raise MissingKernelError(arch)
    return folder


def table_script(selection: Selection, *, stats: bool) -> str:
    """syscall_table.ld, which kernel.ld includes at the place of the dispatch table.

    With statistics the table is defined a second time behind the real one, and the later
    definition counts: every number then goes through the counting entry.
    """
    table = "syscall_table_real" if stats else "syscall_table"
    handlers = {row.number: row for row in selection.handlers}
    count = max(handlers, default=0) + 1
    lines = [
        _entry(table, f"sys_{handlers[n].name}", regs=handlers[n].regs)
        if n in handlers
        else _entry(table, "syscall_missing")
        for n in range(count)
    ]
    if stats:
        counted = _entry("syscall_table", "syscall_counted", regs=True)
        # A distance keeps bit 0 free for _FULL_FRAME only from an even place.
        lines = ["syscall_table_real = .;", *lines, ". = ALIGN(8);", "syscall_table = .;"]
        lines += [counted] * count
    return "\n".join(lines) + "\n"


def _entry(table: str, handler: str, *, regs: bool = False) -> str:
    distance = f"{handler} - {table}"
    return f"LONG({distance} + {_FULL_FRAME})" if regs else f"LONG({distance})"


def _link(
    selection: Selection, source: Path, output: Path, description: Path, *, stats: bool
) -> None:
    objects = archive.unpacked(source / "libkernel.a")
    with tempfile.TemporaryDirectory(prefix="hermipy-link.") as name:
        work = Path(name)
        (work / "syscall_table.ld").write_text(table_script(selection, stats=stats))
        named = _named_objects(selection, objects, stats=stats)
        arguments = [
            *("ld.lld", "-m", _EMULATIONS[selection.arch], "--gc-sections", "-L", str(work)),
            *("-L", str(source)),
            *("-T", str(source / "kernel.ld"), "-z", "max-page-size=4096", "--strip-debug"),
            *("--discard-locals", "-Map", str(work / "map"), f"--why-extract={work / 'why'}"),
            *("-o", str(work / "kernel")),
            *(str(objects / f"{module}.o") for module in named),
            *("--start-lib", *map(str, sorted(objects.rglob("*.o"))), "--end-lib"),
        ]
        process.run(arguments)
        linked = (work / "kernel").read_bytes()
        reasons = _reasons((work / "why").read_text(), objects, named)
        modules = _modules((work / "map").read_text(), objects, reasons)
    kernel = _describe(selection.arch, output, linked, modules)
    cache.entry(output, lambda stream: _write(stream, linked))
    text = json.dumps(asdict(kernel)).encode()
    cache.entry(description, lambda stream: _write(stream, text))


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(data)


def _named_objects(selection: Selection, objects: Path, *, stats: bool) -> dict[str, str]:
    """Modules that rows ask for beside their handler's, with the reason."""
    named = {module: f"syscall {name}" for module, name in selection.needs}
    if stats:
        named[_STATS_MODULE] = "--stats"
    for module, reason in named.items():
        if not (objects / f"{module}.o").is_file():
            raise ToolFailedError("ld.lld", f"the kernel has no module {module} ({reason})")
    return named


_MAP_LINE = re.compile(r" *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ ( *)(.+)")
_INPUT_INDENT = 8


def _describe(arch: str, output: Path, linked: bytes, modules: tuple[Module, ...]) -> Kernel:
    table = headers.read(linked)
    loads = [entry for entry in table.entries if entry.type == headers.PT_LOAD]
    virtual = _symbol_value(linked, b"image_blob")
    assert virtual >= max(entry.vaddr + entry.memory_size for entry in loads), "kernel.ld's order"
    return Kernel(
        path=str(output),
        arch=arch,
        blob_virtual=virtual,
        blob_physical=virtual - loads[-1].vaddr + loads[-1].paddr,
        bytes=sum(entry.file_size for entry in loads),
        modules=modules,
    )


def _modules(map_text: str, objects: Path, reasons: dict[str, str]) -> tuple[Module, ...]:
    """Bytes of each object in what is loaded from the file, out of ld.lld's map."""
    sizes: dict[str, int] = {}
    is_loaded = False
    for line in map_text.splitlines()[1:]:
        match = _MAP_LINE.fullmatch(line)
        if match is None:
            continue
        what = match[4]
        if not match[3]:
            is_loaded = int(match[1], 16) != 0 and not what.startswith(".bss")
        elif len(match[3]) == _INPUT_INDENT and is_loaded and ":(" in what:
            name = _module_name(what.split(":(")[0], objects)
            sizes[name] = sizes.get(name, 0) + int(match[2], 16)
    return tuple(
        Module(name, size, reasons.get(name, "every kernel"))
        for name, size in sorted(sizes.items())
        if size and name != "<internal>"
    )


def _symbol_value(elf: bytes, name: bytes) -> int:
    """A symbol's value in a file that we have just linked: elf(5), Elf64_Shdr and Elf64_Sym."""
    (offset,) = struct.unpack_from("<Q", elf, 40)
    (count,) = struct.unpack_from("<H", elf, 60)
    sections = [struct.unpack_from("<IIQQQQIIQQ", elf, offset + 64 * i) for i in range(count)]
    symbols = next(section for section in sections if section[1] == _SHT_SYMTAB)
    names = sections[symbols[6]]
    strings = elf[names[4] : names[4] + names[5]]
    wanted = strings.index(b"\0" + name + b"\0") + 1
    for at in range(symbols[4], symbols[4] + symbols[5], 24):
        name_offset, value = struct.unpack_from("<I4xQ", elf, at)
        if name_offset == wanted:
            return int(value)
    raise AssertionError(f"kernel.ld defines {name!r}")


def _reasons(text: str, objects: Path, named: dict[str, str]) -> dict[str, str]:
    """Why each object was taken, from --why-extract: reference, extracted, symbol, with tabs."""
    reasons = dict(named)
    for line in text.splitlines()[1:]:
        reference, extracted, symbol = line.split("\t")
        name = _module_name(extracted, objects)
        if not reference.startswith("/"):
            reason = (
                f"syscall {symbol[4:]}" if symbol.startswith("sys_") else f"{symbol} (every kernel)"
            )
        else:
            reason = f"{symbol} for {_module_name(reference, objects)}"
        reasons.setdefault(name, reason)
    return reasons


def _module_name(path: str, objects: Path) -> str:
    return path.removeprefix(f"{objects}/").removesuffix(".o")


def _load(description: Path) -> Kernel:
    fields = json.loads(description.read_text())
    fields["modules"] = tuple(Module(**module) for module in fields["modules"])
    return Kernel(**fields)
