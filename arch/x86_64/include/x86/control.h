/* What the table of control registers (control.c) says for a CPU that has none of it yet. Once arch_cpu_init() has run. */
#ifndef X86_CONTROL_H
#define X86_CONTROL_H

#include <stdint.h>

/* For the way to long mode: CR0 whole, of CR4 what paging needs, EFER without LMA, which is the CPU's to set. */
uint64_t x86_startup_cr0(void);
uint64_t x86_startup_cr4(unsigned levels);
uint64_t x86_startup_efer(void);

/* This CPU's XCR0; 0 while it has none (CR4.OSXSAVE), for then even reading it is #UD. */
uint64_t x86_current_xcr0(void);

/* This CPU's page attribute table; 0 when it has none. */
uint64_t x86_read_pat(void);

#endif
