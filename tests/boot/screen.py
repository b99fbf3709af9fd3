"""Reads a picture of the screen back into text, through the very font that the kernel draws with."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

PSF1 = struct.Struct("<2sBB")
PSF1_MODE_512 = 1
WIDTH = 8
COLORS = {
    "ff5555": "error", "ffff55": "warn", "5555ff": "info", "55ffff": "debug", "ff55ff": "trace", "808080": "dim",
    "ffffff": "text",
}


@dataclass(frozen=True)
class Cell:
    text: str
    color: str  # a name from COLORS, "" for a blank


class ScreenError(Exception):
    """The picture holds something that the kernel cannot have drawn; says where."""


def read_font(path: Path) -> tuple[int, dict[bytes, str]]:
    """Height of a glyph, and for each bitmap the first ASCII character that has it."""
    data = path.read_bytes()
    magic, mode, height = PSF1.unpack_from(data)
    assert magic == b"\x36\x04"
    count = 512 if mode & PSF1_MODE_512 else 256
    table = struct.unpack_from(f"<{(len(data) - PSF1.size - count * height) // 2}H", data, PSF1.size + count * height)
    glyphs: dict[bytes, str] = {}
    number = 0
    for code in table:
        if code == 0xFFFF:
            number += 1
        elif 0x20 <= code < 0x7F:
            at = PSF1.size + number * height
            glyphs.setdefault(data[at:at + height], chr(code))
    return height, glyphs


def read_ppm(path: Path) -> tuple[int, int, bytes]:
    magic, size, depth, pixels = path.read_bytes().split(b"\n", 3)
    assert (magic, depth) == (b"P6", b"255")
    width, height = map(int, size.split())
    return width, height, pixels


def read_cells(picture: Path, font: Path) -> list[list[Cell]]:
    glyph_height, glyphs = read_font(font)
    width, height, pixels = read_ppm(picture)
    return [[_read_cell(pixels, width, column, row, glyph_height, glyphs) for column in range(width // WIDTH)]
            for row in range(height // glyph_height)]


def read_line(picture: Path, font: Path, row: int, background: str) -> str:
    """A line that something else than the console drew: white on a colour, up to the first cell without that colour."""
    glyph_height, glyphs = read_font(font)
    width, _, pixels = read_ppm(picture)
    lines = [pixels[3 * width * (row * glyph_height + y):3 * width * (row * glyph_height + y + 1)] for y in range(glyph_height)]
    text = ""
    for at in range(0, 3 * width, 3 * WIDTH):
        cell = [[line[at + 3 * x:at + 3 * x + 3].hex() for x in range(WIDTH)] for line in lines]
        if not any(background in line for line in cell):
            break
        text += glyphs.get(bytes(sum(0x80 >> x for x in range(WIDTH) if line[x] == "ffffff") for line in cell), "?")
    return text.rstrip()


def _read_cell(pixels: bytes, width: int, column: int, row: int, height: int, glyphs: dict[bytes, str]) -> Cell:
    bitmap, colors = bytearray(), set()
    for y in range(row * height, (row + 1) * height):
        at = 3 * (y * width + column * WIDTH)
        line = [pixels[at + 3 * x:at + 3 * x + 3] for x in range(WIDTH)]
        colors.update(pixel.hex() for pixel in line)
        bitmap.append(sum(0x80 >> x for x in range(WIDTH) if line[x] != b"\0\0\0"))
    colors.discard("000000")
    where = f"row {row}, column {column}"
    if len(colors) > 1 or not colors <= COLORS.keys():
        raise ScreenError(f"{where}: colours {sorted(colors)}")
    if bytes(bitmap) not in glyphs:
        raise ScreenError(f"{where}: no glyph of the font")
    return Cell(glyphs[bytes(bitmap)], COLORS[colors.pop()] if colors else "")


def text_of(cells: list[Cell]) -> str:
    return "".join(cell.text for cell in cells).rstrip()


def wrap(lines: list[str], columns: int) -> list[str]:
    """Log lines as the console breaks them."""
    return [line[at:at + columns].rstrip() for line in lines for at in range(0, max(len(line), 1), columns)]
