"""The symbol table that is linked into the kernel says what addr2line says, for every build.

For what gcc builds the reference is binutils' addr2line. For clang's it is llvm-symbolizer: addr2line 2.40 does not find
most of clang's inlined calls. Nothing differs but three things, which are pinned down here: code that belongs to no line goes
on with the line before; between functions lies padding, where addr2line does so and the kernel knows nothing; and a function
that the compiler cloned is called by its symbol (`name.constprop.0`), not by its name in the source.
"""

from __future__ import annotations

import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot import ROOT
from casefile import TIERS

# 80 KiB for 128 KiB of code: the table grows with what it tells about.
TABLE_BYTES_PER_KIB_OF_TEXT = 640
RANDOM_ADDRESSES = 10_000
NO_LINE = ":0"
CLONE = re.compile(r"\.(constprop|isra|part|cold)\b.*")

Places = list[tuple[str, str]]  # function, file:line; innermost first


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    with_clang = TIERS.index(metafunc.config.getoption("tier")) >= TIERS.index("full")
    builds = ["release", "checked"] + ["release-clang"] * with_clang
    metafunc.parametrize("kernel", builds, indirect=True, scope="module")


def run(*command: str, text: str = "") -> str:
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True)
class Symbol:
    name: str
    start: int
    size: int


class Kernel:
    """One build: its symbols as nm has them, and its table behind the kernel's own reader."""

    def __init__(self, build: str, work: Path) -> None:
        self.elf, self.is_clang = f"build/{build}/kernel.elf", "clang" in build
        symbols = [line.split() for line in run("readelf", "-sW", self.elf).splitlines() if re.match(r" +\d+: ", line)]
        self.marks = {words[7]: int(words[1], 16) for words in symbols if len(words) == 8 and words[3] == "NOTYPE"}
        self.functions = self.sorted_symbols(symbols, "FUNC")
        self.variables = self.sorted_symbols(symbols, "OBJECT")
        self.table, self.finder = work / "symbols", work / "find_symbols"
        self.table.write_bytes(self.embedded_table(work / "rodata"))
        run("gcc", "-std=gnu17", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Iinclude", "-o",
            str(self.finder), "tests/boot/find_symbols.c", "kernel/lib/symbols.c", "kernel/lib/checksum.c")

    @staticmethod
    def sorted_symbols(symbols: list[list[str]], kind: str) -> list[Symbol]:
        """Without those inside another: clang gives boot_stack_top, a place in boot_stacks, the type and size of that."""
        found = {int(words[1], 16): Symbol(words[7], int(words[1], 16), int(words[2], 0)) for words in symbols if words[3] == kind}
        ordered = [found[start] for start in sorted(found)]
        inside = [now.start < before.start + before.size for before, now in zip(ordered, ordered[1:])]
        return [symbol for symbol, is_alias in zip(ordered, [False, *inside]) if not is_alias]

    def embedded_table(self, rodata: Path) -> bytes:
        run("objcopy", "-O", "binary", "--only-section=.rodata", self.elf, str(rodata))
        start = int(re.search(r"\.rodata +[0-9a-f]+ +([0-9a-f]{16})", run("objdump", "-h", self.elf))[1], 16)
        return rodata.read_bytes()[self.marks["kernel_symbols_start"] - start:self.marks["kernel_symbols_end"] - start]

    def find(self, addresses: list[int]) -> dict[int, list[list[str]]]:
        """For each address its places: function, offset or "inlined", file:line."""
        marks = (f"{self.marks[name]:x}" for name in ("kernel_text_start", "kernel_data_start"))
        output = run(str(self.finder), str(self.table), *marks, text="\n".join(f"{address:x}" for address in addresses))
        blocks = output.split("= ")[1:]
        return {int(block.split("\n")[0], 16): [line.split(" ") for line in block.splitlines()[1:]] for block in blocks}

    def addr2line(self, addresses: list[int]) -> dict[int, Places]:
        tool = ["llvm-symbolizer", "--output-style=GNU"] if self.is_clang else ["addr2line"]
        lines = run(*tool, "-i", "-f", "-a", "-e", self.elf, text="\n".join(f"{address:#x}" for address in addresses)).splitlines()
        places: dict[int, Places] = {}
        while lines:
            if lines[0].startswith("0x"):
                current = places.setdefault(int(lines.pop(0), 16), [])
            current.append((lines[0], self.plain_line(lines[1])))
            del lines[:2]
        return places

    @staticmethod
    def plain_line(line: str) -> str:
        """`./kernel/main.c:3 (discriminator 2)` is kernel/main.c:3, and what is unknown is nothing and 0; so is a library's object file."""
        file, _, number = re.sub(r" \(discriminator.*", "", line).rpartition(":")
        return f"{re.sub(r'^([.]/)+|^[?][?]$|^.*[.]o$', '', file)}:{number.replace('?', '0')}"


@pytest.fixture(scope="module")
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    return Kernel(request.param, tmp_path_factory.mktemp("symbols"))


def as_in_source(places: list[list[str]]) -> Places:
    return [(CLONE.sub("", name), line) for name, _, line in places]


def same(ours: Places, theirs: Places) -> bool:
    """Code of no line (line 0 in DWARF 5, 6.2.2) goes on with the line before in the kernel; addr2line knows none."""
    return ours == theirs or ([name for name, _ in ours] == [name for name, _ in theirs] and theirs[0][1] == NO_LINE)


def compare(kernel: Kernel, addresses: list[int]) -> int:
    """Each address that lies in a function; returns how many had inlined calls."""
    ours, theirs = kernel.find(addresses), kernel.addr2line(addresses)
    wrong = {f"{address:x}": (as_in_source(ours[address]), theirs[address])
             for address in addresses if not same(as_in_source(ours[address]), theirs[address])}
    assert not wrong, f"{len(wrong)} of {len(addresses)} differ: {list(wrong.items())[:5]}"
    return sum(len(places) > 1 for places in ours.values())


def test_function_starts(kernel: Kernel) -> None:
    assert len(kernel.functions) > 200
    compare(kernel, [symbol.start for symbol in kernel.functions])


def test_random_addresses(kernel: Kernel) -> None:
    start, end = kernel.marks["kernel_text_start"], kernel.marks["kernel_text_end"]
    numbers = random.Random(1)
    addresses = numbers.sample(range(start, end), RANDOM_ADDRESSES)
    inside = {at: symbol for symbol in kernel.functions for at in range(symbol.start, symbol.start + symbol.size)}
    for address, places in kernel.find(addresses).items():
        symbol = inside.get(address)
        real = [(name, offset) for name, offset, _ in places if offset != "inlined"]
        assert real == ([(symbol.name, f"{address - symbol.start:x}")] if symbol else []), f"{address:x}"
    assert compare(kernel, [address for address in addresses if address in inside]) > 500, "inlined calls are shown"


def test_variables(kernel: Kernel) -> None:
    assert len(kernel.variables) > 100
    ends = {symbol.start + symbol.size - 1: symbol for symbol in kernel.variables}
    for address, places in kernel.find(list(ends)).items():
        assert places == [[ends[address].name, f"{ends[address].size - 1:x}", ":0"]]


def test_nothing_is_known_outside(kernel: Kernel) -> None:
    start, end = kernel.marks["kernel_image_start"], kernel.marks["kernel_image_end"]
    outside = [0, 16, start - 1, end, end + 4096, 2**64 - 1, kernel.marks["kernel_symbols_start"]]
    assert list(kernel.find(outside).values()) == [[]] * len(outside)


def test_table_is_small(kernel: Kernel) -> None:
    text_bytes = kernel.marks["kernel_text_end"] - kernel.marks["kernel_text_start"]
    if kernel.elf == "build/release/kernel.elf":
        assert kernel.table.stat().st_size * 1024 < text_bytes * TABLE_BYTES_PER_KIB_OF_TEXT
