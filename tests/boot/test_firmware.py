"""Which firmware and which stick a case gets, and that a case is left out, and named, where the machine lacks what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import boot
import firmware
from casefile import Case, parse_case
from disk import fat_kind
from firmware import MissingTool, find_firmware
from qemu import DISK, VARS, Tools, command, find_tools

CODE, VARIABLES, STRICT = "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "OVMF_CODE_4M.secboot.strictnx.fd"


def put_firmware(cache: Path, name: str, *files: str) -> Path:
    """A package as scripts/fetch-firmware leaves it, of empty files."""
    folder = cache / "faultline" / "ovmf" / name / "usr" / "share" / "OVMF"
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).touch()
    return folder


def arguments(header: str, found: tuple[Path, Path | None], by_hand: bool = False) -> list[str]:
    case: Case = parse_case(f"about: a\n{header}---\nx\n", "x", "x.log")
    return command(case, Tools("qemu", *found), Path("/somewhere"), Path("/image"), by_hand=by_hand)


def drives(words: list[str]) -> list[str]:
    return [word for option, word in zip(words, words[1:]) if option == "-drive"]


@pytest.mark.parametrize(("name", "folder", "code"), [("older", "older", CODE), ("newer", "newer", CODE),
                                                      ("strict-nx", "newer", STRICT)])
def test_fetched_firmware(name: str, folder: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingTool, match="scripts/fetch-firmware"):
        find_firmware(name)
    files = put_firmware(tmp_path, folder, code, VARIABLES)
    assert find_firmware(name) == (files / code, files / VARIABLES)
    (files / VARIABLES).unlink()
    with pytest.raises(MissingTool):
        find_firmware(name)


def test_installed_firmware_is_the_first_pair_that_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVMF_CODE", raising=False)
    for name in ("half-code", "code", "vars", "later-code", "later-vars"):
        (tmp_path / name).touch()
    places = tmp_path / "places"
    monkeypatch.setattr(firmware, "PLACES", places)
    places.write_text("# a comment\n\n" + "".join(f"{tmp_path}/{code}   {tmp_path}/{variables}\n" for code, variables in (
        ("half-code", "half-vars"), ("code", "vars"), ("later-code", "later-vars"))))
    assert find_firmware("installed") == (tmp_path / "code", tmp_path / "vars")
    monkeypatch.setenv("OVMF_CODE", str(tmp_path / "later-code"))
    monkeypatch.setenv("OVMF_VARS", str(tmp_path / "later-vars"))
    assert find_firmware("installed") == (tmp_path / "later-code", tmp_path / "later-vars")


def test_firmware_for_bios_is_the_first_file_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firmware, "WHOLE_PLACES", (str(tmp_path / "none"), str(tmp_path / "whole")))
    with pytest.raises(MissingTool, match="install the package ovmf"):
        find_firmware("bios")
    (tmp_path / "whole").touch()
    assert find_firmware("bios") == (tmp_path / "whole", None)


def test_firmware_of_secure_boot_needs_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, variables, _ = places = [tmp_path / name for name in ("code", "vars", "key")]
    monkeypatch.setattr(firmware, "SNAKEOIL_PLACES", tuple(map(str, places)))
    for place in places:
        with pytest.raises(MissingTool, match="Debian's package ovmf has it"):
            find_firmware("snakeoil")
        place.touch()
    assert find_firmware("snakeoil") == (code, variables)


def test_make_qemu_and_the_tests_take_the_same_firmware(tmp_path: Path) -> None:
    (tmp_path / "disk").touch()
    environment = {**os.environ, "SERIAL_LOG": str(tmp_path / "serial.log")}
    printed = subprocess.run([boot.ROOT / "scripts" / "run-qemu", "--nox", "--print", tmp_path / "disk"], env=environment,
                             capture_output=True, text=True, check=True).stdout
    assert os.path.realpath(printed.partition("if=pflash,unit=0,format=raw,file=")[2].partition(",")[0]) \
        == str(find_firmware("installed")[0])


def test_firmware_in_flash() -> None:
    found = (Path("/f/code.qcow2"), Path("/f/vars.qcow2"))
    assert drives(arguments("", found)) == ["if=pflash,format=qcow2,unit=0,file=/f/code.qcow2,readonly=on",
                                            f"if=pflash,format=qcow2,unit=1,file=/somewhere/{VARS}"]
    assert drives(arguments("", found, by_hand=True))[1] == "if=pflash,format=qcow2,unit=1,file=/f/vars.qcow2,snapshot=on"


def test_firmware_in_one_file() -> None:
    words = arguments("firmware: bios\n", (Path("/f/OVMF.fd"), None))
    assert words[words.index("-bios") + 1] == "/f/OVMF.fd"
    assert drives(words) == []


@pytest.mark.parametrize(("header", "drive", "devices"), [
    ("", "", ["virtio-blk-pci,drive=esp,bootindex=0"]),
    ("readonly: on\n", ",readonly=on", ["virtio-blk-pci,drive=esp,bootindex=0"]),
    ("stick: usb\n", "", ["qemu-xhci", "usb-storage,drive=esp,bootindex=0"]),
    ("stick: sata\n", "", ["ide-hd,drive=esp,bootindex=0"]),
])
def test_stick(header: str, drive: str, devices: list[str]) -> None:
    words = arguments(f"boot: fat\n{header}", (Path("/f/OVMF.fd"), None))
    assert drives(words) == [f"if=none,id=esp,format=raw,file=/somewhere/{DISK}{drive}"]
    found = [word for option, word in zip(words, words[1:]) if option == "-device"]
    assert found == ["isa-debug-exit,iobase=0xf4,iosize=0x04", *devices]


def test_the_disk_has_the_kind_of_fat_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Started(Exception):
        """All files are made."""

    def start(*_arguments: object) -> None:
        raise Started

    monkeypatch.setattr(boot, "Machine", start)
    case = parse_case("about: a\nboot: fat\nfat: 32\n---\nx\n", "x", "x.log")
    with pytest.raises(Started):
        boot.boot_once(case, find_tools(), boot.ROOT / "build" / "release", tmp_path)
    assert fat_kind(tmp_path / DISK) == 32


def collect(**environment: str) -> list[str]:
    """What `make test-full` collects and says, in an environment."""
    words = [sys.executable, "-m", "pytest", "tests/boot", "-q", "-p", "no:cacheprovider", "--tier", "full", "--collect-only"]
    done = subprocess.run(words, cwd=boot.ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def is_collected(name: str, lines: list[str]) -> bool:
    return any(line.endswith(f"::{name}") for line in lines)


def test_what_the_machine_lacks_is_not_collected_and_named(tmp_path: Path) -> None:
    qemu = tmp_path / "qemu"
    qemu.write_text("#!/bin/sh\necho 'name \"VGA\", bus PCI'\n")
    qemu.chmod(0o755)
    put_firmware(tmp_path, "newer", CODE, VARIABLES)
    lines = collect(XDG_CACHE_HOME=str(tmp_path), QEMU=str(qemu))
    cache = tmp_path / "faultline" / "ovmf"
    fetch = "scripts/fetch-firmware fetches it from a mirror of Debian"
    expected = [
        "not collected: matrix-vga-qxl (QEMU has no qxl-vga: install the package qemu-system-modules-spice)",
        f"not collected: image-rights, matrix-firmware-strict-nx (no {STRICT} in {cache / 'newer'}: {fetch})",
        f"not collected: matrix-firmware-older (no {CODE} in {cache / 'older'}: {fetch})",
    ]
    assert [line for line in expected if line not in lines] == []
    for name in ("image-rights", "matrix-vga-qxl", "matrix-firmware-strict-nx", "matrix-firmware-older"):
        assert not is_collected(name, lines)
    assert is_collected("matrix-firmware-newer", lines)
    assert is_collected("boot", lines)


def test_what_the_machine_has_is_collected(tmp_path: Path) -> None:
    qemu = tmp_path / "qemu"
    qemu.write_text("#!/bin/sh\necho 'name \"qxl-vga\", bus PCI'\n")
    qemu.chmod(0o755)
    put_firmware(tmp_path, "newer", CODE, STRICT, VARIABLES)
    put_firmware(tmp_path, "older", CODE, VARIABLES)
    lines = collect(XDG_CACHE_HOME=str(tmp_path), QEMU=str(qemu))
    for name in ("image-rights", "matrix-vga-qxl", "matrix-firmware-strict-nx", "matrix-firmware-older", "matrix-firmware-newer"):
        assert is_collected(name, lines)
        assert not any(line.startswith("not collected") and name in line for line in lines)
