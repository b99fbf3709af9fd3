"""What a run prints and what it chooses: a line per case with its time, and the tiers."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from boot import ROOT


def run_pytest(*arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/boot/cases", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("flags", [(), ("-q",), ("-n", "2")], ids=["plain", "quiet", "side-by-side"])
def test_each_case_has_one_line_with_its_time(flags: tuple[str, ...]) -> None:
    output = run_pytest("-k", "fault-list or loglevel", *flags)
    lines = re.findall(r"^PASSED +\d+\.\d s  (\S+)$", output, re.M)
    assert sorted(lines) == ["fault-list", "loglevel"], output


MARKED = "test_another_folder_without_git_gives_the_same_files"


@pytest.mark.parametrize(("tier", "has", "lacks"), [
    ("test", {"boot"}, {"matrix-smp-2", "soak-cold", MARKED}),
    ("full", {"boot", "matrix-smp-2", MARKED}, {"soak-cold"}),
    ("soak", {"soak-cold"}, {"boot", "matrix-smp-2", MARKED}),
])
def test_a_tier_has_its_own_cases(tier: str, has: set[str], lacks: set[str]) -> None:
    listed = {line.rpartition("::")[2] for line in run_pytest("tests/boot/test_dist.py", "--tier", tier, "--collect-only", "-q").splitlines()}
    assert has <= listed
    assert not lacks & listed
