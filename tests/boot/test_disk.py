"""FAT images: what goes in comes out, and each kind of FAT can be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from disk import FLOPPY_BYTES, MIB, DiskError, fat_kind, image_bytes, make_image, read_file


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    names = {r"\EFI\BOOT\BOOTX64.EFI": b"MZ" * 999, r"\EFI\BOOT\OTHER.EFI": b"MZ", r"\faultline.cfg": b"exit=qemu\n"}
    for number, content in enumerate(names.values()):
        (tmp_path / str(number)).write_bytes(content)
    return {path: tmp_path / str(number) for number, path in enumerate(names)}


@pytest.mark.parametrize(("fat", "kind", "size"), [
    (None, 12, FLOPPY_BYTES),
    (12, 12, FLOPPY_BYTES),
    (16, 16, 16 * MIB),
    (32, 32, 64 * MIB),
])
def test_each_kind_of_fat(tmp_path: Path, files: dict[str, Path], fat: int | None, kind: int, size: int) -> None:
    image = tmp_path / "disk.img"
    make_image(image, files, fat)
    assert fat_kind(image) == kind
    assert image.stat().st_size == size
    for path, source in files.items():
        assert read_file(image, path) == source.read_bytes()


def test_an_image_grows_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"\x55" * (5 * MIB))
    make_image(tmp_path / "disk.img", {r"\big.bin": tmp_path / "big"})
    assert len(read_file(tmp_path / "disk.img", r"\big.bin")) == 5 * MIB


def test_many_small_files_take_a_cluster_each() -> None:
    assert image_bytes([1] * 1000) > 4 * MIB


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DiskError, match="do not fit a FAT12"):
        image_bytes([2 * MIB], 12)


def test_a_missing_file_in_the_image_is_an_error(tmp_path: Path, files: dict[str, Path]) -> None:
    make_image(tmp_path / "disk.img", files)
    with pytest.raises(DiskError, match="mtype"):
        read_file(tmp_path / "disk.img", r"\nothing")
