"""scripts/symbolize on real reports, of a kernel that could not name its addresses: its symbol table is damaged."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from boot import ROOT, boot_once
from casefile import parse_case
from qemu import find_tools
from test_symbols_damaged import damaged_image, flip_a_byte

CASE = """about: a report to be read elsewhere
options: exit=qemu color=1 fault={fault}
status: 35
---
...
exit: 0x11
"""


def symbolize(*arguments: str, text: str = "") -> tuple[int, str, str]:
    done = subprocess.run(["scripts/symbolize", *arguments], cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def report(fault: str, work: Path) -> str:
    (work / "release").mkdir()
    (work / "boot").mkdir()
    (work / "release" / "BOOTX64.EFI").write_bytes(damaged_image(flip_a_byte))
    log = boot_once(parse_case(CASE.format(fault=fault), fault, "test_symbolize.py"), find_tools(), work / "release", work / "boot").raw_log
    assert "*** END OF REPORT" in log, log
    return log


@pytest.fixture(scope="module")
def null_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report("write-null", tmp_path_factory.mktemp("null"))


@pytest.fixture(scope="module")
def inlined_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report("execute-data", tmp_path_factory.mktemp("inlined"))


def test_addresses_are_told_by_function_and_line(null_report: str) -> None:
    status, output, complaints = symbolize("-", text=null_report)
    assert (status, complaints) == (0, "")
    assert re.search(r"\nat +([0-9a-f]{16})\n +\1 is write_null \(kernel/fault/\w+\.c:\d+\)\n", output), output
    assert re.search(r"\n +rip ([0-9a-f]{16}) .*\n +\1 is write_null \(", output), output
    assert re.search(r"\n +#\d +([0-9a-f]{16})\n +\1 is behind a call in kernel_main \(kernel/main\.c:\d+\)\n", output), output
    assert re.search(r"\nmemory .* ([0-9a-f]{16}) .*\n +\1 is behind a call in .*fault_menu_at_stage \(", output), output


def test_every_line_of_the_log_is_kept_without_colours(null_report: str) -> None:
    added = re.compile(r"^ {11}(?:[0-9a-f]{16} is |(?:->|  ) [0-9a-f]{16}  )")
    kept = [line for line in symbolize("-", text=null_report)[1].splitlines() if not added.match(line)]
    assert "\x1b" in null_report
    assert kept == re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])", "", null_report).replace("\r", "").splitlines()


def test_code_is_decoded_from_a_whole_instruction_on(null_report: str) -> None:
    output = symbolize("-", text=null_report)[1]
    rip = re.search(r"\brip ([0-9a-f]{16})", output)[1]
    code = re.search(r"\ncode .*\n((?: {11}(?:->|  ) .*\n)+)", output)[1].splitlines()
    marked = [line for line in code if "->" in line]
    assert len(marked) == 1 and re.match(rf" +-> {rip}  movq +\$0x1,\(%r[a-z0-9]+\)", marked[0]), code
    before = code[:code.index(marked[0])]
    assert before and re.search(r"  mov +0x[0-9a-f]+\(%rip\),%r", before[-1]), "what loads the pointer is there in whole"
    assert not any("(bad)" in line for line in code[:code.index(marked[0]) + 1])


def test_code_behind_a_long_instruction_is_decoded(tmp_path: Path) -> None:
    """objdump breaks the bytes of instructions over 7 bytes into lines: only the first begins one."""
    _, output, _ = symbolize("-", text=report("non-canonical-write", tmp_path))
    assert re.search(r"\n +-> [0-9a-f]{16}  movl +\$0x0,\(%rax,%rdx,4\)\n", output), output


def test_inlined_calls_are_expanded(inlined_report: str) -> None:
    output = symbolize("-", text=inlined_report)[1]
    chain = r"behind a call in call_address \(kernel/fault/\w+\.c:\d+\), inlined into execute_data \(kernel/fault/\w+\.c:\d+\)"
    assert re.search(chain, output), output


def test_a_panic_is_where_it_was_called_from(tmp_path: Path) -> None:
    output = symbolize("-", text=report("panic", tmp_path))[1]
    for label in ("at", " +rip", "(?:backtrace)? +#0"):
        assert re.search(rf"\n{label} +([0-9a-f]{{16}})\b.*\n +\1 is behind a call in fail_panic \(", output), output


@pytest.mark.parametrize("kernel", ["build/checked/kernel.elf", "README.md"])
def test_another_kernel_is_refused(null_report: str, kernel: str) -> None:
    status, output, complaints = symbolize("--kernel", kernel, "-", text=null_report)
    assert status == 1
    assert re.search(rf"the kernel at hand is not the one that wrote this log: it was [0-9a-f]{{12}}, but {kernel} is", complaints)
    assert " is write_null" not in output and "*** END OF REPORT" in output
    assert re.search(r"-> [0-9a-f]{16}  movq", output), "code needs no kernel"


def test_a_kernel_of_another_build_is_refused(null_report: str) -> None:
    altered = re.sub(r"(Faultline \S+ \()[0-9a-f]{12}", r"\g<1>0123456789ab", null_report)
    status, output, complaints = symbolize("-", text=altered)
    assert status == 1 and "it was 0123456789ab, but build/" in complaints.replace(f"{ROOT}/", "")
    assert " is write_null" not in output


def test_a_stripped_kernel_is_named_as_such(null_report: str) -> None:
    status, _, complaints = symbolize("--kernel", "build/release/kernel.stripped", "-", text=null_report)
    assert status == 1 and "build/release/kernel.stripped has no symbols" in complaints


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert symbolize(str(tmp_path / "none")) == (1, "", f"symbolize: {tmp_path}/none cannot be read: No such file or directory\n")
    status, _, complaints = symbolize("--kernel", str(tmp_path / "none"), "-", text="Faultline 1 (0123456789ab)\n")
    assert status == 1 and f"{tmp_path}/none: there is no such file" in complaints


def test_a_log_without_a_report(null_report: str) -> None:
    banner = next(line for line in null_report.splitlines() if "Faultline" in line and "(" in line)
    assert symbolize("-", text=banner)[::2] == (0, "symbolize: there is no fault report in it\n")
    status, output, complaints = symbolize("-", text="hello\n")
    assert (status, output) == (1, "hello\n") and "the log names no build" in complaints
