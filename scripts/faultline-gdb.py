"""gdb's side of `make gdb`: attaches, and knows how to find the loader, which firmware puts where it likes.

Commands: `faultline-kernel` runs to the kernel's first instruction; `faultline-loader` goes on to the loader's.
"""
import os
import time

import gdb

BUILD = os.environ.get("FAULTLINE_BUILD", "build/release")
TARGET = f"127.0.0.1:{os.environ.get('GDB_PORT', '1234')}"


def attach() -> None:
    gdb.execute("set pagination off")
    gdb.execute("set confirm off")
    gdb.execute("set architecture i386:x86-64")
    for _ in range(50):  # QEMU needs a moment before it listens
        try:
            gdb.execute(f"target remote {TARGET}", to_string=True)
            return
        except gdb.error:
            time.sleep(0.1)
    raise gdb.GdbError(f"nothing listens at {TARGET}")


class FaultlineKernel(gdb.Command):
    """Run to the kernel's first instruction."""

    def __init__(self) -> None:
        super().__init__("faultline-kernel", gdb.COMMAND_RUNNING)

    def invoke(self, argument: str, from_tty: bool) -> None:
        # A hardware breakpoint: the kernel's pages are not there yet, so that no INT3 could be written to them.
        gdb.execute("thbreak kernel_entry")
        gdb.execute("continue")


class FaultlineLoader(gdb.Command):
    """Stop at the loader's first line, with its symbols.

    The kernel is told where firmware put the loader, and once firmware has settled (its first boot with fresh variables
    differs) that place is the same in each boot: run to the kernel until it repeats, reset, and stop at efi_main.
    """

    BOOTS_MAX = 5

    def loader_image(self) -> int:
        gdb.execute("faultline-kernel")
        return int(gdb.parse_and_eval("((struct boot_info *)$rdi)->loader_image"))

    def __init__(self) -> None:
        super().__init__("faultline-loader", gdb.COMMAND_RUNNING)

    def invoke(self, argument: str, from_tty: bool) -> None:
        before, base = 0, self.loader_image()
        for _ in range(self.BOOTS_MAX):
            if base == before:
                break
            gdb.execute("monitor system_reset")
            before, base = base, self.loader_image()
        gdb.execute(f"add-symbol-file {BUILD}/loader.so -o {base:#x}")
        gdb.execute("monitor system_reset")
        gdb.execute("thbreak efi_main")
        gdb.execute("continue")


FaultlineKernel()
FaultlineLoader()
attach()
print("attached; `faultline-kernel` runs to the kernel's first instruction, `faultline-loader` to the loader's")
