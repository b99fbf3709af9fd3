"""gdb, as `make gdb` starts it: stops in the loader and at a kernel function, and shows source lines."""

import os
import re
import socket
import subprocess

from boot import ROOT

GDB_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_gdb_stops_in_loader_and_kernel() -> None:
    build = ROOT / "build" / "release"
    script = ["-batch", "-ex", "faultline-loader", "-ex", "thbreak arch_mmu_init", "-ex", "continue", "-ex", "backtrace"]
    done = subprocess.run(
        ["scripts/gdb", "build/release", "build/release/faultline.img", *script],
        cwd=ROOT, env=os.environ | {"GDB_PORT": str(free_port())}, capture_output=True, text=True, timeout=GDB_SECONDS,
        stdin=subprocess.DEVNULL, check=False)
    output = done.stdout + done.stderr
    assert re.search(r"breakpoint \d+, efi_main \(.*\) at efi/main\.c:\d+", output), output
    assert re.search(r"breakpoint \d+, arch_mmu_init \(.*\) at arch/x86_64/paging\.c:\d+", output), output
    assert re.search(r"#1 .* in kernel_main \(.*\) at kernel/main\.c:\d+", output), output
    assert (build / "kernel.elf").exists()
