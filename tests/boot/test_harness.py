"""The harness itself: kernels that misbehave on purpose (loaders/bad.c), and the verdict that each gets, word for word.

The golden lines fit each log, misdeed and all: only the rules can find it.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import runner
from boot import ROOT, SCREEN, Boot, boot_once, read_text
from casefile import Case, parse_case
from golden import kernel_lines
from qemu import SERIAL, TRACE, VARS, find_tools
from runner import BootFailure, find_problems, run_case

BUILD = ROOT / "build" / "release"
# A boot takes 0.2 s, and 1 s on a busy machine: enough for the kernel to be where it stands when time is up.
TIME_OUT = 5

CASE = """about: {misdeed}
image: loaders/bad.efi
options: {misdeed}
{header}
---
[    0.000000] [0] INFO  Faultline {{version}} ({{id}})
[    0.000000] [0] INFO  misdeed: {misdeed}
{golden}
"""
READY, CLOSING_10, CLOSING_11 = "[    0.000000] [0] INFO  ready", "exit: 0x10", "exit: 0x11"
REPORT_BEGIN = "*** FAULT #PF page fault, CPU 0, kernel mode, report 1"
REPORT = (REPORT_BEGIN, "cause      write to a null pointer", "*** END OF REPORT")

STATUS_0 = "0 (reset, triple fault or power-off)"
STATUS_1 = "1 (an error of QEMU's own)"
STATUS_33 = "33 (exit: 0x10, all well)"
STATUS_35 = "35 (exit: 0x11, a fault reported in full)"
TIME_OUT_VERDICT = "time-out: the kernel neither ended nor printed what was expected"
TRIPLE_FAULT_VERDICT = [
    "triple fault: QEMU's cpu_reset log has `Triple fault`",
    "undeclared event: SHUTDOWN (guest-reset)",
    f"status: expected {STATUS_33}, QEMU gave {STATUS_0}",
    f"closing line: `exit: 0x10` means status 33, QEMU gave {STATUS_0}",
]

# Misdeed, status of the case, golden lines after the first two, verdict.
ENDS: list[tuple[str, int, tuple[str, ...], list[str]]] = [
    ("reset", 33, (CLOSING_10,), [
        "undeclared event: SHUTDOWN (guest-reset)",
        f"status: expected {STATUS_33}, QEMU gave {STATUS_0}",
        f"closing line: `exit: 0x10` means status 33, QEMU gave {STATUS_0}",
    ]),
    ("power-off", 33, (CLOSING_10,), [
        "undeclared event: SHUTDOWN (guest-shutdown)",
        f"status: expected {STATUS_33}, QEMU gave {STATUS_0}",
        f"closing line: `exit: 0x10` means status 33, QEMU gave {STATUS_0}",
    ]),
    ("exit-0", 33, ("exit: 0x00",), [
        "undeclared event: SHUTDOWN (guest-shutdown)",
        f"status: expected {STATUS_33}, QEMU gave {STATUS_1}",
    ]),
    ("no-closing-line", 33, (READY,), [f"closing line: the last line is not `exit: CODE` but `{READY}`"]),
    ("closing-line-not-last", 33, (CLOSING_10, "[    0.000000] [0] INFO  one line more"), [
        "closing line: the last line is not `exit: CODE` but `[    0.000000] [0] INFO  one line more`",
    ]),
    ("report-twice", 35, (*REPORT, *REPORT, CLOSING_11), [
        "report: a fatal fault prints exactly one report, this log has 2",
    ]),
    ("report-unfinished", 35, (REPORT_BEGIN, CLOSING_11), [
        f"report: beginnings and ends do not pair up: `{REPORT_BEGIN}`",
    ]),
]


def make_case(misdeed: str, golden: tuple[str, ...], *header: str) -> Case:
    text = CASE.format(misdeed=misdeed, golden="\n".join(golden), header="\n".join(header))
    return parse_case(text, misdeed, "test_harness.py")


def boot(case: Case, work: Path, trace: bool = False) -> Boot:
    return boot_once(case, find_tools(), BUILD, work, trace)


def assert_nmi_was_taken(registers: str, cpu: int = 0) -> None:
    """The handler of bad.c leaves this in RAX."""
    of_cpu = registers.partition(f"CPU#{cpu}\n")[2]
    assert re.match(r"RAX=00000000004e4d49 ", of_cpu), registers


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What failing cases leave goes here, not among the real failures."""
    monkeypatch.setattr(runner, "FAILED", tmp_path)
    return tmp_path


def failure_of(case: Case) -> str:
    with pytest.raises(BootFailure) as caught:
        run_case(case, BUILD)
    return str(caught.value)


def test_hang(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log is whole and right. What a time-out leaves is looked at too."""
    # The second run, of the same length, is left to test_triple_fault.
    monkeypatch.setattr(runner, "_run_again", lambda *arguments: "not run again")
    text = failure_of(make_case("hang", (CLOSING_10,), f"timeout: {TIME_OUT}"))
    header, verdict, tail = text.split("\n\n")[:3]
    assert (header, verdict) == ("hang failed: hang", TIME_OUT_VERDICT)
    assert tail.endswith("| exit: 0x10"), text
    assert_nmi_was_taken(text.partition("\n\nregisters one second after an NMI (info registers -a):\n")[2])
    assert_nmi_was_taken(read_text(kept / "hang" / "registers.txt"))
    assert (kept / "hang" / SCREEN).read_bytes().startswith(b"\x89PNG")


def test_spin_with_interrupts_off(tmp_path: Path) -> None:
    """Four CPUs, for the registers are those of every CPU; the others are still the firmware's."""
    case = make_case("spin", ("...",), f"timeout: {TIME_OUT}", "smp: 4")
    seen = boot(case, tmp_path)
    assert find_problems(case, seen) == [TIME_OUT_VERDICT]
    assert seen.outcome.status is None
    assert len(seen.notes) == 1
    assert_nmi_was_taken(seen.notes[0])
    assert "\nCPU#3\n" in seen.notes[0]


@pytest.mark.parametrize(("misdeed", "status", "golden", "verdict"), ENDS, ids=[end[0] for end in ENDS])
def test_end(misdeed: str, status: int, golden: tuple[str, ...], verdict: list[str], tmp_path: Path) -> None:
    case = make_case(misdeed, golden, f"status: {status}")
    assert find_problems(case, boot(case, tmp_path)) == verdict


def test_reset_more_often_than_declared(tmp_path: Path) -> None:
    """A machine that resets for ever is ended by the harness, well before its time is up."""
    case = make_case("reset", ("...",), "events: RESET")
    seen = boot(case, tmp_path)
    assert not seen.outcome.timed_out
    assert find_problems(case, seen) == [
        "undeclared event: RESET (guest-reset)",
        f"status: expected {STATUS_33}, QEMU gave none (ended by the harness)",
    ]


def test_triple_fault(kept: Path) -> None:
    """Its log is whole and right. What a failing case leaves is looked at too."""
    text = failure_of(make_case("triple-fault", (CLOSING_10,)))
    folder = kept / "triple-fault"
    parts = text.split("\n\n")
    assert parts[:5] == ["triple-fault failed: triple-fault", *TRIPLE_FAULT_VERDICT]
    assert "\nrun again with -d int, with a picture of the screen: fails too (triple fault: " in text
    assert read_text(folder / "failure.txt") == text + "\n"

    assert {path.name for path in folder.iterdir()} >= {"failure.txt", SERIAL, "command", TRACE, VARS, "again"}
    for run in (folder, folder / "again"):
        assert kernel_lines(read_text(run / SERIAL))[-1] == CLOSING_10
        assert "Triple fault" in read_text(run / TRACE)
    # Vector 6, the CPL and the rest: a line of `-d int`, here of the UD2.
    interrupt = re.compile(r"^ *\d+: v=06 ", re.M)
    assert not interrupt.search(read_text(folder / TRACE))
    assert interrupt.search(read_text(folder / "again" / TRACE))
    assert (folder / "again" / SCREEN).read_bytes().startswith(b"\x89PNG")
    assert_command_can_be_repeated(folder)


def assert_command_can_be_repeated(folder: Path) -> None:
    """By hand: serial on the terminal, and every file that it names is there after the test's own are gone."""
    title, by_hand, _, as_run = read_text(folder / "command").splitlines()
    words = shlex.split(by_hand)
    assert title.startswith("#")
    assert words[words.index("-serial") + 1] == "stdio"
    assert words[words.index("-append") + 1] == folder.name
    paths = [path for word in words for path in re.findall(r"(?:^|=)(/[^,]+)", word)]
    assert len(paths) >= 4  # QEMU, two of OVMF, the image
    assert [path for path in paths if not Path(path).exists()] == []
    assert SERIAL in as_run
    # The test starts from a firmware snapshot, which may be gone when somebody repeats it.
    assert "-incoming" in as_run
    assert "-incoming" not in by_hand


@pytest.mark.parametrize("trace", [False, True], ids=["as-run", "as-run-again"])
def test_control(trace: bool, tmp_path: Path) -> None:
    """The same kernel without a misdeed passes, in both kinds of run, and with its own golden lines alone."""
    golden = (READY, CLOSING_10)
    case = make_case("none", golden)
    seen = boot(case, tmp_path, trace)
    assert find_problems(case, seen) == []
    assert seen.outcome.status == 33

    # Judged by other cases, the same boot fails.
    third_golden_line = CASE.splitlines().index("{golden}") + 1
    wrong = find_problems(make_case("none", (READY.replace("ready", "steady"), CLOSING_10)), seen)
    assert len(wrong) == 1
    assert wrong[0].splitlines()[:4] == [
        f"test_harness.py:{third_golden_line}: expected",
        "    [    0.000000] [0] INFO  steady",
        "  but the log has",
        "       3| [    0.000000] [0] INFO  ready",
    ]
    (forbidden,) = find_problems(make_case("none", (*golden, "! ready")), seen)
    assert "must not appear" in forbidden
    assert find_problems(make_case("none", golden, "events: RESET"), seen) == ["event never came: RESET"]
    assert find_problems(make_case("none", golden, "status: stays"), seen) == [
        f"ended: QEMU ended by itself, status {STATUS_33}",
    ]
