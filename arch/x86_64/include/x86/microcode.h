/* What CPUs say of their microcode. */
#ifndef X86_MICROCODE_H
#define X86_MICROCODE_H

#include <stdint.h>

/* The revision of this CPU's microcode; 0 when there is none or it cannot be read. Any context. */
uint32_t x86_microcode_revision(void);

#endif
