"""pytest's view of the boot tests: each tests/boot/cases/NAME.log is one test called NAME.

A case of a tier that was not asked for is not collected, nor one that this machine cannot run; of these the end of the
run says which and why. A collected case never skips.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from available import lacking, not_collected
from boot import ROOT
from casefile import TIERS, Case, CaseError, parse_case
from marks import MarkError, fill_marks
from qemu import MissingTool, find_tools
from runner import BootFailure, run_case

CASES = Path(__file__).parent / "cases"
UNIT_TEST_SECONDS = 0.1
# Soak repeats what the other tiers boot once: it does not begin with them.
CHOSEN_TIERS = {"test": ("test",), "full": ("test", "full"), "soak": ("soak",)}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faultline")
    group.addoption("--tier", choices=TIERS, default="test", help="what to run: test, full (with test), or soak alone")
    group.addoption("--faultline-build", metavar="DIR", default=str(ROOT / "build" / "release"),
                    help="the release build to boot (default build/release); a checked one lies beside it")


@pytest.hookimpl(trylast=True)  # after the terminal reporter
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a test that is not a case, and takes too long for tier test")
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:  # a worker of xdist has none
        terminal.showfspath = False
        config.pluginmanager.register(LineOfCase(terminal))


def pytest_report_header(config: pytest.Config) -> str:
    try:
        tools = find_tools()
        machine = f"{tools.qemu}, {tools.ovmf_code}"
    except MissingTool as error:
        machine = str(error)
    return f"faultline: tier {config.getoption('tier')}, {machine}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".log" and file_path.parent.name == "cases":
        # Named by the case alone: with the path in its name `-k boot` would choose everything.
        return CaseFile.from_parent(parent, path=file_path, name=file_path.stem)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `full` is of that tier; all else that is not a case is in both."""
    if config.getoption("tier") != "full":
        items[:] = [item for item in items if item.get_closest_marker("full") is None]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Neither letters nor words for what has its own line."""
    return (report.outcome, "", "") if report.when == "call" else None


class LineOfCase:
    """One line for each boot with its time, at any verbosity and with any number of workers.

    Unit tests, of which there are hundreds, are counted; they get a line when they fail or take their time.
    """

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file, _, test = report.nodeid.partition("::")
        is_case = file.endswith(".log")
        seconds = dict(report.user_properties).get("boot seconds", report.duration)
        if report.when != "call" or (report.passed and not is_case and seconds < UNIT_TEST_SECONDS):
            return
        name = test if is_case else f"{Path(file).name}::{test}"
        color = "green" if report.passed else "red"
        self.terminal.write_line(f"{report.outcome.upper()} {seconds:6.1f} s  {name}", **{color: True})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """From the files once more: with -n the process that reports collects nothing itself."""
    for line in not_collected(case for case in readable_cases() if is_chosen(case, config)):
        terminalreporter.write_line(line)


def readable_cases() -> Iterator[Case]:
    """Without those that are in error: their collection says so."""
    for path in CASES.glob("*.log"):
        with suppress(CaseError):
            yield read_case(path)


def read_case(path: Path) -> Case:
    shown = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    try:
        text = fill_marks(path.read_text(encoding="utf-8"))
    except MarkError as error:
        raise CaseError(f"{shown}:1: {error}") from error
    return parse_case(text, path.stem, shown)


def is_chosen(case: Case, config: pytest.Config) -> bool:
    return case.tier in CHOSEN_TIERS[config.getoption("tier")]


class CaseFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        try:
            case = read_case(self.path)
        except CaseError as error:
            raise self.CollectError(str(error)) from error
        if is_chosen(case, self.config) and lacking(case) is None:
            yield CaseItem.from_parent(self, name=case.name, case=case)


class CaseItem(pytest.Item):
    def __init__(self, *, case: Case, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.case = case

    def runtest(self) -> None:
        build = Path(self.config.getoption("faultline_build"))
        seconds = run_case(self.case, self.config.invocation_params.dir / build)
        self.user_properties.append(("boot seconds", seconds))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> object:
        if isinstance(excinfo.value, BootFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name
