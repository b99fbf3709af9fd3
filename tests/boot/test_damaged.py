"""A BOOTX64.EFI whose embedded kernel was cut short or altered: the loader says so, and returns to the firmware with every page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from boot import ROOT, boot_once
from casefile import parse_case
from embedded import BUILD, HEADER, kernel_file, replace_kernel, script, wrap_kernel
from qemu import find_tools
from runner import find_problems

# map-failing changes nothing before the loader leaves the firmware, which it does not come to.
GOLDEN = """about: {about}
image: loaders/hooks.efi
options: map-failing
status: returns
from: firmware
---
...
Faultline {{version}} loader
...
Faultline cannot start: step "kernel" failed: {sentence} (EFI status {{hex}})
Back to the firmware after a key or 10 seconds.
{after}...
"""
# Ten seconds later, so only where there were pages to lose.
NO_PAGE_IS_LOST = "hooks: the loader returned an error\nhooks: no page is lost\n"
UNUSABLE = "the embedded kernel is unusable: {}: load error"


def embedded() -> bytearray:
    return bytearray((BUILD / "kernel.embedded").read_bytes())


def block() -> bytearray:
    return embedded()[HEADER.size:]


def flip_a_byte() -> bytes:
    wrapped = embedded()
    wrapped[len(wrapped) // 2] ^= 1
    return wrapped


def claim_more_than_there_is() -> bytes:
    magic, checksum, block_bytes, size = HEADER.unpack_from(embedded())
    return HEADER.pack(magic, checksum, block_bytes + (1 << 32), size) + block()


def claim_another_size() -> bytes:
    magic, checksum, block_bytes, size = HEADER.unpack_from(embedded())
    return HEADER.pack(magic, checksum, block_bytes, size ^ 1) + block()


def lose_the_header() -> bytes:
    wrapped = embedded()
    wrapped[0] ^= 0xFF
    return wrapped


@pytest.mark.parametrize("damaged, sentence", [
    (flip_a_byte, "its checksum is wrong, the file is damaged"),
    (claim_more_than_there_is, "it is cut short"),
    (claim_another_size, "its checksum is wrong, the file is damaged"),
    (lose_the_header, "its header is damaged"),
])
def test_damaged_kernel_is_refused(damaged, sentence: str, tmp_path: Path) -> None:
    check_refused(damaged.__name__, damaged(), UNUSABLE.format(sentence), tmp_path)


def promise_a_byte_more() -> bytes:
    return script.wrap(block(), len(kernel_file()) + 1)


def promise_a_byte_less() -> bytes:
    return script.wrap(block(), len(kernel_file()) - 1)


def promise_more_than_there_is_memory() -> bytes:
    return script.wrap(block(), 1 << 40)


@pytest.mark.parametrize("wrong, sentence", [
    (promise_a_byte_more, UNUSABLE.format("its LZ4 block: it ends before the output is full")),
    (promise_a_byte_less, UNUSABLE.format("its LZ4 block: literals reach past the end of the output")),
    (promise_more_than_there_is_memory, "no room for the kernel's file of 1073741824 KiB: out of resources"),
])
def test_a_block_with_a_right_checksum_is_not_believed(wrong, sentence: str, tmp_path: Path) -> None:
    check_refused(wrong.__name__, wrong(), sentence, tmp_path)


def test_a_block_that_cannot_be_decoded_gives_its_pages_back(tmp_path: Path) -> None:
    sentence = UNUSABLE.format("its LZ4 block: literals reach past the end of the block")
    check_refused("cut", script.wrap(block()[:-1], len(kernel_file())), sentence, tmp_path, NO_PAGE_IS_LOST)


def test_an_elf_file_in_a_good_block_is_not_believed(tmp_path: Path) -> None:
    kernel = kernel_file()
    kernel[4] = 1  # EI_CLASS: 32-bit objects
    check_refused("EI_CLASS", wrap_kernel(kernel), UNUSABLE.format("its ELF file: it is not a 64-bit file"), tmp_path)


def test_a_kernel_that_needs_more_memory_than_there_is(tmp_path: Path) -> None:
    kernel = kernel_file()
    raise_memory_size(kernel, 1 << 29)
    sentence = "no room for the kernel's image of {n} KiB: out of resources"
    check_refused("p_memsz", wrap_kernel(kernel), sentence, tmp_path, NO_PAGE_IS_LOST)


def raise_memory_size(kernel: bytearray, more: int) -> None:
    """p_memsz of the last PT_LOAD: of those, only this one may grow."""
    count, table = int.from_bytes(kernel[56:58], "little"), int.from_bytes(kernel[32:40], "little")
    last = max(at for at in range(table, table + count * 56, 56) if int.from_bytes(kernel[at:at + 4], "little") == 1)
    size = int.from_bytes(kernel[last + 40:last + 48], "little")
    kernel[last + 40:last + 48] = (size + more).to_bytes(8, "little")


def check_refused(about: str, wrapped: bytes, sentence: str, tmp_path: Path, after: str = "") -> None:
    build, work = tmp_path / "release", tmp_path / "work"
    (build / "loaders").mkdir(parents=True)
    work.mkdir()
    (build / "loaders" / "hooks.efi").write_bytes(replace_kernel(BUILD / "loaders" / "hooks.efi", wrapped))
    case = parse_case(GOLDEN.format(about=about, sentence=sentence, after=after), about, "test_damaged.py")
    boot = boot_once(case, find_tools(), build, work)
    assert find_problems(case, boot) == [], boot.raw_log


def embed(kernel: Path, output: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["scripts/embed-kernel", str(kernel), str(output)], cwd=ROOT, capture_output=True, text=True)


def test_embedding_again_makes_the_same(tmp_path: Path) -> None:
    assert embed(BUILD / "kernel.stripped", tmp_path / "embedded").returncode == 0
    assert (tmp_path / "embedded").read_bytes() == embedded()


@pytest.mark.parametrize("size, noise", [(100, True), (5 << 20, False)])
def test_what_is_not_one_compressed_block_is_not_embedded(size: int, noise: bool, tmp_path: Path) -> None:
    (tmp_path / "kernel").write_bytes(bytes(range(size)) if noise else bytes(size))
    refused = embed(tmp_path / "kernel", tmp_path / "embedded")
    assert refused.returncode == 1 and f"one smaller block of the kernel's {size} bytes" in refused.stderr
    assert not (tmp_path / "embedded").exists()
