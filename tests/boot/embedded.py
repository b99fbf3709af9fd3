"""The kernel inside BOOTX64.EFI, for tests that put another one there."""

from __future__ import annotations

import importlib.util
import struct
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from boot import ROOT

BUILD = ROOT / "build" / "release"
HEADER = struct.Struct("<QQQQ")  # magic, checksum, size of the block, size of what it decodes to


def _script() -> ModuleType:
    loader = SourceFileLoader("embed_kernel", str(ROOT / "scripts" / "embed-kernel"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("embed_kernel", loader))
    loader.exec_module(module)
    return module


script = _script()


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
