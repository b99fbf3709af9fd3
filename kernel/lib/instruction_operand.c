/*
 * The memory operands of an instruction: ModRM, SIB and displacement, and those that the opcode implies (Intel SDM vol. 2A,
 * 2.1.5, 2.2.1, and "Compressed Displacement" in ch. 2).
 */
#include "instruction_internal.h"
#include "lib/compiler.h"

static const struct size_rule {
    uint16_t bytes[3]; /* for operands of 16, 32 and 64 bits */
    uint8_t part;      /* not 0: the vector's length divided by this */
    uint8_t mmx;       /* not 0: bytes in the legacy encoding without prefix 66 */
    uint8_t of_16;     /* not 0: bytes where the vector has 16 */
} sizes[] = {
    [NO_SIZE] = {{0, 0, 0}, 0, 0, 0},
    [SIZE_1] = {{1, 1, 1}, 0, 0, 0},
    [SIZE_2] = {{2, 2, 2}, 0, 0, 0},
    [SIZE_4] = {{4, 4, 4}, 0, 0, 0},
    [SIZE_8] = {{8, 8, 8}, 0, 0, 0},
    [SIZE_10] = {{10, 10, 10}, 0, 0, 0},
    [SIZE_16] = {{16, 16, 16}, 0, 0, 0},
    [SIZE_32] = {{32, 32, 32}, 0, 0, 0},
    [SIZE_48] = {{48, 48, 48}, 0, 0, 0},
    [SIZE_64] = {{64, 64, 64}, 0, 0, 0},
    [SIZE_512] = {{512, 512, 512}, 0, 0, 0},
    [SIZE_V] = {{2, 4, 8}, 0, 0, 0},
    [SIZE_Y] = {{4, 4, 8}, 0, 0, 0},
    [SIZE_Z] = {{2, 4, 4}, 0, 0, 0},
    [SIZE_STACK] = {{2, 8, 8}, 0, 0, 0},
    [SIZE_FAR] = {{4, 6, 10}, 0, 0, 0},
    [SIZE_X87_ENVIRONMENT] = {{14, 28, 28}, 0, 0, 0},
    [SIZE_X87_STATE] = {{94, 108, 108}, 0, 0, 0},
    [SIZE_FULL] = {{0, 0, 0}, 1, 0, 0},
    [SIZE_HALF] = {{0, 0, 0}, 2, 0, 0},
    [SIZE_QUARTER] = {{0, 0, 0}, 4, 0, 0},
    [SIZE_EIGHTH] = {{0, 0, 0}, 8, 0, 0},
    [SIZE_MMX] = {{0, 0, 0}, 1, 8, 0},
    [SIZE_MMX_LOW] = {{0, 0, 0}, 1, 4, 0},
    [SIZE_MMX_16] = {{16, 16, 16}, 0, 8, 0},
    [SIZE_MOVDDUP] = {{0, 0, 0}, 1, 0, 8},
};

static unsigned size_bytes(const struct decoder *decoder, unsigned size)
{
    const struct size_rule *rule = &sizes[size];

    if (rule->mmx && decoder->encoding == LEGACY && !decoder->operand_16)
        return rule->mmx;
    if (!rule->part)
        return rule->bytes[decoder_operand_class(decoder)];
    if (decoder->broadcast)
        return decoder->wide ? 8 : 4;
    if (rule->of_16 && decoder->vector_bytes == 16)
        return rule->of_16;
    return decoder->vector_bytes / rule->part;
}

/* Vol. 2A, 2.4, exceptions of types 1, 2 and 4: SSE demands alignment where AVX does not. */
static unsigned alignment_bytes(const struct decoder *decoder, unsigned bytes)
{
    uint32_t what = decoder->row->what;
    const struct size_rule *rule = &sizes[WHAT_SIZE(decoder->row)];

    if (what & ALIGNED_64)
        return 64;
    if (what & ALIGNED_16)
        return 16;
    if (what & ALIGNED_EVER)
        return bytes;
    return decoder->encoding == LEGACY && bytes == 16 && (rule->part || rule->mmx) &&
                   !(what & ALIGNED_NEVER)
               ? 16
               : 0;
}

static struct instruction_operand *add_operand(const struct decoder *decoder,
                                               struct instruction *out)
{
    struct instruction_operand *operand = &out->operands[out->operand_count++];

    *operand = (struct instruction_operand){
        .address_bytes = decoder->address_32 ? 4 : 8,
        .segment = decoder->override == NO_SEGMENT ? INSTRUCTION_DS : decoder->override,
        .base = INSTRUCTION_NO_REGISTER,
        .index = INSTRUCTION_NO_REGISTER,
        .scale = 1,
        .bit_offset = INSTRUCTION_NO_REGISTER,
        .size_bytes = (uint16_t)size_bytes(decoder, WHAT_SIZE(decoder->row)),
        .access = WHAT_ACCESS(decoder->row),
    };
    return operand;
}

/* Vol. 2A, table 2-3: no index is written as that of rsp, no base as that of rbp without displacement. */
static void take_sib(struct decoder *decoder, struct instruction_operand *operand)
{
    uint8_t sib = decoder_take(decoder), index = (sib >> 3 & 7) | decoder->x;

    operand->index_is_vector = decoder->row->what & VECTOR_INDEX;
    if (index != RSP || operand->index_is_vector) {
        operand->index = index;
        operand->scale = (uint8_t)(1 << (sib >> 6));
    }
    if ((sib & 7) != RBP || decoder->modrm >= 0x40)
        operand->base = (sib & 7) | decoder->b;
}

static unsigned take_base(struct decoder *decoder, struct instruction_operand *operand)
{
    unsigned mod = decoder->modrm >> 6, rm = decoder->modrm & 7;

    if (rm == RSP)
        take_sib(decoder, operand);
    else if (rm == RBP && mod == 0)
        operand->base = INSTRUCTION_RIP;
    else
        operand->base = (uint8_t)(rm | decoder->b);
    if (mod != 0)
        return mod == 1 ? 1 : 4;
    return operand->base == INSTRUCTION_NO_REGISTER || operand->base == INSTRUCTION_RIP ? 4 : 0;
}

/* EVEX broadcasts only where a whole vector would be read, and needs a size to scale the displacement by. */
static bool evex_allows(const struct decoder *decoder, const struct instruction_operand *operand)
{
    return decoder->encoding != EVEX ||
           (operand->size_bytes && (!decoder->broadcast || sizes[WHAT_SIZE(decoder->row)].part));
}

static void take_modrm_operand(struct decoder *decoder, struct instruction *out)
{
    struct instruction_operand *operand = add_operand(decoder, out);
    unsigned displacement_bytes = take_base(decoder, operand);

    operand->displacement = decoder_take_number(decoder, displacement_bytes);
    operand->alignment_bytes = (uint8_t)alignment_bytes(decoder, operand->size_bytes);
    if (decoder->encoding == EVEX && displacement_bytes == 1)
        operand->displacement *= operand->size_bytes;
    if (!evex_allows(decoder, operand))
        decoder_refuse(decoder, PROBLEM_UNKNOWN);
    if (decoder->row->what & ELEMENTS)
        operand->size_bytes = decoder->vector_bytes;
    if (decoder->override == NO_SEGMENT && (operand->base == RSP || operand->base == RBP))
        operand->segment = INSTRUCTION_SS;
    if (decoder->row->what & BIT_STRING)
        operand->bit_offset = (decoder->modrm >> 3 & 7) | decoder->r;
    if (WHAT_IMPLIED(decoder->row) == POPS && operand->base == RSP) /* which moves first: POP */
        operand->displacement += operand->size_bytes;
}

/* Operands by the base register. `size` and `access` 0: as the row says. A push is below its base. */
static const struct implied_operand {
    uint8_t base, segment, size, count, access;
    bool is_push;
} implied_operands[] = {
    [PUSHES] = {RSP, INSTRUCTION_SS, SIZE_STACK, 1, INSTRUCTION_WRITE, true},
    [POPS] = {RSP, INSTRUCTION_SS, SIZE_STACK, 1, INSTRUCTION_READ, false},
    [CALLS] = {RSP, INSTRUCTION_SS, SIZE_8, 1, INSTRUCTION_WRITE, true},
    [RETURNS] = {RSP, INSTRUCTION_SS, SIZE_8, 1, INSTRUCTION_READ, false},
    [CALLS_FAR] = {RSP, INSTRUCTION_SS, SIZE_V, 2, INSTRUCTION_WRITE, true},
    [RETURNS_FAR] = {RSP, INSTRUCTION_SS, SIZE_V, 2, INSTRUCTION_READ, false},
    [RETURNS_FROM_INTERRUPT] = {RSP, INSTRUCTION_SS, SIZE_V, 5, INSTRUCTION_READ, false},
    [LEAVES] = {RBP, INSTRUCTION_SS, SIZE_STACK, 1, INSTRUCTION_READ, false},
    [AT_RSI] = {RSI, INSTRUCTION_DS, NO_SIZE, 1, INSTRUCTION_READ, false},
    [AT_RDI] = {RDI, INSTRUCTION_ES, NO_SIZE, 1, INSTRUCTION_ACCESS_NONE, false},
    [AT_RBX_AL] = {RBX, INSTRUCTION_DS, NO_SIZE, 1, INSTRUCTION_READ, false},
    [AT_MASKED_RDI] = {RDI, INSTRUCTION_DS, NO_SIZE, 1, INSTRUCTION_ACCESS_NONE, false},
    [AT_RAX] = {RAX, INSTRUCTION_DS, NO_SIZE, 1, INSTRUCTION_ACCESS_NONE, false},
    [AT_REG] = {0, INSTRUCTION_ES, SIZE_64, 1, INSTRUCTION_WRITE, false},
};

static void add_implied(const struct decoder *decoder, unsigned name, struct instruction *out)
{
    const struct implied_operand *implied = &implied_operands[name];
    struct instruction_operand *operand = add_operand(decoder, out);

    operand->base = implied->base;
    if (implied->segment != INSTRUCTION_DS)
        operand->segment = implied->segment;
    if (implied->access)
        operand->access = implied->access;
    if (implied->size)
        operand->size_bytes = (uint16_t)(implied->count * size_bytes(decoder, implied->size));
    if (implied->is_push)
        operand->displacement = -(int64_t)operand->size_bytes;
    if (implied->segment == INSTRUCTION_SS) {
        operand->on_stack = true;
        operand->address_bytes = 8;
    }
    if (name == AT_RBX_AL) {
        operand->index = RAX;
        operand->index_is_byte = true;
    }
    if (name == AT_REG) {
        operand->base = (decoder->modrm >> 3 & 7) | decoder->r;
        operand->alignment_bytes = 64;
    }
}

/* The absolute address of a mov is as long as an address. */
static void take_offset(struct decoder *decoder, struct instruction *out)
{
    struct instruction_operand *operand = add_operand(decoder, out);

    operand->displacement = decoder_take_number(decoder, operand->address_bytes);
}

void decoder_take_operands(struct decoder *decoder, struct instruction *out)
{
    uint32_t what = decoder->row->what;
    unsigned implied = WHAT_IMPLIED(decoder->row);

    if (what & MODRM && decoder->modrm < 0xc0 && !(what & MOD_IGNORED))
        take_modrm_operand(decoder, out);
    if (WHAT_IMMEDIATE(decoder->row) == OFFSET)
        take_offset(decoder, out);
    if (implied == AT_RSI_AND_RDI) {
        add_implied(decoder, AT_RSI, out);
        add_implied(decoder, AT_RDI, out);
    } else if (implied != NO_IMPLIED) {
        add_implied(decoder, implied, out);
    }
}
