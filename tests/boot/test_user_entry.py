"""Every way from ring 3 into the kernel and back, an instruction at a time, with an NMI before each.

The program `loop` comes with every flag set that it can set, and with a pattern in every register, which it compares. What
the kernel's C code must find - no DF, no AC, no NT, no TF, interrupts off - is looked at where C begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from boot import ROOT, read_text
from debugger import RIP, RSP, Debugger, symbol
from live import log_lines, paused
from qemu import TRACE, Machine
from test_nmi_any_time import state, take_nmi

HEADER = """boot: fat
cfg: run=loop console=serial
file: \\programs\\loop = build/release/programs/loop
"""
PROGRAM = ROOT / "build" / "release" / "programs" / "loop"
CPU = 0
USER_END = 0x00007ffffffff000
STEPS_MAX = 400
SAVED_FLAGS = 32  # above the vector, the error code, RIP and CS
DIRECTION_FLAG = 0x400
SYSRETQ, IRETQ = b"\x48\x0f\x07", b"\x48\xcf"
# TF IF DF NT AC (SDM vol. 1, 3.4.3), none of which C may find set in the kernel.
FLAGS_UNWANTED = 0x100 | 0x200 | 0x400 | 0x4000 | 0x40000


def assembly() -> list[range]:
    """Where the entries and exits lie."""
    ends = (("trap_stubs", "trap_entries_end"), ("x86_user_enter", "arch_user_copy"))
    return [range(symbol(first), symbol(last)) for first, last in ends]


class Walk:
    """From a first instruction of the kernel, until the program is back."""

    def __init__(self, machine: Machine, debugger: Debugger) -> None:
        self.machine, self.debugger, self.places = machine, debugger, assembly()
        self.nmis, self.c_calls, self.last_code = 0, 0, b""

    def reach(self, first: str) -> None:
        """Goes on to the first instruction of an entry, behind its stub; what it interrupted had DF set."""
        self.debugger.run_to(symbol(first), [CPU])
        flags = self.debugger.read_word(CPU, self.debugger.register(CPU, RSP) + SAVED_FLAGS)
        assert flags & DIRECTION_FLAG, hex(flags)

    def run(self, first: str, ends_in_c: bool = False) -> None:
        """Goes on to that symbol, and from there back into the program, or to where it calls C."""
        self.debugger.run_to(symbol(first), [CPU])
        self.go_back(first, ends_in_c)

    def go_back(self, first: str, ends_in_c: bool = False) -> None:
        for _ in range(STEPS_MAX):
            rip = self.debugger.register(CPU, RIP)
            if not any(rip in place for place in self.places):
                if rip < USER_END:
                    return
                self.look_at_c()
                if ends_in_c:
                    return
                self.debugger.run_to(self.debugger.read_word(CPU, self.debugger.register(CPU, RSP)), [CPU])
                continue
            self.last_code = self.debugger.read_word(CPU, rip).to_bytes(8, "little")
            self.machine.qmp.inject_nmi()
            take_nmi(self.debugger, CPU)
            self.nmis += 1
            self.debugger.step(CPU)
        raise AssertionError(f"still in the kernel after {STEPS_MAX} instructions from {first}")

    def left_by(self, code: bytes) -> bool:
        return self.last_code.startswith(code)

    def look_at_c(self) -> None:
        flags = state(self.debugger, CPU)[1]
        assert flags & FLAGS_UNWANTED == 0, hex(flags)
        self.c_calls += 1


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    """The program has begun to go around."""
    with paused(HEADER, tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        walk = Walk(machine, debugger)
        for _ in range(4):
            debugger.run_to(symbol("user_exception"), [CPU])
        yield walk
        debugger.run_to(symbol("system_call_entry"), [CPU])  # it goes on
        assert machine.qmp.count("RESET") == 0
        debugger.close()
    log = "\n".join(log_lines(tmp_path))
    numbers = re.findall(r"WARN  NMI number (\d+) on this CPU, at ", log)
    assert numbers == [str(number) for number in range(1, walk.nmis + 1)] and walk.nmis > 20, log
    assert walk.c_calls > 0
    assert "ended with code" not in log and "kernel mode" not in log and "ERROR" not in log, log
    assert "Triple fault" not in read_text(tmp_path / TRACE)


def test_system_calls(walk: Walk) -> None:
    """The first that comes is the handler's resume(), which leaves by IRETQ."""
    walk.run("system_call_entry")
    assert walk.left_by(IRETQ)
    walk.run("system_call_entry")
    assert walk.left_by(SYSRETQ)


def test_exception(walk: Walk) -> None:
    walk.reach("entry_exception")
    walk.go_back("entry_exception")
    assert walk.left_by(IRETQ)


def test_interrupt(walk: Walk) -> None:
    """The next tick, while the program turns in a loop without calls."""
    walk.debugger.run_to(symbol("loop_spins", PROGRAM), [CPU])
    walk.reach("entry_interrupt")
    walk.go_back("entry_interrupt")
    assert walk.left_by(IRETQ) or walk.left_by(SYSRETQ)


def test_debug_exception(walk: Walk) -> None:
    walk.run("user_debug_exception", ends_in_c=True)
