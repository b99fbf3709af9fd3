"""scripts/make-image: the same content gives the same bytes, sgdisk finds nothing to complain about, all files are there.

That it boots, by USB and by SATA, is shown by the cases disk-*.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from boot import ROOT
from disk import fat_kind, read_file

BUILD = ROOT / "build" / "release"
MIB = 1024 * 1024
DAY_SECONDS = 24 * 3600
ENVIRONMENT = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}
SOURCES = {
    r"\EFI\BOOT\BOOTX64.EFI": BUILD / "BOOTX64.EFI",
    r"\faultline.cfg": ROOT / "esp" / "faultline.cfg",
    r"\programs\echo": BUILD / "programs" / "echo",
    r"\programs\in-turn": BUILD / "programs" / "in-turn",
}


def make_image(folder: Path, file_time: int, **environment: str) -> Path:
    """From copies of the sources, with another time of change, in a folder of its own."""
    copies = []
    for path, source in SOURCES.items():
        copy = folder / path.lstrip("\\").replace("\\", "/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        os.utime(copy, (file_time, file_time))
        copies.append(copy.relative_to(folder))
    subprocess.run([ROOT / "scripts" / "make-image", "faultline.img", *copies], cwd=folder, check=True,
                   env={**os.environ, **environment})
    return folder / "faultline.img"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_image(tmp_path_factory.mktemp("image"), 100 * DAY_SECONDS, TZ="Asia/Tokyo")


def test_another_folder_time_and_zone_give_the_same_bytes(image: Path, tmp_path: Path) -> None:
    other = make_image(tmp_path / "another folder", 20000 * DAY_SECONDS, TZ="America/New_York")
    assert other.read_bytes() == image.read_bytes()


def test_the_date_can_be_given(tmp_path: Path) -> None:
    dated = make_image(tmp_path, 0, SOURCE_DATE_EPOCH=str(20000 * DAY_SECONDS))
    listed = subprocess.run(["mdir", "-i", f"{dated}@@1M", "::/EFI/BOOT"], capture_output=True, text=True, check=True).stdout
    assert "BOOTX64  EFI" in listed and "2024-10-04" in listed


def test_sgdisk_finds_the_tables_whole(image: Path) -> None:
    verified = subprocess.run(["sgdisk", "--verify", image], env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    assert "No problems found." in verified and "Caution" not in verified and "Warning" not in verified, verified
    shown = subprocess.run(["sgdisk", "--info=1", image], env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
    assert "C12A7328-F81F-11D2-BA4B-00A0C93EC93B (EFI system partition)" in shown
    assert "First sector: 2048 (at 1024.0 KiB)" in shown and "Last sector: 79871 (at 39.0 MiB)" in shown


def test_the_partition_is_fat32_and_holds_every_file(image: Path, tmp_path: Path) -> None:
    partition = tmp_path / "partition"
    partition.write_bytes(image.read_bytes()[MIB:39 * MIB])
    assert fat_kind(partition) == 32
    for path, source in SOURCES.items():
        assert read_file(partition, path) == source.read_bytes()


def make_of(image: Path, *words: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "scripts" / "make-image", image, *words], capture_output=True, text=True, check=False)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    loader, options, *programs = SOURCES.values()
    done = make_of(tmp_path / "faultline.img", tmp_path / "nothing", options, *programs)
    assert done.returncode != 0 and f"{tmp_path}/nothing" in done.stderr
    done = make_of(tmp_path / "faultline.img", loader, options)
    assert (done.returncode, done.stderr) == (1, "make-image: usage: make-image IMAGE BOOTX64.EFI FAULTLINE.CFG PROGRAM...\n")
    done = make_of(tmp_path / "no folder" / "faultline.img", loader, options, *programs)
    assert done.returncode != 0 and f"{tmp_path}/no folder/faultline.img" in done.stderr
