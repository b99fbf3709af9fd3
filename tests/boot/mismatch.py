"""Says where a log leaves its golden lines, in words that show at once which of the two is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from golden import AnyOrder, Gap, Golden, Item, Line, reached

LOG_TAIL_LINES = 15


def explain_mismatch(golden: Golden, log: Sequence[str], whole: bool = True) -> str | None:
    """None when the log matches; else the first difference. Without `whole` the log may go on after the last golden line."""
    if not log:
        return "the kernel's first line never came: no line of the log has `Faultline VERSION (` in it"
    sets = reached(golden, log)
    if not sets[-1]:
        return _explain_item(golden, len(sets) - 2, sorted(sets[-2]), log)
    if whole and len(log) not in sets[-1]:
        return _explain_extra(golden, max(sets[-1]), log)
    return _explain_forbidden(golden, log)


def log_tail(log: Sequence[str], count: int = LOG_TAIL_LINES) -> str:
    first = max(0, len(log) - count)
    return "\n".join(_show(log, index) for index in range(first, len(log)))


def nearest(text: str, log: Sequence[str], indexes: Sequence[int]) -> int | None:
    """The index of the log line that looks most like the golden text, or None when none does."""
    def likeness(index: int) -> float:
        return SequenceMatcher(None, text, log[index], autojunk=False).ratio()

    best = max(indexes, key=likeness, default=None)
    return best if best is not None and likeness(best) >= 0.5 else None


def _explain_item(golden: Golden, item_index: int, starts: list[int], log: Sequence[str]) -> str:
    item = golden.items[item_index]
    if isinstance(item, AnyOrder):
        return _explain_block(item, starts[0], log)
    assert isinstance(item, Line)  # a gap matches everywhere
    if item_index and isinstance(golden.items[item_index - 1], Gap):
        return _expected(item) + f"  nowhere in the log after line {starts[0]}\n" + _nearest_text(item, log, starts[0])
    start = starts[-1]
    text = _expected(item) + "  but the log has\n" + _show(log, start) + "\n"
    return text + _hint(item, golden.items[item_index + 1:], start, log) + _nearest_text(item, log, start)


def _hint(item: Line, later: Sequence[Item], start: int, log: Sequence[str]) -> str:
    """Tell an extra log line from a missing one: the two need different cures."""
    if start >= len(log):
        return ""
    match = next((i for i in range(start, len(log)) if item.matches(log[i])), None)
    if match is not None:
        return f"  extra in the log: the golden line matches log line {match + 1}, {match - start} line(s) later\n"
    follower = next((line for line in later if isinstance(line, Line) and line.matches(log[start])), None)
    if follower is not None:
        return f"  missing from the log: its line {start + 1} already matches {follower.origin}\n"
    return ""


def _explain_block(block: AnyOrder, start: int, log: Sequence[str]) -> str:
    window = range(start, min(start + len(block.lines), len(log)))
    for line in block.lines:
        if not any(line.matches(log[index]) for index in window):
            where = f"  in any order among log lines {start + 1} to {start + len(block.lines)}: not there\n"
            return _expected(line) + where + _nearest_text(line, log, start)
    for index in window:
        if not any(line.matches(log[index]) for line in block.lines):
            return f"{block.lines[0].origin}: no line of the any-order block matches\n{_show(log, index)}\n"
    return f"{block.lines[0].origin}: the lines of the any-order block cannot each have a log line of their own\n"


def _explain_extra(golden: Golden, position: int, log: Sequence[str]) -> str:
    last = list(golden.lines())[-1]
    return f"{last.origin}: is the last golden line, but the log goes on\n{_show(log, position)}\n"


def _explain_forbidden(golden: Golden, log: Sequence[str]) -> str | None:
    for line in golden.forbidden:
        for index, text in enumerate(log):
            if line.pattern.search(text):
                return f"{line.origin}: must not appear\n    {line.text}\n  but the log has\n{_show(log, index)}\n"
    return None


def _nearest_text(line: Line, log: Sequence[str], start: int) -> str:
    index = nearest(line.text, log, range(start, len(log)))
    if index is None:
        index = nearest(line.text, log, range(len(log)))
    return "" if index is None or index == start else f"  nearest is\n{_show(log, index)}\n"


def _expected(line: Line) -> str:
    return f"{line.origin}: expected\n    {line.text}\n"


def _show(log: Sequence[str], index: int) -> str:
    """A log line with its number; control characters made visible, for they are what one overlooks."""
    if index >= len(log):
        return "    (the end of the log)"
    text = "".join(char if char.isprintable() else repr(char)[1:-1] for char in log[index])
    return f"    {index + 1:4}| {text}"
