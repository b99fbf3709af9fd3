"""Case files: tests/boot/cases/NAME.log, a header of `key: value` lines, a line `---`, then the golden log."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from firmware import FIRMWARES
from golden import Golden, GoldenError, parse_golden
from verdict import WATCHED_EVENTS

TIERS = ("test", "full", "soak")
ICOUNT_SHIFT_MAX = 10  # QEMU's own limit
KILLED = ("returns", "stays")


class CaseError(Exception):
    """A case file that cannot be understood; the text begins with FILE:LINE."""


@dataclass(frozen=True)
class Case:
    name: str
    golden: Golden
    about: str = ""
    options: str = ""
    boot: str = "kernel"
    start: str = "snapshot"
    cfg: str | None = None
    fat: int | None = None
    stick: str = "virtio"
    readonly: str = "off"
    firmware: str = "installed"
    image: str = "BOOTX64.EFI"
    files: tuple[tuple[str, str], ...] = ()
    build: str = "release"
    status: int | str = 33
    cpu: str = "max"
    machine: str = "q35"
    smp: str = "1"
    mem: str = "256M"
    vga: str = "std"
    icount: int | None = None
    qemu: tuple[str, ...] = ()
    timeout: float = 60.0
    tier: str = "test"
    repeat: int = 1
    events: tuple[str, ...] = ()
    from_firmware: bool = False

    @property
    def cpu_count(self) -> int:
        return int(self.smp.partition(",")[0])

    @property
    def ends_by_kill(self) -> bool:
        """The harness ends QEMU once the golden lines have come: no exit status, no closing line."""
        return self.status in KILLED


def _choice(*known: str) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if value not in known:
            raise ValueError(f"is not one of: {' '.join(known)}")
        return value
    return convert


def _status(value: str) -> int | str:
    return value if value in KILLED else int(_choice("33", "35", "37", *KILLED)(value))


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError("is not a whole number above 0")
    return int(value)


def _smp(value: str) -> str:
    _count(value.partition(",")[0])
    return value


def _shift(value: str) -> int:
    if not value.isdecimal() or int(value) > ICOUNT_SHIFT_MAX:
        raise ValueError(f"is not a number from 0 to {ICOUNT_SHIFT_MAX}")
    return int(value)


def _seconds(value: str) -> float:
    return float(_count(value))


def _file(value: str) -> tuple[str, str]:
    path, separator, source = (part.strip() for part in value.partition("="))
    if not (path.startswith("\\") and separator and source):
        raise ValueError(r"is not of the form \path = hostpath")
    return path, source


def _events(values: list[str]) -> tuple[str, ...]:
    for name in " ".join(values).split():
        _choice(*sorted(WATCHED_EVENTS))(name)
    return tuple(" ".join(values).split())


SINGLE: dict[str, Callable[[str], object]] = {
    "about": str,
    "boot": _choice("kernel", "fat", "disk"),
    "start": _choice("cold"),
    "fat": lambda value: int(_choice("12", "16", "32")(value)),
    "stick": _choice("virtio", "usb", "sata"),
    "readonly": _choice("off", "on"),
    "firmware": _choice(*FIRMWARES),
    "image": str,
    "build": _choice("release", "checked", "release-clang"),
    "status": _status,
    "cpu": str,
    "machine": str,
    "smp": _smp,
    "mem": str,
    "vga": str,
    "icount": _shift,
    "timeout": _seconds,
    "tier": _choice(*TIERS),
    "repeat": _count,
    "from": _choice("firmware", "kernel"),
}
# Keys that may stand several times; what they add up to.
REPEATED: dict[str, Callable[[list[str]], object]] = {
    "options": " ".join,
    "cfg": lambda values: "".join(value.replace(r"\n", "\n") + "\n" for value in values),
    "file": lambda values: tuple(_file(value) for value in values),
    "qemu": lambda values: tuple(shlex.split(" ".join(values))),
    "events": _events,
}
FIELD = {"file": "files", "from": "from_firmware"}


def parse_case(text: str, name: str, file: str) -> Case:
    """Parse one case file; `file` is how messages call it."""
    lines = text.splitlines()
    if "---" not in lines:
        raise CaseError(f"{file}:{len(lines)}: no line `---` between the header and the golden log")
    split = lines.index("---")
    fields = _parse_header(lines[:split], file)
    try:
        golden = parse_golden(lines[split + 1:], file, split + 2)
    except GoldenError as error:
        raise CaseError(str(error)) from error
    case = Case(name=name, golden=golden, **fields)  # type: ignore[arg-type]
    _check(case, file)
    return case


def _parse_header(lines: list[str], file: str) -> dict[str, object]:
    values: dict[str, list[str]] = {}
    fields: dict[str, object] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        origin = f"{file}:{number}"
        if not colon:
            raise CaseError(f"{origin}: `{line}` is not of the form key: value")
        _check_key(key, values, origin)
        values.setdefault(key, []).append(value)
        try:
            converted = SINGLE[key](value) if key in SINGLE else REPEATED[key](values[key])
        except ValueError as error:
            raise CaseError(f"{origin}: {key}: `{value}` {error}") from error
        fields[FIELD.get(key, key)] = converted == "firmware" if key == "from" else converted
    return fields


def _check_key(key: str, seen: dict[str, list[str]], origin: str) -> None:
    if key not in SINGLE and key not in REPEATED:
        near = get_close_matches(key, [*SINGLE, *REPEATED], 1)
        raise CaseError(f"{origin}: unknown key `{key}`" + (f": did you mean `{near[0]}`?" if near else ""))
    if key in SINGLE and key in seen:
        raise CaseError(f"{origin}: `{key}` stands twice")


def _check(case: Case, file: str) -> None:
    """Keys that do not go together would be silently without effect: refuse them."""
    if not case.about:
        raise CaseError(f"{file}:1: no `about`: one sentence on what the case proves")
    if case.boot != "kernel" and case.options:
        raise CaseError(f"{file}:1: `options` needs boot: kernel; a boot from FAT takes `cfg`")
    if case.boot != "fat" and (case.cfg is not None or case.files or case.fat):
        raise CaseError(f"{file}:1: `cfg`, `file` and `fat` need boot: fat")
    if case.boot == "disk" and case.image != "BOOTX64.EFI":
        raise CaseError(f"{file}:1: `image` has no place on the disk that `make image` made")
    if case.boot == "kernel" and (case.stick, case.readonly) != ("virtio", "off"):
        raise CaseError(f"{file}:1: `stick` and `readonly` need boot: fat or disk")
    if "SHUTDOWN" in case.events and not case.ends_by_kill:
        raise CaseError(f"{file}:1: a power-off has no exit status that may pass: events: SHUTDOWN needs status: stays")
