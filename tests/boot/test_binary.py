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
    # Where SGDT needs 16 bytes, two pops give them back: the frame stays on top.
    moves = [text for text in before if text.startswith(("sub", "add")) and "%rsp" in text]
    assert moves == (["sub $0x10,%rsp"] if "sgdt 0x6(%rsp)" in before else [])
    assert sum(text.startswith("pop") for text in before) == 2 * len(moves)
    # Before any branch, so on the ways from ring 3 too; the NOP's three bytes become CLAC.
    first_branch = next(i for i, text in enumerate(code) if text.startswith("j"))
    assert {"cld", "nopl (%rax)"} <= set(code[:first_branch])


@pytest.mark.parametrize("name", ["user_interrupt", "user_exception", "user_debug_exception"])
def test_swapgs_is_followed_by_lfence_on_entry(disassembly: str, name: str) -> None:
    """Whoever comes here does so by the test of the interrupted ring, which may be mispredicted."""
    assert instructions(function(disassembly, name))[:2] == ["swapgs", "lfence"]


def test_system_calls_begin_with_the_kernels_gs_and_stack(disassembly: str) -> None:
    """Nothing is pushed before, and no word of the program's stack is touched."""
    code = instructions(function(disassembly, "system_call_entry"))
    assert code[0] == "swapgs" and code.count("swapgs") == 1
    assert [re.sub("0x[0-9a-f]+", "N", text) for text in code[1:3]] == ["mov %rsp,%gs:N", "mov %gs:N,%rsp"]
    assert next(i for i, text in enumerate(code) if text.startswith("push")) == 3


def test_sysret_only_where_it_may(disassembly: str) -> None:
    """To the lower half alone, or it faults in ring 0 on the program's stack; and without TF and RF, which it does not restore."""
    code = instructions(function(disassembly, "x86_user_enter"))
    sysret = code.index("sysretq")
    shift = next(i for i, text in enumerate(code[:sysret]) if text == "shr $0x2f,%rcx")
    assert re.fullmatch(r"mov 0x[0-9a-f]+\(%rsp\),%rcx", code[shift - 1])
    assert code[shift + 1].startswith("jne") and re.match(r"testl \$0x10100,0x[0-9a-f]+\(%rsp\)", code[shift + 2])
    assert code[shift + 3].startswith("jne") and code[shift + 4] == "swapgs"
    to_iret = {text.split()[1] for text in (code[shift + 1], code[shift + 3])}
    assert len(to_iret) == 1 and code[sysret + 1] == "swapgs" and "iretq" in code[sysret:]
    # Between these only registers are loaded, RSP last.
    assert all(text.startswith(("pop %r", "mov 0x")) for text in code[shift + 5:sysret]) and code[sysret - 1].endswith(",%rsp")


def test_system_calls_clear_every_flag_of_programs(disassembly: str) -> None:
    """TF IF DF IOPL NT RF AC, into IA32_FMASK. The emulator's SYSCALL clears DF whatever the mask says."""
    code = instructions(function(disassembly, "arch_user_init_cpu"))
    mask = code.index("mov $0xc0000084,%ecx")
    assert "mov $0x57700,%eax" in code[mask - 2:mask + 3]


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
    """Programs' FPU state is not saved on entry, so the kernel must not touch it, but for the fault menu's entry that does, and for
    libqrcodegen, which runs when no program will any more."""
    rest = re.sub(r"<(misaligned|qrcodegen_\w+)>:\n.*?(\n\n|\Z)", "", disassembly, flags=re.S)
    assert not re.search(r"%[xyz]mm\d", rest)


def test_kernel_segments_are_not_writable_and_executable() -> None:
    flags = re.findall(r"LOAD.*\n.*0x[0-9a-f]+ 0x[0-9a-f]+ +([R ][W ][E ])", run("readelf", "-l", str(BUILD / "kernel.elf")))
    assert sorted(flags) == ["R  ", "R E", "RW "]


def test_image_is_small() -> None:
    assert (BUILD / "BOOTX64.EFI").stat().st_size < IMAGE_BYTES_MAX


def test_kernel_has_nothing_that_only_the_loader_needs() -> None:
    assert "lz4_decode" in run("nm", str(BUILD / "loader.so"))
    assert "lz4" not in run("nm", str(BUILD / "kernel.elf"))
