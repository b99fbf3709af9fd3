"""Finds QEMU and OVMF, builds the command of a case, and holds the running process.

The machine is the same on every host: software emulation, a fixed CPU model with `enforce` (QEMU then refuses to start
rather than drop a feature), no device that the case does not name.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from casefile import Case
from firmware import MissingTool, find_firmware
from qmp import Qmp

ROOT = Path(__file__).resolve().parents[2]
# Above this plain `-m` can fail: the host would have to promise the memory.
RESERVED_RAM_MAX_MIB = 8 * 1024
PR_SET_PDEATHSIG = 1
KILL_SECONDS = 10

# The files of one boot, all in one directory.
SERIAL, TRACE, VARS, DISK, STDERR = "serial.log", "cpu_reset.log", "vars.fd", "disk.img", "qemu.stderr"


class SetupError(Exception):
    """The boot could not even be tried; says what is missing."""


@dataclass(frozen=True)
class Tools:
    """Without ovmf_vars the code is one file, for -bios."""

    qemu: str
    ovmf_code: Path
    ovmf_vars: Path | None


def find_tools(firmware: str = "installed") -> Tools:
    """The environment's QEMU goes before what is installed; `firmware` is one of firmware.FIRMWARES."""
    name = os.environ.get("QEMU") or "qemu-system-x86_64"
    qemu = shutil.which(name)
    if qemu is None:
        raise MissingTool(f"{name} not found: install the package qemu-system-x86, or set QEMU")
    return Tools(qemu, *find_firmware(firmware))


def copy_variables(tools: Tools, work: Path) -> None:
    """The firmware may change its variables: each boot has its own."""
    if tools.ovmf_vars is not None:
        shutil.copyfile(tools.ovmf_vars, work / VARS)


def machine_arguments(case: Case) -> list[str]:
    """What makes the machine; the same in the command that runs and in the one to repeat by hand."""
    machine, memory = f"{case.machine},accel=tcg", ["-m", case.mem]
    if mib(case.mem) > RESERVED_RAM_MAX_MIB:
        memory += ["-object", f"memory-backend-ram,id=ram,size={case.mem},reserve=off"]
        machine += ",memory-backend=ram"
    cpu = case.cpu if "enforce" in case.cpu else f"{case.cpu},enforce"
    return ["-nodefaults", "-machine", machine, "-cpu", cpu, "-smp", case.smp, *memory, "-vga", case.vga]


def command(case: Case, tools: Tools, work: Path, image: Path, by_hand: bool = False, trace: bool = False) -> list[str]:
    """The QEMU command; `by_hand` is the one to type again: serial on the terminal, nothing written."""
    arguments = [tools.qemu, *machine_arguments(case), *_firmware(tools, None if by_hand else work / VARS)]
    arguments += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-display", "none"]
    arguments += ["-serial", "stdio" if by_hand else f"file:{_quoted(work / SERIAL)}"]
    arguments += _instruction_clock(case)
    if case.boot == "kernel":
        arguments += ["-kernel", str(image)] + (["-append", case.options] if case.options else [])
    else:
        arguments += _stick(case, work / DISK, ",snapshot=on" if by_hand else "")
    if not by_hand:
        arguments += ["-d", "cpu_reset,int" if trace else "cpu_reset", "-D", str(work / TRACE)]
    return arguments + _endings(case, trace) + list(case.qemu)


def _endings(case: Case, trace: bool) -> list[str]:
    """A declared reset or power-off has to go on, any other has to end QEMU.

    A traced run stays paused where it ended, so that the screen can still be read: QEMU keeps the exit status for `quit`.
    """
    paused = trace or "SHUTDOWN" in case.events
    return ([] if "RESET" in case.events else ["-no-reboot"]) + (["-no-shutdown"] if paused else [])


def _instruction_clock(case: Case) -> list[str]:
    """Time is what was executed, and no time of day or random number is the host's: two boots are alike."""
    if case.icount is None:
        return []
    return ["-icount", f"shift={case.icount},sleep=off", "-rtc", "clock=vm", "-seed", "1"]


def _firmware(tools: Tools, copy: Path | None) -> list[str]:
    """`copy` holds the variables of this boot; without it QEMU forgets what is written to them."""
    if tools.ovmf_vars is None:
        return ["-bios", str(tools.ovmf_code)]
    flash = "if=pflash,format=" + ("qcow2" if tools.ovmf_code.suffix == ".qcow2" else "raw")
    variables = f"{flash},unit=1,file={_quoted(copy or tools.ovmf_vars)}" + ("" if copy else ",snapshot=on")
    return ["-drive", f"{flash},unit=0,file={_quoted(tools.ovmf_code)},readonly=on", "-drive", variables]


def _stick(case: Case, image: Path, extra: str) -> list[str]:
    drive = f"if=none,id=esp,format=raw,file={_quoted(image)}{extra}" + (",readonly=on" if case.readonly == "on" else "")
    controller = ["-device", "qemu-xhci"] if case.stick == "usb" else []
    device = {"usb": "usb-storage", "virtio": "virtio-blk-pci", "sata": "ide-hd"}[case.stick]
    return [*controller, "-drive", drive, "-device", f"{device},drive=esp,bootindex=0"]


def _quoted(path: Path) -> str:
    """QEMU reads a doubled comma inside an option as one comma of the value."""
    return str(path).replace(",", ",,")


def mib(memory: str) -> int:
    """What `-m` asks for; 0 when it is not to be understood."""
    match = re.match(r"(?:size=)?(\d+)([MGT]?)", memory)
    if match is None:
        return 0
    return int(match[1]) * {"": 1, "M": 1, "G": 1024, "T": 1024 * 1024}[match[2]]


class Machine:
    """A QEMU process, and its QMP. It starts paused, so that no event is lost before somebody listens."""

    def __init__(self, arguments: list[str], stderr: Path, directory: Path) -> None:
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        arguments = [*arguments, "-S", "-chardev", f"socket,id=qmp,fd={number}", "-mon", "chardev=qmp,mode=control"]
        self._socket = ours
        self.qmp = Qmp(ours)
        with theirs, stderr.open("wb") as errors:
            self.process = subprocess.Popen(arguments, cwd=directory, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                            pass_fds=[number], preexec_fn=_die_with_parent)

    def start(self) -> None:
        self.qmp.negotiate()
        self.qmp.execute("cont")

    def wait(self) -> int:
        """The exit status of a QEMU that is about to end; what it still says by QMP is read to the end."""
        deadline = time.monotonic() + KILL_SECONDS
        while not self.qmp.closed and time.monotonic() < deadline:
            self.qmp.poll(KILL_SECONDS)
        return self.process.wait(KILL_SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(KILL_SECONDS)
        self._socket.close()


def _die_with_parent() -> None:
    """A test run that is killed must not leave its QEMU behind. Linux only; elsewhere nothing is lost but this."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        pass
