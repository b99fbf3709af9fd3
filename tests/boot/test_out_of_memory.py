"""Each allocation of the boot fails once: the boot goes on without what it was for, or stops with a report that says so.

The checked build can be told which allocation fails. The machine is one whose boot has several: no 1 GiB pages, so that RAM
takes tables, and registers of the local APIC that must be mapped.
"""

from itertools import count
from pathlib import Path

from boot import ROOT, boot_once
from casefile import Case, parse_case
from qemu import find_tools
from runner import find_problems

HEADER = """about: allocation {number} fails
options: exit=qemu console=serial x2apic=0 run=none fault=no-memory-{number}:early
build: checked
cpu: max,-pdpe1gb
mem: 1G
status: {status}
---
...
"""
FAILS = "WARN  memory: an allocation fails because it was asked to\n...\n"
SURVIVED = "{{time}}] [0] INFO  ready: {{text}}\nexit: 0x10\n! ***\n! ERROR\n"
STOPPED = """*** PANIC, CPU 0, kernel mode, report 1
cause      {cause}
...
*** END OF REPORT
not stored the firmware cannot be called, or not yet
exit: 0x11
"""
CAUSES = ("cannot map {hex} bytes at {addr}: out of memory", "the local APIC at {hex} cannot be mapped")


def case_for(number: int, status: int, golden: str) -> Case:
    return parse_case(HEADER.format(number=number, status=status) + golden, f"no-memory-{number}", "test_out_of_memory.py")


def golden_for(status: int | None, log: str) -> str:
    line = "[{time}] [0] " + FAILS
    if status == 33:
        return line + "[" + SURVIVED.format()
    cause = CAUSES[1] if "local APIC at" in log else CAUSES[0]
    return line + STOPPED.format(cause=cause)


def test_each_allocation_of_the_boot_fails_once(tmp_path: Path) -> None:
    build, failed = ROOT / "build" / "release", 0
    for number in count(1):
        work = tmp_path / str(number)
        work.mkdir()
        boot = boot_once(case_for(number, 33, "[{time}] [0] INFO  {text}\n"), find_tools(), build, work)
        if "an allocation fails" not in boot.raw_log:
            break
        status = boot.outcome.status
        case = case_for(number, status if status in (33, 35) else 33, golden_for(status, boot.raw_log))
        assert find_problems(case, boot) == [], boot.raw_log
        failed += 1
    assert boot.outcome.status == 33, boot.raw_log  # with nothing failing
    assert failed >= 3, f"only {failed} allocations in a boot"
