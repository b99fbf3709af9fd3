"""Every entry of the fault menu has its golden report, and that report names the line that provokes."""

from __future__ import annotations

import re

import pytest

from boot import ROOT
from marks import MarkError, fill_marks, marks

CASES = ROOT / "tests" / "boot" / "cases"
MENUS = ("kernel/fault/provoke_memory.c", "kernel/fault/provoke_checks.c", "arch/x86_64/provoke.c", "kernel/mm/misuse.c")
ENTRY = re.compile(r'^    \{"([\w-]+)",', re.M)
# After two the kernel goes on without a report; the third's report has no names; what the fourth leaves behind is found
# when the kernel ends, and nobody has written down where it was.
WITHOUT_PLACE = {"nmi", "heap-exhausted", "damaged-symbols", "lock-end"}


def entries() -> list[str]:
    return [name for file in MENUS for name in ENTRY.findall((ROOT / file).read_text(encoding="utf-8"))]


def test_there_are_as_many_as_promised() -> None:
    assert len(entries()) >= 40
    assert len(set(entries())) == len(entries())


@pytest.mark.parametrize("name", entries())
def test_each_entry_has_a_report_that_names_its_line(name: str) -> None:
    case = next(path for prefix in ("fault", "checked") if (path := CASES / f"{prefix}-{name}.log").exists())
    text = case.read_text(encoding="utf-8")
    assert f"fault={name}" in text.split("---\n")[0]
    if name in WITHOUT_PLACE:
        return
    # A fault is where it happens, or one call away; a failed check is in what was called, further down.
    reach = None if "*** PANIC" in text else 5
    lines = [line for line in text.splitlines() if re.match(r"cause  |at  |backtrace|\[.*breakpoint at| +#", line)]
    named = [line for line in lines[:reach] if "{mark:" in line]
    assert named, f"neither cause, `at` nor the frames name a line that carries `fault: ...`: {lines[:reach]}"


def test_a_mark_that_nobody_carries_is_an_error() -> None:
    with pytest.raises(MarkError, match="fault: no-such-mark"):
        fill_marks("at x ({mark:no-such-mark})")


def test_marks_become_places() -> None:
    assert re.fullmatch(r"at x \(kernel/fault/provoke_memory\.c:\d+\)", fill_marks("at x ({mark:write-null})"))
    assert marks()["write-null"].startswith("kernel/fault/provoke_memory.c:")
