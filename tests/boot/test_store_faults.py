"""Faults of the kernel's own, and NMIs, where a report has ended and is stored: what follows comes all the same, and once."""

from __future__ import annotations

import time
from pathlib import Path

from debugger import RAX, RIP, RSP, Debugger, symbol
from live import WAIT_SECONDS, log_lines, paused, running, wait_for
from verdict import Event

NULL = 0
FAULT = "options: exit=qemu fault=write-null\n"
END = "*** END OF REPORT"
LOST = "           (the report is not stored: #PF at 0000000000000000, address 0000000000000000)"


def boot_with_fault_at(work: Path, function: str) -> list[str]:
    """The lines from the report's end on, when the kernel jumps to address 0 where it would have called this function."""
    with paused(FAULT, work) as machine:
        debugger = Debugger(machine, work)
        debugger.run_to(symbol(function), [0])
        debugger.set_register(0, RIP, NULL)
        debugger.go_on([0])
        wait_for(machine, work, "exit: 0x")
        debugger.close()
    lines = log_lines(work)
    return lines[lines.index(END):]


def test_a_fault_before_the_firmware_is_called(tmp_path: Path) -> None:
    assert boot_with_fault_at(tmp_path, "arch_firmware_run")[1:] == [LOST, "exit: 0x11"]


def test_a_fault_on_the_firmwares_page_tables(tmp_path: Path) -> None:
    broken_off = "not stored the firmware faulted: #PF at 0, address 0"
    assert boot_with_fault_at(tmp_path, "arch_firmware_query_space")[1:] == [broken_off, "exit: 0x11"]


def test_the_audit_sees_a_page_that_is_not_as_told(tmp_path: Path) -> None:
    """A range of the firmware's code stays writable through the direct map."""
    with paused(FAULT, tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol("arch_mmu_protect"), [0])  # returns at once, and says that all went well
        stack = debugger.register(0, RSP)
        debugger.set_register(0, RIP, debugger.read_word(0, stack))
        debugger.set_register(0, RSP, stack + 8)
        debugger.set_register(0, RAX, 0)
        debugger.go_on([0])
        wait_for(machine, tmp_path, "exit: 0x")
        debugger.close()
    log = "\n".join(log_lines(tmp_path))
    assert "ERROR firmware: its page tables are BROKEN: " in log
    assert "not stored the firmware cannot be called, or not yet" in log


def test_an_nmi_after_the_report_stops_nothing(tmp_path: Path) -> None:
    with running("options: fault=write-null panic=2\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "stored     ")
        machine.qmp.inject_nmi()
        deadline = time.monotonic() + WAIT_SECONDS
        while not machine.qmp.closed and time.monotonic() < deadline:
            machine.qmp.poll(0.1)
        assert Event("SHUTDOWN", "guest-reset", guest=True) in machine.qmp.events
