"""Where the sources provoke the faults of the menu: the lines that carry a comment `fault: NAME`.

A golden line names such a line as {mark:NAME}, so that a report is held to the very line that faulted.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("kernel", "arch")
COMMENT = re.compile(r"/\* fault: ([\w-]+) \*/")
PLACEHOLDER = re.compile(r"\{mark:([\w-]+)\}")


class MarkError(Exception):
    """No source line, or more than one, carries the mark; says which."""


@cache
def marks() -> dict[str, str]:
    """Name to `file:line`, as the kernel's symbol table writes it."""
    found: dict[str, str] = {}
    for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.c")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for name in COMMENT.findall(line):
                place = f"{path.relative_to(ROOT)}:{number}"
                if name in found:
                    raise MarkError(f"`fault: {name}` stands at {found[name]} and at {place}")
                found[name] = place
    return found


def fill_marks(text: str) -> str:
    def place(match: re.Match[str]) -> str:
        if match[1] not in marks():
            raise MarkError(f"no source line carries the comment `fault: {match[1]}`")
        return marks()[match[1]]
    return PLACEHOLDER.sub(place, text)
