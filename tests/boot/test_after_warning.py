"""A report after a warning on another CPU: that CPU has gone on since, and is told as what it is doing now."""

import time
from pathlib import Path

from boot import read_text
from debugger import RIP, Debugger, symbol
from live import log_lines, paused, wait_for
from qemu import SERIAL

CPUS = range(4)
END = "*** END OF REPORT"
NULL = 0

IDLE_BYTES = 0x40  # of idle_wait_cpu(), where the CPU halts


def let_idle(debugger: Debugger) -> None:
    """CPU 2 is still on its way back from the report: the others run alone until all of them halt."""
    halt = range(symbol("idle_wait_cpu"), symbol("idle_wait_cpu") + IDLE_BYTES)
    while not all(debugger.register(cpu, RIP) in halt for cpu in CPUS[1:]):
        debugger.go_on(CPUS[1:])
        time.sleep(0.01)
        debugger.stop()


def test_report_after_warning(tmp_path: Path) -> None:
    with paused(f"options: fault=warning@2\nsmp: {len(CPUS)}\n", tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.set_breakpoint(symbol("memory_is_balanced"))  # what the boot CPU does behind the fault
        debugger.go_on(CPUS)
        assert debugger.wait_for_stop() == 0
        debugger.remove_breakpoint(symbol("memory_is_balanced"))
        assert END in read_text(tmp_path / SERIAL)
        let_idle(debugger)
        debugger.set_register(0, RIP, NULL)
        debugger.go_on(CPUS)
        wait_for(machine, tmp_path, "report 2")
        wait_for(machine, tmp_path, "\nnext       this machine has stopped")
        debugger.close()
    log = log_lines(tmp_path)
    assert "*** WARN, CPU 2, kernel mode, report 1" in log, log
    assert "*** FAULT #PF page fault, CPU 0, kernel mode, report 2" in log, log
    others = [line for line in log if line.startswith("other CPUs ")]
    assert others == ["other CPUs CPUs 1-3: idle"], log
