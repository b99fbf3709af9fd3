"""The kernel's instruction decoder against objdump, over every instruction of the kernels that were built and, in tier full,
of the C library, which has the vector instructions that the kernel lacks."""

import subprocess
from pathlib import Path

import pytest

from boot import ROOT
from disassembly import difference, differences, disassemble, read_instruction

DECODER = ROOT / "build" / "host" / "decode_lines"


def programs(tier: str) -> list[Path]:
    builds = ["release", "checked"] if tier == "test" else ["release", "checked", "release-clang"]
    kernels = [ROOT / "build" / name / "kernel.elf" for name in builds]
    if tier == "test":
        return kernels
    found = subprocess.run(["gcc", "-print-file-name=libc.so.6"], capture_output=True, text=True, check=True)
    return [*kernels, Path(found.stdout.strip())]


def test_decoder_agrees_with_objdump(request: pytest.FixtureRequest) -> None:
    for program in programs(request.config.getoption("--tier")):
        instructions = disassemble(program)
        assert len(instructions) > 10000
        assert sum(len(instruction.operands) for instruction in instructions) > 3000
        assert differences(DECODER, instructions) == []


# What decode_lines may answer for `mov rax,QWORD PTR fs:[rbp+rcx*4-0x10]`, and each part of it wrong.
CODE, TEXT = "6448b8448df0", "mov    rax,QWORD PTR fs:[rbp+rcx*4-0x10]"
RIGHT = "6;text 8 1 fs 5 1 4 -16 8"


def test_comparison_passes_what_is_equal() -> None:
    assert difference(read_instruction(CODE, TEXT), RIGHT) is None


@pytest.mark.parametrize("wrong", [
    "5;text 8 1 fs 5 1 4 -16 8", "cut short", "6", "6;stack 8 1 fs 5 1 4 -16 8", "6;text 4 1 fs 5 1 4 -16 8",
    "6;text 8 1 gs 5 1 4 -16 8", "6;text 8 1 ss 5 1 4 -16 8", "6;text 8 1 fs 13 1 4 -16 8", "6;text 8 1 fs - 1 4 -16 8",
    "6;text 8 1 fs 5 9 4 -16 8", "6;text 8 1 fs 5 v1 4 -16 8", "6;text 8 1 fs 5 1 8 -16 8", "6;text 8 1 fs 5 1 4 16 8",
    "6;text 8 1 fs 5 1 4 -16 4", RIGHT + ";text 8 1 ds 0 - 1 0 8"])
def test_comparison_sees_each_difference(wrong: str) -> None:
    assert difference(read_instruction(CODE, TEXT), wrong) is not None


@pytest.mark.parametrize("code", ["", "48", "8b05000000", "06", "62f17c0877", "66" * 15 + "90"])
def test_decode_lines_refuses_by_reason(code: str) -> None:
    answer = subprocess.run([DECODER], input=code + "\n", capture_output=True, text=True, check=True).stdout
    reasons = {"06": "not a known instruction of 64-bit mode", "62f17c0877": "not a known instruction of 64-bit mode",
               "66" * 15 + "90": "longer than 15 bytes"}
    assert answer.strip() == reasons.get(code, "cut short")
