"""The serial console moves to the port that SPCR or DBG2 names: what COM1 and that port show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import boot
from casefile import Case, parse_case
from qemu import ROOT, SERIAL, command, find_tools
from runner import find_problems

BUILD = ROOT / "build" / "release"
COM1 = "com1.log"
ISA = "isa-serial,iobase=0x4e8,irq=5"
PCI = "pci-serial,addr=5"

# From the first line on: what came before the move is shown again.
START = """[    0.000000] [0] INFO  Faultline {version} ({id})
[    0.000000] [0] INFO  loader: options: from load options
...
[    0.000000] [0] INFO  memory: {text}
[    0.000000] [0] INFO  ACPI: 7 tables: {text}
[    0.000000] [0] INFO  ACPI: 1 CPU, 1 I/O APIC, HPET, PM timer, reset register
"""
END = """[    0.000000] [0] INFO  interrupts: local APIC 0 in x2APIC mode, PIC masked
[    0.000000] [0] INFO  clock: {text}
[{time}] [0] INFO  timer: local APIC in one-shot mode, 100 Hz where a CPU is busy
[{time}] [0] INFO  audit: clean: {text}
[{time}] [0] INFO  ready: {text}
"""
DEMO = """[{time}] [0] INFO  demo[1]: hello from ring 3
[{time}] [0] INFO  program demo, process 1, ended with code 0
"""
WELL = END + DEMO + "exit: 0x10\n! WARN\n"
FAULT = END + """[{time}] [0] INFO  fault=write-null: write through a null pointer
*** FAULT #PF page fault, CPU 0, kernel mode, report 1
cause      write to a null pointer: {text}
...
*** END OF REPORT
stored     {n} bytes in {n} of the firmware's variables, in {n} ms
exit: 0x11
! WARN
"""


@dataclass(frozen=True)
class Move:
    table: str
    device: str
    says: str
    options: str = "exit=qemu"
    status: int = 33
    end: str = WELL

    def case(self) -> Case:
        line = f"[    0.000000] [0] INFO  serial: the console moves to {self.says}\n"
        return parse_case(f"about: {self.table}\noptions: {self.options}\nstatus: {self.status}\nstart: cold\n"
                          f"qemu: -acpitable file={{build}}/acpi/{self.table}.aml\n---\n{START}{line}{self.end}",
                          self.table, "test_serial_console.py")


MOVES = (
    Move("spcr-port", ISA, "port 4e8, 115200 baud, as SPCR says"),
    Move("dbg2-port", ISA, "port 4e8, rate as it was, as DBG2 says"),
    Move("spcr-pci", PCI, "port {hex}, 115200 baud, as SPCR says"),
    Move("spcr-port", ISA, "port 4e8, 115200 baud, as SPCR says", "exit=qemu fault=write-null", 35, FAULT),
)


def boot_with_second_port(case: Case, device: str, work: Path, monkeypatch: pytest.MonkeyPatch) -> boot.Boot:
    """The second port's log takes the place of COM1's, which goes to a file of its own."""
    def with_second_port(*arguments: object, **named: object) -> list[str]:
        words = command(*arguments, **named)
        words[words.index("-serial") + 1] = f"file:{work / COM1}"
        return [*words, "-chardev", f"file,id=second,path={work / SERIAL}", "-device", f"{device},chardev=second"]

    monkeypatch.setattr(boot, "command", with_second_port)
    return boot.boot_once(case, find_tools(), BUILD, work)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.table}-{move.status}")
def test_the_console_moves(move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = boot_with_second_port(move.case(), move.device, tmp_path, monkeypatch)
    problems = find_problems(move.case(), seen)
    assert not problems, "\n".join(problems)
    before = boot.read_text(tmp_path / COM1).splitlines()
    assert "serial: the console moves to " in before[-1]  # and nothing after it
    moved = [line for line in seen.outcome.log if "serial: the console moves to " in line]
    assert moved == [before[-1]]


def test_a_console_that_is_switched_off_stays_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Move("spcr-port", ISA, "", options="exit=qemu console=none", end="exit: 0x10\n").case()
    seen = boot_with_second_port(case, ISA, tmp_path, monkeypatch)
    assert seen.outcome.status == 33
    assert seen.raw_log == ""


def test_a_report_is_shown_there_even_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Move("spcr-port", ISA, "", options="exit=qemu console=none fault=write-null", end="exit: 0x11\n").case()
    seen = boot_with_second_port(case, ISA, tmp_path, monkeypatch)
    assert seen.outcome.status == 35
    assert "*** END OF REPORT" in seen.raw_log.splitlines()
    assert "Faultline" not in boot.read_text(tmp_path / COM1).partition("exit     leaving the firmware")[2]
