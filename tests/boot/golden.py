"""Golden logs: what a boot must print, line by line. Pure functions, no files, no QEMU.

Matching is ordered and complete: each log line must be matched by a golden line, unless a line `...` stands between.
The search follows every position that the golden lines so far can have reached, so `...` never matches too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PLACEHOLDERS = {
    # As the log line prints it: seconds in a field of 12, padded on the left.
    "time": r"(?: {4}\d| {3}\d{2}| {2}\d{3}| \d{4}|\d{5,})\.\d{6}",
    "addr": r"[0-9a-f]{16}",
    "hex": r"[0-9a-fA-F]+",
    "cpu": r"[0-9A-F]+",
    "n": r"\d+",
    "ms": r"\d+(?:\.\d+)?",
    "real": r"-?\d+\.\d+",
    "id": r"[0-9a-f]{12}",
    "version": r"\d+(?:\.\d+)+(?:[-+.][0-9A-Za-z][0-9A-Za-z.+-]*)?",
    "where": r"[A-Za-z_][\w.]*\+0x[0-9a-f]+ \([\w./+-]+:\d+\)",
    "word": r"\S+",
    "text": r".*",
    "gap": r" +",
    "esc": r"\x1b",
}
BANNER = re.compile(r"Faultline \S+ \(")  # the loader says "Faultline VERSION loader" before
ANSI_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
CLEAR_SCREEN = "\x1b[2J"
GAP = "..."
BLOCK_OPEN, BLOCK_CLOSE = "{any-order", "}"


class GoldenError(Exception):
    """A golden line that cannot be understood; the text begins with FILE:LINE."""


@dataclass(frozen=True)
class Line:
    """One golden line; `origin` is FILE:LINE, for messages."""

    text: str
    origin: str
    pattern: re.Pattern[str]

    def matches(self, log_line: str) -> bool:
        return self.pattern.fullmatch(log_line) is not None


@dataclass(frozen=True)
class Gap:
    """`...`: any number of log lines, also none."""


@dataclass(frozen=True)
class AnyOrder:
    """A block whose lines may come in any order, with nothing between them."""

    lines: tuple[Line, ...]


Item = Line | Gap | AnyOrder


@dataclass(frozen=True)
class Golden:
    items: tuple[Item, ...]
    forbidden: tuple[Line, ...]

    def lines(self) -> Iterable[Line]:
        for item in self.items:
            if isinstance(item, Line):
                yield item
            elif isinstance(item, AnyOrder):
                yield from item.lines


def compile_line(text: str, origin: str) -> Line:
    """Turn literal text with placeholders into a pattern; `{{` is a literal brace."""
    pattern, rest = "", text
    while "{" in rest:
        literal, _, rest = rest.partition("{")
        pattern += re.escape(literal)
        if rest.startswith("{"):
            pattern, rest = pattern + r"\{", rest[1:]
            continue
        name, closed, rest = rest.partition("}")
        if not closed or name not in PLACEHOLDERS:
            known = " ".join(sorted(PLACEHOLDERS))
            raise GoldenError(f"{origin}: unknown placeholder {{{name}: known are {known}; a brace is {{{{")
        pattern += f"(?:{PLACEHOLDERS[name]})"
    return Line(text, origin, re.compile(pattern + re.escape(rest)))


def parse_golden(lines: Sequence[str], file: str, first_number: int = 1) -> Golden:
    """Parse the part of a case file after `---`; `first_number` is the line number of lines[0]."""
    items: list[Item] = []
    forbidden: list[Line] = []
    block: list[Line] | None = None
    origin = file
    for number, raw in enumerate(_without_blank_end(lines), first_number):
        text, origin = raw.rstrip(), f"{file}:{number}"
        if block is not None and (text in (GAP, BLOCK_OPEN) or text.startswith("!")):
            raise GoldenError(f"{origin}: `{text}` cannot stand inside {BLOCK_OPEN}")
        if text == BLOCK_OPEN:
            block = []
        elif text == BLOCK_CLOSE and block is not None:
            items.append(AnyOrder(tuple(block)))
            block = None
        elif text == GAP:
            items.append(Gap())
        elif text.startswith("!"):
            forbidden.append(compile_line(text[1:].strip(), origin))
        else:
            (items if block is None else block).append(compile_line(text, origin))
    if block is not None:
        raise GoldenError(f"{origin}: {BLOCK_OPEN} is never closed by a line `{BLOCK_CLOSE}`")
    if not any(isinstance(item, Line) or (isinstance(item, AnyOrder) and item.lines) for item in items):
        raise GoldenError(f"{origin}: no golden line: such a case would pass on any log")
    return Golden(tuple(items), tuple(forbidden))


def kernel_lines(raw: str, from_firmware: bool = False) -> list[str]:
    """The log lines to match: from the kernel's first line on, or all of them.

    Escapes and carriage returns are taken out of what the firmware wrote, never out of what the kernel wrote after its
    banner: there a case with color=1 wants to see them, and a stray CR is a mistake. A line in which the screen is
    cleared is the firmware's, of a boot after a reset.
    """
    text = raw.replace("\r\n", "\n")
    banner = BANNER.search(text)
    split = banner.start() if banner else len(text)
    firmware = ANSI_ESCAPE.sub("", text[:split]).replace("\r", "")
    if not from_firmware:
        firmware = firmware.rpartition("\n")[2] if banner else ""
    lines = (firmware + text[split:]).split("\n")
    return _without_blank_end([_clean_after_reset(line).rstrip(" \t") for line in lines])


def _clean_after_reset(line: str) -> str:
    return ANSI_ESCAPE.sub("", line).replace("\r", "") if CLEAR_SCREEN in line else line


def reached(golden: Golden, log: Sequence[str]) -> list[set[int]]:
    """For each item, the log positions where it may begin, then those where all may end. Stops at an empty set."""
    sets = [{0}]
    for item in golden.items:
        sets.append({end for start in sets[-1] for end in _ends(item, log, start)})
        if not sets[-1]:
            break
    return sets


def shortest_match(golden: Golden, log: Sequence[str]) -> int | None:
    """How many log lines the golden lines need at least, when they match a beginning of the log; else None."""
    sets = reached(golden, log)
    return min(sets[-1]) if sets[-1] else None


def normalise(golden: Golden, log: Sequence[str]) -> list[str]:
    """A matching log with what may differ between two boots taken out.

    Matched lines become their golden text. In lines that fell to `...` only numbers are taken out.
    """
    sets, end, normal = reached(golden, log), len(log), []
    for item, starts in zip(reversed(golden.items), reversed(sets[:-1])):
        start = next(s for s in sorted(starts, reverse=True) if end in _ends(item, log, s))
        normal[:0] = _normal_form(item, log[start:end])
        end = start
    return normal


def _normal_form(item: Item, log: Sequence[str]) -> list[str]:
    if isinstance(item, Line):
        return [item.text]
    if isinstance(item, AnyOrder):
        return [line.text for line in item.lines]
    numbers = re.compile(r"\b(?:0x)?[0-9a-fA-F]*\d[0-9a-fA-F]*|\b[0-9a-f]{8,}\b")
    return [re.sub(" +", " ", numbers.sub("#", line)) for line in log]


def _ends(item: Item, log: Sequence[str], start: int) -> range:
    """The positions where `item` can end when it begins at log line `start`."""
    if isinstance(item, Gap):
        return range(start, len(log) + 1)
    end = start + (1 if isinstance(item, Line) else len(item.lines))
    lines = [item] if isinstance(item, Line) else item.lines
    fits = end <= len(log) and _pair_off(lines, log[start:end])
    return range(end, end + 1) if fits else range(0)


def _pair_off(lines: Sequence[Line], log: Sequence[str]) -> bool:
    """True when each golden line can have a log line of its own (augmenting paths: `{text}` must not steal one)."""
    owner: dict[int, int] = {}

    def place(log_index: int, tried: set[int]) -> bool:
        for index, line in enumerate(lines):
            if index not in tried and line.matches(log[log_index]):
                tried.add(index)
                if index not in owner or place(owner[index], tried):
                    owner[index] = log_index
                    return True
        return False

    return all(place(index, set()) for index in range(len(log)))


def _without_blank_end(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept
