/* Any bytes through the instruction decoder, which must read none outside, and say the same again for what it has read. */
#include <stdlib.h>
#include <string.h>

#include "lib/instruction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_register(uint8_t number, uint8_t last)
{
    return number == INSTRUCTION_NO_REGISTER || number <= last;
}

static void check_operand(const struct instruction *instruction, unsigned number)
{
    static const struct instruction_registers registers = {.general = {1, 2, 3}, .rip = 4};
    const struct instruction_operand *operand = &instruction->operands[number];
    uint64_t address = 0;

    require(is_register(operand->base, INSTRUCTION_RIP));
    require(is_register(operand->index, 15) && is_register(operand->bit_offset, 15));
    require(operand->scale && operand->scale <= 8 && !(operand->scale & (operand->scale - 1)));
    require(operand->address_bytes == 4 || operand->address_bytes == 8);
    require(operand->segment <= INSTRUCTION_GS && operand->access <= INSTRUCTION_READ_WRITE);
    require(!(operand->alignment_bytes & (operand->alignment_bytes - 1)));
    require(instruction_address(instruction, number, &registers, &address) !=
            operand->index_is_vector);
}

/* A copy of exactly `size` bytes, so that the sanitizer sees a read of the next one. */
static const char *decode_copy(struct instruction *out, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    const char *problem;

    require(copy != NULL);
    memcpy(copy, data, size);
    problem = instruction_decode(out, copy + (size == 0), size);
    free(copy);
    return problem;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct instruction instruction, again;

    if (decode_copy(&instruction, data, size))
        return 0;
    require(instruction.length >= 1 && instruction.length <= INSTRUCTION_BYTES_MAX);
    require(instruction.length <= size && instruction.operand_count <= INSTRUCTION_OPERANDS_MAX);
    require(instruction.kind <= INSTRUCTION_SEGMENT_LOAD);
    for (unsigned i = 0; i < instruction.operand_count; i++)
        check_operand(&instruction, i);
    require(!decode_copy(&again, data, instruction.length) && again.length == instruction.length);
    require(!strcmp(decode_copy(&again, data, instruction.length - 1u), "cut short"));
    return 0;
}
