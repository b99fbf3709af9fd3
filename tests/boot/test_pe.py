"""scripts/check-pe: BOOTX64.EFI of each build passes, and each check finds the one thing that was bent."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pefile
import pytest

from boot import ROOT

BUILD = ROOT / "build" / "release"
IMAGE, SHARED_OBJECT = BUILD / "BOOTX64.EFI", BUILD / "loader.so"
RELOCATIONS, IMPORTS = (pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{name}"] for name in ("BASERELOC", "IMPORT"))
WRITE, EXECUTE = (pefile.SECTION_CHARACTERISTICS[f"IMAGE_SCN_MEM_{right}"] for right in ("WRITE", "EXECUTE"))


def check(image: Path, shared_object: Path = SHARED_OBJECT) -> tuple[int, list[str]]:
    """Status and what was found, without the file's name."""
    done = subprocess.run([ROOT / "scripts" / "check-pe", image, shared_object], capture_output=True, text=True, check=False)
    return done.returncode, [line.removeprefix(f"{image}: ") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("build", ["release", "checked"])
def test_what_was_built_is_in_order(build: str) -> None:
    folder = ROOT / "build" / build
    assert check(folder / "BOOTX64.EFI", folder / "loader.so") == (0, [f"PE: {folder / 'BOOTX64.EFI'} in order"])


def section(image: pefile.PE, name: str) -> pefile.SectionStructure:
    return next(section for section in image.sections if section.Name.rstrip(b"\0") == name.encode())


def set_file(field: str, value: int) -> Callable[[pefile.PE], None]:
    return lambda image: setattr(image.FILE_HEADER, field, value)


def set_header(field: str, value: int) -> Callable[[pefile.PE], None]:
    return lambda image: setattr(image.OPTIONAL_HEADER, field, value)


def set_section(name: str, field: str, change: Callable[[int], int]) -> Callable[[pefile.PE], None]:
    return lambda image: setattr(section(image, name), field, change(getattr(section(image, name), field)))


def set_directory(number: int, size: int) -> Callable[[pefile.PE], None]:
    return lambda image: setattr(image.OPTIONAL_HEADER.DATA_DIRECTORY[number], "Size", size)


def start_in_constants(image: pefile.PE) -> None:
    image.OPTIONAL_HEADER.AddressOfEntryPoint = section(image, ".rodata").VirtualAddress


def drop_relocations(image: pefile.PE) -> None:
    image.FILE_HEADER.Characteristics |= pefile.IMAGE_CHARACTERISTICS["IMAGE_FILE_RELOCS_STRIPPED"]


# What is bent, and how the only complaint begins.
BENT: dict[str, tuple[Callable[[pefile.PE], None], str]] = {
    "machine": (set_file("Machine", pefile.MACHINE_TYPE["IMAGE_FILE_MACHINE_I386"]), "the machine is not x86-64"),
    "subsystem": (set_header("Subsystem", 11), "the subsystem is 11, not that of an EFI application"),
    "nx-compat": (set_header("DllCharacteristics", 0), "NX_COMPAT is not set"),
    "entry": (start_in_constants, "the entry point is not in an executable section"),
    "alignment": (set_header("SectionAlignment", 0x200), "sections are aligned to 512 bytes, not to pages"),
    "writable-code": (set_section(".text", "Characteristics", lambda old: old | WRITE), ".text is writable and executable"),
    "executable-data": (set_section(".data", "Characteristics", lambda old: old | EXECUTE), ".data is writable and executable"),
    "gap": (set_section(".rodata", "Misc_VirtualSize", lambda old: old - 0x1000), ".rela is at 0x"),
    "overlap": (set_section(".rodata", "Misc_VirtualSize", lambda old: old + 0x1000), ".rela is at 0x"),
    "end": (set_header("SizeOfImage", 0x1000000), "the image ends at 0x1000000, its sections at 0x"),
    "relocations-stripped": (drop_relocations, "there are no base relocations"),
    "relocations-empty": (set_directory(RELOCATIONS, 0), "there are no base relocations"),
    "imports": (set_directory(IMPORTS, 40), "there are imports, which firmware does not resolve"),
}


def bend(target: Path, change: Callable[[pefile.PE], None]) -> Path:
    with pefile.PE(str(IMAGE), fast_load=True) as image:
        change(image)
        image.OPTIONAL_HEADER.CheckSum = image.generate_checksum()
        target.write_bytes(image.write())
    return target


@pytest.mark.parametrize("name", BENT)
def test_each_check_finds_what_is_bent(name: str, tmp_path: Path) -> None:
    change, complaint = BENT[name]
    status, found = check(bend(tmp_path / "bent.efi", change))
    assert status == 1 and len(found) == 1 and found[0].startswith(complaint), found


def test_a_wrong_checksum_is_found(tmp_path: Path) -> None:
    content = IMAGE.read_bytes()
    (tmp_path / "bent.efi").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert check(tmp_path / "bent.efi") == (1, ["the checksum is wrong"])


def test_what_is_no_pe_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no image at all, but long enough to be looked at by the reader\n" * 9)
    assert check(tmp_path / "text") == (1, ["'DOS Header magic not found.'"])


def test_read_only_pointers_are_found(tmp_path: Path) -> None:
    """_relocate() would write to them, and firmware may have made them read-only by then."""
    bent = bend(tmp_path / "bent.efi", set_section(".data", "Characteristics", lambda old: old & ~WRITE))
    status, found = check(bent)
    assert status == 1 and found
    assert all(line.startswith("the relocation at ") and line.endswith("is not in a writable section") for line in found)


@pytest.mark.parametrize(("source", "complaint"), [
    ("extern int nowhere(void); int f(void) { return nowhere(); }", "nowhere is not resolved"),
    ("int f(void) { return 0; } int (*const volatile pointer)(void) = f;", "R_X86_64_64 at "),
], ids=["undefined", "by-symbol"])
def test_a_shared_object_that_needs_more_than_is_done_for_it(source: str, complaint: str, tmp_path: Path) -> None:
    """An undefined symbol; a relocation by symbol, as a link without -Bsymbolic makes it."""
    shared_object = tmp_path / "loader.so"
    subprocess.run(["gcc", "-shared", "-nostdlib", "-fpic", "-x", "c", "-", "-o", shared_object], input=source, text=True, check=True)
    status, found = check(IMAGE, shared_object)
    assert status == 1 and any(line.startswith(complaint) for line in found), found
