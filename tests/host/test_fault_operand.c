/* Instructions that were refused, by their bytes and registers, and the sentence that blames what was wrong. */
#include "../../arch/x86_64/fault_operand.c"

#include "host_test.h"

#define HOLE UINT64_C(0x8000000000000000)

struct row {
    const char *name, *code;
    size_t code_bytes;
    uint8_t vector;
    uint64_t error, rax;
    const char *meaning, *operand;
};

#define CODE(text) text, sizeof(text) - 1

static struct row rows[] = {
    {"write", CODE("\x48\x89\x18"), 13, 0, HOLE,
     "write to the non-canonical address 8000000000000000 (rax)",
     "8 bytes at rax = 8000000000000000"},
    {"read with distance", CODE("\x8b\x40\xf0"), 13, 0, HOLE,
     "read from the non-canonical address 7ffffffffffffff0 (rax-0x10)", "4 bytes at rax-0x10"},
    {"index", CODE("\x80\x04\x88\x01"), 13, 0, HOLE,
     "read and write of the non-canonical address 8000000000000004 (rax+rcx*4)", "1 bytes"},
    {"end of the half", CODE("\x48\x8b\x00"), 13, 0, 0x00007ffffffffffc,
     "read from the non-canonical address 00007ffffffffffc (rax)", NULL},
    {"last that fits", CODE("\x48\x8b\x00"), 13, 0, 0x00007ffffffffff8, "the old text", NULL},
    {"fs", CODE("\x64\x48\x8b\x00"), 13, 0, 0x7f0000000000,
     "read from the non-canonical address 00017f0000000000 (fs:rax)", NULL},
    {"absolute", CODE("\x65\x48\x8b\x04\x25\x10\x00\x00\x00"), 13, 0, 0, "the old text",
     "8 bytes at gs:0x10 = 0000000000000010"},
    {"push", CODE("\x50"), 12, 0, 0,
     "write to the non-canonical address 9000000000000000 (rsp-0x8)", NULL},
    {"movaps", CODE("\x0f\x28\x00"), 13, 0, 0x1008,
     "read from address 0000000000001008 (rax), which is not a multiple of 16 as movaps demands",
     NULL},
    {"misaligned", CODE("\x8b\x00"), 17, 0, 0x1002,
     "read from 4 bytes at the misaligned address 0000000000001002 (rax)", NULL},
    {"wrmsr", CODE("\x0f\x30"), 13, 0, 0x5, "wrmsr of MSR 1 (value 0000000200000005)", NULL},
    {"xsetbv", CODE("\x0f\x01\xd1"), 13, 0, 6, "xsetbv of XCR1 to 0000000200000006", NULL},
    {"mov to cr4", CODE("\x0f\x22\xe0"), 13, 0, 0, "mov to cr4 of a value with a reserved bit",
     NULL},
    {"iret", CODE("\x48\xcf"), 13, 0, 0, "iret while RFLAGS.NT is set", NULL},
    {"int", CODE("\xcd\x80"), 13, 0, 0, "int 80, which this ring may not raise", NULL},
    {"hlt", CODE("\xf4"), 13, 0, 0, "hlt, which this ring may not execute", NULL},
    {"out", CODE("\xee"), 13, 0, 0, "out by a program that may not use that port", NULL},
    {"selector", CODE("\x8e\xd8"), 13, 0x28, 0, "mov to ds refuses the selector 0028: entry 5 of",
     NULL},
    {"selector beyond", CODE("\x8e\xd8"), 13, 0x1230, 0, "entry 582 of the GDT is beyond", NULL},
    {"LDT", CODE("\x8e\xd8"), 13, 0x1234, 0, "entry 582 of the LDT is not of a kind", NULL},
    {"absent", CODE("\x8e\xd0"), 12, 0x18, 0,
     "mov to ss refuses the selector 0018: entry 3 of the "
     "GDT is not present",
     NULL},
    {"gate", CODE("\xcd\x50"), 11, 0x282, 0, "the gate of vector 50 is not present", NULL},
    {"ud2", CODE("\x0f\x0b"), 6, 0, 0, "UD2, an instruction that marks", NULL},
    {"lock", CODE("\xf0\x90"), 6, 0, 0, "a LOCK prefix before an instruction that takes none",
     NULL},
    {"unknown opcode", CODE("\x06"), 6, 0, 0, "the old text", NULL},
    {"not readable", CODE(""), 13, 0, 0, "the old text", "is not understood: cut short"},
};

static void the_instruction_is_blamed(void **state)
{
    const struct row *row = *state;
    struct trap_frame frame = {.rax = row->rax,
                               .rcx = 1,
                               .rdx = 2,
                               .rip = 0x1000,
                               .rsp = row->vector == 12 ? 0x9000000000000008 : 0x2000,
                               .rflags = RFLAGS_NT};
    struct x86_fault_state found = {
        .fs_base = 0x1000000000000, .address_bits = 48, .code_bytes = row->code_bytes};
    struct fault fault = {.vector = row->vector, .error = row->error, .meaning = "the old text"};

    memcpy(found.code, row->code, row->code_bytes);
    x86_fault_blame(&frame, &found, &fault);
    assert_contains(fault.meaning, row->meaning);
    if (row->operand)
        assert_contains(fault.operand_text, row->operand);
}

static void a_jump_to_nowhere_is_told_by_rip(void **state)
{
    const struct x86_fault_state none = {.address_bits = 48};
    struct trap_frame frame = {.rip = HOLE + 5};
    struct fault fault = {.vector = 13};

    (void)state;
    x86_fault_blame(&frame, &none, &fault);
    assert_string_equal(fault.meaning, "jump to the non-canonical address 8000000000000005");
}

/* With 5-level paging 57 bits count. */
static void canonical_depends_on_the_levels(void **state)
{
    (void)state;
    assert_true(is_canonical(0x00007fffffffffff, 48) && is_canonical(0xffff800000000000, 48));
    assert_false(is_canonical(0x0000800000000000, 48) || is_canonical(0xffff7fffffffffff, 48));
    assert_true(is_canonical(0x0000800000000000, 57) && is_canonical(0xff00000000000000, 57));
    assert_false(is_canonical(0x0100000000000000, 57) || is_canonical(0xfe00000000000000, 57));
}

/* Any bytes and registers: each text ends where it must. */
static void any_instruction_fits(void **state)
{
    uint64_t seed = 13;

    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        struct x86_fault_state found = {.address_bits = 48, .code_bytes = INSTRUCTION_BYTES_MAX};
        struct trap_frame frame = {.rip = 0x1000, .error = random_below(&seed, 65536)};
        struct fault fault = {.vector = 6 + (unsigned)random_below(&seed, 12)};

        for (unsigned i = 0; i < 15; i++)
            (&frame.r15)[i] = random_next(&seed);
        for (unsigned i = 0; i < INSTRUCTION_BYTES_MAX; i++)
            found.code[i] = (uint8_t)random_next(&seed);
        fault.error = round % 3 ? 0 : frame.error;
        x86_fault_blame(&frame, &found, &fault);
        assert_true(strnlen(fault.meaning, sizeof(fault.meaning)) < sizeof(fault.meaning));
        assert_true(strnlen(fault.operand_text, sizeof(fault.operand_text)) <
                    sizeof(fault.operand_text) - 1);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, the_instruction_is_blamed, rows);
    HOST_ADD(&tests, a_jump_to_nowhere_is_told_by_rip);
    HOST_ADD(&tests, canonical_depends_on_the_levels);
    HOST_ADD(&tests, any_instruction_fits);
    return host_tests_run(&tests, "fault_operand");
}
