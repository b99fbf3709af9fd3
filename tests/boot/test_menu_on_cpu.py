"""Every fault of the menu on CPU 3, against the golden report of the same fault on CPU 0: a few things differ, no more.

Eight of them in tier test, all of them in tier full. What begins the boot CPU's backtrace is replaced by what begins that of
the others, and a line says what the other three CPUs were doing.
"""

import re
from pathlib import Path

import pytest

from boot import ROOT
from casefile import parse_case
from marks import fill_marks
from runner import run_case

CASES = ROOT / "tests" / "boot" / "cases"
OPTIONS = re.compile(r"^options: exit=qemu fault=([\w-]+)$", re.M)
IN_TEST = {"write-null", "divide", "stack-overflow", "write-text", "non-canonical-read", "panic", "double-fault", "lock-twice"}

# What is about the boot CPU, or about one boot alone.
LEFT_OUT = {
    "list": "no fault",
    "unknown": "no fault",
    "lock-end": "another CPU does not end the kernel: it goes idle, which lock-idle is about",
    "heap-exhausted": "how much there is to exhaust is another thing than which CPU does",
}

CHANGES = (
    (r"^\[\{time\}\] \[0\] INFO  (demo\[1\]|program demo)", r"[{time}] [{n}] INFO  \1"),  # on any CPU
    (r"^\[\{time\}\] \[0\]", "[{time}] [3]"),
    (r"^pointers   .*", "..."),  # none of the registers may point to something that has a name
    (r"PML4\[511\] PDPT\[510\] PD\[0\] PT\[\{n\}\]", "PML4[{n}] PDPT[{n}] PD[{n}] PT[{n}]"),
    (r"^log  ", "...\nlog  "),
    (r"CPU 0\b", "CPU 3"),
    (r"\bboot stack of CPU", "main stack of CPU"),
    (r"\b0x10000 bytes used", "0x8000 bytes used"),
    (r"\b0x10000 of 0x8000", "0x8000 of 0x8000"),
    (r", in boot_stacks\+0x\{hex\}$", ""),
    (r" boot_stacks\+0x\{hex\}", "{text}"),  # these stacks have no name of their own
    (r", 1 CPU$", ", 4 CPUs"),
    (r"^memory     (low|rsp)\+00", "memory     {text}+00"),  # an overflow's last frame may end at the very end of the stack
    (r"^( +options: .* fault=[\w-]+)", r"\1@3"),
    (r"^(?P<gap> +)#\{n\}\{gap\}(\? )?kernel_entry\+.*", r"...\n\g<gap>#{n}{gap}\2x86_ap_entry+0x{hex} (arch/x86_64/trampoline.S:{n})"),
    (r"^ +#\{n\}\{gap\}(\? )?(kernel_main|fault_menu_at_stage)\+.*\n", "...\n"),
)


def menu_cases() -> dict[str, str]:
    """The golden cases that boot one CPU with nothing but a fault, by the fault's name."""
    texts = (path.read_text() for path in sorted(CASES.glob("fault-*.log")))
    found = {match[1]: text for text in texts if (match := OPTIONS.search(text)) and "\nsmp:" not in text}
    return {name: text for name, text in found.items() if name not in LEFT_OUT}


def on_cpu_3(name: str, text: str) -> str:
    header, golden = text.split("\n---\n", 1)
    before, mark, golden = golden.partition(f"fault={name}:")  # that line is CPU 0's
    for pattern, replacement in CHANGES:
        golden = re.sub(pattern, replacement, golden, flags=re.M)
    return f"{OPTIONS.sub(rf'options: exit=qemu fault={name}@3', header)}\nsmp: 4\n---\n{before}{mark}{golden}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = menu_cases()
    assert set(names) >= IN_TEST
    if metafunc.config.getoption("tier") == "test":
        metafunc.parametrize("name", [name for name in names if name in IN_TEST])
    else:
        metafunc.parametrize("name", names if metafunc.config.getoption("tier") == "full" else [])


def test_fault_on_cpu_3(name: str, pytestconfig: pytest.Config) -> None:
    build = Path(pytestconfig.getoption("faultline_build"))
    text = fill_marks(on_cpu_3(name, menu_cases()[name]))
    run_case(parse_case(text, f"{name}-on-cpu-3", "test_menu_on_cpu.py"), build)
