/*
 * The instruction decoder on encodings made by hand: each form of address, the operands that opcodes imply, each kind, what
 * is refused; and the addresses that come out. tests/boot/test_instruction.py compares it with a disassembler.
 */
#include "lib/instruction.h"

#include "host_test.h"

#define TEXT_MAX 160

static size_t read_hex(const char *hex, uint8_t *bytes, size_t most)
{
    size_t count = 0;

    for (char *end; *hex; hex = end) {
        assert_true(count < most);
        bytes[count++] = (uint8_t)strtoul(hex, &end, 16);
        assert_true(end > hex);
    }
    return count;
}

/* Decodes a copy that the sanitizer guards on both sides. */
static const char *decode(struct instruction *out, const uint8_t *bytes, size_t count)
{
    uint8_t *block, *copy = guarded_copy(&block, bytes, count, 1);
    const char *problem = instruction_decode(out, copy, count);

    free(block);
    return problem;
}

static const char *const registers[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                        "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                        "r12", "r13", "r14", "r15", "rip"};

static void add(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + length, TEXT_MAX - length, format, arguments);
    va_end(arguments);
}

static void add_operand(char *text, const struct instruction_operand *operand)
{
    static const char *const accesses[] = {"none", "read", "write", "modify"};
    static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs"};

    add(text, "; %s %u %s:", accesses[operand->access], operand->size_bytes,
        segments[operand->segment]);
    if (operand->base != INSTRUCTION_NO_REGISTER)
        add(text, "%s", registers[operand->base]);
    if (operand->index != INSTRUCTION_NO_REGISTER)
        add(text, "+%s%s*%u", operand->index_is_vector ? "vector " : "", registers[operand->index],
            operand->scale);
    if (operand->bit_offset != INSTRUCTION_NO_REGISTER)
        add(text, "+bit %s", registers[operand->bit_offset]);
    if (operand->displacement)
        add(text, "%s0x%llx", operand->displacement < 0 ? "-" : "+",
            (unsigned long long)llabs(operand->displacement));
    add(text, "%s%s%s", operand->index_is_byte ? " byte" : "", operand->on_stack ? " stack" : "",
        operand->address_bytes == 4 ? " cut" : "");
    if (operand->alignment_bytes)
        add(text, " aligned %u", operand->alignment_bytes);
}

static void add_kind(char *text, const struct instruction *instruction)
{
    static const char *const kinds[] = {"plain",  "aligned",  "privileged", "msr",  "control",
                                        "xsetbv", "io",       "interrupt",  "iret", "return",
                                        "far",    "indirect", "segment"};

    if (instruction->kind != INSTRUCTION_PLAIN || instruction->mnemonic)
        add(text, " %s", kinds[instruction->kind]);
    if (instruction->mnemonic)
        add(text, " %s", instruction->mnemonic);
    if (instruction->number)
        add(text, " #%u", instruction->number);
}

static void write_text(char *text, const struct instruction *instruction)
{
    text[0] = '\0';
    add(text, "%u", instruction->length);
    add_kind(text, instruction);
    for (unsigned i = 0; i < instruction->operand_count; i++)
        add_operand(text, &instruction->operands[i]);
}

struct row {
    const char *name, *hex;
    const char *text; /* length, kind and mnemonic unless plain, each operand; or the problem */
};

static void is_decoded(void **state)
{
    const struct row *row = *state;
    uint8_t bytes[32];
    char text[TEXT_MAX];
    struct instruction instruction;
    const char *problem = decode(&instruction, bytes, read_hex(row->hex, bytes, sizeof(bytes)));

    if (problem) {
        assert_string_equal(problem, row->text);
        assert_int_equal(instruction.length + instruction.operand_count, 0);
        return;
    }
    write_text(text, &instruction);
    assert_string_equal(text, row->text);
}

/* clang-format off */
static struct row rows[] = {
    /* Forms of an address. */
    {"register", "48 89 c8", "3"},
    {"base", "48 8b 01", "3; read 8 ds:rcx"},
    {"disp8", "48 89 41 f0", "4; write 8 ds:rcx-0x10"},
    {"disp32", "01 81 00 01 00 00", "6; modify 4 ds:rcx+0x100"},
    {"rip", "48 8b 05 10 00 00 00", "7; read 8 ds:rip+0x10"},
    {"rip does not depend on REX.B", "49 8b 05 10 00 00 00", "7; read 8 ds:rip+0x10"},
    {"rbp needs a displacement", "48 8b 45 00", "4; read 8 ss:rbp"},
    {"r13 too, and is no stack register", "49 8b 45 08", "4; read 8 ds:r13+0x8"},
    {"SIB for rsp", "48 8b 04 24", "4; read 8 ss:rsp"},
    {"SIB for r12", "49 8b 04 24", "4; read 8 ds:r12"},
    {"base and index", "8a 04 8b", "3; read 1 ds:rbx+rcx*4"},
    {"r12 is an index", "42 8a 04 a3", "4; read 1 ds:rbx+r12*4"},
    {"REX.R, X and B", "4f 8b 7c fd 01", "5; read 8 ds:r13+r15*8+0x1"},
    {"index without base", "8b 04 4d 04 00 00 00", "7; read 4 ds:+rcx*2+0x4"},
    {"no base, no index", "8b 04 25 00 f0 ff ff", "7; read 4 ds:-0x1000"},
    {"SIB with rbp and disp8", "8b 44 0d 02", "4; read 4 ss:rbp+rcx*1+0x2"},
    {"SIB with r13 and none", "41 8b 04 0d 01 00 00 00", "8; read 4 ds:+rcx*1+0x1"},
    {"address size 32", "67 8b 04 8b", "4; read 4 ds:rbx+rcx*4 cut"},
    {"offset", "48 a1 88 77 66 55 44 33 22 11", "10; read 8 ds:+0x1122334455667788"},
    {"offset of 32 bits", "67 a2 00 00 00 80", "6; write 1 ds:-0x80000000 cut"},
    {"fs", "64 48 8b 04 25 28 00 00 00", "9; read 8 fs:+0x28"},
    {"gs over the stack's", "65 8b 04 24", "4; read 4 gs:rsp"},
    {"the other segments are ignored", "64 3e 8b 04 24", "5; read 4 fs:rsp"},
    {"REX before a prefix is none", "48 66 8b 01", "4; read 2 ds:rcx"},
    {"operand size", "66 81 3b 34 12", "5; read 2 ds:rbx"},
    {"immediate of 64 bits", "48 b8 01 02 03 04 05 06 07 08", "10"},
    {"fifteen bytes", "66 66 66 66 66 66 66 66 66 66 66 66 66 8b 01", "15; read 2 ds:rcx"},
    {"bit string", "48 0f a3 10", "4; read 8 ds:rax+bit rdx"},
    {"test reads, not writes", "f6 06 01", "3; read 1 ds:rsi"},
    {"nop", "0f 1f 44 00 00", "5; none 0 ds:rax+rax*1"},
    {"lea", "48 8d 04 24", "4 plain lea; none 0 ss:rsp"},

    /* Implied operands. */
    {"push", "55", "1; write 8 ss:rsp-0x8 stack"},
    {"push of 16 bits", "66 50", "2; write 2 ss:rsp-0x2 stack"},
    {"push with address size 32", "67 55", "2; write 8 ss:rsp-0x8 stack"},
    {"push from memory", "ff 34 24", "3; read 8 ss:rsp; write 8 ss:rsp-0x8 stack"},
    {"pop", "41 5f", "2; read 8 ss:rsp stack"},
    {"pop to memory moves rsp first", "8f 44 24 08", "4; write 8 ss:rsp+0x10; read 8 ss:rsp stack"},
    {"pop to memory by another base", "8f 40 08", "3; write 8 ds:rax+0x8; read 8 ss:rsp stack"},
    {"call", "e8 00 00 00 00", "5; write 8 ss:rsp-0x8 stack"},
    {"ret", "c3", "1 return ret; read 8 ss:rsp stack"},
    {"leave", "c9", "1 plain leave; read 8 ss:rbp stack"},
    {"enter", "c8 10 00 00", "4 plain enter; write 8 ss:rsp-0x8 stack"},
    {"movs", "f3 48 a5", "3 plain movs; read 8 ds:rsi; write 8 es:rdi"},
    {"movs from gs", "65 a4", "2 plain movs; read 1 gs:rsi; write 1 es:rdi"},
    {"cmps", "67 a7", "2 plain cmps; read 4 ds:rsi cut; read 4 es:rdi cut"},
    {"stos", "66 ab", "2 plain stos; write 2 es:rdi"},
    {"lods", "ac", "1 plain lods; read 1 ds:rsi"},
    {"scas", "48 af", "2 plain scas; read 8 es:rdi"},
    {"xlat", "d7", "1 plain xlat; read 1 ds:rbx+rax*1 byte"},
    {"maskmovdqu", "66 0f f7 c1", "4; write 16 ds:rdi"},
    {"movdir64b", "66 0f 38 f8 06", "5 aligned movdir64b; read 64 ds:rsi; write 64 es:rax aligned 64"},

    /* Kinds. */
    {"hlt", "f4", "1 privileged hlt"},
    {"lgdt", "0f 01 10", "3 privileged lgdt; read 10 ds:rax"},
    {"ltr", "0f 00 d8", "3 privileged ltr"},
    {"invlpg", "0f 01 38", "3 privileged invlpg; none 0 ds:rax"},
    {"swapgs", "0f 01 f8", "3 privileged swapgs"},
    {"sysret", "48 0f 07", "3 privileged sysret"},
    {"wrmsr", "0f 30", "2 msr wrmsr"},
    {"rdmsr", "0f 32", "2 msr rdmsr"},
    {"mov to cr4", "0f 22 e0", "3 control mov to cr4 #4"},
    {"mov to cr8", "44 0f 22 c0", "4 control mov to cr8 #8"},
    {"mov to cr0 whatever mod", "0f 22 05", "3 control mov to cr0"},
    {"mov from cr", "0f 20 c0", "3 privileged mov from a control register"},
    {"xsetbv", "0f 01 d1", "3 xsetbv xsetbv"},
    {"out", "e6 80", "2 io out"},
    {"ins", "6d", "1 io ins; write 4 es:rdi"},
    {"int", "cd 80", "2 interrupt int #128"},
    {"iret", "48 cf", "2 iret iret; read 40 ss:rsp stack"},
    {"ret far", "48 cb", "2 far ret far; read 16 ss:rsp stack"},
    {"jmp far", "ff 2b", "2 far jmp far; read 6 ds:rbx"},
    {"call far", "48 ff 1b", "3 far call far; read 10 ds:rbx; write 16 ss:rsp-0x10 stack"},
    {"call by memory", "ff 14 c5 00 00 00 80", "7 indirect call; read 8 ds:+rax*8-0x80000000; write 8 ss:rsp-0x8 stack"},
    {"jmp by register", "41 ff e3", "3 indirect jmp"},
    {"mov to ss", "8e d0", "2 segment mov to ss"},
    {"mov to fs", "8e 20", "2 segment mov to fs; read 2 ds:rax"},
    {"pop gs", "0f a9", "2 segment pop gs; read 8 ss:rsp stack"},
    {"lss", "0f b2 20", "3 segment lss; read 6 ds:rax"},
    {"movaps", "0f 29 44 24 10", "5 aligned movaps; write 16 ss:rsp+0x10 aligned 16"},
    {"movups", "0f 10 00", "3; read 16 ds:rax"},
    {"addps wants what movaps does", "0f 58 00", "3 aligned; read 16 ds:rax aligned 16"},
    {"addss does not", "f3 0f 58 00", "4; read 4 ds:rax"},
    {"MMX does not", "0f fc 00", "3; read 8 ds:rax"},
    {"movddup does not", "f2 0f 12 00", "4; read 8 ds:rax"},
    {"invpcid does not", "66 0f 38 82 00", "5 privileged invpcid; read 16 ds:rax"},
    {"cmpxchg16b", "f0 48 0f c7 0f", "5 aligned cmpxchg16b; modify 16 ds:rdi aligned 16"},
    {"cmpxchg8b", "0f c7 0f", "3 plain cmpxchg8b; modify 8 ds:rdi"},
    {"fxsave", "48 0f ae 07", "4 aligned fxsave; write 512 ds:rdi aligned 16"},
    {"xsave", "48 0f ae 27", "4 aligned xsave; write 0 ds:rdi aligned 64"},
    {"x87", "db 2c 24", "3; read 10 ss:rsp"},

    /* VEX and EVEX. */
    {"VEX, two bytes", "c5 fc 28 04 24", "5 aligned movaps; read 32 ss:rsp aligned 32"},
    {"VEX addps demands no alignment", "c5 f8 58 00", "4; read 16 ds:rax"},
    {"VEX, three bytes", "c4 81 7a 6f 44 bd 00", "7; read 16 ds:r13+r15*4"},
    {"VEX of general registers", "c4 e2 f8 f2 00", "5; read 8 ds:rax"},
    {"a gather", "c4 e2 71 90 04 90", "6 plain gather; read 4 ds:rax+vector rdx*4"},
    {"a gather by vector 4", "c4 e2 71 90 04 a0", "6 plain gather; read 4 ds:rax+vector rsp*4"},
    {"VEX of what MMX has too", "c5 fd fc 00", "4; read 32 ds:rax"},
    {"movddup of a whole vector", "c5 ff 12 00", "4; read 32 ds:rax"},
    {"EVEX scales disp8 by the vector", "62 f1 7c 48 10 40 02", "7; read 64 ds:rax+0x80"},
    {"by the element when it broadcasts", "62 f1 7c 58 58 40 ff", "7; read 4 ds:rax-0x4"},
    {"by a double with W", "62 f1 fd 58 58 40 ff", "7; read 8 ds:rax-0x8"},
    {"by half a vector", "62 f2 7d 48 13 40 01", "7; read 32 ds:rax+0x20"},
    {"by a scalar", "62 f1 7e 08 10 40 03", "7; read 4 ds:rax+0xc"},
    {"by an element, stored together", "62 f2 fd 48 8a 40 01", "7; write 64 ds:rax+0x8"},
    {"but not disp32", "62 f1 7c 48 10 80 02 00 00 00", "10; read 64 ds:rax+0x2"},
    {"EVEX registers", "62 91 7c 28 28 04 0c", "7 aligned movaps; read 32 ds:r12+r9*1 aligned 32"},

    /* Refusals. */
    {"nothing", "", "cut short"},
    {"prefixes alone", "66 48", "cut short"},
    {"no ModRM", "8b", "cut short"},
    {"no SIB", "8b 04", "cut short"},
    {"half a displacement", "8b 80 00 00", "cut short"},
    {"half an immediate", "48 b8 00 00 00", "cut short"},
    {"half an EVEX", "62 f1 7c", "cut short"},
    {"sixteen bytes", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 8b 01", "longer than 15 bytes"},
    {"a long displacement", "66 66 66 66 66 66 66 66 66 66 8b 80 00 00 00 00", "longer than 15 bytes"},
    {"of 32-bit mode", "06", "not a known instruction of 64-bit mode"},
    {"of no mode", "0f 04", "not a known instruction of 64-bit mode"},
    {"lea of a register", "8d c0", "not a known instruction of 64-bit mode"},
    {"mov to cr1", "0f 22 c8", "not a known instruction of 64-bit mode"},
    {"VEX behind REX", "48 c5 fc 28 00", "not a known instruction of 64-bit mode"},
    {"VEX behind 66", "66 c5 fc 28 00", "not a known instruction of 64-bit mode"},
    {"VEX behind f2", "f2 c5 fc 28 00", "not a known instruction of 64-bit mode"},
    {"VEX behind lock", "f0 c5 fc 28 00", "not a known instruction of 64-bit mode"},
    {"VEX map 9", "c4 e9 78 28 00", "not a known instruction of 64-bit mode"},
    {"EVEX with a reserved bit", "62 f9 7c 48 10 00", "not a known instruction of 64-bit mode"},
    {"EVEX without its fixed bit", "62 f1 78 48 10 00", "not a known instruction of 64-bit mode"},
    {"EVEX with vectors of no length", "62 f1 7c 68 10 00", "not a known instruction of 64-bit mode"},
    {"EVEX broadcast of a scalar", "62 f1 7e 18 10 00", "not a known instruction of 64-bit mode"},
    {"call with prefix 66", "66 e8 00 00 00 00", "a near branch with prefix 66, which CPUs disagree on"},
    {"but not with REX.W too", "66 48 e8 00 00 00 00", "7; write 8 ss:rsp-0x8 stack"},
};

struct address_row {
    const char *name, *hex;
    unsigned operand;
    uint64_t address;
};

#define RIP     UINT64_C(0xffffffff80001000)
#define FS_BASE UINT64_C(0x00007f0000000000)
#define GS_BASE UINT64_C(0xffffffff81000000)

/* rax is 0000000100000010, rcx 0000000200000020, ... r12 0000000d000000d0; r13, r14, r15 are special. */
static struct address_row address_rows[] = {
    {"at a base", "48 8b 01", 0, 0x0000000200000020},
    {"below it", "48 8b 41 f0", 0, 0x0000000200000010},
    {"at base, index and displacement", "8a 44 8b 01", 0, 0x0000000c000000c1},
    {"behind this instruction", "48 8b 05 10 00 00 00", 0, 0xffffffff80001017},
    {"behind this one's immediate", "48 81 3d f0 ff ff ff 00 00 00 00", 0, 0xffffffff80000ffb},
    {"behind it, cut", "67 8b 05 00 00 00 00", 0, 0x0000000080001007},
    {"absolute", "8b 04 25 00 f0 ff ff", 0, 0xfffffffffffff000},
    {"base cut to 32 bits", "67 8b 01", 0, 0x00000020},
    {"a sum cut to 32 bits", "67 8b 41 80", 0, 0xffffffa0},
    {"wrapped around", "41 8b 46 08", 0, 7},
    {"wrapped around below", "42 8b 04 fd 00 00 00 80", 0, 0xffffffff80000000},
    {"not canonical", "41 8b 07", 0, 0x8000000000000000},
    {"of a thread", "64 48 8b 04 25 28 00 00 00", 0, FS_BASE + 0x28},
    {"of a CPU, by a register", "65 8b 01", 0, GS_BASE + 0x200000020},
    {"cut before the base is added", "65 67 8b 41 80", 0, GS_BASE + 0xffffffa0},
    {"pushed to", "55", 0, 0x0000000500000048},
    {"pushed from", "ff 74 24 08", 0, 0x0000000500000058},
    {"pushed to, second operand", "ff 74 24 08", 1, 0x0000000500000048},
    {"popped from", "5d", 0, 0x0000000500000050},
    {"popped to", "8f 44 24 08", 0, 0x0000000500000060},
    {"popped to, 16 bits", "66 8f 04 24", 0, 0x0000000500000052},
    {"of an interrupt frame", "48 cf", 0, 0x0000000500000050},
    {"copied from", "a4", 0, 0x0000000700000070},
    {"copied to", "65 a4", 1, 0x0000000800000080},
    {"of a frame left", "c9", 0, 0x0000000600000060},
    {"translated by al", "d7", 0, 0x0000000400000050},
    {"of bit 000000020 of 32", "0f a3 08", 0, 0x0000000100000014},
    {"of bit 200000020 of 64", "48 0f a3 08", 0, 0x0000000140000010},
    {"of bit 0020 of 16", "66 0f a3 08", 0, 0x0000000100000014},
    {"of bit 8000 of 16, which is negative", "66 44 0f a3 28", 0, 0x00000000fffff010},
    {"of bit -1 of 64", "4c 0f a3 30", 0, 0x0000000100000008},
    {"of bit -1 of 32", "44 0f a3 30", 0, 0x000000010000000c},
    {"of bit -1 of 16", "66 44 0f a3 30", 0, 0x000000010000000e},
};
/* clang-format on */

static const struct instruction_registers *saved_registers(void)
{
    static struct instruction_registers saved = {
        .rip = RIP, .fs_base = FS_BASE, .gs_base = GS_BASE};

    for (unsigned i = 0; i < 13; i++)
        saved.general[i] = UINT64_C(0x100000010) * (i + 1);
    saved.general[13] = 0x18000;
    saved.general[14] = UINT64_MAX;
    saved.general[15] = UINT64_C(1) << 63;
    return &saved;
}

static void has_address(void **state)
{
    const struct address_row *row = *state;
    uint8_t bytes[16];
    struct instruction instruction;
    uint64_t address;

    assert_null(decode(&instruction, bytes, read_hex(row->hex, bytes, sizeof(bytes))));
    assert_true(instruction_address(&instruction, row->operand, saved_registers(), &address));
    assert_int_equal(address, row->address);
}

static void has_no_address(void **state)
{
    static const struct {
        const char *hex;
        unsigned operand;
    } none[] = {{"48 89 c8", 0}, {"48 8b 01", 1}, {"48 8b 01", 1000000}, {"c4 e2 71 90 04 90", 0}};
    uint8_t bytes[16];
    struct instruction instruction;
    uint64_t address;

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(none); i++) {
        assert_null(decode(&instruction, bytes, read_hex(none[i].hex, bytes, sizeof(bytes))));
        assert_false(
            instruction_address(&instruction, none[i].operand, saved_registers(), &address));
    }
}

/* Whatever is decoded ends inside of the bytes, and each shorter beginning of it is cut short. */
static void random_bytes_are_decoded_or_refused(void **state)
{
    uint64_t seed = 64;
    unsigned decoded = 0;

    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        uint8_t bytes[15];
        char text[TEXT_MAX], text_again[TEXT_MAX];
        size_t count = random_below(&seed, sizeof(bytes) + 1);
        struct instruction instruction, again;

        for (size_t i = 0; i < count; i++)
            bytes[i] = (uint8_t)random_next(&seed);
        if (decode(&instruction, bytes, count))
            continue;
        decoded++;
        assert_in_range(instruction.length, 1, count);
        assert_null(decode(&again, bytes, instruction.length));
        write_text(text, &instruction);
        write_text(text_again, &again);
        assert_string_equal(text, text_again);
        assert_string_equal(decode(&again, bytes, instruction.length - 1u), "cut short");
    }
    assert_in_range(decoded, 30000, 90000);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, is_decoded, rows);
    HOST_ADD_ROWS(&tests, has_address, address_rows);
    HOST_ADD(&tests, has_no_address);
    HOST_ADD(&tests, random_bytes_are_decoded_or_refused);
    return host_tests_run(&tests, "instruction");
}
