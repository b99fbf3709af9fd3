"""Counts instructions: boots the kernel's bench under QEMU's icount, and prints the table with the budgets.

With `-icount shift=0` one instruction takes one nanosecond of the guest's time, so differences of the time-stamp counter are
instructions. A row is a line of ROWS. usage: bench.py [--check] (from the top folder; `make bench`, `make bench-check`)
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from boot import ROOT, boot_once
from casefile import parse_case
from qemu import find_tools

BUILD = ROOT / "build" / "release"
# x2apic=0: QEMU 10 ends with "Bad icount read" when the timer's count is read through an MSR.
CASE = """about: the bench
options: exit=qemu x2apic=0 console={console} {options}
status: {status}
smp: {cpus}
vga: {vga}
mem: {memory}
icount: {shift}
timeout: 600
{start}
---
...
exit: 0x{{hex}}
"""


@dataclass(frozen=True)
class Boot:
    """One machine. With several CPUs an instruction takes 2^5 ns: else the firmware's waits for them take minutes. They have
    no screen: QEMU refreshes one by the host's time, and the CPUs' turns change with that."""

    options: str = "bench=all"
    console: str = "serial"
    memory: str = "256M"
    cpus: int = 1
    status: int = 33
    image: str = "."  # the folder of its BOOTX64.EFI, in the build's

    @property
    def shift(self) -> int:
        return 5 if self.cpus > 1 else 0

    @property
    def vga(self) -> str:
        return "none" if self.cpus > 1 else "std"

    @property
    def start(self) -> str:
        return "" if self.cpus > 1 else "start: cold"


MORE_MEMORY = 64 << 30
PAGE_BYTES = 4096
SECOND = 10**9  # instructions, when each takes 1 ns
INIT_WAIT = SECOND // 100
FEW, MANY, MOST = 2, 64, 255
BOOTS = {
    "serial": Boot(),
    "serial,screen": Boot(console="serial,screen"),
    "64G": Boot(memory="64G", options="bench=frame"),
    "ring 3": Boot(options="run=demo", image="bench"),
    "few": Boot(cpus=FEW, options="bench=cpus"),
    "many": Boot(cpus=MANY, options="bench=cpus"),
    "most": Boot(cpus=MOST, options="bench=cpus-call"),
    "fault": Boot(cpus=MOST, options="fault=panic", status=35),
}
RUNS = 2  # they must agree to the instruction
PHASES = ("options", "screen", "ACPI", "kernel", "crash", "programs", "tables", "exit", "entry", "memory", "ready")

Numbers = dict[str, int]


@dataclass(frozen=True)
class Row:
    name: str
    value: Callable[[dict[str, Numbers]], int]
    budget: int | None = None
    unit: str = "instructions"


def both(name: str) -> Callable[[dict[str, Numbers]], int]:
    return lambda runs: runs["serial,screen"][name]


def serial(name: str) -> Callable[[dict[str, Numbers]], int]:
    return lambda runs: runs["serial"][name]


def screen_part(name: str) -> Callable[[dict[str, Numbers]], int]:
    return lambda runs: runs["serial,screen"][name] - runs["serial"][name]


def kernel_part(numbers: Numbers) -> int:
    """Without what it waits after INIT, which all CPUs cost together."""
    return sum(numbers[f"boot {phase}"] for phase in ("entry", "memory", "ready")) - numbers.get("boot wait", 0)


def one_more_cpu(what: Callable[[Numbers], int]) -> Callable[[dict[str, Numbers]], int]:
    return lambda runs: (what(runs["many"]) - what(runs["few"])) // (MANY - FEW)


def program(name: str) -> Callable[[dict[str, Numbers]], int]:
    return lambda runs: runs["ring 3"][f"user {name}"]


def page_without_clearing(runs: dict[str, Numbers]) -> int:
    """The kernel clears with REP STOSQ, which counts as an instruction for each word."""
    return program("page")(runs) - PAGE_BYTES // 8


def switch(runs: dict[str, Numbers]) -> int:
    """Two programs yield in turn: two calls and two switches."""
    return program("two-yields")(runs) // 2 - program("null-call")(runs)


def flush_ask(runs: dict[str, Numbers]) -> int:
    """Of the first target. With many others' instructions come between, for each CPU gets a slice of the time."""
    return runs["few"]["cpus-flush-ask median"] - runs["serial"]["cpus-flush-ask median"]


def flush_many(runs: dict[str, Numbers]) -> int:
    return runs["many"]["cpus-flush-ask median"] + runs["many"]["cpus-flush-wait median"]


def more_memory(runs: dict[str, Numbers]) -> int:
    """What 64 GiB cost the kernel's boot more than 256 MiB; the firmware's part is the firmware's."""
    return kernel_part(runs["64G"]) - kernel_part(runs["serial"])


ROWS = (
    Row("int3 and back", serial("breakpoint median"), 80),
    Row("timer interrupt", serial("timer-interrupt median"), 100),
    Row("the same, one timer called and the next waited for", serial("timer-due median")),
    Row("symbol, line and inlined calls of an address, most", serial("symbol-lookup maximum"), 2000),
    Row("frame alloc and free", serial("frame median"), 50),
    Row("map and unmap of a page, its tables present", serial("map median"), 150),
    Row("heap alloc and free of 64 bytes, one object", serial("heap-hot median"), 80),
    Row("the same, 4,096 objects, then all freed", serial("heap-many median"), 80),
    Row("the same, 16 to 1,039 bytes in 4,096 slots", serial("heap-random median"), 80),
    Row("log line of 30 characters, to the ring", serial("log-ring median")),
    Row("the same, to the ring and serial", serial("log-line median"), 2000),
    Row("the same, what the screen adds, drawn at once", screen_part("log-draw median"), 60000),
    Row("the same, what the screen adds when it scrolls", screen_part("log-scroll median")),
    Row("drawn for that line when it scrolls", both("log-scroll drawn"), unit="bytes"),
    Row("StartImage to ready, screen on", lambda runs: sum(runs["serial,screen"][f"boot {phase}"] for phase in PHASES), 10_000_000),
    *(Row(f"  of that, {phase}", both(f"boot {phase}")) for phase in PHASES),
    Row("64 GiB instead of 256 MiB, the kernel's part", more_memory, 1_000_000),
    Row("what is kept for the frames of 64 GiB", lambda runs: runs["64G"]["boot metadata"], MORE_MEMORY // 250, "bytes"),
    Row("one more CPU, from 2 to 64", one_more_cpu(kernel_part), 300_000),
    Row("  of that, its start", one_more_cpu(lambda numbers: numbers["boot start"])),
    Row("  of that, the comparison of clocks", one_more_cpu(lambda numbers: numbers["boot clocks"])),
    Row("the wait after INIT, of 64 CPUs together", lambda runs: runs["many"]["boot wait"]),
    Row("memory of one more CPU", one_more_cpu(lambda numbers: numbers["boot allocated"] * PAGE_BYTES), 160 << 10, "bytes"),
    Row("255 CPUs, from the entry to ready, 10 ms for INIT", lambda runs: kernel_part(runs["most"]) + INIT_WAIT, SECOND),
    Row("255 CPUs, from a fault to its report", lambda runs: runs["fault"]["report"], SECOND // 100),
    Row("a call of another CPU and its answer, both CPUs", lambda runs: runs["few"]["cpus-call median"]),
    Row("shootdown of a page, its sender, for one target", flush_ask, 150),
    Row("  until that has answered, both CPUs", lambda runs: runs["few"]["cpus-flush-wait median"]),
    Row("  the same with 63 targets, all CPUs", flush_many),
    Row("system call that does nothing", program("null-call"), 90),
    Row("page fault that fills a page, without its clearing", page_without_clearing, 200),
    Row("fault, the program's handler, resume", program("fault-and-resume"), 600),
    Row("switch from one program to another, CR3 loads in it", switch, 251),
    Row("spawn, exit and wait", program("spawn-exit-wait"), 60_000),
    Row("BOOTX64.EFI", lambda runs: (BUILD / "BOOTX64.EFI").stat().st_size, 400 * 1024, "bytes"),
)

BENCH_LINE = re.compile(r"INFO  bench (\S+): minimum (\d+) median (\d+) maximum (\d+) counts, (\d+) bytes drawn")
BOOT_LINE = re.compile(r"INFO  boot (?:loader|kernel|memory|CPUs): (.*)")
USER_LINE = re.compile(r"INFO  demo\[1\]: (user \S+): (\d+) counts")
NOT_TIMES = {"boot frames", "boot allocated", "boot zones", "boot metadata"}
FAULT_LINE = re.compile(r"^\[ *(\d+)\.(\d{6})\] \[\w+\] INFO  fault=", re.MULTILINE)
REPORT_END = re.compile(r"^system .* up (\d+)\.(\d{6}) s", re.MULTILINE)


def read_numbers(log: str) -> Numbers:
    numbers: Numbers = {}
    for name, least, median, most, drawn in BENCH_LINE.findall(log):
        numbers |= {f"{name} minimum": int(least), f"{name} median": int(median), f"{name} maximum": int(most),
                    f"{name} drawn": int(drawn)}
    numbers |= {name: int(count) for name, count in USER_LINE.findall(log)}
    if REPORT_END.search(log):
        numbers["report"] = (microseconds(REPORT_END, log) - microseconds(FAULT_LINE, log)) * 1000
    for phases in BOOT_LINE.findall(log):
        for phase, count in re.findall(r"(\w+) (\d+)", phases):
            numbers[f"boot {phase}"] = int(count)
    return numbers


def microseconds(pattern: re.Pattern[str], log: str) -> int:
    match = pattern.search(log)
    return int(match[1] + match[2]) if match else 0


def in_instructions(numbers: Numbers, shift: int) -> Numbers:
    """Counts of the time-stamp counter are nanoseconds here."""
    return {name: value if name in NOT_TIMES or name.endswith("drawn") else value >> shift for name, value in numbers.items()}


def run(name: str) -> Numbers:
    wanted = BOOTS[name]
    case = parse_case(CASE.format(**asdict(wanted), shift=wanted.shift, vga=wanted.vga, start=wanted.start), "bench", "bench.py")
    with tempfile.TemporaryDirectory(prefix="faultline-") as work:
        boot = boot_once(case, find_tools(), BUILD / wanted.image, Path(work))
    if boot.outcome.status != wanted.status:
        sys.exit(f"the bench {name} ended with status {boot.outcome.status}:\n{boot.raw_log[-2000:]}")
    return in_instructions(read_numbers(boot.raw_log), wanted.shift)


def measure() -> tuple[dict[str, Numbers], bool]:
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, [*BOOTS] * RUNS))
    first = dict(zip(BOOTS, results))
    again = [dict(zip(BOOTS, results[at:])) for at in range(0, len(results), len(BOOTS))]
    return first, all(other == first for other in again)


def main() -> int:
    runs, agree = measure()
    table = [{"name": row.name, "value": row.value(runs), "unit": row.unit, "budget": row.budget} for row in ROWS]
    over = [line for line in table if line["budget"] is not None and line["value"] > line["budget"]]
    print(f"{'':<50} {'measured':>12} {'budget':>12}")
    for line in table:
        budget = f"{line['budget']:,}" if line["budget"] is not None else ""
        mark = "  OVER" if line in over else ""
        print(f"{line['name']:<50} {line['value']:>12,} {budget:>12} {line['unit']}{mark}")
    print(f"two runs {'agree to the instruction' if agree else 'DIFFER'}; build/bench.json has the table")
    (ROOT / "build" / "bench.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 1 if "--check" in sys.argv[1:] and (over or not agree) else 0


if __name__ == "__main__":
    sys.exit(main())
