"""CPUs that come late, twice, or after the kernel has panicked: a debugger holds them on their way up, one by one.

Each must end halted with interrupts off and unheard of, and the others must not notice: an NMI to a CPU that has no
interrupt table yet would reset the machine.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boot import read_text
from debugger import RDX, RIP, Debugger, symbol
from live import WAIT_SECONDS, log_lines, paused, wait_for
from qemu import TRACE, Machine

CPUS = range(4)
SMP = f"smp: {len(CPUS)}\n"
INTERRUPT_FLAG = 0x200
NULL = 0


@contextmanager
def debugged(header: str, work: Path) -> Iterator[tuple[Machine, Debugger]]:
    with paused(header + SMP, work) as machine:
        debugger = Debugger(machine, work)
        yield machine, debugger
        debugger.close()


def hold_next(debugger: Debugger, held: list[int], address: int) -> None:
    """The first of the CPUs not held that comes by this address is held there, and all have stopped."""
    debugger.set_breakpoint(address)
    debugger.go_on(set(CPUS) - set(held))
    held.append(debugger.wait_for_stop())
    debugger.remove_breakpoint(address)


def is_halted(machine: Machine, cpu: int) -> bool:
    registers = machine.qmp.registers().split("CPU#")[cpu + 1]
    flags = int(re.search(r"[ER]FL=([0-9a-f]+)", registers)[1], 16)
    return "HLT=1" in registers and not flags & INTERRUPT_FLAG


def wait_until_halted(machine: Machine, cpus: list[int]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not all(is_halted(machine, cpu) for cpu in cpus):
        assert time.monotonic() < deadline, f"of the CPUs {cpus} not all have halted"
        machine.qmp.poll(0.1)


def check_undisturbed(machine: Machine, work: Path, silent: list[int]) -> None:
    assert machine.qmp.count("RESET") == 0 and "Triple fault" not in read_text(work / TRACE)
    for cpu in silent:
        assert not any(re.match(rf"\[ *\d+\.\d+\] \[{cpu:X}\]", line) for line in log_lines(work)), log_lines(work)


def trampoline(debugger: Debugger) -> int:
    """The page where the others begin, as the boot CPU is about to start them: the third argument."""
    hold_next(debugger, [], symbol("arch_smp_start"))
    return debugger.register(0, RDX)


@pytest.mark.parametrize("where, complaint", [
    ("trampoline", "does not start"),
    ("x86_ap_entry", "does not start"),
    ("x86_ap_main", "began to start and did not report in"),
])
def test_late_cpu_parks(tmp_path: Path, where: str, complaint: str) -> None:
    held: list[int] = []
    with debugged("options: loglevel=debug\n", tmp_path) as (machine, debugger):
        hold_next(debugger, held, trampoline(debugger) if where == "trampoline" else symbol(where))
        debugger.go_on(set(CPUS) - set(held))
        wait_for(machine, tmp_path, "ready: 3 CPUs")
        debugger.stop()
        debugger.go_on(CPUS)
        wait_until_halted(machine, held)
        machine.qmp.inject_nmi()
        wait_for(machine, tmp_path, "] [0] WARN  NMI number 1 on this CPU")
    log = "\n".join(log_lines(tmp_path))
    assert f"WARN  CPU {held[0]} (APIC id {held[0]}) {complaint}: it is left out\n" in log, log
    assert "INFO  CPUs: 3 of 4 run" in log and "ready: 3 CPUs" in log, log
    assert "] [0] WARN  NMI number 1 on this CPU" in log, log
    assert f"APIC id {held[0]} runs" not in log, log
    check_undisturbed(machine, tmp_path, [])


def test_cpu_that_comes_twice_parks(tmp_path: Path) -> None:
    """It has claimed its place, and finds it claimed."""
    held: list[int] = []
    with debugged("", tmp_path) as (machine, debugger):
        hold_next(debugger, held, symbol("x86_ap_main"))
        debugger.set_register(held[0], RIP, symbol("x86_ap_entry"))
        debugger.go_on(CPUS)
        wait_for(machine, tmp_path, "ready: 3 CPUs")
        wait_until_halted(machine, held)
    log = "\n".join(log_lines(tmp_path))
    assert f"CPU {held[0]} (APIC id {held[0]}) began to start and did not report in: it is left out\n" in log, log
    assert "ready: 3 CPUs" in log, log
    check_undisturbed(machine, tmp_path, held)


def test_cpu_that_faults_on_its_way_up(tmp_path: Path) -> None:
    """It reports as any other does, and stops those that run: the one that waits for it."""
    held: list[int] = []
    with debugged("", tmp_path) as (machine, debugger):
        hold_next(debugger, held, symbol("x86_ap_main"))
        debugger.set_register(held[0], RIP, NULL)
        debugger.go_on([0, held[0]])
        wait_for(machine, tmp_path, "*** END OF REPORT")
        wait_until_halted(machine, [0, held[0]])
    log = "\n".join(log_lines(tmp_path))
    assert f"*** FAULT #PF page fault, CPU {held[0]}, kernel mode, report 1\n" in log, log
    assert "\ncause      jump to a null pointer: " in log and "is lost" not in log and "\nchanged " not in log, log
    assert re.search(r"^other CPUs CPU 0: at \S+ \(\S+\), kernel mode, interrupts (on|off)$", log, re.M), log
    check_undisturbed(machine, tmp_path, [])


def test_cpus_that_come_up_after_a_panic(tmp_path: Path) -> None:
    """One is at its first instruction, one in the kernel without an interrupt table, one all but up."""
    held: list[int] = []
    with debugged("options: loglevel=debug\n", tmp_path) as (machine, debugger):
        for place in (trampoline(debugger), symbol("x86_ap_entry"), symbol("x86_ap_main")):
            hold_next(debugger, held, place)
        assert sorted(held) == [1, 2, 3]
        debugger.set_register(0, RIP, NULL)
        debugger.go_on([0])
        wait_for(machine, tmp_path, "\nstored ")
        debugger.stop()
        debugger.go_on(CPUS)
        wait_until_halted(machine, [*CPUS])
    log = log_lines(tmp_path)
    assert log[-2] == "*** END OF REPORT" and log[-1].startswith("stored "), log
    assert log.count("*** FAULT #PF page fault, CPU 0, kernel mode, report 1") == 1, log
    assert not any(line.startswith("other CPUs") for line in log), log
    check_undisturbed(machine, tmp_path, held)
