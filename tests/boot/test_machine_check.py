"""A machine check, injected by the emulator: reported, and not a reset."""

from pathlib import Path

from boot import read_text
from live import log_lines, running, wait_for
from qemu import TRACE

# CPU, bank, status (valid, uncorrected, enabled), MCG status, address, misc
MCE = "mce 0 9 0xbd00000000000134 0x5 0x1234 0x8c"


def test_machine_check_is_reported(tmp_path: Path) -> None:
    with running("", tmp_path) as machine:
        wait_for(machine, tmp_path, "ready: ")
        machine.qmp.execute("human-monitor-command", command_line=MCE)
        wait_for(machine, tmp_path, "*** END OF REPORT")
    log = log_lines(tmp_path)
    assert "*** FAULT #MC machine check, CPU 0, kernel mode, report 1" in log
    assert ("cause      the hardware reports: cache error (bank 9), which it could not correct, "
            "at physical address 1234") in log
    assert "details    bank 9: cache error, uncorrected, status bd00000000000134, address 1234, misc 8c" in log
    assert log[-1] == "*** END OF REPORT"
    assert "Triple fault" not in read_text(tmp_path / TRACE)
