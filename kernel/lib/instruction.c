/*
 * Reads an instruction from its prefixes to its immediate (Intel SDM vol. 2A, ch. 2); what the opcodes mean is in
 * the tables of instruction_map_*.c, the memory operands are in instruction_operand.c. See lib/instruction.h.
 *
 * Every byte goes through decoder_take, which knows the two limits; after the first problem only zeros are read.
 */
#include "lib/instruction.h"

#include "instruction_internal.h"
#include "lib/compiler.h"

static const uint32_t vex_prefixes[] = {NP, P66, PF3, PF2};

void decoder_refuse(struct decoder *decoder, const char *problem)
{
    if (!decoder->problem)
        decoder->problem = problem;
}

uint8_t decoder_take(struct decoder *decoder)
{
    if (decoder->at >= INSTRUCTION_BYTES_MAX)
        decoder_refuse(decoder, PROBLEM_LONG);
    else if (decoder->at >= decoder->count)
        decoder_refuse(decoder, PROBLEM_CUT);
    return decoder->problem ? 0 : decoder->bytes[decoder->at++];
}

int64_t decoder_take_number(struct decoder *decoder, unsigned size)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < size; i++)
        number |= (uint64_t)decoder_take(decoder) << 8 * i;
    return size == 0 ? 0 : (int64_t)(number << (64 - 8 * size)) >> (64 - 8 * size);
}

unsigned decoder_operand_class(const struct decoder *decoder)
{
    return decoder->wide ? 2 : decoder->operand_16 ? 0 : 1;
}

/* False when the byte is no prefix. Of f2 and f3 the last one counts; the four old segments are ignored. */
static bool note_prefix(struct decoder *decoder, uint8_t byte)
{
    if (byte == 0x66)
        decoder->operand_16 = true;
    else if (byte == 0x67)
        decoder->address_32 = true;
    else if (byte == 0xf2 || byte == 0xf3)
        decoder->prefix = byte == 0xf2 ? PF2 : PF3;
    else if (byte == 0x64 || byte == 0x65)
        decoder->override = byte == 0x64 ? INSTRUCTION_FS : INSTRUCTION_GS;
    else if (byte == 0xf0)
        decoder->locked = true;
    else
        return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e;
    return true;
}

/* The low four bits of REX, or those of VEX and EVEX turned over. */
static void set_rex(struct decoder *decoder, uint8_t bits)
{
    decoder->wide |= bits & 8;
    decoder->r = (bits & 4) << 1;
    decoder->x = (bits & 2) << 2;
    decoder->b = (bits & 1) << 3;
}

/* Takes all prefixes and returns the byte behind them. REX counts only as the last of them. */
static uint8_t take_prefixes(struct decoder *decoder)
{
    uint8_t rex = 0, byte = decoder_take(decoder);

    while (!decoder->problem) {
        if ((byte & 0xf0) == 0x40)
            rex = byte;
        else if (note_prefix(decoder, byte))
            rex = 0;
        else
            break;
        byte = decoder_take(decoder);
    }
    if ((byte == 0x62 || byte == 0xc4 || byte == 0xc5) &&
        (rex || decoder->operand_16 || decoder->locked || decoder->prefix))
        decoder_refuse(decoder, PROBLEM_UNKNOWN);
    set_rex(decoder, rex);
    if (!decoder->prefix)
        decoder->prefix = decoder->operand_16 ? P66 : NP;
    return byte;
}

/* Vol. 2A, 2.3.5: R, vvvv, L, pp in two bytes; R, X, B, mmmmm, W, vvvv, L, pp in three. */
static void take_vex(struct decoder *decoder, bool three_bytes)
{
    uint8_t last = decoder_take(decoder), rex = ~last >> 5 & 4;

    decoder->map = 1;
    if (three_bytes) {
        rex = ~last >> 5 & 7;
        decoder->map = last & 0x1f;
        last = decoder_take(decoder);
        rex |= last >> 4 & 8;
    }
    set_rex(decoder, rex);
    decoder->encoding = VEX;
    decoder->prefix = vex_prefixes[last & 3];
    decoder->vector_bytes = last & 4 ? 32 : 16;
}

/* Vol. 2A, ch. 2, "Instruction Format and EVEX". R' and V' choose vector registers only. */
static void take_evex(struct decoder *decoder)
{
    static const uint8_t lengths[] = {16, 32, 64, 0};
    uint8_t p0 = decoder_take(decoder), p1 = decoder_take(decoder), p2 = decoder_take(decoder);

    if (p0 & 8 || !(p1 & 4))
        decoder_refuse(decoder, PROBLEM_UNKNOWN);
    set_rex(decoder, (~p0 >> 5 & 7) | (p1 >> 4 & 8));
    decoder->encoding = EVEX;
    decoder->map = p0 & 7;
    decoder->prefix = vex_prefixes[p1 & 3];
    decoder->vector_bytes = lengths[p2 >> 5 & 3];
    decoder->broadcast = p2 & 0x10;
}

static void take_opcode(struct decoder *decoder)
{
    uint8_t byte = take_prefixes(decoder);

    if (byte == 0x62) {
        take_evex(decoder);
    } else if (byte == 0xc4 || byte == 0xc5) {
        take_vex(decoder, byte == 0xc4);
    } else if (byte == 0x0f) {
        byte = decoder_take(decoder);
        decoder->map = byte == 0x38 ? 2 : byte == 0x3a ? 3 : 1;
        decoder->opcode = byte;
        if (decoder->map == 1)
            return;
    } else {
        decoder->opcode = byte;
        return;
    }
    decoder->opcode = decoder_take(decoder);
}

static bool fits(uint32_t when, uint32_t group, uint32_t have)
{
    return (when & group) == 0 || (when & group & have) != 0;
}

/* The row for the opcode; `with_modrm` false asks for any whose ModRM byte is not known yet. */
static const struct opcode_row *find_row(const struct decoder *decoder,
                                         const struct opcode_map *map, bool with_modrm)
{
    uint8_t modrm = decoder->modrm;

    for (const struct opcode_row *row = map->rows; row < map->rows + map->count; row++) {
        uint32_t when = row->when & WHEN_ENCODINGS ? row->when : row->when | LEGACY;

        if (decoder->opcode < row->first || decoder->opcode > row->last ||
            !(when & decoder->encoding) || !fits(when, WHEN_PREFIXES, decoder->prefix) ||
            !fits(when, WHEN_W, decoder->wide ? W1 : W0))
            continue;
        if (!with_modrm ||
            (fits(when, WHEN_MOD, modrm >= 0xc0 ? REGISTER : MEMORY) &&
             fits(when, WHEN_REG, REG(modrm >> 3 & 7)) && fits(when, WHEN_RM, RM(modrm & 7))))
            return row;
    }
    return NULL;
}

static void choose_row(struct decoder *decoder, bool with_modrm)
{
    static const struct opcode_map *const maps[] = {&opcode_map_one_byte, &opcode_map_0f,
                                                    &opcode_map_0f38, &opcode_map_0f3a};

    decoder->row =
        decoder->map < ARRAY_COUNT(maps) ? find_row(decoder, maps[decoder->map], with_modrm) : NULL;
    if (!decoder->row && decoder->map == 1)
        decoder->row = find_row(decoder, &opcode_map_0f_vector, with_modrm);
    if (!decoder->row)
        decoder_refuse(decoder, PROBLEM_UNKNOWN);
}

static void take_immediate(struct decoder *decoder)
{
    static const uint8_t sizes[][3] = {
        [IMMEDIATE_8] = {1, 1, 1}, [IMMEDIATE_16] = {2, 2, 2}, [IMMEDIATE_24] = {3, 3, 3},
        [IMMEDIATE_Z] = {2, 4, 4}, [IMMEDIATE_V] = {2, 4, 8},  [OFFSET] = {0, 0, 0},
    };
    unsigned size = sizes[WHAT_IMMEDIATE(decoder->row)][decoder_operand_class(decoder)];

    decoder->immediate = (uint8_t)decoder_take_number(decoder, size);
}

/* Vol. 2B, MOV to and from control registers: the others do not exist. */
static void name_control_register(struct decoder *decoder, struct instruction *out)
{
    static const char *const names[16] = {
        [0] = "mov to cr0", [2] = "mov to cr2", [3] = "mov to cr3",
        [4] = "mov to cr4", [8] = "mov to cr8",
    };

    out->number = (decoder->modrm >> 3 & 7) | decoder->r;
    out->mnemonic = names[out->number];
    if (!out->mnemonic)
        decoder_refuse(decoder, PROBLEM_UNKNOWN);
}

static void describe(struct decoder *decoder, struct instruction *out)
{
    out->kind = WHAT_KIND(decoder->row);
    out->mnemonic = decoder->row->mnemonic;
    out->length = (uint8_t)decoder->at;
    if (out->kind == INSTRUCTION_CONTROL_WRITE)
        name_control_register(decoder, out);
    if (out->kind == INSTRUCTION_INTERRUPT)
        out->number = decoder->immediate;
    for (unsigned i = 0; i < out->operand_count; i++)
        if (out->kind == INSTRUCTION_PLAIN && out->operands[i].alignment_bytes)
            out->kind = INSTRUCTION_ALIGNED;
}

static void take_instruction(struct decoder *decoder, struct instruction *out)
{
    take_opcode(decoder);
    if (!decoder->problem)
        choose_row(decoder, false);
    if (!decoder->problem && decoder->row->what & MODRM) {
        decoder->modrm = decoder_take(decoder);
        if (!decoder->problem)
            choose_row(decoder, true);
    }
    if (decoder->problem)
        return;
    if (decoder->row->what & NEAR_BRANCH && decoder->operand_16 && !decoder->wide)
        decoder_refuse(decoder, PROBLEM_BRANCH);
    decoder_take_operands(decoder, out);
    take_immediate(decoder);
    describe(decoder, out);
}

const char *instruction_decode(struct instruction *out, const uint8_t *bytes, size_t count)
{
    struct decoder decoder = {
        .bytes = bytes,
        .count = count,
        .encoding = LEGACY,
        .override = NO_SEGMENT,
        .vector_bytes = 16,
    };

    *out = (struct instruction){0};
    take_instruction(&decoder, out);
    if (decoder.problem)
        *out = (struct instruction){0};
    return decoder.problem;
}
