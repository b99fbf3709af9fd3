"""A BOOTX64.EFI whose embedded kernel was cut short or altered: the loader says so and returns to the firmware."""

import re
import struct
from pathlib import Path

import pytest

from boot import ROOT, boot_once
from casefile import parse_case
from qemu import find_tools
from runner import find_problems

HEADER = struct.Struct("<QQQ")  # magic, size, checksum
EMBEDDED = re.compile(rb"FLKERNEL.{16}\x7fELF", re.S)

GOLDEN = """about: {about}
status: returns
from: firmware
---
...
Faultline {{version}} loader
...
Faultline cannot start: step "kernel" failed: the embedded kernel is unusable: {sentence}: load error (EFI status {{hex}})
...
Back to the firmware after a key or 10 seconds.
...
"""


def flip_a_byte(image: bytearray, at: int) -> None:
    size = HEADER.unpack_from(image, at)[1]
    image[at + HEADER.size + size // 2] ^= 1


def claim_more_than_there_is(image: bytearray, at: int) -> None:
    magic, size, checksum = HEADER.unpack_from(image, at)
    HEADER.pack_into(image, at, magic, size + (1 << 32), checksum)


def lose_the_header(image: bytearray, at: int) -> None:
    image[at] ^= 0xFF


@pytest.mark.parametrize("damage, sentence", [
    (flip_a_byte, "its checksum is wrong, the file is damaged"),
    (claim_more_than_there_is, "it is cut short"),
    (lose_the_header, "its header is damaged"),
])
def test_damaged_kernel_is_refused(damage, sentence: str, tmp_path: Path) -> None:
    image = bytearray((ROOT / "build" / "release" / "BOOTX64.EFI").read_bytes())
    found = list(EMBEDDED.finditer(image))
    assert len(found) == 1
    damage(image, found[0].start())
    build, work = tmp_path / "release", tmp_path / "work"
    build.mkdir()
    work.mkdir()
    (build / "BOOTX64.EFI").write_bytes(image)
    case = parse_case(GOLDEN.format(about=damage.__name__, sentence=sentence), damage.__name__, "test_damaged.py")
    boot = boot_once(case, find_tools(), build, work)
    assert find_problems(case, boot) == [], boot.raw_log
