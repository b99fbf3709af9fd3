"""Unit tests of the verdict: each rule has a boot that breaks this rule alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verdict import Event, Expectation, Outcome, is_debug_exit, judge

BANNER = "Faultline 0.1.0 (0123456789ab)"
DEBUG_EXIT = Event("SHUTDOWN", "guest-shutdown", guest=True)
HARMLESS = (Event("RESUME"), Event("RTC_CHANGE"))
REPORT = ("*** FAULT #PF page fault, CPU 0, kernel mode, report 1", "cause      a null pointer", "*** END OF REPORT")

GOOD = Outcome(33, (BANNER, "exit: 0x10"), "CPU Reset (CPU 0)\n", (*HARMLESS, DEBUG_EXIT))
FAULT = Outcome(35, (BANNER, *REPORT, "exit: 0x11"), "CPU Reset (CPU 0)\n", (*HARMLESS, DEBUG_EXIT))
SELFTEST = Outcome(37, (BANNER, "exit: 0x12"), "", (DEBUG_EXIT,))
STAYS = Outcome(None, (BANNER,), "", HARMLESS)


def broken(outcome: Outcome, status: int | None, events: tuple[str, ...] = ()) -> list[str]:
    return [failure.name for failure in judge(outcome, Expectation(status, events))]


def with_log(outcome: Outcome, *log: str) -> Outcome:
    return replace(outcome, log=log)


@pytest.mark.parametrize(("outcome", "status"), [(GOOD, 33), (FAULT, 35), (SELFTEST, 37), (STAYS, None)])
def test_a_good_boot_passes(outcome: Outcome, status: int | None) -> None:
    assert broken(outcome, status) == []


@pytest.mark.parametrize("closing", ["[    1.234567] [0] INFO  exit: 0x10", "[    1.234567] [1F] INFO  exit: 0x10",
                                     "\x1b[34mexit: 0x10\x1b[0m"])
def test_the_closing_line_may_be_a_log_line(closing: str) -> None:
    assert broken(with_log(GOOD, BANNER, closing), 33) == []


def test_blank_lines_after_the_closing_line_are_nothing() -> None:
    assert broken(with_log(GOOD, BANNER, "exit: 0x10", "", " "), 33) == []


def test_rule_expected_status() -> None:
    for outcome, status in ((GOOD, 35), (GOOD, 37), (FAULT, 37), (SELFTEST, 33)):
        assert "status" in broken(outcome, status)


@pytest.mark.parametrize("status", [0, 1])
def test_rule_status_0_and_1_never_pass(status: int) -> None:
    assert "status" in broken(replace(GOOD, status=status), 33)
    # Not even when somebody expects it, and the log agrees.
    agreed = Outcome(1, (BANNER, "exit: 0x00"))
    assert broken(agreed, 1) == ["status"]
    assert "status" in broken(Outcome(0, (BANNER, "exit: 0x10")), 0)


def test_rule_status_of_a_killed_qemu_never_passes() -> None:
    assert broken(replace(GOOD, status=None, events=()), 33) == ["status"]
    assert "status" in broken(replace(GOOD, status=-9, events=()), 33)


@pytest.mark.parametrize("log", [
    (BANNER,),
    (),
    (BANNER, "exit: 0x10", "one more line"),
    (BANNER, "exit: 0x11"),
    (BANNER, "exit: 0x12"),
    (BANNER, "exit: 0x1"),
    (BANNER, "exit: 16"),
    (BANNER, "program demo: exit: 0x10"),
    (BANNER, "[    1.234567] [0] WARN  exit: 0x10"),
])
def test_rule_closing_line(log: tuple[str, ...]) -> None:
    assert broken(with_log(GOOD, *log), 33) == ["closing line"]


def test_rule_triple_fault_even_with_the_right_status() -> None:
    assert broken(replace(GOOD, cpu_reset="CPU Reset (CPU 0)\nTriple fault\nCPU Reset (CPU 0)\n"), 33) == ["triple fault"]
    assert broken(replace(STAYS, cpu_reset="Triple fault\n"), None) == ["triple fault"]


@pytest.mark.parametrize("event", [
    Event("RESET", "guest-reset", guest=True),
    Event("SHUTDOWN", "guest-reset", guest=True),
    Event("SHUTDOWN", "guest-panic", guest=True),
    Event("SHUTDOWN", "host-signal"),
    Event("SHUTDOWN", "guest-shutdown", guest=True),
    Event("GUEST_PANICKED"),
    Event("SUSPEND"),
    Event("WATCHDOG"),
])
def test_rule_undeclared_event(event: Event) -> None:
    """The fifth is a second SHUTDOWN: a guest that wrote to the port and then went on to write again."""
    assert broken(replace(GOOD, events=(*GOOD.events, event)), 33) == ["undeclared event"]


@pytest.mark.parametrize("event", [Event("SHUTDOWN", "guest-reset", guest=True), Event("SHUTDOWN", "host-signal")])
def test_rule_only_the_shutdown_of_the_debug_exit_is_free(event: Event) -> None:
    assert broken(replace(GOOD, events=(event,)), 33) == ["undeclared event"]


def test_rule_a_power_off_is_not_a_debug_exit() -> None:
    assert "undeclared event" in broken(replace(GOOD, status=0), 33)
    assert "undeclared event" in broken(replace(STAYS, events=(DEBUG_EXIT,)), None)


def test_rule_declared_events_must_come_as_often_as_declared() -> None:
    reset = Event("RESET", "guest-reset", guest=True)
    rebooted = replace(GOOD, events=(reset, DEBUG_EXIT))
    assert broken(rebooted, 33, ("RESET",)) == []
    assert broken(rebooted, 33, ("RESET", "RESET")) == ["event never came"]
    assert broken(GOOD, 33, ("RESET",)) == ["event never came"]
    assert broken(replace(GOOD, events=(reset, reset, DEBUG_EXIT)), 33, ("RESET",)) == ["undeclared event"]
    assert broken(replace(STAYS, events=(DEBUG_EXIT,)), None, ("SHUTDOWN",)) == []


@pytest.mark.parametrize("lines", [
    (),
    (*REPORT, *REPORT),
    (*REPORT, "*** PANIC a failed check", "*** END OF REPORT"),
    REPORT[:2],
    REPORT[1:],
    (REPORT[0], *REPORT),
    (*REPORT, REPORT[2]),
    (REPORT[2], REPORT[0]),
])
def test_rule_exactly_one_whole_report_for_status_35(lines: tuple[str, ...]) -> None:
    assert broken(with_log(FAULT, BANNER, *lines, "exit: 0x11"), 35) == ["report"]


def test_a_panic_is_a_report_too() -> None:
    assert broken(with_log(FAULT, BANNER, "*** PANIC list corrupted", "*** END OF REPORT", "exit: 0x11"), 35) == []


@pytest.mark.parametrize(("outcome", "status", "closing"), [
    (GOOD, 33, "exit: 0x10"),
    (SELFTEST, 37, "exit: 0x12"),
    (STAYS, None, ""),
])
def test_rule_no_report_may_break_off_whatever_the_status(outcome: Outcome, status: int | None, closing: str) -> None:
    assert broken(with_log(outcome, BANNER, *REPORT, *REPORT, closing), status) == []
    assert broken(with_log(outcome, BANNER, *REPORT[:2], closing), status) == ["report"]


def test_rule_time_out() -> None:
    assert broken(replace(STAYS, timed_out=True), 33) == ["time-out"]
    assert broken(replace(STAYS, timed_out=True), None) == ["time-out"]
    # A kernel that answers the NMI of the time-out with a report and an exit has not passed.
    assert "time-out" in broken(replace(GOOD, timed_out=True), 33)


def test_rule_a_case_that_the_harness_ends_must_not_end_by_itself() -> None:
    for status in (0, 1, 33):
        assert "ended" in broken(replace(STAYS, status=status), None)


@pytest.mark.parametrize(("status", "is_exit"), [(None, False), (0, False), (1, False), (33, True), (34, False), (-9, False)])
def test_debug_exit_statuses(status: int | None, is_exit: bool) -> None:
    assert is_debug_exit(status) is is_exit


def test_failures_say_what_was_seen() -> None:
    texts = [str(failure) for failure in judge(replace(GOOD, status=0), Expectation(33))]
    assert any("QEMU gave 0 (reset, triple fault or power-off)" in text for text in texts)
    assert any("SHUTDOWN (guest-shutdown)" in text for text in texts)
