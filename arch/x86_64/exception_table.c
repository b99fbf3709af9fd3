/*
 * Faults that are expected. Places in the kernel that may fault, and where to go on then: so that memory of which nothing is known
 * can be looked at. Each entry is written by the code it is about (entry.S).
 */
#include "arch/trap.h"

#include "x86/firmware.h"
#include "x86/trap_frame.h"

struct exception_place {
    uint64_t rip, go_on;
};

extern const struct exception_place exception_table_start[], exception_table_end[];

bool arch_trap_fix_up(struct trap_frame *frame)
{
    for (const struct exception_place *place = exception_table_start; place < exception_table_end;
         place++)
        if (place->rip == frame->rip) {
            frame->rip = place->go_on;
            return true;
        }
    return x86_firmware_fix_up(frame);
}
