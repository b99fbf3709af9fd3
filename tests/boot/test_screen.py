"""The screen says what serial says, cell by cell, in the colours of the design."""

from pathlib import Path

import pytest

from live import BUILD, log_lines, running, wait_for
from screen import read_cells, read_line, text_of, wrap

SETTLE_SECONDS = 0.5
LEVEL_AT, LEVEL_END = 19, 24  # in "[    0.000000] [0] INFO  text"


def boot_to(work: Path, options: str, display: str, last_line: str, image: str = "BOOTX64.EFI") -> Path:
    """Boots until the line came on serial, and takes a picture."""
    picture = work / "screen.ppm"
    with running(f"options: {options}\nvga: none\nqemu: {display}\n", work, image, ("-no-shutdown",)) as machine:
        wait_for(machine, work, last_line)
        machine.qmp.poll(SETTLE_SECONDS)
        machine.qmp.execute("screendump", filename=str(picture), format="ppm")
    return picture


@pytest.mark.parametrize("width, height", [(800, 600), (1280, 800), (1920, 1080)])
def test_screen_equals_serial(tmp_path: Path, width: int, height: int) -> None:
    picture = boot_to(tmp_path, "fault=divide", f"-device VGA,xres={width},yres={height}", "*** END OF REPORT")
    rows = read_cells(picture, BUILD / "font.psf")
    assert (len(rows[0]), len(rows)) == (width // 8, height // 16)
    shown = [text_of(row) for row in rows]
    lines = wrap(log_lines(tmp_path), width // 8)
    while not shown[-1]:
        shown.pop()
    assert shown == lines[-len(shown):]


def test_colours_follow_the_levels(tmp_path: Path) -> None:
    picture = boot_to(tmp_path, "nonsense=1 loglevel=debug", "-device VGA,xres=1920,yres=1200", "boot kernel")
    seen = set()
    for row in read_cells(picture, BUILD / "font.psf"):
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
    picture = boot_to(tmp_path, "exit-refused-ever", "-device VGA,xres=1280,yres=800", "Switch the machine off.",
                      "loaders/hooks.efi")
    first = read_line(picture, BUILD / "font.psf", 0, "800000")
    second = read_line(picture, BUILD / "font.psf", 1, "800000")
    assert first.startswith("Faultline cannot start: ExitBootServices failed after 128 tries: invalid parameter (EFI status ")
    assert second == "The firmware is half shut down and cannot be returned to. Switch the machine off."
