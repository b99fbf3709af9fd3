"""What the emulator does not punish is read from the disassembly and the headers of what was built."""

import re
import subprocess

import pytest

from boot import ROOT

BUILD = ROOT / "build" / "release"
IMAGE_BYTES_MAX = 400 * 1024


def run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def disassembly() -> str:
    return run("objdump", "-d", "--no-show-raw-insn", str(BUILD / "kernel.elf"))


def function(disassembly: str, name: str) -> str:
    match = re.search(rf"^[0-9a-f]+ <{name}>:\n(.*?)(?:\n\n|\Z)", disassembly, re.S | re.M)
    assert match, f"{name} is not in the kernel"
    return match[1]


def instructions(text: str) -> list[str]:
    code = (line.partition("\t")[2].split("#")[0] for line in text.splitlines() if "\t" in line)
    return [" ".join(text.split()) for text in code]


@pytest.mark.parametrize("vector", range(256))
def test_each_stub_pushes_what_the_frame_needs(disassembly: str, vector: int) -> None:
    """The CPU aligns the stack to 16 bytes, then pushes 5 or 6 words; the stub and 15 registers make 22: a multiple of 16."""
    stubs = function(disassembly, "trap_stubs")
    base = int(re.search(r"([0-9a-f]+) <trap_stubs>:", disassembly)[1], 16)
    lines = [line for line in stubs.splitlines() if base + 16 * vector <= int(line.split(":")[0], 16) < base + 16 * vector + 16]
    pushes = [text for text in instructions("\n".join(lines)) if text.startswith("push")]
    cpu_pushes_error = vector in (8, 10, 11, 12, 13, 14, 17, 21, 29, 30)
    assert len(pushes) == (1 if cpu_pushes_error else 2)
    assert int(pushes[-1].split("$")[1], 16) & 0xff == vector
    jump = instructions("\n".join(lines))[len(pushes)]
    on_own_stack = vector in (1, 2, 8, 18)
    entry = "entry_on_interrupt_stack" if on_own_stack else "entry_exception" if vector < 32 else "entry_interrupt"
    assert f"<{entry}>" in jump


@pytest.mark.parametrize("name", ["entry_interrupt", "entry_exception", "entry_on_interrupt_stack"])
def test_entries_clear_flags_and_save_everything_before_c(disassembly: str, name: str) -> None:
    code = instructions(function(disassembly, name))
    call = next((i for i, text in enumerate(code) if text.startswith("call")), len(code))  # an exception's lies further on
    before = code[:call]
    assert sum(text.startswith("push") for text in before) == 15
    assert "cld" in before
    assert "nopl (%rax)" in before, "the three bytes that become CLAC"
    # Where SGDT needs 16 bytes, two pops give them back: the frame stays on top.
    moves = [text for text in before if text.startswith(("sub", "add")) and "%rsp" in text]
    assert moves == (["sub $0x10,%rsp"] if "sgdt 0x6(%rsp)" in before else [])
    assert sum(text.startswith("pop") for text in before) == 2 * len(moves)


@pytest.mark.parametrize("name", ["user_interrupt", "user_exception", "user_debug_exception"])
def test_swapgs_is_followed_by_lfence_on_entry(disassembly: str, name: str) -> None:
    code = instructions(function(disassembly, name))
    assert code[code.index("swapgs") + 1] == "lfence"


def test_the_way_without_swapgs_has_its_lfence(disassembly: str) -> None:
    """A mispredicted test of the ring must not let C run with the other GS (CVE-2019-1125)."""
    for name in ("entry_interrupt", "entry_on_interrupt_stack"):
        code = instructions(function(disassembly, name))
        call = next(i for i, text in enumerate(code) if text.startswith("call"))
        assert "lfence" in code[call - 2:call]


def test_what_is_handled_within_an_nmi_returns_without_iret(disassembly: str) -> None:
    code = instructions(function(disassembly, "return_within_nmi"))
    assert code[-2:] == ["popf", "ret"]
    assert not any(text.startswith("iret") for text in code)


def test_kernel_has_no_vector_instructions(disassembly: str) -> None:
    """Programs' FPU state is not saved on entry, so the kernel must not touch it, but for the fault menu's entry that does."""
    rest = disassembly.replace(function(disassembly, "misaligned"), "")
    assert not re.search(r"%[xyz]mm\d", rest)


def test_kernel_segments_are_not_writable_and_executable() -> None:
    flags = re.findall(r"LOAD.*\n.*0x[0-9a-f]+ 0x[0-9a-f]+ +([R ][W ][E ])", run("readelf", "-l", str(BUILD / "kernel.elf")))
    assert sorted(flags) == ["R  ", "R E", "RW "]


def test_image_is_small_and_needs_nothing() -> None:
    assert (BUILD / "BOOTX64.EFI").stat().st_size < IMAGE_BYTES_MAX
    assert run("nm", "-u", str(BUILD / "loader.so")).strip() == ""


def test_kernel_has_nothing_that_only_the_loader_needs() -> None:
    assert "lz4_decode" in run("nm", str(BUILD / "loader.so"))
    assert "lz4" not in run("nm", str(BUILD / "kernel.elf"))


def test_image_has_no_section_that_is_writable_and_executable() -> None:
    headers = run("objdump", "-h", str(BUILD / "BOOTX64.EFI"))
    sections = re.findall(r"^ +\d+ (\S+).*\n +(.*)$", headers, re.M)
    assert any(name == ".text" for name, _ in sections)
    for name, flags in sections:
        assert not ("CODE" in flags and "READONLY" not in flags), f"{name}: {flags}"
