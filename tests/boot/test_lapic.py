"""What the kernel left in the local APIC, asked of the emulator: firmware's settings hide what was forgotten."""

import re
import time
from pathlib import Path

import pytest

from boot import ROOT, read_text
from casefile import parse_case
from qemu import SERIAL, VARS, Machine, command, find_tools

BOOT_SECONDS = 60
WANTED = {
    "LVT0": "0x000100ff",  # masked
    "LVT1": "0x00000400",  # NMI
    "LVTPC": "0x000100ff",
    "LVTTHMR": "0x000100ff",
    "LVTT": "0x000200f0",  # periodic, vector f0
    "LVTERR": "0x000000fe",
    "SPIV": "0x000001ff",  # enabled, vector ff
    "ISR": "(none)",
}
CASE = "about: the local APIC\noptions: x2apic={mode}\n---\nx\n"


def lapic_after_boot(work: Path, mode: int) -> str:
    tools = find_tools()
    (work / VARS).write_bytes(tools.ovmf_vars.read_bytes())
    case = parse_case(CASE.format(mode=mode), "lapic", "test_lapic.py")
    image = ROOT / "build" / "release" / "BOOTX64.EFI"
    machine = Machine(command(case, tools, work, image), work / "stderr", ROOT)
    try:
        machine.start()
        deadline = time.monotonic() + BOOT_SECONDS
        while "ready: " not in read_text(work / SERIAL) and time.monotonic() < deadline:
            machine.qmp.poll(0.1)
        return str(machine.qmp.execute("human-monitor-command", command_line="info lapic"))
    finally:
        machine.close()


@pytest.mark.parametrize("mode", [0, 1])
def test_local_apic_after_boot(tmp_path: Path, mode: int) -> None:
    text = lapic_after_boot(tmp_path, mode)
    values = {match[1]: match[2] for match in re.finditer(r"^(\w+)\s+(0x\w+|\(none\))", text, re.M)}
    assert {name: values[name] for name in WANTED} == WANTED, text
