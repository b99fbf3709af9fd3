/* See lib/checkpoint.h. The word: magic and version, 32 zeros but for the number and, against chance, its complement. */
#include "lib/checkpoint.h"

#include <stddef.h>

#include "lib/compiler.h"

#define MAGIC UINT64_C(0x464c435001000000) /* "FLCP", version 1 of the list */

uint64_t checkpoint_word(enum checkpoint reached)
{
    return MAGIC | (uint64_t)(uint8_t)~reached << 8 | (uint64_t)reached;
}

bool checkpoint_read(uint64_t word, enum checkpoint *reached)
{
    *reached = (enum checkpoint)(word & 0xff);
    return *reached < CHECKPOINT_COUNT && word == checkpoint_word(*reached);
}

const char *checkpoint_text(enum checkpoint reached)
{
    static const char *const texts[] = {
        [CHECKPOINT_START] = "the loader's start",
        [CHECKPOINT_OPTIONS] = "the loader's options",
        [CHECKPOINT_SCREEN] = "the loader's look at the screen",
        [CHECKPOINT_ACPI] = "the loader's look for ACPI tables",
        [CHECKPOINT_KERNEL] = "the kernel's place in memory",
        [CHECKPOINT_PROGRAMS] = "the programs' files",
        [CHECKPOINT_TABLES] = "the loader's page tables",
        [CHECKPOINT_EXIT] = "the jump into the kernel",
        [CHECKPOINT_PAGING] = "the kernel's own page tables",
        [CHECKPOINT_MEMORY] = "the kernel's memory",
        [CHECKPOINT_CLOCKS] = "interrupts and clocks",
        [CHECKPOINT_CPUS] = "the start of the other CPUs",
        [CHECKPOINT_READY] = "`ready`",
        [CHECKPOINT_RUN] = "running its programs",
        [CHECKPOINT_IDLE] = "idling, with everything done",
        [CHECKPOINT_REPORTED] = "a report",
        [CHECKPOINT_ENDED] = "its end",
    };
    _Static_assert(ARRAY_COUNT(texts) == CHECKPOINT_COUNT, "a text for each");

    return texts[reached];
}
