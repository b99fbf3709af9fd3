"""audit=file: the loader's findings on the boot volume, in place of those of an earlier boot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boot import ROOT, boot_once
from casefile import parse_case
from disk import DiskError, read_file
from qemu import find_tools
from runner import find_problems

BUILD = ROOT / "build" / "release"
AUDIT = r"\faultline\audit.txt"
TITLE = re.compile(r"Faultline \d+\.\d+\.\d+, firmware of \S.*, revision [0-9a-f]+, UEFI 2\.\d+")
NUMBERS = [f"{number:02}" for number in range(1, 11)]
WRITTEN = r"[    0.000000] [0] INFO  loader: audit: {n} bytes written to \faultline\audit.txt"
REFUSED = r"[    0.000000] [0] WARN  loader: audit: \faultline\audit.txt cannot be written: write protected"


def boot(work: Path, name: str, header: str, line: str) -> Path:
    """The disk after the boot, whose log must have the line."""
    text = f"about: the loader's findings as a file\nboot: fat\n{header}\n---\n...\n{line}\n...\nexit: 0x10\n! ERROR\n"
    case = parse_case(text, name, __file__)
    work.mkdir()
    result = boot_once(case, find_tools(case.firmware), BUILD, work)
    assert find_problems(case, result) == [], result.raw_log
    return work / "disk.img"


def findings(text: str) -> list[str]:
    title, *lines = text.splitlines()
    assert TITLE.fullmatch(title), title
    return lines


def test_the_file_replaces_a_longer_one(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("firmware 99 BAD  something of an earlier boot\n" * 50, encoding="ascii")
    disk = boot(tmp_path / "boot", "audit-file", f"cfg: exit=qemu audit=log,file\nfile: {AUDIT} = {old}", WRITTEN)
    lines = findings(read_file(disk, AUDIT).decode("ascii"))
    assert [line.split()[1] for line in lines] == NUMBERS
    assert all(line.split()[2] == "OK" for line in lines), lines


def test_the_folder_is_made(tmp_path: Path) -> None:
    disk = boot(tmp_path / "boot", "audit-file-new", "cfg: exit=qemu audit=file", WRITTEN)
    assert len(findings(read_file(disk, AUDIT).decode("ascii"))) == len(NUMBERS)


def test_what_is_wrong_is_in_it(tmp_path: Path) -> None:
    disk = boot(tmp_path / "boot", "audit-file-wrong", "vga: none\ncfg: exit=qemu audit=file", WRITTEN)
    assert "firmware 02 NOTE there is no graphics output" in findings(read_file(disk, AUDIT).decode("ascii"))


def test_without_the_option_nothing_is_written(tmp_path: Path) -> None:
    disk = boot(tmp_path / "boot", "audit-file-none", "cfg: exit=qemu audit=log",
                "[{time}] [0] INFO  firmware audit: {n} checks, 0 bad, {n} notes")
    with pytest.raises(DiskError, match="mtype"):
        read_file(disk, AUDIT)


def test_a_volume_that_refuses_is_named(tmp_path: Path) -> None:
    boot(tmp_path / "boot", "audit-file-readonly", "readonly: on\ncfg: exit=qemu audit=file", REFUSED)
