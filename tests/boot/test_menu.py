"""The loader's menu on the firmware's console, as a user at the keyboard has it."""

import re
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from boot import ROOT, read_text
from live import BUILD, log_lines, running, wait_for
from qemu import SERIAL, Machine

PROMPT = "  options: "
NAMES = {" ": ["spc"], "=": ["equal"], "-": ["minus"], "\n": ["ret"], "\b": ["backspace"], "\x1b": ["esc"], "@": ["shift", "2"]}
LISTED = re.compile(r"INFO  fault=(\S+) +(.*)")
WAIT_SECONDS = 60


def press(machine: Machine, keys: Iterable[str]) -> None:
    for key in keys:
        machine.qmp.execute("send-key", keys=[{"type": "qcode", "data": name} for name in NAMES.get(key, [key])])
        machine.qmp.poll(0.2)  # the keyboard's own buffer is small


def options_shown(machine: Machine, work: Path, count: int = 1) -> str:
    """Waits until the menu has been shown so often; returns the options that it shows."""
    deadline = time.monotonic() + WAIT_SECONDS
    while read_text(work / SERIAL).count(PROMPT) < count and time.monotonic() < deadline:
        machine.qmp.poll(0.1)
    machine.qmp.poll(0.5)
    return read_text(work / SERIAL).split(PROMPT)[count].splitlines()[0].strip()


def test_the_names_are_those_of_the_kernel() -> None:
    golden = (ROOT / "tests" / "boot" / "cases" / "fault-list.log").read_text()
    names = (BUILD / "fault_names.txt").read_text().splitlines()
    assert names == [f"{name} {what}" for name, what in LISTED.findall(golden)]


def test_time_is_up(tmp_path: Path) -> None:
    with running("options: timeout=1\n", tmp_path) as machine:
        assert options_shown(machine, tmp_path) == "timeout=1"
        wait_for(machine, tmp_path, "ended with code 0")
    assert any("loader: options: from load options" in line for line in log_lines(tmp_path))


def test_a_fault_is_picked(tmp_path: Path) -> None:
    with running("options: timeout=60\n", tmp_path) as machine:
        options_shown(machine, tmp_path)
        press(machine, "f")
        press(machine, "\n")  # the second page
        press(machine, "write-nul\n")  # there is none
        options_shown(machine, tmp_path, 2)
        assert 'there is no fault "write-nul"' in read_text(tmp_path / SERIAL)
        press(machine, "fwrite-nulx\bl@0\n")
        assert options_shown(machine, tmp_path, 3) == "timeout=60 fault=write-null@0"
        press(machine, "\n")
        wait_for(machine, tmp_path, "*** END OF REPORT")
    log = log_lines(tmp_path)
    assert any("loader: options: from the menu" in line for line in log), log
    assert any("write to a null pointer" in line for line in log), log


def test_options_are_edited(tmp_path: Path) -> None:
    with running("options: timeout=60\n", tmp_path) as machine:
        options_shown(machine, tmp_path)
        press(machine, "e color=1\x1b")  # taken back
        assert options_shown(machine, tmp_path, 2) == "timeout=60"
        press(machine, "e" + 2 * "\b" + " run=none\n")
        assert options_shown(machine, tmp_path, 3) == "timeout= run=none"
        press(machine, "\n")
        wait_for(machine, tmp_path, "ready:")
        machine.qmp.poll(1)
    log = log_lines(tmp_path)
    assert any('option "timeout=" ignored' in line for line in log), log
    assert not any("demo" in line for line in log if "program demo:" not in line), log


def test_the_last_crash_is_shown(tmp_path: Path) -> None:
    """The text that was kept last, page by page."""
    lines = [f"line {number} of the report" for number in range(1, 31)]
    for number, text in ((1, "an older one"), (2, "\n".join(lines))):
        (tmp_path / f"crash-{number}").write_text(text + "\n")
    files = "".join(f"file: \\faultline\\crash-000{number}.txt = {tmp_path}/crash-{number}\n" for number in (1, 2))
    with running(f"boot: fat\ncfg: timeout=60\n{files}", tmp_path) as machine:
        options_shown(machine, tmp_path)
        press(machine, "c")
        assert "line 18 of" in read_text(tmp_path / SERIAL) and "line 19 of" not in read_text(tmp_path / SERIAL)
        press(machine, "x")
        options_shown(machine, tmp_path, 2)
        press(machine, "c\x1b")
        options_shown(machine, tmp_path, 3)
    shown = read_text(tmp_path / SERIAL)
    assert "crash-0002.txt" in shown and "an older one" not in shown
    assert [shown.count(line + "\r\n") for line in lines] == [2] * 18 + [1] * 12


def test_no_crash_was_kept(tmp_path: Path) -> None:
    with running("options: timeout=60\n", tmp_path) as machine:
        options_shown(machine, tmp_path)
        press(machine, "c")
        options_shown(machine, tmp_path, 2)
        assert "there is no \\faultline\\crash-NNNN.txt" in read_text(tmp_path / SERIAL)


def test_the_audit_is_run(tmp_path: Path) -> None:
    with running("options: timeout=60\n", tmp_path) as machine:
        options_shown(machine, tmp_path)
        press(machine, "a")
        wait_for(machine, tmp_path, "ready:")
    log = log_lines(tmp_path)
    assert sum(" INFO  firmware " in line for line in log) >= 25, log


def test_back_to_the_firmware(tmp_path: Path) -> None:
    with running("options: timeout=60\n", tmp_path) as machine:
        options_shown(machine, tmp_path)
        press(machine, "q")
        machine.qmp.poll(3)
    text = read_text(tmp_path / SERIAL)
    assert "cannot start" not in text and "ready:" not in text


@pytest.mark.parametrize(("key", "shows"), [("m", True), ("spc", True), ("ret", False)])
def test_a_key_is_held(key: str, shows: bool, tmp_path: Path) -> None:
    """Enter is what the firmware's own menus are left with: it may be down still."""
    with running("start: cold\n", tmp_path) as machine:
        for _ in range(600):
            machine.qmp.execute("send-key", keys=[{"type": "qcode", "data": key}])
            machine.qmp.poll(0.1)
            if any(text in read_text(tmp_path / SERIAL) for text in (PROMPT, "ready:")):
                break
        assert (PROMPT in read_text(tmp_path / SERIAL)) == shows
