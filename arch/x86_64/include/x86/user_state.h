/* The registers of a program, while it is not on a CPU. */
#ifndef X86_USER_STATE_H
#define X86_USER_STATE_H

#include "arch/user.h"
#include "lib/compiler.h"
#include "x86/trap_frame.h"

struct user_state {
    struct trap_frame frame; /* TSS.RSP0 points behind it: the CPU pushes to here */
    uint64_t fs_base, gs_base;
    union {
        struct {
            uint16_t ds, es, fs, gs;
        };
        uint64_t selectors; /* all of them; mostly 0 */
    };
    uint8_t fpu[] ALIGNED(USER_STATE_ALIGN); /* XSAVE's area, or FXSAVE's */
};

_Static_assert(sizeof(struct trap_frame) % 16 == 0, "the CPU aligns RSP0 before it pushes");

/* fpu.c. Area: 64-byte aligned, of x86_fpu_bytes(). Interrupts off. */
void x86_fpu_init(void);
size_t x86_fpu_bytes(void);
void x86_fpu_reset(uint8_t *area); /* as after a reset */
void x86_fpu_save(uint8_t *area);
void x86_fpu_load(const uint8_t *area);

/* user_entry.S */
void x86_user_enter(void);
void x86_user_repeat_call(struct trap_frame *frame);
void system_call_entry(void);
extern const char user_copy_end[];

/* Every exception of a program; *frame is its struct user_state's. */
void trap_user_exception(struct trap_frame *frame);

#endif
