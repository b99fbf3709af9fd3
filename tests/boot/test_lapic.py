"""What the kernel left in the local APIC, asked of the emulator: firmware's settings hide what was forgotten."""

import re
from pathlib import Path

import pytest

from live import running, wait_for

WANTED = {
    "LVT0": "0x000100ff",  # masked
    "LVT1": "0x00000400",  # NMI
    "LVTPC": "0x000100ff",
    "LVTTHMR": "0x000100ff",
    "LVTT": "0x000000f0",  # one-shot, vector f0
    "LVTERR": "0x000000fe",
    "SPIV": "0x000001ff",  # enabled, vector ff
    "ISR": "(none)",
}


@pytest.mark.parametrize("mode", [0, 1])
def test_local_apic_after_boot(tmp_path: Path, mode: int) -> None:
    with running(f"options: x2apic={mode}\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "ready: ")
        text = str(machine.qmp.execute("human-monitor-command", command_line="info lapic"))
    values = {match[1]: match[2] for match in re.finditer(r"^(\w+)\s+(0x\w+|\(none\))", text, re.M)}
    assert {name: values[name] for name in WANTED} == WANTED, text
