"""The screen says what serial says, cell by cell, in the colours of the design."""

import re
from pathlib import Path

import pytest

from live import BUILD, log_lines, running, wait_for
from screen import Font, Screen, read_line, read_screen, text_of, wrap

SETTLE_SECONDS = 0.5
LEVEL_AT, LEVEL_END = 19, 24  # in "[    0.000000] [0] INFO  text"
FONT = BUILD / "font.psf"
DISPLAYS = {
    "800x600": "VGA,xres=800,yres=600",
    "1280x800": "VGA,xres=1280,yres=800",
    "1920x1080": "VGA,xres=1920,yres=1080",
    # At the usual 75 Hz the EDID cannot say so many pixels.
    "3840x2160": "VGA,vgamem_mb=64,xres=3840,yres=2160,refresh_rate=50000",
}
STATUS = re.compile(r" Faultline \d+\.\d+\.\d+  up (\d+:\d\d:\d\d)  1 CPU  \d+ MiB free  (.*)")


def boot_to(work: Path, options: str, display: str, last_line: str, image: str = "BOOTX64.EFI") -> Path:
    """Boots until the line came on serial, and takes a picture."""
    picture = work / "screen.ppm"
    with running(f"options: {options}\nvga: none\nqemu: -device {display}\n", work, image, ("-no-shutdown",)) as machine:
        wait_for(machine, work, last_line)
        machine.qmp.poll(SETTLE_SECONDS)
        machine.qmp.execute("screendump", filename=str(picture), format="ppm")
    return picture


def serial_as_shown(work: Path, screen: Screen) -> list[str]:
    """The end of the serial log, as many rows of it as the screen has."""
    font = Font(FONT)
    return wrap([font.as_read(line) for line in log_lines(work)], len(screen.rows[0]))[-len(screen.lines):]


@pytest.mark.parametrize("size", DISPLAYS)
def test_screen_equals_serial(tmp_path: Path, size: str) -> None:
    """With a report in it, after which the kernel goes on."""
    picture = boot_to(tmp_path, "fault=warning", DISPLAYS[size], "program demo, process 1, ended")
    screen = read_screen(picture, FONT)
    width, height = map(int, size.split("x"))
    scale = 2 if width > 2048 else 1
    assert (len(screen.rows[0]), len(screen.rows) + 1) == (width // 8 // scale, height // 16 // scale)
    assert screen.lines == serial_as_shown(tmp_path, screen)
    assert STATUS.fullmatch(screen.status)[2].startswith(r"next: options in \faultline.cfg, such as ")


def test_a_thousand_lines_at_full_speed(tmp_path: Path) -> None:
    screen = read_screen(boot_to(tmp_path, "selftest=screen", DISPLAYS["1920x1080"], "selftest screen: passed"), FONT)
    assert len(screen.lines) == len(screen.rows)
    assert screen.lines == serial_as_shown(tmp_path, screen)
    assert sum("of a burst: " in line for line in log_lines(tmp_path)) == 1000


def test_the_bottom_row_is_alive(tmp_path: Path) -> None:
    pictures = [tmp_path / "first.ppm", tmp_path / "second.ppm"]
    with running("vga: std\n", tmp_path) as machine:
        wait_for(machine, tmp_path, "ready: ")
        for picture in pictures:
            machine.qmp.poll(1.5)
            machine.qmp.execute("screendump", filename=str(picture), format="ppm")
    first, second = (STATUS.fullmatch(read_screen(picture, FONT).status) for picture in pictures)
    assert first[2] == r"next: options in \faultline.cfg, such as fault=list"
    assert first[1] < second[1]


def test_colours_follow_the_levels(tmp_path: Path) -> None:
    picture = boot_to(tmp_path, "nonsense=1 loglevel=debug", "VGA,xres=1920,yres=1200", "boot kernel")
    seen = set()
    for row in read_screen(picture, FONT).rows:
        text = text_of(row)
        if not text.startswith("["):
            continue
        before, level, after = row[:LEVEL_AT], row[LEVEL_AT:LEVEL_END], row[LEVEL_END:]
        assert {cell.color for cell in before if cell.color} == {"dim"}
        assert {cell.color for cell in level if cell.color} == {text_of(level).lower()}
        assert {cell.color for cell in after if cell.color} == {"text"}
        seen.add(text_of(level))
    assert {"INFO", "DEBUG"} <= seen


def test_the_loaders_last_words_are_on_the_screen(tmp_path: Path) -> None:
    """After ExitBootServices failed for good neither firmware nor kernel can draw."""
    picture = boot_to(tmp_path, "exit-refused-ever", DISPLAYS["1280x800"], "Switch the machine off.", "loaders/hooks.efi")
    first = read_line(picture, FONT, 0, "800000")
    second = read_line(picture, FONT, 1, "800000")
    assert first.startswith("Faultline cannot start: ExitBootServices failed after 128 tries: invalid parameter (EFI status ")
    assert second == "The firmware is half shut down and cannot be returned to. Switch the machine off."
