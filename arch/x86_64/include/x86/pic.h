/* The two 8259s: moved out of the exceptions' vectors and masked; nothing of Faultline's uses them.
 */
#ifndef X86_PIC_H
#define X86_PIC_H

#include <stdbool.h>

void pic_init(void);

/* True when the interrupt at a spurious vector is not in service: the PIC made it up (8259A data
 * sheet, "IR7"). Sends the EOI that a real one, or the cascade of the second PIC, needs. */
bool pic_take_spurious(unsigned vector);

#endif
