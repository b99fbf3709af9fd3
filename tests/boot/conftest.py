"""pytest's view of the boot tests: each tests/boot/cases/NAME.log is one test called NAME.

A case of a higher tier than the chosen one is not collected. A collected case never skips.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from boot import ROOT
from casefile import TIERS, Case, CaseError, parse_case
from qemu import MissingTool, find_tools
from runner import BootFailure, run_case


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faultline")
    group.addoption("--tier", choices=TIERS, default="test", help="the highest tier to run: test, full or soak")
    group.addoption("--faultline-build", metavar="DIR", default=str(ROOT / "build" / "release"),
                    help="the release build to boot (default build/release); a checked one lies beside it")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.verbose == 0:
        config.option.verbose = 1  # one line per case, with its time


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


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if report.when != "call" or ".log::" not in report.nodeid:
        return None
    seconds = dict(report.user_properties).get("boot seconds", report.duration)
    return report.outcome, "." if report.passed else "F", f"{report.outcome.upper()} {seconds:.1f} s"


class CaseFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        text = self.path.read_text(encoding="utf-8")
        shown = str(self.path.relative_to(ROOT)) if self.path.is_relative_to(ROOT) else str(self.path)
        try:
            case = parse_case(text, self.path.stem, shown)
        except CaseError as error:
            raise self.CollectError(str(error)) from error
        if TIERS.index(case.tier) <= TIERS.index(self.config.getoption("tier")):
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
