"""What is left of the page in which other CPUs begin, asked of the emulator: zeros, which can be written and not executed."""

import re
from pathlib import Path

from live import log_lines, running, wait_for
from qemu import Machine

PAGE_BYTES = 4096
DIRECT_MAP = 0xffff800000000000


def monitor(machine: Machine, line: str) -> str:
    return str(machine.qmp.execute("human-monitor-command", command_line=line))


def words(machine: Machine, address: int) -> list[int]:
    text = monitor(machine, f"xp /{PAGE_BYTES // 8}gx {address:#x}")
    return [int(word, 16) for word in re.findall(r"0x([0-9a-f]{16})", text)]


def mappings(machine: Machine, address: int) -> dict[int, str]:
    """The flags of each page that maps this one, by its virtual address. X: it is not executable."""
    lines = re.findall(r"^([0-9a-f]{16}): ([0-9a-f]{16}) (\S+)", monitor(machine, "info tlb"), re.M)
    return {int(virtual, 16): flags for virtual, physical, flags in lines if int(physical, 16) == address}


def test_trampoline_is_gone(tmp_path: Path) -> None:
    with running("smp: 4\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "ready: 4 CPUs")
        page = int(re.search(r"low page at ([0-9a-f]+)", "\n".join(log_lines(tmp_path)))[1], 16)
        contents, mapped = words(machine, page), mappings(machine, page)
    assert contents == [0] * (PAGE_BYTES // 8)
    assert list(mapped) == [DIRECT_MAP + page], mapped
    assert mapped[DIRECT_MAP + page].startswith("X") and mapped[DIRECT_MAP + page].endswith("W"), mapped
