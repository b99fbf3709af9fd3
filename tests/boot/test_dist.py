"""make dist gives the same files in another folder; it and make sign and usb refuse what they are not meant for."""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from boot import ROOT

BUILD = ROOT / "build" / "release"
BUILT = ("BOOTX64.EFI", "faultline.img", "kernel.elf")
# make's own settings, and those of a `make test BUILD=... CMDLINE=...` that runs this.
FOREIGN = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "BUILD", "CC", "CMDLINE")


def make(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return subprocess.run(["make", *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)


@pytest.mark.parametrize(("words", "refusal"), [
    (["dist", "BUILD=checked"], "make dist takes the release build by gcc, not build/checked."),
    (["dist", "CC=clang"], "make dist takes the release build by gcc, not build/release-clang."),
    (["dist", "CMDLINE=exit=qemu"], "make dist takes no CMDLINE: it would become the image's options."),
    (["dist", "VERSION=9.9.9"], '.github/CHANGES.md has no section "## 9.9.9".'),
    (["sign"], "whose signature? make sign KEY=FILE CERT=FILE, both PEM."),
    (["sign", "KEY=README.md"], "whose signature? make sign KEY=FILE CERT=FILE, both PEM."),
])
def test_what_is_refused(words: list[str], refusal: str) -> None:
    done = make("-n", *words)
    assert done.returncode == 2 and f" *** {refusal}" in done.stderr, done.stderr


def copy_tree(target: Path) -> None:
    """The sources alone, without git's memory of them."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".git", "build", "__pycache__", ".cache", "esp"))
    (target / "esp").mkdir()
    shutil.copy(ROOT / "esp" / "faultline.cfg", target / "esp")


@pytest.mark.full
def test_another_folder_without_git_gives_the_same_files(tmp_path: Path) -> None:
    tree = tmp_path / "another" / "folder with a blank"
    copy_tree(tree)
    done = make("-j2", "dist", folder=tree)
    assert done.returncode == 0, done.stderr
    dist = tree / "build" / "dist"
    assert sorted(path.name for path in dist.iterdir()) == sorted([*BUILT, "CHANGES", "SHA256SUMS"])
    sums = dict(reversed(line.split("  ")) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha256((dist / name).read_bytes()).hexdigest() for name in (*BUILT, "CHANGES")}
    assert {name: sums[name] for name in BUILT} == {name: sha256((BUILD / name).read_bytes()).hexdigest() for name in BUILT}
    assert (dist / "CHANGES").read_bytes() == (ROOT / ".github" / "CHANGES.md").read_bytes()
    asked = make("usb", folder=tree)
    assert asked.returncode == 2 and asked.stderr.startswith("usb: which stick? ")
