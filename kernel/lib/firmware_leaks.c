/*
 * What programs can learn of the kernel's memory through speculation: told from the CPU's maker and model, and from what
 * it says of itself in IA32_ARCH_CAPABILITIES (SDM vol. 4, table 2-2). A CPU of which nothing is known counts as one that
 * leaks. Which models have which: Intel, "Affected Processors: Transient Execution Attacks"; AMD, "Software Techniques
 * for Managing Speculation on AMD Processors".
 */
#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/firmware_facts.h"

#define RDCL_NO BIT(0) /* neither Meltdown nor L1TF */
#define MDS_NO  BIT(5)

#define FAMILY_6 6

enum leak { MELTDOWN = 1, MDS = 2, L1TF = 4, ALL = MELTDOWN | MDS | L1TF };

/* Intel's models of family 6 that do not have all three. */
static const struct {
    uint8_t model;
    uint8_t leaks;
} models[] = {
    {0x1c, 0}, /* Bonnell, Saltwell: in order */
    {0x26, 0},
    {0x27, 0},
    {0x35, 0},
    {0x36, 0},
    {0x37, MELTDOWN | MDS}, /* Silvermont, Airmont */
    {0x4a, MELTDOWN | MDS},
    {0x4c, MELTDOWN | MDS},
    {0x4d, MELTDOWN | MDS},
    {0x5a, MELTDOWN | MDS},
    {0x75, MELTDOWN | MDS},
    {0x57, MELTDOWN | MDS}, /* Knights Landing, Knights Mill */
    {0x85, MELTDOWN | MDS},
    {0x5c, MELTDOWN}, /* Goldmont, Goldmont Plus */
    {0x5f, MELTDOWN},
    {0x7a, MELTDOWN},
};

static unsigned leaks_of_model(const struct firmware_cpu *cpu)
{
    if (cpu->vendor == FIRMWARE_CPU_AMD)
        return 0;
    if (cpu->vendor != FIRMWARE_CPU_INTEL || cpu->family != FAMILY_6)
        return ALL;
    for (unsigned i = 0; i < ARRAY_COUNT(models); i++)
        if (cpu->model == models[i].model)
            return models[i].leaks;
    return ALL;
}

void firmware_add_leaks(struct firmware_facts *facts, const struct firmware_cpu *cpu)
{
    unsigned leaks = leaks_of_model(cpu);

    if (cpu->arch_capabilities & RDCL_NO)
        leaks &= ~(unsigned)(MELTDOWN | L1TF);
    if (cpu->arch_capabilities & MDS_NO)
        leaks &= ~(unsigned)MDS;
    facts->value[FACT_MELTDOWN] = leaks & MELTDOWN;
    facts->value[FACT_MDS] = leaks & MDS;
    facts->value[FACT_MDS_UNCLEARED] = (leaks & MDS) && !cpu->md_clear;
    facts->value[FACT_L1TF] = leaks & L1TF;
}
