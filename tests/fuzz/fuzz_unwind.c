/* The unwinder over a stack and registers of any content, beside a page of code with calls in it. */
#include <stdlib.h>
#include <string.h>

#include "lib/unwind.h"

#define TEXT        0x100000
#define TEXT_BYTES  256
#define STACK       0x200000
#define STACK_BYTES 512
#define FRAMES_MAX  1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as large as they are, so that the sanitizer sees a step outside. */
static uint8_t *text, *stack;

static bool read_memory(void *context, vaddr_t address, void *to, unsigned bytes)
{
    (void)context;
    if (address >= TEXT && address - TEXT < TEXT_BYTES)
        memcpy(to, text + (address - TEXT), bytes);
    else if (address >= STACK && address - STACK < STACK_BYTES)
        memcpy(to, stack + (address - STACK), bytes);
    else
        return false;
    return true;
}

static bool find_stack(void *context, vaddr_t address, struct unwind_stack *found)
{
    (void)context;
    *found = (struct unwind_stack){STACK, STACK + STACK_BYTES};
    return address >= STACK && address <= STACK + STACK_BYTES;
}

static bool is_text(void *context, vaddr_t address)
{
    (void)context;
    return address >= TEXT && address < TEXT + TEXT_BYTES;
}

static vaddr_t function_start(void *context, vaddr_t address)
{
    (void)context;
    return address & 32 ? address & ~UINT64_C(31) : 0;
}

/* A trap's frame is a copy of the words at fp. */
static bool trap_at(void *context, vaddr_t return_address, vaddr_t fp,
                    struct unwind_registers *interrupted)
{
    uint64_t words[3];

    (void)context;
    if (return_address % 16 != 5 ||
        !find_stack(NULL, fp + sizeof(words), &(struct unwind_stack){0}))
        return false;
    if (fp < STACK || fp + sizeof(words) > STACK + STACK_BYTES)
        return false;
    memcpy(words, stack + (fp - STACK), sizeof(words));
    *interrupted = (struct unwind_registers){.ip = words[0], .sp = words[1], .fp = words[2]};
    return true;
}

static const struct unwind_world world = {.read = read_memory,
                                          .find_stack = find_stack,
                                          .is_text = is_text,
                                          .function_start = function_start,
                                          .trap_at = trap_at};

/* Words that look like addresses are what leads anywhere: the low byte of each chooses what the rest becomes. */
static uint64_t address_from(uint64_t word)
{
    uint64_t number = word >> 8;

    switch (word & 3) {
    case 0:
        return TEXT + number % TEXT_BYTES;
    case 1:
        return STACK + number % STACK_BYTES;
    case 2:
        return STACK + number % (STACK_BYTES / 8) * 8;
    default:
        return word;
    }
}

static void fill_stack(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 8 <= size && at + 8 <= STACK_BYTES; at += 8) {
        uint64_t word;

        memcpy(&word, data + at, sizeof(word));
        word = address_from(word);
        memcpy(stack + at, &word, sizeof(word));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unwinder unwinder;
    uint64_t registers[3];
    unsigned frames = 0;

    if (size < sizeof(registers))
        return 0;
    text = malloc(TEXT_BYTES);
    stack = calloc(1, STACK_BYTES);
    if (!text || !stack)
        abort();
    memset(text, 0xe8, TEXT_BYTES); /* calls everywhere */
    memcpy(text, "\x55\x48\x89\xe5\xff\xd0\xc3", 7);
    memcpy(registers, data, sizeof(registers));
    fill_stack(data + sizeof(registers), size - sizeof(registers));
    unwind_start(&unwinder, &world, address_from(registers[0]), address_from(registers[1]),
                 address_from(registers[2]));
    while (frames++ < FRAMES_MAX && (unwind_next(&unwinder) || unwind_guess(&unwinder)))
        if (!unwinder.crossed && !is_text(NULL, unwinder.ip))
            abort(); /* a caller is always in the text */
    free(text);
    free(stack);
    return 0;
}
