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
from qmp import Qmp

OVMF_PAIRS = (
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2", "/usr/share/edk2/ovmf/OVMF_VARS_4M.qcow2"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
)
# Above this plain `-m` can fail: the host would have to promise the memory.
RESERVED_RAM_MAX_MIB = 8 * 1024
PR_SET_PDEATHSIG = 1
KILL_SECONDS = 10

# The files of one boot, all in one directory.
SERIAL, TRACE, VARS, DISK = "serial.log", "cpu_reset.log", "vars.fd", "disk.img"


class MissingTool(Exception):
    """A program or file that has to be installed; names the package."""


@dataclass(frozen=True)
class Tools:
    qemu: str
    ovmf_code: Path
    ovmf_vars: Path


def find_tools() -> Tools:
    """The environment's QEMU, OVMF_CODE and OVMF_VARS go before what is installed."""
    name = os.environ.get("QEMU") or "qemu-system-x86_64"
    qemu = shutil.which(name)
    if qemu is None:
        raise MissingTool(f"{name} not found: install the package qemu-system-x86, or set QEMU")
    code, variables = os.environ.get("OVMF_CODE"), os.environ.get("OVMF_VARS")
    pairs = [(code, variables)] if code and variables else OVMF_PAIRS
    for pair in pairs:
        if all(Path(file).is_file() for file in pair):
            return Tools(qemu, Path(pair[0]).resolve(), Path(pair[1]).resolve())
    raise MissingTool("OVMF not found: install the package ovmf, or set OVMF_CODE and OVMF_VARS both")


def machine_arguments(case: Case) -> list[str]:
    """What makes the machine; the same in the command that runs and in the one to repeat by hand."""
    machine, memory = f"{case.machine},accel=tcg", ["-m", case.mem]
    if _mib(case.mem) > RESERVED_RAM_MAX_MIB:
        memory += ["-object", f"memory-backend-ram,id=ram,size={case.mem},reserve=off"]
        machine += ",memory-backend=ram"
    cpu = case.cpu if "enforce" in case.cpu else f"{case.cpu},enforce"
    return ["-nodefaults", "-machine", machine, "-cpu", cpu, "-smp", case.smp, *memory, "-vga", case.vga]


def command(case: Case, tools: Tools, work: Path, image: Path, by_hand: bool = False, trace: bool = False) -> list[str]:
    """The QEMU command; `by_hand` is the one to type again: serial on the terminal, nothing written."""
    variables = tools.ovmf_vars if by_hand else work / VARS
    arguments = [tools.qemu, *machine_arguments(case)]
    arguments += _pflash(0, tools.ovmf_code, "readonly=on")
    arguments += _pflash(1, variables, "snapshot=on" if by_hand else "")
    arguments += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-display", "none"]
    arguments += ["-serial", "stdio" if by_hand else f"file:{_quoted(work / SERIAL)}"]
    if case.boot == "kernel":
        arguments += ["-kernel", str(image)] + (["-append", case.options] if case.options else [])
    else:
        snapshot = ",snapshot=on" if by_hand else ""
        arguments += ["-drive", f"if=none,id=esp,format=raw,file={_quoted(work / DISK)}{snapshot}"]
        arguments += ["-device", "virtio-blk-pci,drive=esp,bootindex=0"]
    if not by_hand:
        arguments += ["-d", "cpu_reset,int" if trace else "cpu_reset", "-D", str(work / TRACE)]
    return arguments + _endings(case, trace) + list(case.qemu)


def _endings(case: Case, trace: bool) -> list[str]:
    """A declared reset or power-off has to go on, any other has to end QEMU.

    A traced run stays paused where it ended, so that the screen can still be read: QEMU keeps the exit status for `quit`.
    """
    paused = trace or "SHUTDOWN" in case.events
    return ([] if "RESET" in case.events else ["-no-reboot"]) + (["-no-shutdown"] if paused else [])


def _pflash(unit: int, file: Path, extra: str) -> list[str]:
    kind = "qcow2" if file.suffix == ".qcow2" else "raw"
    text = f"if=pflash,unit={unit},format={kind},file={_quoted(file)}"
    return ["-drive", text + (f",{extra}" if extra else "")]


def _quoted(path: Path) -> str:
    """QEMU reads a doubled comma inside an option as one comma of the value."""
    return str(path).replace(",", ",,")


def _mib(memory: str) -> int:
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
