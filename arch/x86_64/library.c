/* See arch/library.h. The canary of a program lies at %fs:0x28 (System V ABI; glibc's thread control block), the state for SSE is
 * that of the SDM, vol. 3A, 13.1. */
#include "arch/library.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "x86/registers.h"

static struct {
    uint64_t unused[5];
    uint64_t canary;
} thread_block;

_Static_assert(offsetof(__typeof__(thread_block), canary) == 0x28, "%fs:0x28");

void arch_library_prepare(void)
{
    thread_block.canary = cpu_self()->stack_canary;
    x86_write_msr(MSR_FS_BASE, (uint64_t)&thread_block);
    x86_write_cr0((x86_read_cr0() | CR0_MP) & ~(CR0_EM | CR0_TS));
    x86_write_cr4(x86_read_cr4() | CR4_OSFXSR);
}
