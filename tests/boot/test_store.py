"""Reports that survive the reset: what the kernel stores, and what the next boot makes a file of, is what it printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boot import ROOT, Boot, boot_once
from casefile import Case, parse_case
from disk import DiskError, make_image, read_file, remove_file, write_file
from live import paused, wait_for
from qemu import DISK, SERIAL, VARS, find_tools
from runner import find_problems
from variables import stored_reports
from verdict import Event

BUILD = ROOT / "build" / "release"
FAT = "boot: fat\ncfg: exit=qemu run=none\n"
# How the disk is prepared, and what is said of it; the first row in tier test, all in tier full.
LACKS = [
    ("full", r"\faultline: volume full"),
    ("almost full", r"\faultline\crash-0001.txt: volume full"),
    ("a file", r"\faultline\crash-0001.txt: not found"),
    ("many", r"\faultline\crash-0100.txt: there are 100 such files already"),
]
QUIET = "! loader: crash\nexit: 0x10\n"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "prepared" in metafunc.fixturenames:
        rows = LACKS if metafunc.config.getoption("tier") == "full" else LACKS[:1]
        metafunc.parametrize(("prepared", "problem"), rows, ids=[row[0] for row in rows])


def case(header: str, golden: str, name: str = "store") -> Case:
    return parse_case(f"about: {name}\n{header}---\n...\n{golden}", name, "test_store.py")


def boot(work: Path, header: str, golden: str, again: bool = False) -> Boot:
    """A boot of which nothing may be wrong; `again`: with the variables and the disk of the one before."""
    it = case(header, golden)
    done = boot_once(it, find_tools(), BUILD, work, again=again)
    assert find_problems(it, done) == [], done.raw_log
    return done


def reports(log: str) -> list[str]:
    """The fatal reports on the serial port, each ended by LF."""
    text = log.replace("\r\n", "\n")
    return [found + "\n" for found in re.findall(r"^\*\*\* (?:FAULT|PANIC).*?^\*\*\* END OF REPORT$", text, re.M | re.S)]


def crash(work: Path, fault: str, machine: str = "", again: bool = True) -> str:
    """A boot that ends with a report, from a volume that takes no files: so the record stays. Returns the report."""
    header = f"options: exit=qemu fault={fault}\nstatus: 35\nstart: cold\n{machine}"
    done = boot(work, header, "stored     {n} bytes in {n} of the firmware's variables, in {n} ms\nexit: 0x11\n", again)
    return reports(done.raw_log)[-1]


def kept(work: Path, number: int) -> str:
    return read_file(work / DISK, rf"\faultline\crash-{number:04}.txt").decode()


def make_disk(work: Path) -> None:
    (work / "faultline.cfg").write_text("exit=qemu run=none\n")
    make_image(work / DISK, {r"\EFI\BOOT\BOOTX64.EFI": BUILD / "BOOTX64.EFI", r"\faultline.cfg": work / "faultline.cfg"})


def keeps(number: int) -> str:
    return "[{time}] [0] INFO  loader: crash: kept as \\faultline\\crash-" + f"{number:04}.txt, {{n}} bytes\n...\n"


def test_reports_become_files_of_the_next_boot(tmp_path: Path) -> None:
    """Of four crashes in a row, which no file could be written of, the oldest stay, and the newest."""
    told = [crash(tmp_path, "write-null", again=False), crash(tmp_path, "stack-overflow"), crash(tmp_path, "divide")]
    assert list(stored_reports((tmp_path / VARS).read_bytes()).values()) == told
    told[2] = crash(tmp_path, "panic@3", "smp: 4\n")
    make_disk(tmp_path)
    boot(tmp_path, FAT, keeps(3) + "exit: 0x10\n", again=True)
    assert [kept(tmp_path, number) for number in (1, 2, 3)] == told
    boot(tmp_path, FAT, QUIET, again=True)  # the records are gone


def test_the_round_trip_needs_nobody(tmp_path: Path) -> None:
    """In one machine: the fault, the reset, and the file. The next boot has the same options, and five seconds before its reset."""
    header = "boot: fat\ncfg: fault=interrupt-fault panic=5\nevents: RESET\nstatus: stays\n"
    golden = "*** END OF REPORT\n...\n" + keeps(1) + "*** END OF REPORT\nstored     {text}\n"
    done = boot(tmp_path, header, golden)
    assert kept(tmp_path, 1) == reports(done.raw_log)[0]


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_panic_reboot_resets_the_machine(tmp_path: Path, machine: str) -> None:
    """By the register that ACPI names, and on the older machine, where none is named, by the chipset's."""
    header = f"options: fault=write-null panic=reboot\nmachine: {machine}\nevents: SHUTDOWN\nstatus: stays\n"
    golden = "next       this machine restarts, as panic=reboot says\n...\nstored     {text}\n"
    done = boot(tmp_path, header, golden)
    assert Event("SHUTDOWN", "guest-reset", guest=True) in done.outcome.events


def test_a_record_that_cannot_be_kept_stays(tmp_path: Path, prepared: str, problem: str) -> None:
    told = crash(tmp_path, "write-null", again=False)
    make_disk(tmp_path)
    prepare_disk(tmp_path, prepared)
    before = (tmp_path / DISK).read_bytes()
    stays = "[{time}] [0] WARN  loader: crash: it stays in the firmware's variables: " + problem + "\n...\nexit: 0x10\n"
    boot(tmp_path, FAT, stays, again=True)
    assert list(stored_reports((tmp_path / VARS).read_bytes()).values()) == [told]
    if "full" in prepared:
        with pytest.raises(DiskError, match="not found"):
            kept(tmp_path, 1)  # no half of it is left behind
    else:
        assert (tmp_path / DISK).read_bytes() == before


def prepare_disk(work: Path, how: str) -> None:
    disk, some = work / DISK, work / "some"
    some.write_bytes(b"x")
    if how == "a file":
        write_file(disk, r"\faultline", some)
        return
    if how == "many":
        make_image(disk, {r"\EFI\BOOT\BOOTX64.EFI": BUILD / "BOOTX64.EFI", r"\faultline.cfg": work / "faultline.cfg",
                          **{rf"\faultline\crash-{number:04}.txt": some for number in range(1, 101)}})
        return
    fill(disk, some, 0 if how == "full" else 1024)


def fill(disk: Path, some: Path, left: int) -> None:
    """Every byte of the volume but `left`, which is in clusters of 512 bytes: a folder takes one, and a file what it needs."""
    names = 0
    for size in (1 << shift for shift in range(20, 8, -1)):
        some.write_bytes(b"x" * size)
        while True:
            try:
                write_file(disk, rf"\fill{names}", some)
            except DiskError:
                break
            names += 1
    for number in range(left // 512):  # the last files have one cluster each
        remove_file(disk, rf"\fill{names - 1 - number}")


def writes_variables(work: Path, options: str, ending: str) -> bool:
    """Of a boot from a firmware snapshot, so that what the firmware itself writes when it boots is done."""
    work.mkdir()
    with paused(f"options: exit=qemu {options}\n", work) as machine:
        before = (work / VARS).read_bytes()
        machine.qmp.execute("cont")
        wait_for(machine, work, ending)
    assert ending in (work / SERIAL).read_text()
    return (work / VARS).read_bytes() != before


def test_only_a_fatal_report_writes_variables(tmp_path: Path) -> None:
    assert not writes_variables(tmp_path / "none", "selftest=breakpoint", "exit: 0x10")
    assert not writes_variables(tmp_path / "warning", "fault=warning", "exit: 0x10")
    assert not writes_variables(tmp_path / "off", "store=0 fault=write-null", "exit: 0x11")
    assert writes_variables(tmp_path / "on", "fault=write-null", "exit: 0x11")
