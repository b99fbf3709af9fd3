"""Runs a case to its verdict. A case that fails is run again with interrupts traced, and everything is kept."""

from __future__ import annotations

import fcntl
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path

from boot import SCREEN, Boot, boot_once, command_by_hand, expectation, image_path, read_text
from casefile import Case
from disk import DiskError
from golden import normalise, shortest_match
from mismatch import LOG_TAIL_LINES, explain_mismatch, log_tail
from qemu import ROOT, STDERR, MissingTool, SetupError, Tools, find_tools
from verdict import judge

# From so many CPUs on a case has the host to itself.
ALONE_CPU_COUNT = 16
FAILED = ROOT / "build" / "failed"
LOCKS = ROOT / "build"


class BootFailure(Exception):
    """The case failed; the text is all that a reader needs to go on."""


def run_case(case: Case, build: Path) -> float:
    """Boot the case as often as it asks for. Returns the seconds spent, or raises BootFailure."""
    try:
        tools = find_tools(case.firmware)
        image_path(case, build)
        with _host_share(case.cpu_count >= ALONE_CPU_COUNT), tempfile.TemporaryDirectory(prefix="faultline-") as work:
            return _run_repeated(case, tools, build, Path(work))
    except (MissingTool, SetupError, DiskError) as error:
        raise BootFailure(f"{case.name} could not be run: {error}") from error


def _run_repeated(case: Case, tools: Tools, build: Path, top: Path) -> float:
    began, first = time.monotonic(), None
    for number in range(1, case.repeat + 1):
        work = top / "boot"
        work.mkdir()
        boot = boot_once(case, tools, build, work)
        problems = find_problems(case, boot)
        if not problems:
            normal = normalise(case.golden, _matched_part(case, boot))
            first = first or normal
            problems = _compare(first, normal, number)
        if problems:
            which = f", boot {number} of {case.repeat}" if case.repeat > 1 else ""
            raise BootFailure(_keep_and_explain(case, tools, build, work, boot, problems, which))
        shutil.rmtree(work)
    return time.monotonic() - began


def find_problems(case: Case, boot: Boot) -> list[str]:
    """Everything that keeps this boot from being a pass, in words."""
    problems = [str(failure) for failure in judge(boot.outcome, expectation(case))]
    mismatch = explain_mismatch(case.golden, boot.outcome.log, whole=not case.ends_by_kill)
    return problems + ([mismatch.rstrip()] if mismatch else [])


def _matched_part(case: Case, boot: Boot) -> list[str]:
    """Where the harness ended QEMU, what came after the last golden line is chance."""
    log = list(boot.outcome.log)
    return log[:shortest_match(case.golden, log)] if case.ends_by_kill else log


def _compare(first: list[str], later: list[str], number: int) -> list[str]:
    if first == later:
        return []
    lines = unified_diff(first, later, "boot 1", f"boot {number}", lineterm="", n=1)
    return ["the logs of two boots differ, placeholders aside:\n" + "\n".join(lines)]


def _keep_and_explain(case: Case, tools: Tools, build: Path, work: Path, boot: Boot, problems: list[str], which: str) -> str:
    kept = FAILED / case.name
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(work, kept)
    by_hand = shlex.join(command_by_hand(case, tools, build, kept))
    as_run = shlex.join(boot.arguments)
    (kept / "command").write_text(f"# To repeat by hand, from the start:\n{by_hand}\n# As the test ran it:\n{as_run}\n", encoding="utf-8")
    again = _run_again(case, tools, build, kept / "again")
    text = _explain(case, boot, problems, which, read_text(work / STDERR), by_hand)
    text += f"\n\n{again}\nkept in {_relative(kept)}/: the log, command, cpu_reset.log; again/ has the same with -d int"
    (kept / "failure.txt").write_text(text + "\n", encoding="utf-8")
    return text


def _run_again(case: Case, tools: Tools, build: Path, work: Path) -> str:
    """A second boot with `-d int`. Whether it fails too tells a steady failure from an unsteady one."""
    work.mkdir()
    boot = boot_once(case, tools, build, work, trace=True)
    problems = find_problems(case, boot)
    picture = ", with a picture of the screen" if (work / SCREEN).exists() else ""
    if problems:
        return f"run again with -d int{picture}: fails too ({problems[0].splitlines()[0]})"
    return f"run again with -d int{picture}: PASSES, so this failure comes and goes"


def _explain(case: Case, boot: Boot, problems: list[str], which: str, stderr: str, by_hand: str) -> str:
    parts = [f"{case.name} failed{which}: {case.about}", *problems]
    if stderr.strip():
        parts.append("QEMU said:\n" + stderr.strip())
    tail = log_tail(boot.outcome.log or boot.raw_log.splitlines())
    parts.append(f"the last {LOG_TAIL_LINES} lines of the log:\n{tail or '    (empty)'}")
    parts += boot.notes
    parts.append("to repeat:\n" + by_hand)
    return "\n\n".join(parts)


@contextmanager
def _host_share(alone: bool) -> Iterator[None]:
    """Cases run side by side, whatever process they are in; one with many CPUs waits until it is the only one.

    Who enters passes the door one by one, and who wants the room alone keeps the door while it waits: so newcomers
    cannot keep it waiting for ever.
    """
    LOCKS.mkdir(exist_ok=True)
    with (LOCKS / ".boot-door").open("w") as door, (LOCKS / ".boot-room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
