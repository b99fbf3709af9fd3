"""A machine check, injected by the emulator: reported from its own stack, and not a reset."""

import time
from pathlib import Path

from boot import ROOT, read_text
from casefile import parse_case
from golden import kernel_lines
from qemu import SERIAL, VARS, Machine, command, find_tools

SECONDS = 60
CASE = "about: a machine check\n---\nx\n"
# CPU, bank, status (valid, uncorrected, enabled, context corrupt), MCG status, address, misc
MCE = "mce 0 9 0xbd00000000000134 0x5 0x1234 0x8c"


def wait_for(machine: Machine, log: Path, text: str) -> None:
    deadline = time.monotonic() + SECONDS
    while text not in read_text(log) and time.monotonic() < deadline:
        machine.qmp.poll(0.1)


def test_machine_check_is_reported(tmp_path: Path) -> None:
    tools = find_tools()
    (tmp_path / VARS).write_bytes(tools.ovmf_vars.read_bytes())
    case = parse_case(CASE, "machine-check", "test_machine_check.py")
    image = ROOT / "build" / "release" / "BOOTX64.EFI"
    machine = Machine(command(case, tools, tmp_path, image), tmp_path / "stderr", ROOT)
    try:
        machine.start()
        wait_for(machine, tmp_path / SERIAL, "ready: ")
        machine.qmp.execute("human-monitor-command", command_line=MCE)
        wait_for(machine, tmp_path / SERIAL, "*** END OF REPORT")
    finally:
        machine.close()
    log = kernel_lines(read_text(tmp_path / SERIAL))
    assert "*** FAULT #MC machine check, CPU 0, kernel mode, report 1" in log
    assert "cause      the hardware reports an error of its own" in log
    assert log[-1] == "*** END OF REPORT"
    assert "Triple fault" not in read_text(tmp_path / "cpu_reset.log")
