"""A debugger for machines of several CPUs, which gdb cannot be: some CPUs go on while others stay where they are.

It speaks gdb's remote protocol (GDB manual, appendix E) with QEMU's own server, as far as needed: breakpoints, registers,
and which CPUs go on. CPUs count from 0, as in the log; the protocol's threads count from 1.
"""

from __future__ import annotations

import re
import select
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from boot import ROOT
from qemu import Machine

ANSWER_SECONDS = 60.0
KERNEL = ROOT / "build" / "release" / "kernel.elf"
RAX, RDX, RSP, RIP = 0, 3, 7, 16  # in the order of `g`: rax rbx rcx rdx rsi rdi rbp rsp r8-r15 rip
REGISTER_DIGITS = 16


class DebuggerError(Exception):
    """QEMU refused, or did not answer in time."""


def symbol(name: str, file: Path = KERNEL) -> int:
    """Where the symbol lies, of the kernel unless it is another file's."""
    listing = subprocess.run(["nm", str(file)], capture_output=True, text=True, check=True).stdout
    match = re.search(rf"^([0-9a-f]+) \w {re.escape(name)}$", listing, re.M)
    if match is None:
        raise DebuggerError(f"{file} has no symbol {name}")
    return int(match[1], 16)


class Debugger:
    """For a machine that runs no kernel yet: it is stopped, and waits for go_on()."""

    def __init__(self, machine: Machine, work: Path) -> None:
        path = work / "debugger"
        machine.qmp.execute("human-monitor-command", command_line=f"gdbserver unix:{path},server=on,wait=off")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._buffer = b""

    def close(self) -> None:
        self._socket.close()

    def set_breakpoint(self, address: int) -> None:
        self._demand(f"Z0,{address:x},1")

    def remove_breakpoint(self, address: int) -> None:
        self._demand(f"z0,{address:x},1")

    def registers(self, cpu: int) -> str:
        """rax to rip and all that follows, in hexadecimal digits as the protocol has them."""
        self._choose(cpu)
        return self._ask("g")

    def register(self, cpu: int, number: int) -> int:
        digits = self.registers(cpu)[number * REGISTER_DIGITS:(number + 1) * REGISTER_DIGITS]
        return int.from_bytes(bytes.fromhex(digits), "little")

    def read_word(self, cpu: int, address: int) -> int:
        """8 bytes of memory, as that CPU sees it."""
        self._choose(cpu)
        return int.from_bytes(bytes.fromhex(self._ask(f"m{address:x},8")), "little")

    def set_register(self, cpu: int, number: int, value: int) -> None:
        self._choose(cpu)
        self._demand(f"P{number:x}={value.to_bytes(8, 'little').hex()}")

    def go_on(self, cpus: Iterable[int]) -> None:
        """These go on, and the others stay where they are."""
        self._send("vCont" + "".join(f";c:{cpu + 1:x}" for cpu in cpus))

    def step(self, cpu: int) -> None:
        self._send(f"vCont;s:{cpu + 1:x}")
        self.wait_for_stop()

    def stop(self) -> None:
        """Stops all CPUs that run."""
        self._socket.sendall(b"\x03")
        self.wait_for_stop()

    def wait_for_stop(self) -> int:
        """Waits until a breakpoint is met or all have been stopped; returns the CPU that this is about."""
        answer = self._receive()
        match = re.match(r"T..thread:(?:p\w+\.)?(\w+);", answer)
        if match is None:
            raise DebuggerError(f"not a stop: {answer}")
        return int(match[1], 16) - 1

    def run_to(self, address: int, cpus: Iterable[int]) -> None:
        """These go on until one of them is about to execute what lies there."""
        self.set_breakpoint(address)
        self.go_on(cpus)
        self.wait_for_stop()
        self.remove_breakpoint(address)

    def _choose(self, cpu: int) -> None:
        self._demand(f"Hg{cpu + 1:x}")

    def _demand(self, packet: str) -> None:
        answer = self._ask(packet)
        if answer != "OK":
            raise DebuggerError(f"{packet}: {answer or 'not supported'}")

    def _ask(self, packet: str) -> str:
        self._send(packet)
        return self._receive()

    def _send(self, packet: str) -> None:
        data = packet.encode()
        self._socket.sendall(b"$%b#%02x" % (data, sum(data) & 0xff))

    def _receive(self) -> str:
        """The next packet; those that only acknowledge one are passed over. The connection loses nothing, so checksums are not looked at."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while (match := re.search(rb"\$([^#]*)#[0-9a-f]{2}", self._buffer)) is None:
            if not select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise DebuggerError(f"no answer in {ANSWER_SECONDS:.0f} s")
            data = self._socket.recv(65536)
            if not data:
                raise DebuggerError("QEMU is gone")
            self._buffer += data
        self._buffer = self._buffer[match.end():]
        self._socket.sendall(b"+")
        return match[1].decode()
