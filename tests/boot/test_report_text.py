"""The text of a report that is kept in the kernel's memory is what went to serial."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger import RIP, Debugger, symbol
from live import log_lines, paused, running, wait_for
from qmp import Qmp

TEXT_MAX = 32768
NULL = 0
BEGIN, END = "*** FAULT", "*** END OF REPORT"


def kept_text(qmp: Qmp, work: Path) -> str:
    """Up to the first NUL: the kernel's memory was all zero before."""
    file = work / "text"
    qmp.execute("memsave", val=symbol("report_bytes"), size=TEXT_MAX, filename=str(file))
    return file.read_bytes().partition(b"\0")[0].decode()


def last_report(work: Path) -> list[str]:
    """As serial has it."""
    lines = log_lines(work)
    begin = next(number for number, line in enumerate(lines) if line.startswith(BEGIN))
    return lines[begin:lines.index(END, begin) + 1]


@pytest.mark.parametrize("fault", ["write-null", "damaged-log", "broken-screen", "report-overflow"])
def test_the_kept_text_is_what_went_to_serial(tmp_path: Path, fault: str) -> None:
    """Also when a section of the report faults, or a console does."""
    with running(f"options: fault={fault}\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "\r\nstored ")  # which is no part of it any more
        text = kept_text(machine.qmp, tmp_path)
    assert text.endswith(f"\n{END}\n")
    assert text.splitlines() == last_report(tmp_path)


def test_the_text_of_a_warning_gives_way(tmp_path: Path) -> None:
    with paused("options: fault=warning\n", tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.set_breakpoint(symbol("memory_is_balanced"))  # what is called behind the warning
        debugger.go_on([0])
        assert debugger.wait_for_stop() == 0
        debugger.remove_breakpoint(symbol("memory_is_balanced"))
        assert kept_text(machine.qmp, tmp_path).startswith("*** WARN")
        debugger.set_register(0, RIP, NULL)
        debugger.go_on([0])
        wait_for(machine, tmp_path, f"crash-NNNN.txt\r\n{END}")
        text = kept_text(machine.qmp, tmp_path)
        debugger.close()
    assert text.splitlines()[:len(last_report(tmp_path))] == last_report(tmp_path)
