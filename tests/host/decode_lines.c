/*
 * Decodes lines of hexadecimal bytes from standard input, for tests that compare with a disassembler. For each it prints
 * the length, then of every memory operand what stands in the text of an instruction; or the reason of the refusal.
 */
#include <stdio.h>

#include "lib/instruction.h"

static size_t read_bytes(const char *line, uint8_t *bytes, size_t most)
{
    size_t count = 0;
    unsigned byte;

    while (count < most && sscanf(line + 2 * count, "%2x", &byte) == 1)
        bytes[count++] = (uint8_t)byte;
    return count;
}

/* A register's number, - for none. */
static void print_register(unsigned number, bool is_vector)
{
    if (number == INSTRUCTION_NO_REGISTER)
        printf(" -");
    else
        printf(" %s%u", is_vector ? "v" : "", number);
}

static void print_operand(const struct instruction_operand *operand)
{
    static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs"};

    printf(";%s %u %u %s", operand->on_stack ? "stack" : "text", operand->size_bytes,
           operand->access, segments[operand->segment]);
    print_register(operand->base, false);
    print_register(operand->index, operand->index_is_vector);
    printf(" %u %lld %u", operand->scale, (long long)operand->displacement, operand->address_bytes);
}

int main(void)
{
    char line[256];

    while (fgets(line, sizeof(line), stdin)) {
        uint8_t bytes[INSTRUCTION_BYTES_MAX + 1];
        struct instruction instruction;
        const char *problem =
            instruction_decode(&instruction, bytes, read_bytes(line, bytes, sizeof(bytes)));

        if (problem)
            printf("%s", problem);
        else
            printf("%u", instruction.length);
        for (unsigned i = 0; i < instruction.operand_count; i++)
            print_operand(&instruction.operands[i]);
        putchar('\n');
    }
    return 0;
}
