"""What a boot may call a pass. Pure: given what was seen of QEMU, and what the case expects, the list of failures.

QEMU's status alone proves nothing: a triple fault under -no-reboot and a power-off exit 0, QEMU's own errors exit 1. So a
pass needs all of: the expected isa-debug-exit status, the closing line that agrees with it, no triple fault in the
cpu_reset file, no event that the case does not declare, and each fault report printed to its end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from golden import ANSI_ESCAPE

CLOSING_LINE = re.compile(r"(?:\[ *\d+\.\d{6}\] \[[0-9A-F]+\] INFO  )?exit: 0x([0-9a-f]{2})")
FATAL_BEGIN = ("*** FAULT", "*** PANIC")
REPORT_BEGIN = (*FATAL_BEGIN, "*** WARN")
REPORT_END = "*** END OF REPORT"
STATUS_FAULT = 35

# Events that say the machine did something on its own; all others (RTC_CHANGE, RESUME ...) say nothing about the kernel.
WATCHED_EVENTS = frozenset(
    "RESET SHUTDOWN POWERDOWN SUSPEND SUSPEND_DISK WATCHDOG GUEST_PANICKED GUEST_CRASHLOADED MEMORY_FAILURE".split()
)


@dataclass(frozen=True)
class Event:
    """A QMP event; `reason` and `guest` are those of SHUTDOWN and RESET."""

    name: str
    reason: str = ""
    guest: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})" if self.reason else self.name


@dataclass(frozen=True)
class Outcome:
    """What was seen of one boot. `status` is None when the harness ended QEMU."""

    status: int | None
    log: Sequence[str]
    cpu_reset: str = ""
    events: tuple[Event, ...] = ()
    timed_out: bool = False


@dataclass(frozen=True)
class Expectation:
    """`status` is None when the case ends by the harness's hand, and the log alone decides."""

    status: int | None
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


def judge(outcome: Outcome, expected: Expectation) -> list[Failure]:
    """Every rule that the boot broke; an empty list is a pass (of everything but the golden lines)."""
    failures = [*_judge_time_out(outcome), *_judge_triple_fault(outcome), *_judge_events(outcome, expected)]
    if not outcome.timed_out:
        failures += [*_judge_status(outcome, expected), *_judge_closing_line(outcome, expected)]
    return failures + _judge_reports(outcome, expected)


def is_debug_exit(status: int | None) -> bool:
    """isa-debug-exit gives 2v + 1 for a written v; v = 0 would give 1, as QEMU's own errors do."""
    return status is not None and status > 1 and status % 2 == 1


def _judge_time_out(outcome: Outcome) -> list[Failure]:
    return [Failure("time-out", "the kernel neither ended nor printed what was expected")] if outcome.timed_out else []


def _judge_triple_fault(outcome: Outcome) -> list[Failure]:
    found = "Triple fault" in outcome.cpu_reset
    return [Failure("triple fault", "QEMU's cpu_reset log has `Triple fault`")] if found else []


def _judge_events(outcome: Outcome, expected: Expectation) -> list[Failure]:
    """What QEMU 10 emits for a write to isa-debug-exit is one SHUTDOWN by guest-shutdown, and just that is free."""
    seen = [event for event in outcome.events if event.name in WATCHED_EVENTS]
    debug_exit = Event("SHUTDOWN", "guest-shutdown", guest=True)
    if is_debug_exit(outcome.status) and debug_exit in seen:
        seen.remove(debug_exit)
    undeclared, declared = [], Counter(expected.events)
    for event in seen:
        if declared[event.name] > 0:
            declared[event.name] -= 1
        else:
            undeclared.append(event)
    failures = [Failure("undeclared event", str(event)) for event in undeclared]
    return failures + [Failure("event never came", name) for name in declared.elements()]


def _judge_status(outcome: Outcome, expected: Expectation) -> list[Failure]:
    status = outcome.status
    if expected.status is None:
        return [] if status is None else [Failure("ended", f"QEMU ended by itself, status {_describe(status)}")]
    if status == expected.status and is_debug_exit(status):
        return []
    return [Failure("status", f"expected {_describe(expected.status)}, QEMU gave {_describe(status)}")]


def _judge_closing_line(outcome: Outcome, expected: Expectation) -> list[Failure]:
    if expected.status is None:
        return []
    last = next((line for line in reversed(outcome.log) if line.strip()), "")
    match = CLOSING_LINE.fullmatch(ANSI_ESCAPE.sub("", last))
    if match is None:
        return [Failure("closing line", f"the last line is not `exit: CODE` but `{last}`")]
    stated = 2 * int(match[1], 16) + 1
    if outcome.status not in (None, stated):
        return [Failure("closing line", f"`{last}` means status {stated}, QEMU gave {_describe(outcome.status)}")]
    return []


def _judge_reports(outcome: Outcome, expected: Expectation) -> list[Failure]:
    """Each report has a beginning and an end; a fatal fault has exactly one, whatever warnings came before it."""
    lines = [ANSI_ESCAPE.sub("", line) for line in outcome.log]
    marks = [line for line in lines if line.startswith((*REPORT_BEGIN, REPORT_END))]
    fatal = [line for line in marks if line.startswith(FATAL_BEGIN)]
    alternate = all(line.startswith(REPORT_BEGIN if index % 2 == 0 else REPORT_END) for index, line in enumerate(marks))
    if not alternate or len(marks) % 2:
        return [Failure("report", "beginnings and ends do not pair up: " + ", ".join(f"`{line}`" for line in marks))]
    if expected.status == STATUS_FAULT and len(fatal) != 1:
        return [Failure("report", f"a fatal fault prints exactly one report, this log has {len(fatal)}")]
    return []


def _describe(status: int | None) -> str:
    meaning = {
        None: "none (ended by the harness)",
        0: "0 (reset, triple fault or power-off)",
        1: "1 (an error of QEMU's own)",
        33: "33 (exit: 0x10, all well)",
        35: "35 (exit: 0x11, a fault reported in full)",
        37: "37 (exit: 0x12, a self-test failed)",
    }
    return meaning.get(status, str(status))
