/*
 * Why an instruction was refused: #GP, #SS and #AC leave no address, so the instruction itself is read, and the address
 * that it used is computed from the saved registers. Pure. Source: Intel SDM vol. 3A, 6.15, "Interrupt 13".
 */
#include "x86/fault_state.h"

#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/instruction.h"
#include "x86/exceptions.h"
#include "x86/registers.h"
#include "x86/trap_frame.h"

#define PREFIX_LOCK 0xf0

static const char *const register_names[] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
    "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};

static bool is_canonical(uint64_t address, unsigned bits)
{
    uint64_t top = address >> (bits - 1);

    return top == 0 || top == UINT64_MAX >> (bits - 1);
}

static struct instruction_registers registers_of(const struct trap_frame *frame,
                                                 const struct x86_fault_state *state)
{
    return (struct instruction_registers){
        .general = {frame->rax, frame->rcx, frame->rdx, frame->rbx, frame->rsp, frame->rbp,
                    frame->rsi, frame->rdi, frame->r8, frame->r9, frame->r10, frame->r11,
                    frame->r12, frame->r13, frame->r14, frame->r15},
        .rip = frame->rip,
        .fs_base = state->fs_base,
        .gs_base = state->gs_base,
    };
}

/* "fs:rax+rcx*4-0x10" */
static void operand_name(const struct instruction_operand *operand, char *text, size_t size)
{
    size_t length = 0;
    const char *plus = "";
    uint64_t distance = (uint64_t)operand->displacement;

    text[0] = '\0';
    if (operand->segment == INSTRUCTION_FS || operand->segment == INSTRUCTION_GS)
        length += format(text, size, operand->segment == INSTRUCTION_FS ? "fs:" : "gs:");
    if (operand->base < ARRAY_COUNT(register_names)) {
        length += format(text + length, size - length, "%s", register_names[operand->base]);
        plus = "+";
    }
    if (operand->index < ARRAY_COUNT(register_names)) {
        length += format(text + length, size - length, "%s%s*%u", plus,
                         register_names[operand->index], operand->scale);
        plus = "+";
    }
    if (operand->displacement < 0 && plus[0] != '\0')
        format(text + length, size - length, "-0x%lx", -distance);
    else if (operand->displacement != 0 || plus[0] == '\0')
        format(text + length, size - length, "%s0x%lx", plus, distance);
}

static const char *access_word(uint8_t access)
{
    return access == INSTRUCTION_READ         ? "read from"
           : access == INSTRUCTION_WRITE      ? "write to"
           : access == INSTRUCTION_READ_WRITE ? "read and write of"
                                              : "use of";
}

struct refusal {
    struct fault *fault;
    const struct x86_fault_state *state;
    struct instruction instruction;
    struct instruction_registers registers;
    uint64_t rflags;
};

/* The first operand that lies where no address can be, or not where the instruction demands it. */
static bool blame_operand(struct refusal *refusal)
{
    const struct instruction *instruction = &refusal->instruction;
    struct fault *fault = refusal->fault;

    for (unsigned i = 0; i < instruction->operand_count; i++) {
        const struct instruction_operand *operand = &instruction->operands[i];
        const char *access = access_word(operand->access);
        uint64_t address;
        char name[64];

        if (!instruction_address(instruction, i, &refusal->registers, &address))
            continue;
        operand_name(operand, name, sizeof(name));
        if (!is_canonical(address, refusal->state->address_bits) ||
            !is_canonical(address + operand->size_bytes - 1, refusal->state->address_bits))
            format(fault->meaning, sizeof(fault->meaning),
                   "%s the non-canonical address %016lx (%s)", access, address, name);
        else if (operand->alignment_bytes && address % operand->alignment_bytes != 0)
            format(fault->meaning, sizeof(fault->meaning),
                   "%s address %016lx (%s), which is not a multiple of %u as %s demands", access,
                   address, name, operand->alignment_bytes,
                   instruction->mnemonic ? instruction->mnemonic : "the instruction");
        else if (fault->vector == X86_EXC_AC && operand->size_bytes &&
                 address % operand->size_bytes != 0)
            format(fault->meaning, sizeof(fault->meaning),
                   "%s %u bytes at the misaligned address %016lx (%s)", access, operand->size_bytes,
                   address, name);
        else
            continue;
        return true;
    }
    return false;
}

static void describe_operand(const struct refusal *refusal, char *text, size_t size)
{
    const struct instruction_operand *operand = &refusal->instruction.operands[0];
    uint64_t address;
    char name[64];

    if (refusal->instruction.operand_count == 0)
        return;
    operand_name(operand, name, sizeof(name));
    if (instruction_address(&refusal->instruction, 0, &refusal->registers, &address))
        format(text, size, "%u bytes at %s = %016lx", operand->size_bytes, name, address);
    else
        format(text, size, "several addresses at %s", name);
}

/* What kinds of instruction are refused for, beside their operands. */
static bool blame_kind(struct refusal *refusal)
{
    const struct instruction *instruction = &refusal->instruction;
    const char *name = instruction->mnemonic ? instruction->mnemonic : "the instruction";
    const uint64_t *general = refusal->registers.general;
    const uint64_t rax = general[0], rcx = general[1], rdx = general[2];
    char *text = refusal->fault->meaning;
    const size_t size = sizeof(refusal->fault->meaning);

    switch ((enum instruction_kind)instruction->kind) {
    case INSTRUCTION_MSR:
        format(text, size, "%s of MSR %lx (value %08lx%08lx): there is none, or it refuses that",
               name, rcx & UINT32_MAX, rdx & UINT32_MAX, rax & UINT32_MAX);
        return true;
    case INSTRUCTION_XSETBV:
        format(text, size, "xsetbv of XCR%lx to %08lx%08lx, which this CPU does not allow",
               rcx & UINT32_MAX, rdx & UINT32_MAX, rax & UINT32_MAX);
        return true;
    case INSTRUCTION_CONTROL_WRITE:
        format(text, size, "%s of a value with a reserved bit, or a combination that is forbidden",
               name);
        return true;
    case INSTRUCTION_IRET:
        format(text, size, "iret %s",
               refusal->rflags & RFLAGS_NT
                   ? "while RFLAGS.NT is set, which 64-bit mode does not know"
                   : "with a frame that cannot be returned to");
        return true;
    case INSTRUCTION_RETURN:
    case INSTRUCTION_INDIRECT:
    case INSTRUCTION_FAR:
        format(text, size, "%s to an address that is not canonical, or to a bad segment", name);
        return true;
    case INSTRUCTION_INTERRUPT:
        format(text, size, "int %02x, which this ring may not raise", instruction->number);
        return true;
    case INSTRUCTION_IO:
        format(text, size, "%s by a program that may not use that port", name);
        return true;
    case INSTRUCTION_PRIVILEGED:
        format(text, size, "%s, which this ring may not execute or not with these values", name);
        return true;
    default:
        return false;
    }
}

/* A selector or a gate: the error code names it. */
static void blame_selector(struct refusal *refusal)
{
    struct fault *fault = refusal->fault;
    const char *name = refusal->instruction.mnemonic;
    unsigned index = (unsigned)bits_get(fault->error, 15, 3);
    bool absent = fault->vector == X86_EXC_NP || fault->vector == X86_EXC_SS;

    if (fault->error & SELECTOR_IDT)
        format(fault->meaning, sizeof(fault->meaning), "the gate of vector %02x is %s", index,
               absent ? "not present" : "not one that can be used here");
    else
        format(
            fault->meaning, sizeof(fault->meaning),
            "%s refuses the selector %04x: entry %u of the %s %s", name ? name : "the instruction",
            index * 8, index, fault->error & SELECTOR_LDT ? "LDT" : "GDT",
            !(fault->error & SELECTOR_LDT) && index >= GDT_ENTRY_COUNT ? "is beyond the table's end"
            : absent                                                   ? "is not present"
                     : "is not of a kind that fits, or is in use");
}

/* Bytes that the CPU does not know, or that are there to be refused. */
static void blame_opcode(const struct x86_fault_state *state, struct fault *fault)
{
    if (state->code_bytes >= 2 && state->code[0] == 0x0f && state->code[1] == 0x0b)
        format(fault->meaning, sizeof(fault->meaning),
               "UD2, an instruction that marks a place which must not be reached");
    else if (state->code_bytes > 0 && state->code[0] == PREFIX_LOCK)
        format(fault->meaning, sizeof(fault->meaning),
               "a LOCK prefix before an instruction that takes none");
}

void x86_fault_blame(const struct trap_frame *frame, const struct x86_fault_state *state,
                     struct fault *fault)
{
    struct refusal refusal = {.fault = fault,
                              .state = state,
                              .registers = registers_of(frame, state),
                              .rflags = frame->rflags};
    const char *problem;

    if (fault->vector == X86_EXC_UD) {
        blame_opcode(state, fault);
        return;
    }
    if (fault->vector != X86_EXC_AC && !is_canonical(frame->rip, state->address_bits)) {
        format(fault->meaning, sizeof(fault->meaning), "jump to the non-canonical address %016lx",
               frame->rip);
        return;
    }
    problem = instruction_decode(&refusal.instruction, state->code, state->code_bytes);
    if (problem && fault->error == 0) {
        format(fault->operand_text, sizeof(fault->operand_text),
               "the instruction at rip is not understood: %s", problem);
        return;
    }
    if (fault->error != 0 && fault->vector != X86_EXC_AC)
        blame_selector(&refusal);
    else if (!blame_operand(&refusal))
        blame_kind(&refusal);
    describe_operand(&refusal, fault->operand_text, sizeof(fault->operand_text));
}
