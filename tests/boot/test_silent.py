"""A machine that cannot be read over serial: the exit status and the picture tell."""

from pathlib import Path

import boot
from casefile import parse_case
from qemu import command, find_tools

CASE = """about: a machine without a serial port boots and does not hang on it
options: exit=qemu
start: cold
---
...
exit: 0x10
"""


def without_serial(*arguments, **named) -> list[str]:
    words = command(*arguments, **named)
    words[words.index("-serial") + 1] = "none"
    return words


def test_no_serial_port(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(boot, "command", without_serial)
    case = parse_case(CASE, "no-serial", "test_silent.py")
    seen = boot.boot_once(case, find_tools(), boot.ROOT / "build" / "release", tmp_path)
    assert seen.outcome.status == 33, seen.notes
    assert not seen.outcome.timed_out
    assert "Triple fault" not in seen.outcome.cpu_reset
    assert seen.raw_log == ""
