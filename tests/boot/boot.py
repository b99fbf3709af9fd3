"""One boot of one case: prepares its files, runs QEMU, watches it to its end, and says what was seen."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import disk
from casefile import Case
from golden import kernel_lines, shortest_match
from qemu import DISK, ROOT, SERIAL, STDERR, TRACE, Machine, SetupError, Tools, command, copy_variables
from qmp import Qmp, QmpError
from snapshot import start_arguments
from verdict import Expectation, Outcome

REGISTERS, SCREEN = "registers.txt", "screen.png"
POLL_SECONDS = 0.05
NMI_SECONDS = 1.0
# After the last golden line of a case that the harness ends: time for what must not appear to appear.
SETTLE_SECONDS = 0.3


@dataclass
class Boot:
    """What one boot left behind."""

    outcome: Outcome
    arguments: list[str]
    raw_log: str
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def expectation(case: Case) -> Expectation:
    return Expectation(None if isinstance(case.status, str) else case.status, case.events)


def image_path(case: Case, build: Path) -> Path:
    """`--faultline-build` names the release build; the checked one lies beside it."""
    path = build_directory(case, build) / case.image
    if not path.is_file():
        raise SetupError(f"{path} is missing: `make` builds it (BUILD={case.build})")
    return path


def build_directory(case: Case, build: Path) -> Path:
    return build if case.build == "release" else build.with_name(case.build)


def boot_once(case: Case, tools: Tools, build: Path, work: Path, trace: bool = False, again: bool = False) -> Boot:
    """Boot in the directory `work`, which must exist. With `trace` interrupts are logged and the screen is kept; `again`
    boots with the variables and the disk that an earlier boot left there."""
    image = image_path(case, build)
    if not again:
        prepare(case, tools, build, work, image)
    case = _with_build(case, build)
    arguments = command(case, tools, work, image, trace=trace) + start_arguments(case, tools)
    began = time.monotonic()
    machine = Machine(arguments, work / STDERR, ROOT)
    watch = _Watch(case, machine, work, trace)
    try:
        watch.run(began + case.timeout)
    finally:
        machine.close()
    raw = read_text(work / SERIAL)
    outcome = Outcome(watch.status, kernel_lines(raw, case.from_firmware), read_text(work / TRACE),
                      tuple(machine.qmp.events), watch.timed_out)
    return Boot(outcome, arguments, raw, time.monotonic() - began, watch.notes)


def command_by_hand(case: Case, tools: Tools, build: Path, work: Path) -> list[str]:
    """A cold boot, also where the test started from a snapshot: that may be gone by then."""
    return command(_with_build(case, build), tools, work, image_path(case, build), by_hand=True)


def read_text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


def prepare(case: Case, tools: Tools, build: Path, work: Path, image: Path) -> None:
    """The files that QEMU is given, in the directory `work`."""
    copy_variables(tools, work)
    if case.boot == "disk":
        shutil.copyfile(build_directory(case, build) / "faultline.img", work / DISK)
    elif case.boot == "fat":
        _make_fat(case, build, work, image)


def _make_fat(case: Case, build: Path, work: Path, image: Path) -> None:
    files = {r"\EFI\BOOT\BOOTX64.EFI": image}
    if case.cfg is not None:
        (work / "faultline.cfg").write_text(case.cfg, encoding="utf-8")
        files[r"\faultline.cfg"] = work / "faultline.cfg"
    for path, source in case.files:
        host = ROOT / source.replace("{build}", str(build_directory(case, build)))
        if not host.is_file():
            raise SetupError(f"{host} is missing, which {case.name} puts at {path}")
        files[path] = host
    disk.make_image(work / DISK, files, case.fat)


def _with_build(case: Case, build: Path) -> Case:
    return replace(case, qemu=tuple(word.replace("{build}", str(build_directory(case, build))) for word in case.qemu))


class _Watch:
    """Follows one QEMU to its end, or to the end of its time."""

    def __init__(self, case: Case, machine: Machine, work: Path, trace: bool) -> None:
        self.case, self.machine, self.work, self.trace = case, machine, work, trace
        self.status: int | None = None
        self.timed_out = False
        self.notes: list[str] = []
        self._seen_bytes = -1
        self._was_matched = False

    def run(self, deadline: float) -> None:
        try:
            self.machine.start()
            while not self._ended():
                if time.monotonic() > deadline:
                    self._time_out()
                    return
                self.machine.qmp.poll(POLL_SECONDS)
            self._finish()
        except QmpError as error:
            self.notes.append(f"QMP: {error}")
        if self.machine.qmp.closed:
            self.status = self.machine.wait()

    def _ended(self) -> bool:
        qmp = self.machine.qmp
        declared = self.case.events
        if qmp.closed or (self.trace and qmp.count("SHUTDOWN") > declared.count("SHUTDOWN")):
            return True
        if qmp.count("RESET") > declared.count("RESET"):
            return True  # it would go on for ever
        came = all(qmp.count(name) >= declared.count(name) for name in declared)
        return self.case.ends_by_kill and came and self._matched()

    def _matched(self) -> bool:
        """Whether the golden lines have come. Only whole lines count: a half one could match by chance."""
        size = (self.work / SERIAL).stat().st_size if (self.work / SERIAL).exists() else 0
        if size != self._seen_bytes:
            self._seen_bytes = size
            text = read_text(self.work / SERIAL)
            log = kernel_lines(text[:text.rfind("\n") + 1], self.case.from_firmware)
            self._was_matched = shortest_match(self.case.golden, log) is not None
        return self._was_matched

    def _finish(self) -> None:
        """QEMU has closed QMP, or is paused at its end (trace), or the golden lines have come (killed by close())."""
        qmp = self.machine.qmp
        if not qmp.closed and self.case.ends_by_kill:
            _poll_for(qmp, SETTLE_SECONDS)
        if qmp.closed or not self.trace:
            return
        self._screendump()
        if not self.case.ends_by_kill:
            events = list(qmp.events)
            qmp.execute("quit")
            self.status = self.machine.wait()
            qmp.events[:] = events  # without the SHUTDOWN that `quit` makes

    def _time_out(self) -> None:
        """Ask every CPU where it stands, read all registers, and leave the killing to close()."""
        self.timed_out = True
        qmp = self.machine.qmp
        try:
            self._screendump()
            qmp.inject_nmi()
            _poll_for(qmp, NMI_SECONDS)
            registers = qmp.registers()
            (self.work / REGISTERS).write_text(registers, encoding="utf-8")
            self.notes.append("registers one second after an NMI (info registers -a):\n" + registers.rstrip())
        except QmpError as error:
            self.notes.append(f"after the time-out an NMI was injected, then: {error}")

    def _screendump(self) -> None:
        try:
            self.machine.qmp.screendump(self.work / SCREEN)
        except QmpError as error:
            self.notes.append(f"no picture of the screen: {error}")


def _poll_for(qmp: Qmp, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not qmp.closed and (left := deadline - time.monotonic()) > 0:
        qmp.poll(left)
