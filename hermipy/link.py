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

from hermipy import archive, cache, headers, process, table
from hermipy.errors import MissingKernelError, ToolFailedError

if TYPE_CHECKING:
    from hermipy.modules import Selection

_KERNEL_FOLDER = Path(__file__).parent / "_kernel"
# An archive alone does not tell ld.lld which machine it links for.
_EMULATIONS = {"riscv64": "elf64lriscv", "aarch64": "aarch64elf"}
_FULL_FRAME = 1  # kernel/include/syscall.h: SYSCALL_FULL_FRAME
_SHT_SYMTAB = 2


@dataclass(frozen=True, slots=True)
class Module:
    """One kernel object in an image."""

    name: str
    bytes: int
    because: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A module that stands between the dispatch table and the handlers."""

    option: str
    module: str
    entry: str
    """Where every number leads."""
    table: str
    """The module's name for the table behind it."""
    wraps: tuple[str, ...] = ()
    """Functions that it stands in for."""


STATS = Layer("--stats", "core/stats", "syscall_counted", "syscall_table_real")
STRACE = Layer("--strace", "core/trace", "syscall_traced", "syscall_table_traced", ("signal_take",))
_ALL_NUMBERS = 512  # a traced image shows calls that it has no handler for, too


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


def link(selection: Selection, layers: tuple[Layer, ...] = ()) -> Kernel:
    """The kernel that holds exactly `selection`; raises MissingKernelError, ToolFailedError.

    A call passes the layers in their order.
    """
    source = kernel_folder(selection.arch)
    script = table_script(selection, layers)
    inputs = cache.fingerprint(source.iterdir())
    name = cache.key("kernel", selection.arch, inputs, script, selection.needs, layers)
    description = cache.folder("kernels") / f"{name}.json"
    if not description.is_file():
        _link(selection, source, description, script, layers)
    return _load(description)


def kernel_folder(arch: str) -> Path:
    """Where the archive and the linker script of an architecture lie."""
    folder = _KERNEL_FOLDER / arch
    if not (folder / "libkernel.a").is_file() or not (folder / "kernel.ld").is_file():
        raise MissingKernelError(arch)
    return folder


def table_script(selection: Selection, layers: tuple[Layer, ...] = ()) -> str:
    """syscall_table.ld, which kernel.ld includes at the place of the dispatch table.

    With layers the table is defined again behind the real one, once for each, and the last
    definition counts: every number then goes through the layer's entry.
    """
    handlers = {row.number: row for row in selection.handlers}
    count = max(handlers, default=0) + 1
    if STRACE in layers:
        count = max(count, _ALL_NUMBERS)
    tables = ("syscall_table", *(layer.table for layer in layers))  # the last has the handlers
    entries = [
        _entry(tables[-1], f"sys_{handlers[n].name}", regs=handlers[n].regs)
        if n in handlers
        else _entry(tables[-1], "syscall_missing")
        for n in range(count)
    ]
    if not layers:
        return "\n".join(entries) + "\n"
    lines = [*_captures(selection, layers), *_label(tables[-1]), *entries]
    for name, layer in reversed(tuple(zip(tables, layers, strict=False))):
        lines += [*_label(name), *[_entry(name, layer.entry, regs=True)] * count]
    return "\n".join(lines) + "\n"


def _label(name: str) -> list[str]:
    """Bit 0 of a distance is free for _FULL_FRAME only when it is from an even place."""
    return [". = ALIGN(8);", f"{name} = .;"]


def _captures(selection: Selection, layers: tuple[Layer, ...]) -> list[str]:
    """Struct trace_capture[]: what core/trace sends of the program's memory, by number."""
    if STRACE not in layers:
        return []
    from hermipy.strace import calls  # noqa: PLC0415  only traced images have it

    lines = []
    for number, argument, capture in calls.plan(table.by_number(selection.arch).values()):
        lines.append(
            f"SHORT({number}) BYTE({capture.what}) BYTE({capture.copy}) "
            f"BYTE({argument}) BYTE({capture.count}) SHORT({capture.size}) LONG({capture.limit})"
        )
    return [*_label("trace_captures"), *lines, "trace_captures_end = .;"]


def _entry(table: str, handler: str, *, regs: bool = False) -> str:
    distance = f"{handler} - {table}"
    return f"LONG({distance} + {_FULL_FRAME})" if regs else f"LONG({distance})"


def _link(
    selection: Selection, source: Path, description: Path, script: str, layers: tuple[Layer, ...]
) -> None:
    output = description.with_suffix(".elf")
    objects = archive.unpacked(source / "libkernel.a")
    with tempfile.TemporaryDirectory(prefix="hermipy-link.") as name:
        work = Path(name)
        (work / "syscall_table.ld").write_text(script)
        named = _named_objects(selection, objects, layers)
        arguments = [
            *("ld.lld", "-m", _EMULATIONS[selection.arch], "--gc-sections", "-L", str(work)),
            *("-L", str(source)),
            *("-T", str(source / "kernel.ld"), "-z", "max-page-size=4096", "--strip-debug"),
            *("--discard-locals", "-Map", str(work / "map"), f"--why-extract={work / 'why'}"),
            *("-o", str(work / "kernel")),
            *(f"--wrap={function}" for layer in layers for function in layer.wraps),
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


def _named_objects(
    selection: Selection, objects: Path, layers: tuple[Layer, ...]
) -> dict[str, str]:
    """Modules that rows ask for beside their handler's, with the reason."""
    named = {module: f"syscall {name}" for module, name in selection.needs}
    named |= {layer.module: layer.option for layer in layers}
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
