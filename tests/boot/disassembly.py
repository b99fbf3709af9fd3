"""Compares the kernel's instruction decoder with objdump, instruction by instruction.

By hand over any program: python3 tests/boot/disassembly.py build/host/decode_lines FILE...
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SIZES = {"BYTE": 1, "WORD": 2, "DWORD": 4, "FWORD": 6, "QWORD": 8, "TBYTE": 10, "XMMWORD": 16, "YMMWORD": 32, "ZMMWORD": 64}
NUMBERS = "ax cx dx bx sp bp si di".split()
OPERAND = re.compile(r"(?:(\w+) (?:PTR|BCST) )?(?:([c-gs]s):)?(?:\[([^\]]*)\]|(?<=s:)(0x[0-9a-f]+))")
TERM = re.compile(r"([+-]?)([^+-]+)")
# Their memory operands are implied by the opcode and not in the text, or with another form there.
UNWRITTEN = ("xlat", "maskmovq", "maskmovdqu", "vmaskmovdqu", "monitor", "monitorx", "clzero")
# Their destination is written as the register that holds its address.
DESTINATION_IN_REGISTER = ("movdir64b", "enqcmd", "enqcmds")


@dataclass(frozen=True)
class Operand:
    size: int | None  # None: not told
    base: str
    index: str
    scale: int
    displacement: int
    address_bytes: int
    segment: str  # "fs", "gs", "es" for the operands that say so, else ""


@dataclass(frozen=True)
class Instruction:
    code: str  # in hexadecimal
    text: str
    operands: tuple[Operand, ...]


def register(name: str) -> tuple[str, int]:
    """The number of a register that addresses memory, and the width of addresses made with it."""
    if name in ("rip", "eip"):
        return "16", 8 if name[0] == "r" else 4
    if name in ("riz", "eiz"):
        return "-", 8 if name[0] == "r" else 4
    if vector := re.fullmatch(r"[xyz]mm(\d+)", name):
        return f"v{int(vector[1]) % 16}", 0
    if numbered := re.fullmatch(r"r(\d+)(d?)", name):
        return numbered[1], 4 if numbered[2] else 8
    return str(NUMBERS.index(name[1:])), 8 if name[0] == "r" else 4


def read_operand(match: re.Match[str]) -> Operand:
    size, segment, inside, absolute = match.groups()
    base, index, scale, displacement, width = "-", "-", 1, 0, 0
    for sign, term in TERM.findall(inside or absolute):
        if term.startswith("0x"):
            displacement += int(sign + term, 16)
            continue
        name, _, factor = term.partition("*")
        number, term_width = register(name)
        width = max(width, term_width)
        if factor:
            index, scale = number, 1 if number == "-" else int(factor)
        else:
            base = number
    return Operand(SIZES.get(size or ""), base, index, scale, displacement, width, segment or "")


def read_instruction(code: str, text: str) -> Instruction:
    text = re.sub(r"\s*(#.*|<.*)$", "", text)
    if code.startswith("9b") and text != "fwait":  # two instructions, which objdump shows as one
        code = code[2:]
    if any(word in UNWRITTEN for word in text.split()):
        return Instruction(code, text, ())
    found = [read_operand(match) for match in OPERAND.finditer(text)]
    if re.search(r"\bpop\b", text) and found and found[0].base == "4":  # addressed after rsp has moved
        found = [Operand(**{**found[0].__dict__, "displacement": found[0].displacement + (found[0].size or 8)})]
    return Instruction(code, text, tuple(found))


def disassemble(path: Path) -> list[Instruction]:
    command = ["objdump", "-d", "-M", "intel", "--insn-width=16", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    parts = (line.split("\t") for line in lines)
    return [read_instruction(part[1].replace(" ", ""), part[2]) for part in parts if len(part) == 3]


def agrees(told: Operand, fields: list[str]) -> bool:
    """Whether an operand of objdump's text is the decoder's one, which is given as decode_lines prints it."""
    _, size, access, segment, base, index, scale, displacement, width = fields
    modulus = 1 << 8 * int(width)
    return ((told.base, told.index, told.scale) == (base, index, int(scale))
            and (told.displacement - int(displacement)) % modulus == 0
            and told.address_bytes in (0, int(width))
            and (told.size is None or access == "0" or told.size == int(size))
            and (told.segment if told.segment in ("fs", "gs") else "") == (segment if segment in ("fs", "gs") else ""))


def difference(instruction: Instruction, answer: str) -> str | None:
    length, *operands = answer.split(";")
    if length != str(len(instruction.code) // 2):
        return "length or refusal"
    fields = [operand.split() for operand in operands if operand.startswith("text")]
    if any(word in UNWRITTEN for word in instruction.text.split()):
        return None
    if any(word in DESTINATION_IN_REGISTER for word in instruction.text.split()):
        fields.pop()
    if len(fields) != len(instruction.operands):
        return "number of operands"
    if "es" in [told.segment for told in instruction.operands]:  # movs and cmps: either order is in use
        fields.sort(key=lambda field: field[4] != instruction.operands[0].base)
    return None if all(map(agrees, instruction.operands, fields)) else "operand"


def differences(decoder: Path, instructions: list[Instruction]) -> list[str]:
    text = "\n".join(instruction.code for instruction in instructions)
    answers = subprocess.run([str(decoder)], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(instructions)
    pairs = ((instruction, answer, difference(instruction, answer)) for instruction, answer in zip(instructions, answers))
    return [f"{why}: {i.code}  {i.text}  decoded as {answer}" for i, answer, why in pairs if why]


def main() -> int:
    decoder, *paths = map(Path, sys.argv[1:])
    status = 0
    for path in paths:
        instructions = [i for i in disassemble(path) if "(bad)" not in i.text]
        found = differences(decoder, instructions)
        print("\n".join(found))
        print(f"{path}: {len(instructions)} instructions, {len(found)} differences")
        status |= bool(found)
    return status


if __name__ == "__main__":
    sys.exit(main())
