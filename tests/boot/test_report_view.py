"""A report stays on the screen: its cause in big letters above pages that turn, and a QR code of its excerpt."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from boot import ROOT, read_text
from debugger import Debugger, symbol
from live import BUILD, log_lines, paused, running, wait_for
from qemu import SERIAL, Machine
from screen import Block, Cell, Font, ScreenError, read_block, read_status, text_of
from test_screen import DISPLAYS, FONT, STATUS
from test_symbolize import symbolize
from test_symbols_damaged import damaged_image, flip_a_byte

END = "*** END OF REPORT"
WAIT_SECONDS = 60
POLL_SECONDS = 0.2
CELL_WIDTH, CELL_HEIGHT = 8, 16
EXCERPT_LEAST = 1000  # bytes of any fault's report: its registers alone have 600
NO_CODE = "no QR code"
PAGE = re.compile(r"page (\d+) of (\d+)")
RDI, R8, CR0, CR4 = 5, 8, 27, 30  # as QEMU's gdb server numbers them
CR0_MP, CR0_EM, CR0_TS, CR4_OSFXSR = 1 << 1, 1 << 2, 1 << 3, 1 << 9
ALWAYS = ("*** FAULT", "cause ", "at ", "error ", "address cr2 ", "registers rax ", " rsi ", " r8 ", " r12 ", " rip ", " cr0 ",
          " fs base ", "code ", "backtrace #0 ", " #1 ", " #2 ", "system Faultline ")


@dataclass(frozen=True)
class View:
    """Where things stand for a cause of two rows."""

    cause: Block
    body: Block
    code_pixels: int


def view_of(width: int, height: int, cause_scale: int, scale: int, code_pixels: int) -> View:
    gap = CELL_WIDTH * scale
    status = CELL_HEIGHT * (2 if width > 2048 else 1)
    cause = Block(gap, gap, cause_scale, (width - 2 * gap) // (CELL_WIDTH * cause_scale), 2)
    top = 2 * gap + cause.rows * CELL_HEIGHT * cause_scale
    columns = (width - 3 * gap - code_pixels) // (CELL_WIDTH * scale)
    rows = (height // status * status - status - top - gap) // (CELL_HEIGHT * scale)
    return View(cause, Block(gap, top, scale, columns, rows), code_pixels)


VIEWS = {
    "800x600": view_of(800, 600, 2, 1, 399),
    "1280x800": view_of(1280, 800, 3, 1, 448),
    "1920x1080": view_of(1920, 1080, 4, 2, 672),
    "3840x2160": view_of(3840, 2160, 8, 4, 1344),
}
HEADER = "options: {options}\nvga: none\nqemu: -device {display}\n"
TURNS = 5  # more than pages
# A second of the guest's is a few million instructions.
FAST_CLOCK = "icount: 8\n"


def header(options: str, size: str = "800x600") -> str:
    return HEADER.format(options=options, display=DISPLAYS[size])


def take_picture(machine: Machine, work: Path) -> Path:
    picture = work / "screen.ppm"
    machine.qmp.execute("screendump", filename=str(picture), format="ppm")
    return picture


def picture_when(machine: Machine, work: Path, is_wanted: Callable[[Path], bool]) -> Path:
    """The first picture that is, or the last one when the time is up: what is wrong with it, the test will find."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_wanted(picture := take_picture(machine, work)) and time.monotonic() < deadline:
        machine.qmp.poll(POLL_SECONDS)
    return picture


def read_code(picture: Path) -> str:
    """The text of the QR code in the picture; empty when there is none."""
    command = ["zbarimg", "--nodbus", "--raw", "--quiet", "-Sbinary", str(picture)]
    return subprocess.run(command, capture_output=True, check=False).stdout.decode()


def report_of(work: Path) -> list[str]:
    lines = log_lines(work)
    begin = next(number for number, line in enumerate(lines) if line.startswith(("*** FAULT", "*** PANIC")))
    return lines[begin:lines.index(END) + 1]


def excerpt_of(work: Path, size: int) -> str:
    report = "".join(f"{line}\n" for line in report_of(work))
    tool = ROOT / "build" / "host" / "make_excerpt"
    return subprocess.run([tool, str(size)], input=report, capture_output=True, text=True, check=True).stdout


def cause_of(work: Path) -> str:
    return next(line for line in report_of(work) if line.startswith("cause ")).partition(" ")[2].strip()


def words(rows: list[list[Cell]]) -> list[str]:
    return " ".join(text_of(row) for row in rows).split()


def page_of(picture: Path, view: View) -> tuple[int, int]:
    """Which page it shows, of how many; page 0 while it is being drawn, page 1 of 1 without a number."""
    try:
        last = text_of(read_block(picture, FONT, view.body)[-1])
    except ScreenError:
        return 0, 0
    match = PAGE.fullmatch(last)
    return (int(match[1]), int(match[2])) if match else (1, 1)


def uptime(picture: Path) -> int:
    hours, minutes, seconds = map(int, STATUS.fullmatch(read_status(picture, FONT))[1].split(":"))
    return 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize("size", ["800x600", "1280x800", "1920x1080"])
def test_the_code_is_the_report(tmp_path: Path, size: str) -> None:
    with running(header("fault=write-null", size), tmp_path) as machine:
        wait_for(machine, tmp_path, END)
        text = read_code(picture_when(machine, tmp_path, read_code))
    lines = text.splitlines()
    assert len(text) > EXCERPT_LEAST
    assert text == excerpt_of(tmp_path, len(text.encode()))
    for start in ALWAYS:
        assert any(line.startswith(start) for line in lines), f"{start!r} is missing in\n{text}"


@pytest.mark.parametrize("size", VIEWS)
def test_the_cause_is_big_and_the_page_below_it(tmp_path: Path, size: str) -> None:
    view = VIEWS[size]
    with paused(header("fault=write-null", size), tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol("report_code_show"), [0])
        picture = take_picture(machine, tmp_path)
        debugger.close()
    cause = read_block(picture, FONT, view.cause)
    assert view.cause.scale > view.body.scale
    assert " ".join(words(cause)) == cause_of(tmp_path)
    assert {cell.color for row in cause for cell in row if cell.color} == {"text"}
    body = read_block(picture, FONT, view.body)
    report = " ".join(line for line in report_of(tmp_path) if not line.startswith("cause ")).split()
    if page_of(picture, view)[1] > 1:
        body.pop()
        assert len(words(body)) > len(report) // 4
        report = report[:len(words(body))]
    assert words(body) == report
    assert {cell.color for cell in body[0] if cell.color} == {"error"}
    at = next(row for row in body if text_of(row).startswith("at "))
    assert [cell.color for cell in at[:2]] == ["dim", "dim"] and {cell.color for cell in at[2:] if cell.color} == {"text"}
    assert STATUS.fullmatch(read_status(picture, FONT))[2] == "STOPPED: see the report above"


def test_pages_turn_every_ten_seconds(tmp_path: Path) -> None:
    """The guest's seconds: the status row tells when the page before the shown one was drawn."""
    view = VIEWS["800x600"]
    pages, times, shown = [], [], []
    with paused(FAST_CLOCK + header("x2apic=0 fault=write-null"), tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol("report_view_turn_pages"), [0])
        for _ in range(TURNS):
            debugger.run_to(symbol("screen_draw_status"), [0])  # behind each page
            debugger.step(0)
            picture = take_picture(machine, tmp_path)
            pages.append(page_of(picture, view))
            times.append(uptime(picture))
            shown.append(words(read_block(picture, FONT, view.body)[:-1]))
            assert " ".join(words(read_block(picture, FONT, view.cause))) == cause_of(tmp_path)
        debugger.close()
    count = pages[0][1]
    assert count > 1 and TURNS > count
    assert pages == [(turn % count + 1, count) for turn in range(1, TURNS + 1)]
    waits = [later - earlier for earlier, later in zip(times, times[1:])]
    assert waits[0] >= 10 and waits[1:] == [10] * (TURNS - 2), times  # at first the QR code was made
    assert read_code(picture), "the pages leave it alone"
    first_page_at = pages.index((1, count))
    in_order = shown[first_page_at:] + shown[:first_page_at]
    whole = " ".join(line for line in report_of(tmp_path) if not line.startswith("cause ")).split()
    assert [word for page in in_order[:count] for word in page] == whole


def test_without_a_clock_the_first_page_stays(tmp_path: Path) -> None:
    view = VIEWS["800x600"]
    with running("machine: q35,pit=off\n" + header("clock-none fault=write-null"), tmp_path, "loaders/hooks.efi") as machine:
        wait_for(machine, tmp_path, END)
        picture = picture_when(machine, tmp_path, lambda _: "HLT=1" in machine.qmp.registers())
        assert "HLT=1" in machine.qmp.registers()
        assert page_of(picture, view)[0] == 1 and page_of(picture, view)[1] > 1


def test_exit_qemu_waits_for_no_page(tmp_path: Path) -> None:
    view = VIEWS["800x600"]
    with running(header("exit=qemu fault=write-null"), tmp_path, extra=("-no-shutdown",)) as machine:
        wait_for(machine, tmp_path, "exit: 0x11")
        picture = picture_when(machine, tmp_path, lambda _: machine.qmp.status() == "shutdown")
        assert machine.qmp.status() == "shutdown"
    body = read_block(picture, FONT, view.body)
    assert text_of(body[0]).startswith("*** FAULT #PF") and page_of(picture, view)[0] == 1
    assert not any("exit:" in text_of(row) for row in body)
    assert read_code(picture) == ""


def test_a_report_of_another_cpu(tmp_path: Path) -> None:
    with running("smp: 4\n" + header("fault=divide@2"), tmp_path) as machine:
        wait_for(machine, tmp_path, END)
        text = read_code(picture_when(machine, tmp_path, read_code))
    assert text == excerpt_of(tmp_path, len(text.encode()))
    assert text.startswith("*** FAULT #DE divide error, CPU 2, ")


@pytest.mark.parametrize("fault", ["fpu-off", "panic", "damaged-symbols", "stack-overflow", "report-overflow"])
def test_codes_of_odd_reports(tmp_path: Path, fault: str) -> None:
    with running(header(f"fault={fault}"), tmp_path) as machine:
        wait_for(machine, tmp_path, END)
        text = read_code(picture_when(machine, tmp_path, read_code))
    assert len(text) > EXCERPT_LEAST and text == excerpt_of(tmp_path, len(text.encode()))


@pytest.mark.parametrize(("register", "value", "why"), [
    (R8, 0, r"assertion failed: qrcodegen_VERSION_MIN <= minVersion.*, at __assert_fail"),
    (RDI, 0, r"#PF at .*, address 0000000000000000"),
], ids=["an-assertion", "a-fault"])
def test_a_library_that_fails_takes_nothing_along(tmp_path: Path, register: int, value: int, why: str) -> None:
    """Called with what it refuses, or with a pointer that leads nowhere."""
    view = VIEWS["800x600"]
    with paused(FAST_CLOCK + header("x2apic=0 fault=write-null"), tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol("qrcodegen_encodeBinary"), [0])
        debugger.set_register(0, register, value)
        debugger.go_on([0])
        wait_for(machine, tmp_path, NO_CODE)
        picture = picture_when(machine, tmp_path, lambda at: page_of(at, view)[0] == 2)
        debugger.close()
    behind = log_lines(tmp_path)[log_lines(tmp_path).index(END) + 1:]
    assert re.fullmatch(rf" {{11}}\({NO_CODE}: {why}.*\)", behind[0]), behind
    assert behind[1].startswith("stored "), behind
    assert " ".join(words(read_block(picture, FONT, view.cause))) == cause_of(tmp_path)
    assert page_of(picture, view)[0] == 2, "pages turn all the same"
    left = 800 - view.body.x - view.code_pixels + (view.code_pixels - len(NO_CODE) * CELL_WIDTH) // 2
    notice = Block(left, view.body.y + view.code_pixels // 2, 1, len(NO_CODE), 1)
    assert text_of(read_block(picture, FONT, notice)[0]) == NO_CODE


def control_registers(machine: Machine) -> tuple[int, int]:
    text = machine.qmp.registers()
    return int(re.search(r"CR0=(\w+)", text)[1], 16), int(re.search(r"CR4=(\w+)", text)[1], 16)


def test_the_library_finds_sse_usable(tmp_path: Path) -> None:
    """Whatever the control registers were at the fault."""
    with paused(header("fault=write-null"), tmp_path) as machine:
        debugger = Debugger(machine, tmp_path)
        debugger.run_to(symbol("arch_library_prepare"), [0])
        cr0, cr4 = control_registers(machine)
        debugger.set_register(0, CR0, (cr0 | CR0_EM | CR0_TS) & ~CR0_MP)
        debugger.set_register(0, CR4, cr4 & ~CR4_OSFXSR)
        assert control_registers(machine) != (cr0, cr4)
        debugger.run_to(symbol("qrcodegen_encodeBinary"), [0])
        assert control_registers(machine) == ((cr0 | CR0_MP) & ~(CR0_EM | CR0_TS), cr4 | CR4_OSFXSR)
        debugger.go_on([0])
        wait_for(machine, tmp_path, END)
        assert read_code(picture_when(machine, tmp_path, read_code))
        debugger.close()


def test_symbolize_takes_the_code(tmp_path: Path) -> None:
    """Of a kernel that cannot name its addresses."""
    image = tmp_path / "damaged.efi"
    image.write_bytes(damaged_image(flip_a_byte))
    with running(header("fault=write-null"), tmp_path, str(image)) as machine:
        wait_for(machine, tmp_path, END)
        text = read_code(picture_when(machine, tmp_path, read_code))
    status, output, complaints = symbolize("-", text=text)
    assert (status, complaints) == (0, ""), text
    assert re.search(r"\nat ([0-9a-f]{16})\n +\1 is write_null \(kernel/fault/\w+\.c:\d+\)\n", output), output
    assert re.search(r"\n rip ([0-9a-f]{16}) .*\n +\1 is write_null \(", output), output
    assert re.search(r"\n #\d ([0-9a-f]{16})\n +\1 is behind a call in kernel_main \(", output), output
    assert re.search(r"\n +-> [0-9a-f]{16}  movq +\$0x1,\(%r", output), output
