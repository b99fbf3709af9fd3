/*
 * Any bytes as the memory in which ACPI tables lie, from address BASE on, beginning with the root pointer. Checksums are
 * made right first, or nothing would get beyond them. The first byte says which: bit 0, those of the lists; bit 1, those
 * of the tables.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/serial_port.h"

#define BASE 0x1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct world {
    uint8_t *bytes;
    size_t size;
    size_t warnings;
};

/* A block of its own for each request, so that the sanitizer sees a read of the next byte. */
#define BLOCKS_MAX 1024
static uint8_t *blocks[BLOCKS_MAX];
static size_t block_count;

static uint8_t *reach(struct world *world, paddr_t at, uint64_t bytes)
{
    if (at < BASE || at - BASE >= world->size || bytes > world->size - (at - BASE))
        return NULL;
    return world->bytes + (at - BASE);
}

static const void *map(void *context, paddr_t at, uint64_t bytes)
{
    const uint8_t *from = reach(context, at, bytes);

    require(bytes > 0 && block_count < BLOCKS_MAX);
    if (!from)
        return NULL;
    blocks[block_count] = malloc(bytes);
    require(blocks[block_count] != NULL);
    return memcpy(blocks[block_count++], from, bytes);
}

static void warn(void *context, const char *line)
{
    struct world *world = context;

    require(strlen(line) < 159);
    world->warnings++;
}

static void correct(struct world *world, paddr_t at)
{
    uint8_t *header = reach(world, at, ACPI_HEADER_BYTES), sum = 0;
    uint32_t length = header ? bytes_read32(header + 4) : 0;

    if (length < ACPI_HEADER_BYTES || !reach(world, at, length))
        return;
    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + header[i]);
    header[9] = (uint8_t)(header[9] - sum);
}

static void correct_tables(struct world *world, paddr_t list, size_t entry_bytes)
{
    const uint8_t *header = reach(world, list, ACPI_HEADER_BYTES);
    uint32_t length = header ? bytes_read32(header + 4) : 0;

    if (!reach(world, list, length))
        return;
    for (uint32_t at = ACPI_HEADER_BYTES; at + entry_bytes <= length; at += entry_bytes)
        correct(world, bytes_read(header + at, entry_bytes));
}

static void check(const struct acpi *acpi)
{
    size_t enabled = 0;

    require(acpi->list.count <= ACPI_TABLES_MAX);
    require(acpi->madt.cpu_count <= ACPI_CPUS_MAX);
    require(acpi->madt.io_apic_count <= ACPI_IO_APICS_MAX);
    require(acpi->mcfg.count <= ACPI_MCFG_MAX);
    for (size_t i = 0; i < acpi->madt.cpu_count; i++) {
        const struct acpi_cpu *cpu = &acpi->madt.cpus[i];

        require(cpu->enabled != cpu->online_capable);
        require(acpi_madt_find(&acpi->madt, cpu->apic_id) == cpu); /* no id twice */
        require(cpu->nmi_pin <= 1 || cpu->nmi_pin == ACPI_NO_NMI_PIN);
        enabled += cpu->enabled;
    }
    require(enabled == acpi->madt.enabled_count);
    for (size_t i = 0; i < acpi->madt.io_apic_count; i++)
        require(acpi->madt.io_apics[i].address != 0);
    for (size_t i = 0; i < acpi->mcfg.count; i++)
        require(acpi->mcfg.ranges[i].first_bus <= acpi->mcfg.ranges[i].last_bus);
}

static void check_serial(const struct acpi *acpi, const struct diagnostics *diagnostics)
{
    struct serial_port port;

    if (!acpi->serial_from || !serial_port_from_acpi(&port, &acpi->serial, diagnostics))
        return;
    require(port.address != 0 && port.address % port.access_bytes == 0);
    require(port.access_bytes <= port.stride_bytes && port.stride_bytes <= 4);
    require(port.is_mmio || (port.access_bytes == 1 && port.address <= 0xffff));
}

static void read_world(struct world *world, const struct rsdp *rsdp)
{
    static struct acpi acpi;
    const struct acpi_memory memory = {.map = map, .context = world};
    const struct diagnostics diagnostics = {.warn = warn, .context = world};

    memset(&acpi, 0xcc, sizeof(acpi));
    if (acpi_read(&acpi, rsdp, &memory, &diagnostics))
        check_serial(&acpi, &diagnostics);
    else
        require(world->warnings > 0 && acpi.list.count == 0);
    check(&acpi);
    acpi_madt_require(&acpi.madt, 3, &diagnostics);
    require(acpi_madt_find(&acpi.madt, 3)->enabled);
    check(&acpi);
    while (block_count > 0)
        free(blocks[--block_count]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rsdp rsdp = {.revision = 2};
    struct world world = {.size = size};

    if (size < 1 + RSDP_V2_BYTES)
        return 0;
    world.bytes = malloc(size);
    require(world.bytes != NULL);
    memcpy(world.bytes, data, size);
    rsdp_read(&rsdp, data + 1, size - 1);
    rsdp.rsdt = bytes_read32(data + 17);
    rsdp.xsdt = bytes_read64(data + 25);
    if (data[0] & 2) {
        correct_tables(&world, rsdp.xsdt, sizeof(uint64_t));
        correct_tables(&world, rsdp.rsdt, sizeof(uint32_t));
    }
    if (data[0] & 1) {
        correct(&world, rsdp.rsdt);
        correct(&world, rsdp.xsdt);
    }
    read_world(&world, &rsdp);
    free(world.bytes);
    return 0;
}
