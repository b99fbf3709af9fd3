/* The machine as a whole: is it QEMU, and how to leave it. */
#include "arch/machine.h"

#include "arch/cpu.h"
#include "x86/cpuid.h"

/* QEMU, docs/specs/fw_cfg.rst: selector 0 reads as "QEMU". */
#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA     0x511
#define ISA_DEBUG_EXIT  0xf4

bool arch_machine_is_qemu(void)
{
    static const char signature[4] = {'Q', 'E', 'M', 'U'};

    __asm__ volatile("outw %0, %1" : : "a"((uint16_t)0), "Nd"((uint16_t)FW_CFG_SELECTOR));
    for (unsigned i = 0; i < sizeof(signature); i++)
        if (arch_port_read8(FW_CFG_DATA) != (uint8_t)signature[i])
            return false;
    return true;
}

bool arch_machine_is_virtual(void) { return x86_has(X86_HYPERVISOR); }

void arch_machine_exit_qemu(uint8_t code) { arch_port_write8(ISA_DEBUG_EXIT, code); }
