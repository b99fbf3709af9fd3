"""The firmwares that a case can ask for, and where this machine has them.

What is installed comes from the distribution; the others are Debian's packages of two other releases, which
scripts/fetch-firmware unpacks beside it.
"""

from __future__ import annotations

import os
from pathlib import Path

PLACES = Path(__file__).resolve().parents[2] / "scripts" / "ovmf-places"
# One file with the variables before the code, for -bios.
WHOLE_PLACES = ("/usr/share/ovmf/OVMF.fd", "/usr/share/edk2/x64/OVMF.4m.fd")
# Name of the firmware: folder in the cache, code, variables.
FETCHED = {
    "older": ("older", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
    "newer": ("newer", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
    "strict-nx": ("newer", "OVMF_CODE_4M.secboot.strictnx.fd", "OVMF_VARS_4M.fd"),
}
# Of the installed package: only what its key has signed is started. The key has to be there too (boot.mk).
SNAKEOIL_PLACES = ("/usr/share/OVMF/OVMF_CODE_4M.snakeoil.fd", "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd",
                   "/usr/share/ovmf/PkKek-1-snakeoil.key")
FIRMWARES = ("installed", "bios", "snakeoil", *FETCHED)


class MissingTool(Exception):
    """A program or file that has to be installed; names the package."""


def find_firmware(name: str) -> tuple[Path, Path | None]:
    """Code and variables of one of FIRMWARES; without variables the code is one file for -bios.

    For the installed one the environment's OVMF_CODE and OVMF_VARS go before the known places.
    """
    if name in FETCHED:
        return _fetched(*FETCHED[name])
    return {"installed": _installed, "bios": _whole, "snakeoil": _snakeoil}[name]()


def cache() -> Path:
    """Where scripts/fetch-firmware puts the packages."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "faultline" / "ovmf"


def _installed() -> tuple[Path, Path]:
    code, variables = os.environ.get("OVMF_CODE"), os.environ.get("OVMF_VARS")
    for pair in [[code, variables]] if code and variables else _places():
        if all(Path(file).is_file() for file in pair):
            return Path(pair[0]).resolve(), Path(pair[1]).resolve()
    raise MissingTool("OVMF not found: install the package ovmf, or set OVMF_CODE and OVMF_VARS both")


def _whole() -> tuple[Path, None]:
    found = [Path(place) for place in WHOLE_PLACES if Path(place).is_file()]
    if not found:
        raise MissingTool("no OVMF in one file: install the package ovmf")
    return found[0].resolve(), None


def _snakeoil() -> tuple[Path, Path]:
    if not all(Path(place).is_file() for place in SNAKEOIL_PLACES):
        raise MissingTool("no OVMF with Secure Boot for tests: Debian's package ovmf has it")
    return Path(SNAKEOIL_PLACES[0]), Path(SNAKEOIL_PLACES[1])


def _fetched(folder: str, code: str, variables: str) -> tuple[Path, Path]:
    directory = cache() / folder / "usr" / "share" / "OVMF"
    if not ((directory / code).is_file() and (directory / variables).is_file()):
        raise MissingTool(f"no {code} in {cache() / folder}: scripts/fetch-firmware fetches it from a mirror of Debian")
    return directory / code, directory / variables


def _places() -> list[list[str]]:
    lines = PLACES.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line.startswith("/")]
