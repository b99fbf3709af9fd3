"""Firmware snapshots: a machine saved where its firmware has just started a program, so that a boot takes 0.2 s, not 5.

The program (loaders/snapshot.c) waits until it finds itself in another QEMU, and starts what that one's -kernel and
-append name. So the command that restores a snapshot is the one of a cold boot, and `-incoming`. Only icount comes with
restoring: firmware that starts hundreds of CPUs under it takes minutes.

A snapshot is made when a case first needs it, and lies in build/snapshots under a name of three digests: of QEMU, the
firmware and the program; of the whole machine; of its own bytes. A file whose bytes do not fit its name is thrown away
with a warning; making one throws away those of another QEMU, firmware or program, and what nobody used for a week.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shlex
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from casefile import Case
from qemu import RESERVED_RAM_MAX_MIB, ROOT, SERIAL, STDERR, Machine, SetupError, Tools, command, copy_variables, mib
from qmp import QmpError

FOLDER = ROOT / "build" / "snapshots"
PROGRAM = ROOT / "build" / "release" / "loaders" / "snapshot.efi"
WAITING = b"snapshot: waiting"
# The program waits for any other command line than this, its own.
COMMAND_LINE = "(the command line of the firmware snapshot)"
MAKE_SECONDS = 120
POLL_SECONDS = 0.05
UNUSED_SECONDS_MAX = 7 * 24 * 3600
DIGEST_LETTERS = 16


class Damaged(UserWarning):
    """A snapshot was thrown away and made again."""


def starts_cold(case: Case) -> bool:
    """A snapshot is of the firmware's end, and a big machine takes longer to save than to boot."""
    return (case.start == "cold" or case.boot != "kernel" or case.from_firmware or case.firmware != "installed"
            or "RESET" in case.events or case.name.startswith("matrix-") or mib(case.mem) > RESERVED_RAM_MAX_MIB)


def start_arguments(case: Case, tools: Tools) -> list[str]:
    """What QEMU needs beside command() to start this case: nothing, or its snapshot, which is made if need be."""
    if starts_cold(case):
        return []
    return ["-incoming", f"exec:cat {shlex.quote(str(obtain(case, tools)))}"]


def obtain(case: Case, tools: Tools) -> Path:
    """The snapshot of the case's machine. Whoever else needs it at the same time waits until it is made."""
    if not PROGRAM.is_file():
        raise SetupError(f"{PROGRAM} is missing: `make boot-test-images` builds it")
    case = replace(case, options=COMMAND_LINE, events=(), status=33, icount=None)
    tools_key = _tools_key(tools)
    name = f"{tools_key}-{_machine_key(case, tools)}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _locked(FOLDER / f"{name}.lock"):
        snapshot = _find(name)
        if snapshot is None:
            _throw_away_old(tools_key)
            made = FOLDER / f"{name}.made"
            _make(case, tools, made)
            snapshot = made.rename(FOLDER / f"{name}-{_digest(made)}.snapshot")
        os.utime(snapshot, ns=(time.time_ns(), snapshot.stat().st_mtime_ns))
    return snapshot


def _tools_key(tools: Tools) -> str:
    files = filter(None, (Path(tools.qemu), tools.ovmf_code, tools.ovmf_vars, PROGRAM))
    return _key([_version(tools.qemu), *map(_digest, files)])


def _machine_key(case: Case, tools: Tools) -> str:
    """The whole command counts, and what is in the files that it names."""
    words = command(case, tools, Path("work"), PROGRAM)
    files = [ROOT / part for word in words for part in re.split("[=,]", word) if part and (ROOT / part).is_file()]
    return _key([*words, *map(_digest, files)])


def _key(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:DIGEST_LETTERS]


@lru_cache
def _version(qemu: str) -> str:
    return subprocess.run([qemu, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout


def _digest(file: Path) -> str:
    status = file.stat()
    return _digest_of(file, status.st_mtime_ns, status.st_size)


@lru_cache
def _digest_of(file: Path, _mtime_ns: int, _size: int) -> str:
    """Reads the file once for each of its versions, not once for each boot."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:DIGEST_LETTERS]


def _find(name: str) -> Path | None:
    for file in FOLDER.glob(f"{name}-*.snapshot"):
        if _digest(file) == file.stem.rpartition("-")[2]:
            return file
        warnings.warn(f"snapshot {file.name} is damaged ({file.stat().st_size} bytes): it is made again", Damaged, stacklevel=2)
        file.unlink()
    return None


def _throw_away_old(tools_key: str) -> None:
    for file in FOLDER.iterdir():
        with suppress(FileNotFoundError):  # another process may be at it too
            of_other_tools = file.suffix == ".snapshot" and not file.name.startswith(tools_key)
            if of_other_tools or time.time() - file.stat().st_atime > UNUSED_SECONDS_MAX:
                file.unlink()


def _make(case: Case, tools: Tools, to: Path) -> None:
    deadline = time.monotonic() + MAKE_SECONDS
    with tempfile.TemporaryDirectory(prefix="faultline-") as directory:
        work = Path(directory)
        copy_variables(tools, work)
        machine = Machine(command(case, tools, work, PROGRAM), work / STDERR, ROOT)
        try:
            machine.start()
            _wait_for_program(machine, work / SERIAL, deadline)
            _save(machine, to, deadline)
        except QmpError as error:
            said = (work / STDERR).read_text(encoding="utf-8", errors="replace").strip()
            raise SetupError(f"no snapshot of this machine can be made; `start: cold` does without: {error} {said}") from error
        finally:
            machine.close()


def _wait_for_program(machine: Machine, serial: Path, deadline: float) -> None:
    while not (serial.exists() and WAITING in serial.read_bytes()):
        _wait_a_little(machine, deadline, "the firmware started no program")


def _save(machine: Machine, to: Path, deadline: float) -> None:
    """Saved while it runs: a machine that was stopped before would stay stopped when it is restored.

    QEMU is done before `cat` is: only the second name tells that every byte was written.
    """
    to.unlink(missing_ok=True)
    part, whole = shlex.quote(f"{to}.part"), shlex.quote(str(to))
    machine.qmp.save_machine(f"exec:cat > {part} && mv {part} {whole}")
    while not (machine.qmp.machine_is_saved() and to.exists()):
        _wait_a_little(machine, deadline, "the machine was not saved")


def _wait_a_little(machine: Machine, deadline: float, complaint: str) -> None:
    if machine.qmp.closed or time.monotonic() > deadline:
        raise QmpError(complaint)
    machine.qmp.poll(POLL_SECONDS)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        path.touch()
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
