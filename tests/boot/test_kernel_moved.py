"""A kernel whose code moved between its two links is refused: its symbol table would name the wrong places."""

from __future__ import annotations

import subprocess
from pathlib import Path

from boot import ROOT

BUILD = ROOT / "build" / "release"
PADDING = '.section .text.entry, "ax"\nnop\n.section .note.GNU-stack, "", @progbits\n'


def link(kernel: Path, *first: str) -> None:
    """The kernel once more, with what comes before its own objects."""
    sources = (BUILD / "sources").read_text(encoding="utf-8").split(" / ")[0].split()
    objects = [f"build/release/kernel/{source}.o" for source in sources]
    library = subprocess.run(["gcc", "-print-file-name=libqrcodegen.a"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["ld", "-static", "-nostdlib", "-z", "max-page-size=4096", "-z", "noexecstack", "--build-id=sha1",
                    "-T", "arch/x86_64/kernel.lds", "-o", str(kernel), *first, *objects, library], cwd=ROOT, check=True)


def check(kernel: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["scripts/check-symbols", "build/tools/make-symbols", str(kernel), "build/release/symbols.table"],
                          cwd=ROOT, capture_output=True, text=True)


def test_the_same_kernel_passes(tmp_path: Path) -> None:
    link(tmp_path / "kernel.elf")
    assert check(tmp_path / "kernel.elf").returncode == 0


def test_a_moved_kernel_is_refused(tmp_path: Path) -> None:
    padding = tmp_path / "padding.o"
    subprocess.run(["as", "-o", str(padding), "-"], input=PADDING, text=True, check=True)
    link(tmp_path / "kernel.elf", str(padding))
    refused = check(tmp_path / "kernel.elf")
    assert refused.returncode == 1 and "moved between its two links" in refused.stderr


def test_a_kernel_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kernel.elf").write_bytes(b"no ELF file")
    assert check(tmp_path / "kernel.elf").returncode != 0
