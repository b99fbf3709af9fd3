"""FAT images by mtools, without root. The same files give the same image, but for their time stamps."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

FLOPPY_BYTES = 1440 * 1024
MIB = 1024 * 1024
# mformat chooses between FAT12 and FAT16 by size; FAT32 has to be asked for and needs 65,525 clusters.
SMALLEST_MIB = {12: 0, 16: 16, 32: 64}
LARGEST_BYTES = {12: FLOPPY_BYTES, 16: 512 * MIB, 32: 1 << 40}
SECTOR_BYTES = 512
SERIAL_NUMBER = "0fa171e5"


class DiskError(Exception):
    """The image could not be made; says why."""


def make_image(image: Path, files: Mapping[str, Path], fat: int | None = None) -> None:
    """Put host files at paths such as `\\EFI\\BOOT\\BOOTX64.EFI`. `fat` is 12, 16, 32, or None for what suits the size."""
    size = image_bytes([source.stat().st_size for source in files.values()], fat)
    image.unlink(missing_ok=True)
    _format(image, size, fat)
    made: set[str] = set()
    for path, source in files.items():
        _make_parents(image, path, made)
        _mtools("mcopy", "-i", str(image), str(source), _mtools_path(path))
    if fat is not None and fat_kind(image) != fat:
        raise DiskError(f"{image.name}: asked for FAT{fat}, mformat made FAT{fat_kind(image)}")


def write_file(image: Path, path: str, source: Path) -> None:
    """Put a host file at a path whose folder is there, in the place of what has that name."""
    _mtools("mcopy", "-o", "-i", str(image), str(source), _mtools_path(path))


def remove_file(image: Path, path: str) -> None:
    _mtools("mdel", "-i", str(image), _mtools_path(path))


def read_file(image: Path, path: str) -> bytes:
    """What the guest left in the image."""
    return _mtools("mtype", "-i", str(image), _mtools_path(path))


def image_bytes(file_bytes: list[int], fat: int | None = None) -> int:
    """The size of an image for files of these sizes: a floppy's where they fit, else whole MiB, with room to spare."""
    content = sum(size + 4096 for size in file_bytes)
    needed = content + content // 8 + 64 * 1024
    smallest = SMALLEST_MIB[fat] * MIB if fat else 0
    if needed <= FLOPPY_BYTES and not smallest:
        return FLOPPY_BYTES
    if fat and needed > LARGEST_BYTES[fat]:
        raise DiskError(f"{needed} bytes do not fit a FAT{fat} image")
    return max(smallest, -(-needed // MIB) * MIB)


def fat_kind(image: Path) -> int:
    """12, 16 or 32, from the count of clusters, which is what decides (Microsoft's FAT specification, section 3.5)."""
    with image.open("rb") as file:
        boot = file.read(SECTOR_BYTES)
    cluster_sectors, reserved, fats, root_entries, total16 = struct.unpack_from("<BHBHH", boot, 13)
    fat16, = struct.unpack_from("<H", boot, 22)
    total32, fat32 = struct.unpack_from("<II", boot, 32)
    system = reserved + fats * (fat16 or fat32) + -(-root_entries * 32 // SECTOR_BYTES)
    clusters = ((total16 or total32) - system) // cluster_sectors
    return 12 if clusters < 4085 else 16 if clusters < 65525 else 32


def _format(image: Path, size: int, fat: int | None) -> None:
    command = ["mformat", "-C", "-i", str(image), "-N", SERIAL_NUMBER, "-v", "FAULTLINE"]
    if size == FLOPPY_BYTES:
        _mtools(*command, "-f", "1440", "::")
    else:
        geometry = ["-h", "64", "-s", "32", "-T", str(size // SECTOR_BYTES)]
        _mtools(*command, *geometry, *(["-F"] if fat == 32 else []), "::")


def _make_parents(image: Path, path: str, made: set[str]) -> None:
    for parent in reversed(PureWindowsPath(path).parents):
        name = str(parent)
        if name != "\\" and name.upper() not in made:
            _mtools("mmd", "-i", str(image), _mtools_path(name))
            made.add(name.upper())


def _mtools_path(path: str) -> str:
    return "::" + path.replace("\\", "/")


def _mtools(tool: str, *arguments: str) -> bytes:
    if shutil.which(tool) is None:
        raise DiskError(f"{tool} not found: install the package mtools")
    environment = {**os.environ, "MTOOLSRC": os.devnull, "MTOOLS_SKIP_CHECK": "1"}
    done = subprocess.run([tool, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise DiskError(f"{tool} {' '.join(arguments)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
