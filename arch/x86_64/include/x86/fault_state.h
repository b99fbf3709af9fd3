/*
 * What a fault leaves behind outside of its frame, read once and before anything else can change it; and how it is
 * decoded. Decoding is pure, so that exceptions which the emulator has no cause for are tested on the host.
 */
#ifndef X86_FAULT_STATE_H
#define X86_FAULT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/trap.h"
#include "lib/bits.h"
#include "lib/instruction.h"

#define MC_BANKS_MAX 32

/* Error code of #TS, #NP, #SS and #GP: a selector with these in place of its RPL and TI (SDM vol. 3A, 6.13). */
#define SELECTOR_EXTERNAL BIT(0)
#define SELECTOR_IDT      BIT(1)
#define SELECTOR_LDT      BIT(2)

/* One bank of machine-check registers that holds a valid error (SDM vol. 3B, 15.3.2). */
struct mc_bank {
    unsigned number;
    uint64_t status, address, misc;
};

struct x86_fault_state {
    uint64_t cr2, dr6, dr7;
    uint64_t breakpoints[4]; /* DR0 to DR3 */
    uint64_t fs_base, gs_base;
    unsigned address_bits; /* 48 or 57: canonical addresses repeat the highest of them */
    uint8_t code[INSTRUCTION_BYTES_MAX]; /* the instruction at rip, as far as it can be read */
    size_t code_bytes;
    uint16_t fpu_status, fpu_control;
    uint32_t mxcsr;
    uint64_t mc_status; /* IA32_MCG_STATUS */
    struct mc_bank banks[MC_BANKS_MAX];
    unsigned bank_count;
};

/* Reads the banks that hold an error. Any context. */
void machine_check_read(struct x86_fault_state *state);

/* Fills `fault` from a frame and the state. Pure. */
void x86_fault_decode(const struct trap_frame *frame, const struct x86_fault_state *state,
                      struct fault *fault);

/* Fills `meaning` and `operand_text` of a #GP, #SS or #AC that is decoded already, from its instruction. Pure. */
void x86_fault_blame(const struct trap_frame *frame, const struct x86_fault_state *state,
                     struct fault *fault);

/* The cause of a machine check as a sentence, from its worst bank. Pure. At most size - 1 characters. */
void machine_check_sentence(const struct x86_fault_state *state, char *text, size_t size);

/* One bank in words. Pure. */
void machine_check_bank_text(const struct mc_bank *bank, char *text, size_t size);

#endif
