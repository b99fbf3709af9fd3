/* A trap frame and what the fault left in other registers, told in words: the machine's half of the fault report. */
#include "x86/fault_state.h"

#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "x86/exceptions.h"
#include "x86/trap_frame.h"

/* Page-fault error code (SDM vol. 3A, figure 4-12). */

#define CP_CODE            BIT_RANGE(14, 0) /* SDM vol. 3A, table 6-7 */
#define CP_ENCLAVE         BIT(15)
#define DR7_INSTRUCTION    0
#define DR6_GENERAL_DETECT BIT(13)
#define SX_INIT            1 /* AMD APM vol. 2, 8.2.21 */
#define FPU_SHIFT_XM       7 /* MXCSR's masks lie 7 bits above its flags (SDM vol. 1, 10.2.3) */

/* A bit, and what it says when it is set. */
struct bit_word {
    uint64_t bit;
    const char *word;
};

static const struct exception_words {
    const char *mnemonic, *name;
} exceptions[X86_EXCEPTION_COUNT] = {
#define X(vector, mnemonic, name, ist, dpl) [vector] = {"#" #mnemonic, name},
    X86_EXCEPTIONS(X)
#undef X
};

const char *arch_trap_mnemonic(unsigned vector)
{
    if (vector >= X86_EXCEPTION_COUNT)
        return vector == VECTOR_LAPIC_TIMER ? "timer interrupt"
               : vector == VECTOR_CALL      ? "interrupt by another CPU"
                                            : "interrupt";
    return exceptions[vector].mnemonic ? exceptions[vector].mnemonic : "reserved exception";
}

static const char *const meanings[X86_EXCEPTION_COUNT] = {
    [X86_EXC_DE] = "division by zero, or a quotient too large for its register",
    [X86_EXC_OF] = "INT 4 was executed: 64-bit mode has no INTO that could have found an overflow",
    [X86_EXC_BR] = "an index outside the bounds that BOUND was given",
    [X86_EXC_UD] = "the bytes at rip are not an instruction that this CPU allows here",
    [X86_EXC_NM] = "an FPU or SIMD instruction while CR0.TS or CR0.EM switches the FPU off",
    [X86_EXC_DF] = "an exception came up while another was delivered, most often because its stack "
                   "is unusable",
    [X86_EXC_TS] = "a task state segment is not valid",
    [X86_EXC_NP] = "a segment or gate that is not present",
    [X86_EXC_SS] = "a stack access that is non-canonical, or a bad stack segment",
    [X86_EXC_GP] = "a non-canonical address, a privileged operation or a bad selector",
    [X86_EXC_AC] = "a misaligned access while alignment is checked",
    [X86_EXC_VE] = "the hypervisor's page tables forbid an access",
    [X86_EXC_HV] = "an event that the hypervisor injected",
    [X86_EXC_VC] = "an instruction that the hypervisor must be asked about",
    [X86_EXC_SX] = "a security event of the secure virtual machine",
};

/* Appends ", WORD" for each bit that is set, and names what no row explains. */
static size_t append_bits(char *text, size_t size, uint64_t value, const struct bit_word *rows,
                          unsigned count, const char *gap)
{
    size_t length = 0;
    const char *before = "";

    for (unsigned i = 0; i < count; i++) {
        if (!(value & rows[i].bit))
            continue;
        length += format(text + length, size - length, "%s%s", before, rows[i].word);
        value &= ~rows[i].bit;
        before = gap;
    }
    if (value)
        length += format(text + length, size - length, "%sunknown bits %lx", before, value);
    return length;
}

static void page_fault_words(uint64_t error, char *text, size_t size)
{
    static const struct bit_word rare[] = {{PF_RESERVED, "reserved bit set"},
                                           {PF_KEY, "protection key"},
                                           {PF_SHADOW, "shadow stack"},
                                           {PF_SGX, "SGX"}};
    const uint64_t common = PF_PRESENT | PF_WRITE | PF_USER | PF_FETCH;
    size_t length =
        format(text, size, "%s, %s, %s", error & PF_PRESENT ? "page present" : "page not present",
               error & PF_FETCH   ? "instruction fetch"
               : error & PF_WRITE ? "write"
                                  : "read",
               error & PF_USER ? "user" : "supervisor");

    if (error & ~common) {
        length += format(text + length, size - length, ", ");
        append_bits(text + length, size - length, error & ~common, rare, ARRAY_COUNT(rare), ", ");
    }
}

static void selector_words(uint64_t error, char *text, size_t size)
{
    unsigned index = (unsigned)bits_get(error, 15, 3);
    size_t length;

    if (error == 0) {
        format(text, size, "no selector is to blame");
        return;
    }
    if (error & SELECTOR_IDT)
        length = format(text, size, "vector %02x, in the IDT", index);
    else
        length = format(text, size, "selector %04x, entry %u of the %s", index * 8, index,
                        error & SELECTOR_LDT ? "LDT" : "GDT");
    if (error & SELECTOR_EXTERNAL)
        length +=
            format(text + length, size - length, ", while an event from outside was delivered");
    if (error >> 16)
        format(text + length, size - length, ", unknown bits %lx", error >> 16 << 16);
}

static const char *control_protection_kind(uint64_t error)
{
    static const char *const kinds[] = {
        [1] = "near return",
        [2] = "far return or IRET",
        [3] = "indirect branch to a place without ENDBRANCH",
        [4] = "RSTORSSP with a bad token",
        [5] = "SETSSBSY with a bad token",
    };
    uint64_t code = error & CP_CODE;

    return code < ARRAY_COUNT(kinds) && kinds[code] ? kinds[code] : "a kind that is not known";
}

static void error_words(unsigned vector, uint64_t error, char *text, size_t size)
{
    switch (vector) {
    case X86_EXC_PF:
        page_fault_words(error, text, size);
        break;
    case X86_EXC_TS:
    case X86_EXC_NP:
    case X86_EXC_SS:
    case X86_EXC_GP:
        selector_words(error, text, size);
        break;
    case X86_EXC_CP:
        format(text, size, "%s%s", control_protection_kind(error),
               error & CP_ENCLAVE ? ", in an enclave" : "");
        break;
    case X86_EXC_VC:
        format(text, size, "exit code %lx of the virtual machine (AMD APM vol. 2, appendix C)",
               error);
        break;
    case X86_EXC_SX:
        format(text, size, error == SX_INIT ? "INIT was redirected" : "a reason that is not known");
        break;
    default:
        format(text, size, error ? "no bit of it is defined" : "always 0");
    }
}

/* What a breakpoint waits for: DR7's R/W and LEN fields (SDM vol. 3B, 17.2.4). */
static size_t breakpoint_words(const struct x86_fault_state *state, unsigned number, char *text,
                               size_t size)
{
    static const char *const events[] = {"an instruction at", "a write to", "use of a port at",
                                         "a read or write of"};

    return format(text, size, "DR%u was waiting for %s %lx", number,
                  events[bits_get(state->dr7, 17 + 4 * number, 16 + 4 * number)],
                  state->breakpoints[number]);
}

/* DR6 (SDM vol. 3B, 17.2.3). Bits 11 and 16 are cleared where the others are set. */
static void debug_sentence(const struct x86_fault_state *state, char *text, size_t size)
{
    static const struct bit_word causes[] = {
        {BIT(13), "a debug register was about to be used (DR7.GD)"},
        {BIT(14), "a single step was made (RFLAGS.TF)"},
        {BIT(15), "a task switch (TSS.T)"},
    };
    size_t length = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(state->breakpoints); i++)
        if (state->dr6 & BIT(i)) {
            length += format(text + length, size - length, "%s", length ? ", " : "");
            length += breakpoint_words(state, i, text + length, size - length);
        }
    if (state->dr6 & BIT_RANGE(15, 13)) {
        length += format(text + length, size - length, "%s", length ? ", " : "");
        length += append_bits(text + length, size - length, state->dr6 & BIT_RANGE(15, 13), causes,
                              ARRAY_COUNT(causes), ", ");
    }
    if (length == 0)
        format(text, size, "a debug exception without a cause in DR6: INT1, most likely");
}

/* The x87 and the SIMD unit have the same six flags in the same places (SDM vol. 1, 8.1.3, 10.2.3). */
static void float_sentence(const char *unit, uint64_t unmasked, char *text, size_t size)
{
    static const struct bit_word flags[] = {
        {BIT(0), "invalid operation"}, {BIT(1), "denormal operand"}, {BIT(2), "division by zero"},
        {BIT(3), "overflow"},          {BIT(4), "underflow"},        {BIT(5), "inexact result"},
    };
    size_t length = format(text, size, "%s: ", unit);

    if (unmasked)
        append_bits(text + length, size - length, unmasked, flags, ARRAY_COUNT(flags), ", ");
    else
        format(text + length, size - length, "no error that is not masked is left in its status");
}

static void meaning_words(struct fault *fault, const struct x86_fault_state *state)
{
    char *text = fault->meaning;
    const size_t size = sizeof(fault->meaning), flags = BIT_RANGE(5, 0);

    switch (fault->vector) {
    case X86_EXC_DB:
        debug_sentence(state, text, size);
        break;
    case X86_EXC_MF:
        float_sentence("an x87 instruction met an error that is not masked",
                       state->fpu_status & ~state->fpu_control & flags, text, size);
        break;
    case X86_EXC_XM:
        float_sentence("a SIMD instruction met an error that is not masked",
                       state->mxcsr & ~(state->mxcsr >> FPU_SHIFT_XM) & flags, text, size);
        break;
    case X86_EXC_MC:
        machine_check_sentence(state, text, size);
        break;
    case X86_EXC_CP:
        format(text, size, "a shadow stack or ENDBRANCH does not confirm a branch: %s",
               control_protection_kind(fault->error));
        break;
    default:
        format(text, size, "%s",
               fault->vector < X86_EXCEPTION_COUNT && meanings[fault->vector]
                   ? meanings[fault->vector]
                   : "an exception that no manual describes");
    }
}

static void read_page_fault(struct fault *fault)
{
    fault->has_address = true;
    fault->not_present = !(fault->error & PF_PRESENT);
    fault->reserved_bit = fault->error & PF_RESERVED;
    fault->access = fault->error & PF_FETCH   ? FAULT_EXECUTE
                    : fault->error & PF_WRITE ? FAULT_WRITE
                                              : FAULT_READ;
}

/*
 * A push onto an unmapped stack is a page fault that cannot be pushed either: the double fault then
 * finds its address in CR2. CR2 belongs to this fault only when it lies where that push went: just
 * below RSP.
 */
static void read_double_fault(struct fault *fault)
{
    if (fault->address >= fault->sp || fault->sp - fault->address > PAGE_SIZE)
        return;
    fault->has_address = true;
    fault->not_present = true;
    fault->stack_unusable = true;
    fault->access = FAULT_WRITE;
}

/* Traps are raised behind their instruction, faults at it (SDM vol. 3A, 6.5). Of the causes of #DB breakpoints on
 * instructions and general detect are faults (vol. 3B, table 17-1). */
static bool is_trap(unsigned vector, const struct x86_fault_state *state)
{
    if (vector != X86_EXC_DB)
        return vector == X86_EXC_BP || vector == X86_EXC_OF;
    for (unsigned i = 0; i < ARRAY_COUNT(state->breakpoints); i++)
        if (state->dr6 & BIT(i) && bits_get(state->dr7, 17 + 4 * i, 16 + 4 * i) == DR7_INSTRUCTION)
            return false;
    return !(state->dr6 & DR6_GENERAL_DETECT);
}

void x86_fault_decode(const struct trap_frame *frame, const struct x86_fault_state *state,
                      struct fault *fault)
{
    unsigned vector = (uint8_t)frame->vector;

    *fault = (struct fault){.address = state->cr2,
                            .vector = vector,
                            .mnemonic = "--",
                            .name = "reserved exception",
                            .user = frame->cs & 3,
                            .ip = frame->rip,
                            .sp = frame->rsp,
                            .fp = frame->rbp,
                            .is_trap = is_trap(vector, state),
                            .error = frame->error};
    if (vector < X86_EXCEPTION_COUNT && exceptions[vector].name) {
        fault->mnemonic = exceptions[vector].mnemonic + 1; /* without the # */
        fault->name = exceptions[vector].name;
    }
    fault->has_error = vector < X86_EXCEPTION_COUNT && (X86_EXC_WITH_ERROR_CODE >> vector & 1);
    error_words(vector, fault->error, fault->error_text, sizeof(fault->error_text));
    meaning_words(fault, state);
    if (vector == X86_EXC_PF)
        read_page_fault(fault);
    else if (vector == X86_EXC_DF)
        read_double_fault(fault);
}
