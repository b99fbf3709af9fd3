"""A boot that ends by a warm reset without a report is told by the next one, with how far it got; no other boot is."""

from pathlib import Path

import pytest

from boot import read_text
from debugger import RIP, Debugger, symbol
from live import log_lines, paused, running, wait_for
from qemu import SERIAL, Machine

TOLD = "the last boot got as far as"
HEADER = "events: RESET\n"
NULL = 0


def tell_after_reset(machine: Machine, work: Path, reset: bool = True) -> list[str]:
    """Resets the machine, unless it does so by itself, and returns what the boot that follows was told."""
    before = len(read_text(work / SERIAL))
    if reset:
        machine.qmp.execute("system_reset")
    machine.qmp.execute("cont")
    for _ in range(600):
        lines = read_text(work / SERIAL)[before:].replace("\r", "").splitlines()
        if any("program demo, process 1, ended" in line for line in lines):
            return [line.split("] ", 2)[2] for line in lines if TOLD in line and line.startswith("[")]
        machine.qmp.poll(0.1)
    pytest.fail(f"no second boot: {log_lines(work)}")


def line(place: str, level: str = "WARN ") -> str:
    return f"{level} loader: start: {TOLD} {place}, and ended without a report"


@pytest.mark.parametrize(("function", "place"), [
    pytest.param("kernel_main", "the jump into the kernel", marks=pytest.mark.full),
    ("heap_init", "the kernel's own page tables"),
    pytest.param("arch_irq_init", "the kernel's memory", marks=pytest.mark.full),
    pytest.param("cpus_start", "interrupts and clocks", marks=pytest.mark.full),
    pytest.param("programs_init", "the start of the other CPUs", marks=pytest.mark.full),
    pytest.param("bench_run", "`ready`", marks=pytest.mark.full),
    ("process_run_all", "running its programs"),
])
def test_reset_at(function: str, place: str, tmp_path: Path) -> None:
    with paused(HEADER + "options: bench=breakpoint\n", tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol(function), [0])
        machine.qmp.execute("system_reset")
        debugger.close()
        assert tell_after_reset(machine, tmp_path, reset=False) == [line(place)]


def test_triple_fault(tmp_path: Path) -> None:
    """At the kernel's first instruction there is no table of handlers yet: a fault there resets the machine."""
    with paused(HEADER, tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol("kernel_entry"), [0])
        debugger.set_register(0, RIP, NULL)
        debugger.go_on([0])
        debugger.close()
        assert tell_after_reset(machine, tmp_path, reset=False) == [line("the jump into the kernel")]


def test_idle(tmp_path: Path) -> None:
    """The reset button of a machine that had nothing left to do is no reason to warn."""
    with running(HEADER, tmp_path) as machine:
        wait_for(machine, tmp_path, "program demo, process 1, ended")
        machine.qmp.poll(1)
        assert tell_after_reset(machine, tmp_path) == [line("idling, with everything done", "INFO ")]


def test_nothing_is_told_after_a_report(tmp_path: Path) -> None:
    with running(HEADER + "options: fault=write-null:memory\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "*** END OF REPORT")
        machine.qmp.poll(1)
        before = len(read_text(tmp_path / SERIAL))
        machine.qmp.execute("system_reset")
        for _ in range(600):
            log = read_text(tmp_path / SERIAL)[before:]
            if "*** END OF REPORT" in log:
                break
            machine.qmp.poll(0.1)
        assert "loader: options" in log and TOLD not in log


def test_nothing_is_told_of_the_first_boot(tmp_path: Path) -> None:
    """Nor after a cold one: RAM holds nothing then."""
    with running("start: cold\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "program demo, process 1, ended")
        assert TOLD not in read_text(tmp_path / SERIAL)
