/* Called by entry.S. */
#ifndef X86_TRAPS_H
#define X86_TRAPS_H

#include "arch/trap.h"

/* Every trap arrives here, on the stack of its gate, interrupts off, GS this CPU's own. */
void trap_dispatch(struct trap_frame *frame);

#endif
