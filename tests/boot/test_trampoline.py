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


def look(header: str, work: Path, ready: str, image: str = "BOOTX64.EFI") -> tuple[list[int], int, dict[int, str]]:
    """What is in the page after the boot, where it is, and what maps it."""
    with running(header, work, image) as machine:
        wait_for(machine, work, ready)
        page = int(re.search(r"low page at ([0-9a-f]+)", "\n".join(log_lines(work)))[1], 16)
        return words(machine, page), page, mappings(machine, page)


def test_trampoline_stays_for_a_missing_cpu(tmp_path: Path) -> None:
    """It may come yet, and execute the page: so that is writable nowhere."""
    contents, page, mapped = look("options: acpi-cpu-absent\nsmp: 4\n", tmp_path, "ready: 3 CPUs", "loaders/hooks.efi")
    assert any(contents)
    assert list(mapped) == [DIRECT_MAP + page], mapped
    assert mapped[DIRECT_MAP + page].startswith("X") and not mapped[DIRECT_MAP + page].endswith("W"), mapped


def test_trampoline_is_gone(tmp_path: Path) -> None:
    contents, page, mapped = look("smp: 4\n", tmp_path, "ready: 4 CPUs")
    assert contents == [0] * (PAGE_BYTES // 8)
    assert list(mapped) == [DIRECT_MAP + page], mapped
    assert mapped[DIRECT_MAP + page].startswith("X") and mapped[DIRECT_MAP + page].endswith("W"), mapped
