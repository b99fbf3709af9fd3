"""Reads a picture of the screen back into text, through the very font that the kernel draws with."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

PSF1 = struct.Struct("<2sBB")
PSF1_MODE_512 = 1
PSF1_GLYPH_ENDS = 0xFFFF
WIDTH = 8
COLUMNS_MAX, ROWS_MAX = 256, 128  # what is larger is scaled
REPLACEMENT = "\ufffd"
BLACK, WHITE, BAR = "000000", "ffffff", "303030"
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


class Font:
    """Height of a glyph, and the bitmaps. Characters that share one bitmap are read as the first of them."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, mode, self.height = PSF1.unpack_from(data)
        assert magic == b"\x36\x04"
        count = 512 if mode & PSF1_MODE_512 else 256
        table = struct.unpack_from(f"<{(len(data) - PSF1.size - count * self.height) // 2}H", data,
                                   PSF1.size + count * self.height)
        self.characters: dict[bytes, str] = {}
        self._bitmaps: dict[str, bytes] = {}
        number = 0
        for code in table:
            if code == PSF1_GLYPH_ENDS:
                number += 1
                continue
            at = PSF1.size + number * self.height
            self._bitmaps.setdefault(chr(code), data[at:at + self.height])
        for character in sorted(self._bitmaps):  # ASCII first
            self.characters.setdefault(self._bitmaps[character], character)

    def as_read(self, text: str) -> str:
        """The text as it comes back from a picture of it."""
        return "".join(self.characters[self._bitmaps.get(character, self._bitmaps[REPLACEMENT])] for character in text)


@dataclass(frozen=True)
class Screen:
    rows: list[list[Cell]]  # of the log
    status: str             # the bottom row

    @property
    def lines(self) -> list[str]:
        """The log's rows as text, without those below its end."""
        lines = [text_of(row) for row in self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def read_screen(picture: Path, font_path: Path) -> Screen:
    font, image = Font(font_path), _Image(picture)
    scale, count = _console_size(image, font)
    rows = [_read_row(image, font, scale, row, BLACK) for row in range(count - 1)]
    return Screen(rows, text_of(_read_row(image, font, scale, count - 1, BAR)))


def read_status(picture: Path, font_path: Path) -> str:
    """The bottom row, whatever is above it."""
    font, image = Font(font_path), _Image(picture)
    scale, count = _console_size(image, font)
    return text_of(_read_row(image, font, scale, count - 1, BAR))


def _console_size(image: _Image, font: Font) -> tuple[int, int]:
    """The console's scale and how many rows it has."""
    scale = next(s for s in range(1, 9)
                 if image.width // (WIDTH * s) <= COLUMNS_MAX and image.height // (font.height * s) <= ROWS_MAX)
    return scale, image.height // (font.height * scale)


def read_line(picture: Path, font_path: Path, row: int, background: str) -> str:
    """A line that something else than the console drew: white on a colour, up to the first cell without that colour."""
    font, image = Font(font_path), _Image(picture)
    lines = [image.line(row * font.height + y, 1) for y in range(font.height)]
    text = ""
    for column in range(image.width // WIDTH):
        cell = [line[column * WIDTH:(column + 1) * WIDTH] for line in lines]
        if not any(background in line for line in cell):
            break
        text += font.characters.get(_bitmap(cell, lambda color: color == WHITE), REPLACEMENT)
    return text.rstrip()


@dataclass(frozen=True)
class Block:
    """Text that does not begin in the corner, or is scaled on its own: place and scale in pixels, size in cells."""

    x: int
    y: int
    scale: int
    columns: int
    rows: int


def read_block(picture: Path, font_path: Path, block: Block) -> list[list[Cell]]:
    font, image = Font(font_path), _Image(picture)
    image.crop(block.x, block.y, block.columns * WIDTH * block.scale, block.rows * font.height * block.scale)
    return [_read_row(image, font, block.scale, row, BLACK) for row in range(block.rows)]


class _Image:
    """A PPM file, as colours of whole pixels of the font."""

    def __init__(self, path: Path) -> None:
        magic, size, depth, self._pixels = path.read_bytes().split(b"\n", 3)
        assert (magic, depth) == (b"P6", b"255")
        self.width, self.height = map(int, size.split())

    def crop(self, x: int, y: int, width: int, height: int) -> None:
        assert x + width <= self.width and y + height <= self.height
        lines = [self._line(y + line)[3 * x:3 * (x + width)] for line in range(height)]
        self.width, self.height, self._pixels = width, height, b"".join(lines)

    def line(self, y: int, scale: int) -> list[str]:
        """One line of pixels of the font: `scale` equal lines, of `scale` equal pixels each."""
        first = self._line(y * scale)
        if any(self._line(y * scale + copy) != first for copy in range(1, scale)):
            raise ScreenError(f"the {scale} copies of line {y} differ")
        width = self.width // (WIDTH * scale) * WIDTH
        columns = [first[3 * copy:][:3 * scale * width] for copy in range(scale)]
        thinned = [[column[part::3 * scale] for part in range(3)] for column in columns]
        if any(other != thinned[0] for other in thinned):
            raise ScreenError(f"the {scale} copies of a pixel in line {y} differ")
        red, green, blue = thinned[0]
        return [f"{r:02x}{g:02x}{b:02x}" for r, g, b in zip(red[:width], green[:width], blue[:width])]

    def _line(self, y: int) -> bytes:
        return self._pixels[3 * self.width * y:3 * self.width * (y + 1)]


def _bitmap(cell: list[list[str]], is_set) -> bytes:  # type: ignore[no-untyped-def]
    return bytes(sum(0x80 >> x for x in range(WIDTH) if is_set(line[x])) for line in cell)


def _read_row(image: _Image, font: Font, scale: int, row: int, background: str) -> list[Cell]:
    lines = [image.line(row * font.height + y, scale) for y in range(font.height)]
    cells = []
    for at in range(0, len(lines[0]), WIDTH):
        cell = [line[at:at + WIDTH] for line in lines]
        colors = {color for line in cell for color in line} - {background}
        bitmap = _bitmap(cell, lambda color: color != background)
        where = f"row {row}, column {at // WIDTH}"
        if len(colors) > 1 or not colors <= COLORS.keys():
            raise ScreenError(f"{where}: colours {sorted(colors)} on {background}")
        if bitmap not in font.characters:
            raise ScreenError(f"{where}: no glyph of the font")
        cells.append(Cell(font.characters[bitmap], COLORS[colors.pop()] if colors else ""))
    return cells


def text_of(cells: list[Cell]) -> str:
    return "".join(cell.text for cell in cells).rstrip()


def wrap(lines: list[str], columns: int) -> list[str]:
    """Log lines as the console breaks them."""
    return [line[at:at + columns].rstrip() for line in lines for at in range(0, max(len(line), 1), columns)]
