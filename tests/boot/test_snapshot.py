"""Firmware snapshots: a boot from one cannot be told from a cold boot, and one that does not fit is never used."""

from __future__ import annotations

import os
import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import snapshot
from boot import ROOT, Boot, boot_once
from casefile import Case, parse_case
from qemu import SetupError, Tools, find_tools
from runner import find_problems
from snapshot import Damaged, obtain, starts_cold

BUILD = ROOT / "build" / "release"
WEEK_SECONDS = 7 * 24 * 3600
VARYING = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")


def make_case(*header: str, golden: str = "...\nexit: 0x10") -> Case:
    text = "\n".join(("about: a snapshot", *header, "---", golden))
    return parse_case(text, "snapshot-test", "test_snapshot.py")


def boot(case: Case, work: Path) -> Boot:
    work.mkdir()
    seen = boot_once(case, find_tools(), BUILD, work)
    assert ("-incoming" in seen.arguments) is not starts_cold(case)
    return seen


@pytest.mark.parametrize("header", [
    ("options: exit=qemu nonsense=1",),
    ("status: stays",),
], ids=["options", "no-options"])
def test_the_log_is_that_of_a_cold_boot(tmp_path: Path, header: tuple[str, ...]) -> None:
    """Line by line, but for numbers: times and addresses. At loglevel=debug the memory map has the waiting program too."""
    case = make_case(*header, golden="...\n{text}ready: {text}\n...")
    logs = []
    for start in ("snapshot", "cold"):
        seen = boot(replace(case, start=start), tmp_path / start)
        assert find_problems(case, seen) == []
        ready = max(number for number, line in enumerate(seen.outcome.log) if "ready: " in line)
        logs.append([VARYING.sub("#", line) for line in seen.outcome.log[:ready + 1]])
    assert logs[0] == logs[1]
    assert len(logs[0]) > 10


@pytest.mark.parametrize(("header", "cold"), [
    ((), False),
    (("image: loaders/hooks.efi", "smp: 4", "mem: 8G", "qemu: -device bochs-display", "events: SHUTDOWN", "status: stays"), False),
    (("start: cold",), True),
    (("boot: fat",), True),
    (("from: firmware",), True),
    (("firmware: newer",), True),
    (("events: RESET",), True),
    (("mem: 9G",), True),
])
def test_who_starts_cold(header: tuple[str, ...], cold: bool) -> None:
    assert starts_cold(make_case(*header)) is cold


def test_the_matrix_starts_cold() -> None:
    assert starts_cold(replace(make_case(), name="matrix-smp-2"))


# ---- which snapshot, and when a new one: without machines ----

@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path / "snapshots")
    return tmp_path / "snapshots"


@pytest.fixture
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stands in for the machine: each snapshot made is a file of some bytes, and noted here."""
    files: list[Path] = []

    def make(case: Case, tools: Tools, to: Path) -> None:
        time.sleep(0.05)
        to.write_bytes(b"saved machine")
        files.append(to)

    monkeypatch.setattr(snapshot, "_make", make)
    return files


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Files of our own, to be changed."""
    for name in ("code.fd", "vars.fd", "program.efi"):
        (tmp_path / name).write_text(name)
    (tmp_path / "qemu").write_text("#!/bin/sh\necho version 1\n")
    (tmp_path / "qemu").chmod(0o755)
    monkeypatch.setattr(snapshot, "PROGRAM", tmp_path / "program.efi")
    return Tools(str(tmp_path / "qemu"), tmp_path / "code.fd", tmp_path / "vars.fd")


def test_one_hardware_set_has_one_snapshot(made: list[Path], tools: Tools) -> None:
    first = obtain(make_case(), tools)
    for header in (("options: fault=divide", "status: 35"), ("timeout: 5",), ("image: loaders/hooks.efi",), ("icount: 5",),
                   ("status: stays", "events: SHUTDOWN")):
        assert obtain(make_case(*header), tools) == first
    assert len(made) == 1


@pytest.mark.parametrize("line", ["machine: pc", "cpu: qemu64", "smp: 2", "mem: 128M", "vga: none", "qemu: -device bochs-display"])
def test_another_machine_has_another(made: list[Path], tools: Tools, line: str) -> None:
    assert obtain(make_case(), tools) != obtain(make_case(line), tools)
    assert [path.exists() for path in (obtain(make_case(), tools), obtain(make_case(line), tools))] == [True, True]
    assert len(made) == 2


def test_a_file_that_the_machine_is_made_of_counts_by_its_content(made: list[Path], tools: Tools, tmp_path: Path) -> None:
    table = tmp_path / "table.aml"
    table.write_text("one")
    case = make_case(f"qemu: -acpitable file={table}")
    first = obtain(case, tools)
    table.write_text("another")
    assert obtain(case, tools) != first


@pytest.mark.parametrize("file", ["qemu", "code.fd", "vars.fd", "program.efi"])
def test_other_tools_throw_all_of_them_away(made: list[Path], folder: Path, tools: Tools, tmp_path: Path, file: str) -> None:
    old = [obtain(make_case(), tools), obtain(make_case("smp: 2"), tools)]
    with (tmp_path / file).open("a") as changed:
        changed.write("# another")
    new = obtain(make_case(), tools)
    assert new not in old
    assert list(folder.glob("*.snapshot")) == [new]


def test_another_version_behind_the_same_name_counts(made: list[Path], tools: Tools, tmp_path: Path) -> None:
    """A script that starts QEMU stays the same when QEMU does not."""
    (tmp_path / "version").write_text("version 1")
    (tmp_path / "qemu").write_text(f"#!/bin/sh\ncat {tmp_path / 'version'}\n")
    first = obtain(make_case(), tools)
    (tmp_path / "version").write_text("version 2")
    snapshot._version.cache_clear()  # it is asked once in each process
    assert obtain(make_case(), tools) != first


def test_what_nobody_used_for_a_week_goes(made: list[Path], folder: Path, tools: Tools) -> None:
    unused, used = obtain(make_case("smp: 2"), tools), obtain(make_case("smp: 3"), tools)
    obtain(make_case("smp: 3"), tools)  # and now its digest is known: nobody reads it any more
    for path in (unused, used):
        os.utime(path, ns=(time.time_ns() - (WEEK_SECONDS + 60) * 10**9, path.stat().st_mtime_ns))
    obtain(make_case("smp: 3"), tools)
    latest = obtain(make_case(), tools)
    assert set(folder.glob("*.snapshot")) == {used, latest}


@pytest.mark.parametrize("content", [b"saved mach", b"saved machinE", b""], ids=["truncated", "altered", "empty"])
def test_a_damaged_snapshot_is_made_again_and_that_is_said(made: list[Path], tools: Tools, content: bytes) -> None:
    path = obtain(make_case(), tools)
    path.write_bytes(content)
    with pytest.warns(Damaged, match=f"{path.name} is damaged"):
        assert obtain(make_case(), tools) == path
    assert path.read_bytes() == b"saved machine"
    assert len(made) == 2


def test_an_intact_one_is_used_without_a_word(made: list[Path], tools: Tools) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert obtain(make_case(), tools) == obtain(make_case(), tools)
    assert len(made) == 1


def test_who_comes_second_waits_for_the_first(made: list[Path], tools: Tools) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: obtain(make_case(), tools), range(4)))
    assert len(set(paths)) == len(made) == 1


def test_a_missing_program_is_named(tools: Tools, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "program.efi").unlink()
    with pytest.raises(SetupError, match="program.efi is missing: `make boot-test-images`"):
        obtain(make_case(), tools)


# ---- with machines ----

def test_a_truncated_snapshot_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case("options: exit=qemu")
    whole = obtain(case, find_tools())
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path)
    (tmp_path / whole.name).write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
    with pytest.warns(Damaged, match="is damaged"):
        seen = boot(case, tmp_path / "work")
    assert find_problems(case, seen) == []


def test_what_qemu_cannot_restore_fails_at_once(made: list[Path], tmp_path: Path) -> None:
    seen = boot(make_case("options: exit=qemu"), tmp_path / "work")
    assert not seen.outcome.timed_out
    assert seen.outcome.status == 1
    assert "load of migration failed" in (tmp_path / "work" / "qemu.stderr").read_text()


def test_a_snapshot_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    case = make_case(f"options: {snapshot.COMMAND_LINE}")
    with pytest.raises(SetupError, match="no snapshot of this machine can be made; .*migrate: "):
        snapshot._make(case, find_tools(), tmp_path / "no-such-folder" / "file")


def test_a_machine_that_cannot_be_saved_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="`start: cold` does without: migrate: .*nvme"):
        boot(make_case("options: exit=qemu", "qemu: -device nvme,serial=1"), tmp_path / "work")
    assert list(folder.glob("*.snapshot")) == []
