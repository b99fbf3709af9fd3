"""What not every machine has: a case that needs it is not collected there, and the run says so.

Everything else that is missing is an error of the set-up and fails the case.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from functools import cache

from casefile import Case
from firmware import MissingTool, find_firmware
from qemu import find_tools

# Values of `-vga` whose device is in a package of its own.
OPTIONAL_CARDS = {"qxl": ("qxl-vga", "qemu-system-modules-spice")}


def lacking(case: Case) -> str | None:
    """Why this machine cannot run the case, or None."""
    try:
        if case.vga in OPTIONAL_CARDS:
            _find_device(*OPTIONAL_CARDS[case.vga])
        if case.firmware != "installed":
            find_firmware(case.firmware)
    except MissingTool as error:
        return str(error)
    return None


def not_collected(cases: Iterable[Case]) -> list[str]:
    """One line for each reason, with the cases that it keeps from being run."""
    names: dict[str, list[str]] = {}
    for case in cases:
        reason = lacking(case)
        if reason is not None:
            names.setdefault(reason, []).append(case.name)
    return [f"not collected: {', '.join(sorted(of_reason))} ({reason})" for reason, of_reason in sorted(names.items())]


def _find_device(device: str, package: str) -> None:
    if f'name "{device}"' not in _known_devices():
        raise MissingTool(f"QEMU has no {device}: install the package {package}")


@cache
def _known_devices() -> str:
    return subprocess.run([find_tools().qemu, "-device", "help"], capture_output=True, text=True, check=False).stdout
