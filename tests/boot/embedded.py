"""The kernel inside BOOTX64.EFI, for tests that put another one there."""

from __future__ import annotations

import struct
from pathlib import Path

from boot import ROOT
from script import load_script

BUILD = ROOT / "build" / "release"
HEADER = struct.Struct("<QQQQ")  # magic, checksum, size of the block, size of what it decodes to


script = load_script("embed-kernel")


def kernel_file() -> bytearray:
    """What the block decodes to."""
    return bytearray((BUILD / "kernel.stripped").read_bytes())


def replace_kernel(image: Path, wrapped: bytes) -> bytes:
    """The image with `wrapped` where its kernel was, which must be as large at least."""
    content, now = image.read_bytes(), (BUILD / "kernel.embedded").read_bytes()
    assert content.count(now) == 1 and len(wrapped) <= len(now), (content.count(now), len(wrapped), len(now))
    return content.replace(now, wrapped + now[len(wrapped):])


def wrap_kernel(kernel: bytes) -> bytes:
    """Compressed better than the build does it, so that it fits although it was changed."""
    return script.wrap(script.compress(kernel, ()), len(kernel))
