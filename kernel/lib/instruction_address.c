/* From a decoded operand and the saved registers to a linear address (Intel SDM vol. 1, 3.7.5). */
#include "lib/instruction.h"

/* Bits outside of the operand are found in the operand-sized unit that holds them (vol. 2A, BT). */
static uint64_t bit_string_offset(const struct instruction_operand *operand, uint64_t bit)
{
    switch (operand->size_bytes) {
    case 2:
        return (uint64_t)(((int16_t)bit >> 4) * 2);
    case 4:
        return (uint64_t)((int64_t)((int32_t)bit >> 5) * 4);
    default:
        return (uint64_t)(((int64_t)bit >> 6) * 8);
    }
}

static uint64_t effective_address(const struct instruction *instruction,
                                  const struct instruction_operand *operand,
                                  const struct instruction_registers *registers)
{
    uint64_t address = (uint64_t)operand->displacement;

    if (operand->base == INSTRUCTION_RIP)
        address += registers->rip + instruction->length;
    else if (operand->base != INSTRUCTION_NO_REGISTER)
        address += registers->general[operand->base];
    if (operand->index != INSTRUCTION_NO_REGISTER)
        address += operand->index_is_byte ? registers->general[operand->index] & 0xff
                                          : registers->general[operand->index] * operand->scale;
    if (operand->bit_offset != INSTRUCTION_NO_REGISTER)
        address += bit_string_offset(operand, registers->general[operand->bit_offset]);
    return operand->address_bytes == 4 ? (uint32_t)address : address;
}

bool instruction_address(const struct instruction *instruction, unsigned operand,
                         const struct instruction_registers *registers, uint64_t *address)
{
    const struct instruction_operand *at;

    if (operand >= instruction->operand_count)
        return false;
    at = &instruction->operands[operand];
    if (at->index_is_vector)
        return false;
    *address = effective_address(instruction, at, registers);
    if (at->segment == INSTRUCTION_FS)
        *address += registers->fs_base;
    if (at->segment == INSTRUCTION_GS)
        *address += registers->gs_base;
    return true;
}
