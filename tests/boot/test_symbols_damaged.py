"""A kernel whose symbol table is damaged: the log says so once, and the report comes with what is left."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from boot import boot_once
from casefile import parse_case
from embedded import BUILD, kernel_file, replace_kernel, wrap_kernel
from qemu import find_tools
from runner import find_problems

TABLE = b"FLLKSYM1"

GOLDEN = """about: {about}
options: exit=qemu fault={fault}
status: 35
---
[    0.000000] [0] INFO  Faultline {{version}} ({{id}})
[    0.000000] [0] WARN  the symbol table is unusable: {sentence}; reports will show bare addresses
...
*** {head}, CPU 0, kernel mode, report 1
cause      {{text}}
at         {{addr}}{line}
...
backtrace  (no names: the symbol table is unusable: {sentence})
           #0  {{addr}}
           #1  {{addr}}
...
*** END OF REPORT
stored     {{n}} bytes in {{n}} of the firmware's variables, in {{n}} ms
exit: 0x11
! ERROR
"""


def flip_a_byte(table: memoryview) -> None:
    table[len(table) // 2] ^= 1


def lose_the_magic(table: memoryview) -> None:
    table[0] ^= 0xFF


def claim_another_size(table: memoryview) -> None:
    struct.pack_into("<I", table, 24, len(table) + 1)


def damaged_image(damage) -> bytes:
    """BOOTX64.EFI with the table in its kernel changed, and all around it right."""
    kernel = kernel_file()
    view = memoryview(kernel)
    found = [match.start() for match in re.finditer(TABLE, kernel)]
    table_bytes = (BUILD / "symbols.table").stat().st_size
    start = next(place for place in found if struct.unpack_from("<I", kernel, place + 24)[0] == table_bytes)
    damage(view[start:start + table_bytes])
    return replace_kernel(BUILD / "BOOTX64.EFI", wrap_kernel(kernel))


@pytest.mark.parametrize("damage, fault, head, line, sentence", [
    (flip_a_byte, "write-null", "FAULT #PF page fault", "", "its checksum is wrong"),
    (lose_the_magic, "panic", "PANIC", " (kernel/fault/provoke_checks.c:{n})", "it does not begin with the magic number"),
    (claim_another_size, "divide", "FAULT #DE divide error", "", "its size is not what its header says"),
])
def test_damaged_table(damage, fault: str, head: str, line: str, sentence: str, tmp_path: Path) -> None:
    build, work = tmp_path / "release", tmp_path / "work"
    build.mkdir()
    work.mkdir()
    (build / "BOOTX64.EFI").write_bytes(damaged_image(damage))
    text = GOLDEN.format(about=damage.__name__, fault=fault, head=head, line=line, sentence=sentence)
    case = parse_case(text, damage.__name__, "test_symbols_damaged.py")
    boot = boot_once(case, find_tools(), build, work)
    assert find_problems(case, boot) == [], boot.raw_log
