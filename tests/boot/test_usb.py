"""scripts/usb: what it refuses, each with its reason and nothing written, and what it does when all is well.

lsblk is a fake that comes first in PATH, and the stick is a plain file: no disk of this machine is touched.
"""

from __future__ import annotations

import errno
import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from boot import ROOT
from script import load_script

MIB = 1024 * 1024
OLD = b"\x55" * (3 * MIB)
IMAGE = bytes(range(256)) * (MIB // 256) * 2 + b"the end"


class Stick:
    """A stick of 3 MiB, an image of 2 and a little, and what lsblk says of the stick."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.device, self.image = folder / "sdx", folder / "image"
        self.device.write_bytes(OLD)
        self.image.write_bytes(IMAGE)
        (folder / "lsblk").write_text(f'#!/bin/sh\necho "$@" >>"{folder}/calls"\n'
                                      f'cat "{folder}/answer.$(wc -l <"{folder}/calls")" 2>/dev/null || cat "{folder}/answer"\n')
        (folder / "lsblk").chmod(0o755)
        self.answer()

    def row(self, **change: object) -> dict[str, object]:
        part = self.part("sdx1", label="HOLIDAYS")
        return {"path": str(self.device), "type": "disk", "rm": True, "ro": False, "size": len(OLD), "vendor": "SanDisk ",
                "model": "Ultra", "serial": "4C53", "fstype": None, "label": None, "mountpoints": [None], "children": [part],
                **change}

    def part(self, name: str, **change: object) -> dict[str, object]:
        return {"path": f"/dev/{name}", "type": "part", "rm": True, "ro": False, "size": MIB, "vendor": None, "model": None,
                "serial": None, "fstype": "vfat", "label": None, "mountpoints": [None], **change}

    def answer(self, call: int | None = None, **change: object) -> None:
        """What lsblk says, at its call of that number alone or whenever nothing else is said."""
        name = "answer" if call is None else f"answer.{call}"
        (self.folder / name).write_text(json.dumps({"blockdevices": [self.row(**change)]}))

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}

    def write(self, typed: str = "sdx\n") -> tuple[int, str]:
        """Status and output of scripts/usb on a terminal at which somebody types."""
        ours, theirs = pty.openpty()
        os.write(ours, typed.encode())
        try:
            return self.run(theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def run(self, stdin: int, *words: str) -> tuple[int, str]:
        done = subprocess.run([ROOT / "scripts" / "usb", *(words or (self.image, self.device))], env=self.environment, stdin=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=30)
        return done.returncode, done.stdout

    @property
    def is_untouched(self) -> bool:
        return self.device.read_bytes() == OLD


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path)


def test_the_image_is_written_and_what_lies_behind_it_stays(stick: Stick) -> None:
    status, output = stick.write()
    assert status == 0, output
    assert stick.device.read_bytes() == IMAGE + OLD[len(IMAGE):]
    assert f"{stick.device}: SanDisk, Ultra, 4C53, 3.0 MiB\n    /dev/sdx1: vfat HOLIDAYS\nEverything on it will be lost.\n" in output
    assert output.endswith(f"{stick.device} holds the image, and can be pulled out.\n")


# What lsblk says of the stick, and the refusal, in which DEV is the device.
REFUSED: dict[str, tuple[Callable[[Stick], dict[str, object]], str]] = {
    "partition": (lambda stick: {"type": "part"}, "DEV is not a whole disk: its type is part"),
    "optical": (lambda stick: {"type": "rom"}, "DEV is not a whole disk: its type is rom"),
    "fixed": (lambda stick: {"rm": False}, "DEV is not removable: its driver says that it is a fixed disk"),
    "mounted": (lambda stick: {"mountpoints": ["/media/stick"]}, "DEV is in use, at /media/stick: unmount it first"),
    "mounted-part": (lambda stick: {"children": [stick.part("sdx1"), stick.part("sdx2", mountpoints=[None, "/mnt"])]},
                     "/dev/sdx2 is in use, at /mnt: unmount it first"),
    "swap": (lambda stick: {"children": [stick.part("sdx1", mountpoints=["[SWAP]"])]},
             "/dev/sdx1 is in use, at [SWAP]: unmount it first"),
    "mounted-within": (lambda stick: {"children": [stick.part("sdx1", children=[
                       stick.part("mapper/secret", type="crypt", mountpoints=["/home"])])]},
                       "/dev/mapper/secret is in use, at /home: unmount it first"),
    "held": (lambda stick: {"children": [stick.part("sdx1", children=[stick.part("mapper/group-home", type="lvm")])]},
             "DEV is in use by /dev/mapper/group-home (lvm)"),
    "small": (lambda stick: {"size": len(IMAGE) - 1}, "DEV is too small: 2.0 MiB, the image has 2.0 MiB"),
    "empty-reader": (lambda stick: {"size": 0}, "DEV is too small: 0 bytes, the image has 2.0 MiB"),
    "protected": (lambda stick: {"ro": True}, "DEV is write-protected"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_disk_that_is_no_stick_is_refused(name: str, stick: Stick) -> None:
    change, refusal = REFUSED[name]
    stick.answer(**change(stick))
    assert stick.write() == (1, f"usb: {refusal.replace('DEV', str(stick.device))}\n")
    assert stick.is_untouched


@pytest.mark.parametrize("typed", ["\n", "y\n", "yes\n", "sdx1\n", "SDX\n", " sdx\n", "\x04"])
def test_any_other_answer_is_refused(typed: str, stick: Stick) -> None:
    status, output = stick.write(typed)
    assert status == 1 and output.endswith("nothing is written: the answer was not sdx\n")
    assert stick.is_untouched


def test_without_a_terminal_nothing_is_written(stick: Stick) -> None:
    (stick.folder / "typed").write_text("sdx\n")
    with (stick.folder / "typed").open() as typed:
        status, output = stick.run(typed.fileno())
    assert status == 1 and output.endswith("usb: nobody to ask: standard input is not a terminal\n")
    assert stick.is_untouched


@pytest.mark.parametrize("change", [{"model": "another"}, {"size": 2 * len(OLD)}, {"serial": None}, {"children": []}])
def test_another_stick_at_the_same_place_is_refused(change: dict[str, object], stick: Stick) -> None:
    stick.answer(call=2, **change)
    status, output = stick.write()
    assert status == 1 and output.endswith(f"usb: nothing is written: {stick.device} is not the same any more\n")
    assert stick.is_untouched


def test_real_lsblk_does_not_take_a_file_for_a_disk(stick: Stick) -> None:
    """It is the same question that the fake answers, asked by the same options."""
    (stick.folder / "lsblk").unlink()
    assert stick.write() == (1, f"usb: lsblk knows no {stick.device}: {stick.device}: not a block device\n")
    assert stick.is_untouched


def test_without_lsblk_it_is_named(stick: Stick, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_script("usb")
    monkeypatch.setenv("PATH", str(stick.folder / "empty"))
    with pytest.raises(script.Refusal, match="lsblk not found: install the package util-linux"):
        script.look_at(str(stick.device))


def test_without_a_device_nothing_is_guessed(stick: Stick) -> None:
    for words in ([stick.image], [stick.image, ""]):
        status, output = stick.run(subprocess.DEVNULL, *words)
        assert status == 1 and output.startswith("usb: which stick? make usb DEV=/dev/NAME; ") and output.count("\n") == 1
    assert not (stick.folder / "calls").exists()


def test_an_image_that_is_not_there(stick: Stick) -> None:
    stick.image.unlink()
    status, output = stick.write()
    assert (status, output) == (1, f"usb: [Errno 2] No such file or directory: '{stick.image}'\n")


def inside(stick: Stick, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    """The script as a module, and what it has found out about the stick."""
    monkeypatch.setenv("PATH", stick.environment["PATH"])
    script = load_script("usb")
    return script, script.look_at(str(stick.device))


def test_a_device_that_something_else_has_opened_is_refused(stick: Stick, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux then refuses O_EXCL, where it would let anybody write without (open(2))."""
    script, disk = inside(stick, monkeypatch)
    open_any = os.open

    def open_busy(path: str, flags: int) -> int:
        if flags & os.O_EXCL:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return open_any(path, flags)

    monkeypatch.setattr(script.os, "open", open_busy)
    with stick.image.open("rb") as image, pytest.raises(script.Refusal, match="cannot be opened for writing: Device or resource busy"):
        script.write_and_compare(image, disk, len(IMAGE))
    assert stick.is_untouched


@pytest.mark.parametrize(("at", "complaint"), [
    (0, "the MiB from byte 0 on is not what was written"),
    (MIB + 7, f"the MiB from byte {MIB} on is not what was written"),
    (len(IMAGE) - 1, f"the MiB from byte {2 * MIB} on is not what was written"),
])
def test_what_the_stick_gives_back_is_compared(at: int, complaint: str, stick: Stick, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bit turns over at the moment when the kernel forgets what it wrote, and from then on asks the stick."""
    script, disk = inside(stick, monkeypatch)

    def turn_a_bit(_descriptor: int, *_range: int) -> None:
        content = bytearray(stick.device.read_bytes())
        content[at] ^= 1
        stick.device.write_bytes(content)

    monkeypatch.setattr(script.os, "posix_fadvise", turn_a_bit)
    with stick.image.open("rb") as image, pytest.raises(script.Refusal, match=complaint):
        script.write_and_compare(image, disk, len(IMAGE))


def test_a_stick_that_ends_early_is_found(stick: Stick, monkeypatch: pytest.MonkeyPatch) -> None:
    script, disk = inside(stick, monkeypatch)
    monkeypatch.setattr(script.os, "posix_fadvise", lambda *_: os.truncate(stick.device, 2 * MIB))
    with stick.image.open("rb") as image, pytest.raises(script.Refusal, match=f"it ends after {2 * MIB} bytes"):
        script.write_and_compare(image, disk, len(IMAGE))
