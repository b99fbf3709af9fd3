"""Reports in a file of the firmware's variables, read without the firmware: as include/lib/crash_record.h lays them out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"FTLCRASH"
# magic, checksum, version, sequence, part, parts, bytes of the report, bytes of the part, build id, time, uptime
HEADER = struct.Struct("<8sQIIHHII12sHBBBBBxQ")


@dataclass(frozen=True)
class Part:
    sequence: int
    number: int
    count: int
    text: bytes


def _parts(flash: bytes) -> Iterator[Part]:
    at = flash.find(MAGIC)
    while at >= 0:
        fields = HEADER.unpack_from(flash, at)
        _, _, _, sequence, number, count, _, size, *_ = fields
        yield Part(sequence, number, count, flash[at + HEADER.size:at + HEADER.size + size])
        at = flash.find(MAGIC, at + HEADER.size)


def stored_reports(flash: bytes) -> dict[int, str]:
    """By sequence number, of those of which all parts are there. A variable that was replaced is still in the flash: the last counts."""
    found: dict[int, dict[int, Part]] = {}
    for part in _parts(flash):
        found.setdefault(part.sequence, {})[part.number] = part
    return {sequence: b"".join(parts[number].text for number in sorted(parts)).decode()
            for sequence, parts in found.items() if len(parts) == next(iter(parts.values())).count}
