"""A boot that a test watches and asks while it runs, instead of judging it at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boot import prepare, read_text
from casefile import parse_case
from golden import kernel_lines
from qemu import ROOT, SERIAL, STDERR, Machine, command, find_tools
from snapshot import start_arguments

BUILD = ROOT / "build" / "release"
WAIT_SECONDS = 60
POLL_SECONDS = 0.05


@contextmanager
def paused(header: str, work: Path, image: str = "BOOTX64.EFI", extra: tuple[str, ...] = ()) -> Iterator[Machine]:
    """The machine that a case header describes (casefile.py), in the directory `work`, stopped in its firmware; ends it with the block."""
    case = parse_case(f"about: {work.name}\n{header}---\nnot compared\n", work.name, "live.py")
    tools = find_tools(case.firmware)
    prepare(case, tools, BUILD, work, BUILD / image)
    arguments = command(case, tools, work, BUILD / image) + start_arguments(case, tools) + list(extra)
    machine = Machine(arguments, work / STDERR, ROOT)
    try:
        machine.qmp.negotiate()
        while machine.qmp.status() == "inmigrate":  # its snapshot is being read
            machine.qmp.poll(POLL_SECONDS)
        machine.qmp.execute("cont")  # for a moment: only then QEMU makes its drives ready
        machine.qmp.execute("stop")
        yield machine
    finally:
        machine.close()


@contextmanager
def running(header: str, work: Path, image: str = "BOOTX64.EFI", extra: tuple[str, ...] = ()) -> Iterator[Machine]:
    """The same, and boots it."""
    with paused(header, work, image, extra) as machine:
        machine.qmp.execute("cont")
        yield machine


def wait_for(machine: Machine, work: Path, text: str) -> None:
    """Until the text stands in the serial log, or the time is up: what is missing then, the test will find."""
    deadline = time.monotonic() + WAIT_SECONDS
    while text not in read_text(work / SERIAL) and time.monotonic() < deadline:
        machine.qmp.poll(0.1)


def log_lines(work: Path) -> list[str]:
    return kernel_lines(read_text(work / SERIAL))
