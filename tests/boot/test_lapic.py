"""What the kernel left in the local APIC, asked of the emulator: firmware's settings hide what was forgotten."""

import re
from pathlib import Path

import pytest

from live import running, wait_for
from qemu import Machine

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


# As the loader `hooks` has it with acpi-nmi-lint0: active low, and the other input masked.
WANTED_LINT0 = WANTED | {"LVT0": "0x00002400", "LVT1": "0x000100ff"}


def monitor(machine: Machine, line: str) -> str:
    return str(machine.qmp.execute("human-monitor-command", command_line=line))


@pytest.mark.parametrize("mode", [0, 1])
def test_local_apic_after_boot(tmp_path: Path, mode: int) -> None:
    with running(f"options: x2apic={mode}\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "ready: ")
        text = monitor(machine, "info lapic")
    check(text, WANTED)


def test_nmi_where_the_table_says(tmp_path: Path) -> None:
    with running("options: acpi-nmi-lint0\nsmp: 2\n", tmp_path, "loaders/hooks.efi") as machine:
        wait_for(machine, tmp_path, "ready: 2 CPUs")
        texts = [monitor(machine, f"info lapic {cpu}") for cpu in range(2)]
    for text in texts:
        check(text, WANTED_LINT0)


@pytest.mark.parametrize("hook", ["acpi-io-apic-open", "acpi-io-apic-last"])
def test_io_apic_after_boot(tmp_path: Path, hook: str) -> None:
    with running(f"options: {hook}\n", tmp_path, "loaders/hooks.efi") as machine:
        wait_for(machine, tmp_path, "ready: ")
        text = monitor(machine, "info pic")
    pins = dict(re.findall(r"pin (\d+) +(0x[0-9a-f]+)", text))
    assert len(pins) == 24, text
    assert int(pins.pop("21"), 16) == 0x200, text  # the firmware's own
    assert all(int(value, 16) == 0x10000 for value in pins.values()), text


@pytest.mark.parametrize("options, is_ours", [("exit-refused-0", True), ("acpi-pic-none", False)])
def test_pic_is_spared_where_there_is_none(tmp_path: Path, options: str, is_ours: bool) -> None:
    with running(f"options: {options}\n", tmp_path, "loaders/hooks.efi") as machine:
        wait_for(machine, tmp_path, "ready: ")
        text = monitor(machine, "info pic")
    bases = re.findall(r"pic[01]: .*irq_base=([0-9a-f]+)", text)
    assert len(bases) == 2, text
    assert (sorted(bases) == ["20", "28"]) == is_ours, text


def check(text: str, wanted: dict[str, str]) -> None:
    values = {match[1]: match[2] for match in re.finditer(r"^(\w+)\s+(0x\w+|\(none\))", text, re.M)}
    assert {name: values[name] for name in wanted} == wanted, text
