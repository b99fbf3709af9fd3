/*
 * The tables read, once, at boot. Everything is copied into one structure: the memory they lie in can be given away
 * afterwards.
 */
#include "kernel/acpi.h"

#include "arch/cpu.h"
#include "kernel/log.h"
#include "lib/bytes.h"
#include "lib/format.h"
#include "lib/string.h"
#include "reach.h"

#define RSDP_REVISION 15
#define RSDP_LENGTH   20

static struct acpi acpi READ_ONLY_AFTER_INIT;

static void warn(void *context, const char *line)
{
    (void)context;
    log_warn("ACPI: %s", line);
}

static const struct diagnostics diagnostics = {.warn = warn};

const struct acpi *acpi_get(void) { return &acpi; }

/* ---- the log ---- */

/* A word more in a list with commas; what does not fit is left out. */
static void add_word(char *line, size_t size, const char *word)
{
    size_t length = strlen(line);

    format(line + length, size - length, "%s%s", length ? ", " : "", word);
}

static void add_count(char *line, size_t size, size_t count, const char *one)
{
    char word[48];

    format(word, sizeof(word), "%zu %s%s", count, one, count == 1 ? "" : "s");
    add_word(line, size, word);
}

/* How many tables of this name there are from `at` on; 0 when an earlier one has the name too. */
static size_t count_name(const struct acpi_tables *list, size_t at)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->tables[i].signature, list->tables[at].signature) != 0)
            continue;
        if (i < at)
            return 0;
        count++;
    }
    return count;
}

static void log_table(const struct acpi_table *table)
{
    log_debug("ACPI: %s at %016lx, %u bytes, revision %u, by \"%s\"", table->signature,
              (unsigned long)table->address, table->length, table->revision, table->oem_id);
    if (table->checksum_wrong)
        log_info("ACPI: note: %s at %lx has a wrong checksum; it is not needed", table->signature,
                 (unsigned long)table->address);
}

/* All names in one line, each once; the rest at DEBUG. A bad checksum of what nobody needs is no more than a note. */
static void log_tables(void)
{
    const struct acpi_tables *list = &acpi.list;
    char names[LOG_LINE_MAX] = "", *at = names;

    for (size_t i = 0; i < list->count; i++) {
        size_t count = count_name(list, i);

        log_table(&list->tables[i]);
        if (count > 0)
            at += format(at, (size_t)(names + sizeof(names) - at), count > 1 ? " %s (%zu)" : " %s",
                         list->tables[i].signature, count);
    }
    log_info("ACPI: %zu tables:%s", list->count, names);
}

static void log_cpus(void)
{
    const struct acpi_madt *madt = &acpi.madt;

    for (size_t i = 0; i < madt->cpu_count; i++)
        log_debug("ACPI: CPU with APIC id %X, uid %X%s", madt->cpus[i].apic_id, madt->cpus[i].uid,
                  madt->cpus[i].enabled ? "" : ", not enabled");
    if (madt->unusable_count > 0)
        log_debug("ACPI: %zu places without a CPU", madt->unusable_count);
    for (size_t i = 0; i < madt->io_apic_count; i++)
        log_debug("ACPI: I/O APIC %u at %x, interrupts from %u", madt->io_apics[i].id,
                  madt->io_apics[i].address, madt->io_apics[i].first_gsi);
}

static void log_summary(void)
{
    const struct acpi_madt *madt = &acpi.madt;
    char line[160];

    format(line, sizeof(line), "%zu CPU%s", madt->enabled_count,
           madt->enabled_count == 1 ? "" : "s");
    if (madt->cpu_count > madt->enabled_count)
        format(line + strlen(line), sizeof(line) - strlen(line), " (%zu more can be added)",
               madt->cpu_count - madt->enabled_count);
    if (madt->io_apic_count > 0)
        add_count(line, sizeof(line), madt->io_apic_count, "I/O APIC");
    if (acpi.has_hpet)
        add_word(line, sizeof(line), "HPET");
    if (acpi.fadt.pm_timer.address != 0)
        add_word(line, sizeof(line), "PM timer");
    if (acpi.fadt.reset.address != 0)
        add_word(line, sizeof(line), "reset register");
    log_info("ACPI: %s", line);
}

/* ---- reading ---- */

/* The handoff has the first 36 bytes, which is all there is in every version of ACPI so far. */
static bool read_root(struct rsdp *rsdp, const struct boot_info *info, struct acpi_reach *reach)
{
    const uint8_t *bytes = info->rsdp_bytes;
    uint32_t size = bytes[RSDP_REVISION] < 2 ? RSDP_V1_BYTES : bytes_read32(bytes + RSDP_LENGTH);
    const char *problem;

    if (size > RSDP_V2_BYTES)
        bytes = size < PAGE_SIZE ? acpi_reach_map(reach, info->rsdp, size) : NULL;
    problem = bytes ? rsdp_read(rsdp, bytes, size) : "it cannot be reached";
    if (problem)
        log_warn("ACPI: the root pointer at %lx is unusable: %s", (unsigned long)info->rsdp,
                 problem);
    return !problem;
}

static void read_tables(const struct boot_info *info, const struct memory_map *map)
{
    struct acpi_reach reach = {.memory = map};
    const struct acpi_memory memory = {.map = acpi_reach_map, .context = &reach};
    struct rsdp rsdp;

    if (info->rsdp != 0 && read_root(&rsdp, info, &reach) &&
        acpi_read(&acpi, &rsdp, &memory, &diagnostics))
        log_tables();
}

void acpi_init(const struct boot_info *info, const struct memory_map *memory)
{
    read_tables(info, memory);
    if (!acpi.has_madt)
        log_warn("ACPI: no list of CPUs: going on with the one that runs");
    if (acpi.list.count > 0 && !acpi.has_fadt)
        log_warn("ACPI: no FADT: neither a PM timer nor a reset register is known");
    acpi_madt_require(&acpi.madt, arch_cpu_apic_id(), acpi.has_madt ? &diagnostics : NULL);
    log_cpus();
    log_summary();
}
