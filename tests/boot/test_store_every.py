"""Every case that ends with a stored report, and every status that the firmware may answer with; a few of both in tier test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boot import ROOT, boot_once
from casefile import Case
from conftest import CASES, read_case
from qemu import VARS, find_tools
from runner import find_problems
from test_store import BUILD, boot, reports
from variables import stored_reports

FEW = {"fault-write-null", "fault-stack-overflow", "fault-panic", "fault-interrupt-fault", "store-small"}
FEW_STATUSES = {2, 8, 9}


def stored_cases(tier: str) -> list[Case]:
    """By what their golden lines say; those of builds and firmware that every machine has."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*.log"))}
    cases = [read_case(path) for path, text in texts.items() if "\nstored     " in text]
    return [case for case in cases if case.tier == "test" and case.status == 35 and (tier == "full" or case.name in FEW)]


def statuses(tier: str) -> list[tuple[int, str]]:
    """As lib/efi_status.c lists them."""
    source = (ROOT / "kernel" / "lib" / "efi_status.c").read_text(encoding="utf-8")
    listed = [(int(number), text) for number, text in re.findall(r'^ +\[(\d+)\] = "(.*)",$', source, re.M) if number != "0"]
    assert len(listed) > 25
    return [row for row in listed if tier == "full" or row[0] in FEW_STATUSES]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    tier = metafunc.config.getoption("tier")
    if "stored_case" in metafunc.fixturenames:
        metafunc.parametrize("stored_case", stored_cases(tier), ids=lambda case: case.name)
    if "status" in metafunc.fixturenames:
        metafunc.parametrize(("status", "text"), statuses(tier), ids=str)


def test_what_is_stored_is_what_was_printed(tmp_path: Path, stored_case: Case) -> None:
    done = boot_once(stored_case, find_tools(stored_case.firmware), BUILD, tmp_path)
    assert find_problems(stored_case, done) == [], done.raw_log
    assert list(stored_reports((tmp_path / VARS).read_bytes()).values()) == reports(done.raw_log)


def test_each_status_is_told_by_name(tmp_path: Path, status: int, text: str) -> None:
    header = f"options: store-set-{status} exit=qemu fault=write-null\nimage: loaders/hooks.efi\nstatus: 35\n"
    boot(tmp_path, header, f"not stored SetVariable: {text} (EFI status 80000000000000{status:02x})\nexit: 0x11\n")
