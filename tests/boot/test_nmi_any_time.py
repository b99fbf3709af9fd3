"""NMIs at random times, from the kernel's first instruction on: each is counted, and no register of what it interrupts changes.

The machine is stopped at each of these times. Every CPU whose local APIC lets NMIs in goes on alone then, from the NMI
back to the instruction where it was.
"""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

from boot import read_text
from debugger import REGISTER_DIGITS, RIP, RSP, Debugger, symbol
from live import log_lines, paused, wait_for
from qemu import TRACE, Machine

CPUS = range(2)
HEADER = f"options: selftest=memory\nsmp: {len(CPUS)}\n"
SELFTEST_PASSED = "selftest memory: passed"
# How many NMIs come while the machine boots, while it tests itself and while it is idle, and the seconds that they are spread over.
PHASES = ((40, 0.15), (30, 0.3), (30, 0.3))
LVT_MASKED = 1 << 16
FLAGS_AT, FLAGS_DIGITS = (RIP + 1) * REGISTER_DIGITS, 8
RESUME_FLAG = 1 << 16


def lets_nmis_in(machine: Machine, cpu: int) -> bool:
    text = str(machine.qmp.execute("human-monitor-command", command_line=f"info lapic {cpu}"))
    return not int(re.search(r"^LVT1\s+(0x[0-9a-f]+)", text, re.M)[1], 16) & LVT_MASKED


def state(debugger: Debugger, cpu: int) -> tuple[str, int, str]:
    """All that the debugger sees of a CPU but RF, which the emulator sets in what an NMI saves."""
    digits = debugger.registers(cpu)
    end = FLAGS_AT + FLAGS_DIGITS
    flags = int.from_bytes(bytes.fromhex(digits[FLAGS_AT:end]), "little")
    return digits[:FLAGS_AT], flags & ~RESUME_FLAG, digits[end:]


def take_nmi(debugger: Debugger, cpu: int) -> None:
    """The handler may come by the same instruction, but on its own stack."""
    before = state(debugger, cpu)
    rip, rsp = debugger.register(cpu, RIP), debugger.register(cpu, RSP)
    debugger.set_breakpoint(rip)
    debugger.go_on([cpu])
    debugger.wait_for_stop()
    while debugger.register(cpu, RSP) != rsp:
        debugger.remove_breakpoint(rip)
        debugger.step(cpu)
        debugger.set_breakpoint(rip)
        debugger.go_on([cpu])
        debugger.wait_for_stop()
    debugger.remove_breakpoint(rip)
    assert state(debugger, cpu) == before


def run_for(debugger: Debugger, seconds: float) -> None:
    debugger.go_on(CPUS)
    time.sleep(seconds)
    debugger.stop()


def inject(machine: Machine, debugger: Debugger, taken: list[int]) -> None:
    open_cpus = [cpu for cpu in CPUS if lets_nmis_in(machine, cpu)]
    machine.qmp.inject_nmi()
    for cpu in open_cpus:
        take_nmi(debugger, cpu)
        taken[cpu] += 1


def test_nmi_at_random_times(tmp_path: Path) -> None:
    seed = int(os.environ.get("NMI_SEED") or random.randrange(1 << 32))
    print(f"to repeat these times: NMI_SEED={seed}")
    times, taken = random.Random(seed), [0 for _ in CPUS]
    with paused(HEADER, tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.set_breakpoint(symbol("symbols_init"))  # the log begins just before: there is nothing to write to sooner
        debugger.go_on(CPUS)
        debugger.wait_for_stop()
        debugger.remove_breakpoint(symbol("symbols_init"))
        for count, seconds in PHASES:
            for _ in range(count):
                run_for(debugger, times.uniform(0, 2 * seconds / count))
                inject(machine, debugger, taken)
        debugger.go_on(CPUS)
        wait_for(machine, tmp_path, SELFTEST_PASSED)
        assert machine.qmp.count("RESET") == 0
        debugger.close()
    check_log(tmp_path, taken)


def check_log(work: Path, taken: list[int]) -> None:
    log = "\n".join(log_lines(work))
    assert SELFTEST_PASSED in log and "***" not in log and "ERROR" not in log, log
    for cpu in CPUS:
        numbers = re.findall(rf"\] \[{cpu}\] WARN  NMI number (\d+) on this CPU, at ", log)
        assert numbers == [str(number) for number in range(1, taken[cpu] + 1)], log
    assert taken[0] > 0 and "Triple fault" not in read_text(work / TRACE)
