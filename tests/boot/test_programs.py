"""Program files on the boot volume: on each kind of FAT, under any name, too many, empty, unreadable, and bad in every way.

The loader reads them, the kernel judges them; whatever is wrong with a file, it is named, and the boot goes on.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import disk
from boot import ROOT, boot_once
from casefile import parse_case
from qemu import find_tools
from runner import find_problems

BUILD = ROOT / "build" / "release"
PROGRAM = BUILD / "programs" / "arguments"
CASES = ROOT / "tests" / "host" / "programs"
LONG_NAME = "a-program-whose-name-is-longer-than-8.3.letters"

HEADER = """about: {name}
boot: fat
fat: {fat}
cfg: exit=qemu {options}\\n
{files}
---
...
"""
READY = "[{time}] [0] INFO  ready: {text}\n"
END = "exit: 0x10\n! ERROR\n! ***\n"
TAKEN = "[{{time}}] [0] INFO  program {name}: 9 KiB, entry 400000, 4 KiB in memory\n"
ENDED = "[{{time}}] [0] INFO  program {name}, process {{n}}, ended with code {code}\n"
SAID = "[{{time}}] [0] INFO  {name}[{{n}}]: {text}\n"
REFUSED = "[{{time}}] [0] WARN  program {name} is refused: {reason}\n"
LOADER = "[    0.000000] [0] WARN  loader: programs: {text}\n"


def boot(tmp_path: Path, name: str, files: Mapping[str, Path], golden: str, options: str = "run=none", fat: int = 16) -> None:
    """Boot with the files in \\programs, and compare what the golden lines say of the log."""
    lines = "\n".join(f"file: \\programs\\{program} = {source}" for program, source in files.items())
    case = parse_case(HEADER.format(name=name, fat=fat, options=options, files=lines) + golden, name, "test_programs.py")
    work = tmp_path / "boot"
    work.mkdir()
    result = boot_once(case, find_tools(), BUILD, work)
    assert find_problems(case, result) == [], result.raw_log


@pytest.mark.parametrize("fat", [12, 16, 32])
def test_programs_are_found_on_each_kind_of_fat(tmp_path: Path, fat: int) -> None:
    files = {"arguments": PROGRAM, LONG_NAME: PROGRAM}
    said = (("arguments", "ARGUMENTS"), ("arguments", "x"), (LONG_NAME, LONG_NAME))
    golden = ("{any-order\n" + "".join(TAKEN.format(name=name) for name in files) + "}\n...\n" + READY + "{any-order\n"
              + "".join(SAID.format(name=name, text=text) for name, text in said)
              + ENDED.format(name="arguments", code=2) + ENDED.format(name=LONG_NAME, code=1) + "}\n" + END + "! WARN\n")
    boot(tmp_path, f"programs-fat{fat}", files, golden, f"run=ARGUMENTS:x,{LONG_NAME}", fat)


def test_what_cannot_be_a_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(bytes(16 * 1024 * 1024 + 1))
    files = {"arguments": PROGRAM, "empty": tmp_path / "empty", "large": tmp_path / "large", r"folder\inner": PROGRAM,
             "with blank": PROGRAM, "x" * 48: PROGRAM, ".hidden": PROGRAM, "text": ROOT / "LICENSE"}
    bad_name = "its name has more than 47 characters, or others than printable ASCII without blank, colon and comma"
    golden = ("{any-order\n"
              + LOADER.format(text=r"\programs\large is not loaded: it is larger than 16 MiB")
              + LOADER.format(text=r"\programs\folder is not loaded: it is a folder")
              + LOADER.format(text=rf"\programs\with?blank is not loaded: {bad_name}")
              + LOADER.format(text=rf"\programs\{'x' * 47} is not loaded: {bad_name}")
              + "}\n...\n{any-order\n" + TAKEN.format(name="arguments")
              + REFUSED.format(name="empty", reason="it is shorter than an ELF header")
              + REFUSED.format(name="text", reason="the magic number is not ELF's")
              + "}\n...\n" + READY
              + r"[{time}] [0] WARN  run=folder: there is no program \programs\folder" + "\n"
              + r"[{time}] [0] WARN  run=argument: there is no program \programs\argument, the nearest is arguments" + "\n"
              + "{any-order\n" + SAID.format(name="arguments", text="arguments") + SAID.format(name="demo", text="hello from ring 3")
              + ENDED.format(name="arguments", code=1) + ENDED.format(name="demo", code=0) + "}\n" + END + "! hidden\n")
    boot(tmp_path, "programs-unusable", files, golden, "run=folder,argument:x,arguments,demo")


@pytest.mark.parametrize("count", [100, 140])
def test_many_programs(tmp_path: Path, count: int) -> None:
    """127 and the one that is built in are as many as there is room for."""
    files = {f"program-{number:03}": PROGRAM for number in range(count)}
    golden = "".join(LOADER.format(text=rf"\programs\program-{number} is not loaded: there are more than 127 files")
                     for number in range(127, min(count, 135)))
    if count > 127:
        golden += LOADER.format(text=f"{count - 127 - 8} more files are not loaded") + "...\n"
    golden += "".join(TAKEN.format(name=name) for name in list(files)[:127]) + "...\n" + READY + END
    boot(tmp_path, f"programs-{count}", files, golden)


def damage_size(entry: bytearray) -> None:
    """More bytes than its chain of clusters has."""
    struct.pack_into("<I", entry, 28, 1024 * 1024)


def test_an_unreadable_file_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _change_entry(monkeypatch, b"BROKEN     ", damage_size)
    golden = (LOADER.format(text=r"\programs\broken is not loaded: volume corrupted") + "...\n" + TAKEN.format(name="whole")
              + "...\n" + READY + r"[{time}] [0] WARN  run=broken: there is no program \programs\broken" + "\n" + END)
    boot(tmp_path, "programs-unreadable", {"broken": PROGRAM, "whole": PROGRAM}, golden, "run=broken")


def test_a_file_called_programs_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes must not be taken for a list of files."""
    def clear_directory(entry: bytearray) -> None:
        entry[11] &= ~0x10
        struct.pack_into("<I", entry, 28, 512)
    _change_entry(monkeypatch, b"PROGRAMS   ", clear_directory)
    golden = LOADER.format(text=r"\programs is a file and no folder") + "...\n" + READY + END + "! arguments:\n"
    boot(tmp_path, "programs-no-folder", {"arguments": PROGRAM}, golden)


def _change_entry(monkeypatch: pytest.MonkeyPatch, short_name: bytes, change: Callable[[bytearray], None]) -> None:
    """Alter a directory entry of the image that the boot makes (32 bytes; Microsoft's FAT specification, section 6)."""
    make_image = disk.make_image

    def make_changed(image: Path, files: Mapping[str, Path], fat: int | None = None) -> None:
        make_image(image, files, fat)
        content = bytearray(image.read_bytes())
        at = content.index(short_name)
        entry = content[at:at + 32]
        change(entry)
        content[at:at + 32] = entry
        image.write_bytes(content)

    monkeypatch.setattr(disk, "make_image", make_changed)


def test_bad_files_are_refused_with_their_reason(tmp_path: Path) -> None:
    """The host's cases, good ones too, but for those about how much memory there is: the kernel says the same, and loads the good ones."""
    files, golden = {}, ""
    for case in sorted(set(CASES.glob("*.elf")) - set(CASES.glob("memory-*.elf"))):
        files[case.stem] = tmp_path / case.stem
        subprocess.run([ROOT / "build" / "host" / "make_elf", case, files[case.stem]], check=True)
        reason = [line[8:] for line in case.read_text(encoding="utf-8").splitlines() if line.startswith("refused ")]
        golden += REFUSED.format(name=case.stem, reason=reason[0]) if reason else f"[{{time}}] [0] INFO  program {case.stem}: {{text}}\n"
    assert len(files) >= 90
    golden = "{any-order\n" + golden + "}\n...\n" + READY + "...\n[{time}] [0] INFO  selftest programs: passed\n" + END
    boot(tmp_path, "programs-bad", files, golden, "run=none selftest=programs")
