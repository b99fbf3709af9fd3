/*
 * ACPI tables: every file of tests/host/acpi (acpi_file.h has the form) is a machine with one thing wrong, and says
 * what must be found and warned about. What is too long for a file stands below.
 */
#include <glob.h>

#include "acpi_file.h"
#include "lib/serial_port.h"

#define FILES_MIN 60

/* ---- what was found, as text ---- */

struct text {
    char text[ACPI_FILE_BYTES];
    size_t length;
};

static void PRINTF_LIKE(2, 3) say(struct text *out, const char *template, ...)
{
    va_list arguments;

    va_start(arguments, template);
    out->length += (size_t)vsnprintf(out->text + out->length, sizeof(out->text) - out->length,
                                     template, arguments);
    va_end(arguments);
    assert_true(out->length < sizeof(out->text));
}

static void add_warning(void *context, const char *line)
{
    assert_true(strlen(line) < 159); /* a full line could have been cut */
    say(context, "warning: %s\n", line);
}

static void say_list(struct text *out, const struct acpi_tables *list)
{
    say(out, "tables:");
    for (size_t i = 0; i < list->count; i++)
        say(out, " %s%s", list->tables[i].signature, list->tables[i].checksum_wrong ? "?" : "");
    say(out, "\n");
}

static void say_madt(struct text *out, const struct acpi_madt *madt)
{
    size_t enabled = 0;

    say(out, "cpus:");
    for (size_t i = 0; i < madt->cpu_count; i++) {
        const struct acpi_cpu *cpu = &madt->cpus[i];

        say(out, " %s%x%s", cpu->x2apic ? "x" : "", cpu->apic_id, cpu->enabled ? "" : "+");
        if (cpu->nmi_pin != ACPI_NO_NMI_PIN)
            say(out, "/nmi%u%s", cpu->nmi_pin, cpu->nmi_active_low ? "low" : "");
        assert_true(cpu->enabled != cpu->online_capable);
        enabled += cpu->enabled;
    }
    say(out, "\n");
    assert_int_equal(enabled, madt->enabled_count);
    if (madt->unusable_count)
        say(out, "unusable: %zu\n", madt->unusable_count);
    say(out, "local apic: %lx%s\n", (unsigned long)madt->local_apic, madt->has_8259 ? " 8259" : "");
    for (size_t i = 0; i < madt->io_apic_count; i++)
        say(out, "io apic: %u at %x from %u\n", madt->io_apics[i].id, madt->io_apics[i].address,
            madt->io_apics[i].first_gsi);
    for (size_t i = 0; i < ACPI_ISA_IRQS; i++)
        if (madt->overrides[i].present)
            say(out, "override: %zu to %u%s%s\n", i, madt->overrides[i].gsi,
                madt->overrides[i].active_low ? " low" : "",
                madt->overrides[i].level_triggered ? " level" : "");
}

static void say_fadt(struct text *out, const struct acpi_fadt *fadt)
{
    say(out, "fadt: revision %u, flags %x, boot flags %x, interrupt %u\n", fadt->revision,
        fadt->flags, fadt->boot_flags, fadt->sci_interrupt);
    if (fadt->pm_timer.address)
        say(out, "pm timer: %lx in space %u\n", (unsigned long)fadt->pm_timer.address,
            fadt->pm_timer.space);
    if (fadt->reset.address)
        say(out, "reset: %x to %lx in space %u\n", fadt->reset_value,
            (unsigned long)fadt->reset.address, fadt->reset.space);
}

static void say_small(struct text *out, const struct acpi *acpi)
{
    if (acpi->has_hpet)
        say(out, "hpet: %u at %lx, minimum %u, id %x\n", acpi->hpet.number,
            (unsigned long)acpi->hpet.base, acpi->hpet.min_tick, acpi->hpet.block_id);
    for (size_t i = 0; i < acpi->mcfg.count; i++)
        say(out, "mcfg: segment %u buses %02x-%02x at %lx\n", acpi->mcfg.ranges[i].segment,
            acpi->mcfg.ranges[i].first_bus, acpi->mcfg.ranges[i].last_bus,
            (unsigned long)acpi->mcfg.ranges[i].base);
    if (acpi->has_bgrt)
        say(out, "bgrt: %lx at %u,%u%s\n", (unsigned long)acpi->bgrt.image, acpi->bgrt.x,
            acpi->bgrt.y, acpi->bgrt.on_screen ? " shown" : "");
}

static void say_serial(struct text *out, const struct acpi *acpi,
                       const struct diagnostics *diagnostics)
{
    const struct acpi_serial *serial = &acpi->serial;
    struct serial_port port;
    char name[32];

    if (!acpi->serial_from)
        return;
    if (serial->is_pci)
        say(out, "pci: %04x:%04x at %u:%02x:%02x.%x\n", serial->vendor, serial->device,
            serial->segment, serial->bus, serial->slot, serial->function);
    if (!serial_port_from_acpi(&port, serial, diagnostics))
        return;
    serial_port_name(name, sizeof(name), &port);
    say(out, "%s: %s, stride %u, access %u, divisor %u\n", acpi->serial_from, name,
        port.stride_bytes, port.access_bytes, port.divisor);
}

static void read_all(struct text *out, struct acpi *acpi, struct acpi_file *file)
{
    const struct acpi_memory memory = {.map = acpi_file_map, .context = file};
    const struct diagnostics diagnostics = {.warn = add_warning, .context = out};

    out->length = 0;
    out->text[0] = '\0';
    memset(acpi, 0xcc, sizeof(*acpi));
    if (!acpi_read(acpi, &file->rsdp, &memory, &diagnostics))
        return;
    say_list(out, &acpi->list);
    if (acpi->has_madt)
        say_madt(out, &acpi->madt);
    if (acpi->has_fadt)
        say_fadt(out, &acpi->fadt);
    say_small(out, acpi);
    say_serial(out, acpi, &diagnostics);
}

static struct text found;
static struct acpi acpi;

static void machine(void **state)
{
    struct acpi_file file;

    acpi_file_read(&file, *state);
    read_all(&found, &acpi, &file);
    if (strcmp(found.text, file.expected) != 0) {
        printf("found:\n%s\n", found.text); /* fail_msg() would cut it */
        fail();
    }
    acpi_file_free(&file);
}

/* ---- many CPUs ---- */

static void put_cpu(struct acpi_region *region, uint32_t id, bool x2apic)
{
    acpi_put(region, x2apic ? 0x1009 : 0x0800, 2);
    if (x2apic) {
        acpi_put(region, 0, 2);
        acpi_put(region, id, 4);
    } else {
        acpi_put(region, id << 8 | id, 2);
    }
    acpi_put(region, 1, 4);
    if (x2apic)
        acpi_put(region, id, 4);
}

static void read_cpus(uint32_t count, uint32_t times)
{
    static struct acpi_file file;
    struct acpi_region *madt;

    memset(&file, 0, sizeof(file));
    madt = acpi_begin(&file, "APIC", 5);
    acpi_put(madt, 0xfee00000, 8);
    for (uint32_t i = 0; i < count * times; i++)
        put_cpu(madt, i % count, i % count >= 255);
    acpi_add_xsdt(&file);
    acpi_end(&file.regions[0]);
    acpi_end(&file.regions[1]);
    read_all(&found, &acpi, &file);
    acpi_file_free(&file);
}

static void three_hundred_cpus(void **state)
{
    (void)state;
    read_cpus(300, 1);
    assert_null(strstr(found.text, "warning"));
    assert_int_equal(acpi.madt.enabled_count, 300);
    for (uint32_t id = 0; id < 300; id++)
        assert_int_equal(acpi_madt_find(&acpi.madt, id)->apic_id, id);
    assert_null(acpi_madt_find(&acpi.madt, 300));
}

static void every_cpu_three_times(void **state)
{
    (void)state;
    read_cpus(300, 3);
    assert_int_equal(acpi.madt.enabled_count, 300);
    assert_contains(found.text, "an enabled CPU is listed again: counted once (600 in all)\n");
}

static void four_thousand_cpus(void **state)
{
    (void)state;
    read_cpus(4096, 1);
    assert_int_equal(acpi.madt.enabled_count, ACPI_CPUS_MAX);
    assert_contains(found.text, "more CPUs than there is room for: ignored (3072 in all)\n");
}

static void a_madt_longer_than_is_read(void **state)
{
    (void)state;
    read_cpus(10000, 1);
    assert_contains(found.text, "ignored\nwarning: MADT, offset 14388: more CPUs");
    assert_contains(found.text, "MADT: of its 158004 bytes those after 131060: ignored\n");
}

static void more_tables_than_there_is_room_for(void **state)
{
    static struct acpi_file file;

    (void)state;
    memset(&file, 0, sizeof(file));
    for (unsigned i = 0; i < ACPI_TABLES_MAX + 1; i++)
        acpi_begin(&file, i < ACPI_TABLES_MAX ? "SSDT" : "APIC", 1);
    acpi_add_xsdt(&file);
    for (size_t i = 0; i < file.count; i++)
        acpi_end(&file.regions[i]);
    read_all(&found, &acpi, &file);
    assert_int_equal(acpi.list.count, ACPI_TABLES_MAX);
    assert_false(acpi.has_madt);
    assert_contains(found.text, "warning: XSDT: 129 entries, those after the first 128: ignored\n");
    acpi_file_free(&file);
}

/* ---- the CPU that runs ---- */

static void require(uint32_t id, const char *warning)
{
    static struct findings findings;
    const struct diagnostics diagnostics = findings_collect(&findings);
    const struct acpi_cpu *cpu;

    acpi_madt_require(&acpi.madt, id, &diagnostics);
    assert_contains(findings.text, warning);
    cpu = acpi_madt_find(&acpi.madt, id);
    assert_non_null(cpu);
    assert_true(cpu->enabled && !cpu->online_capable);
    found.length = 0;
    say_madt(&found, &acpi.madt); /* it counts the enabled ones */
}

static void the_cpu_that_runs_counts(void **state)
{
    (void)state;
    read_cpus(3, 1);
    require(2, NULL);
    assert_int_equal(acpi.madt.enabled_count, 3);
    require(7, "the CPU that runs, local APIC 7, is not enabled there");
    assert_int_equal(acpi.madt.cpu_count, 4);
    acpi.madt.cpus[1].enabled = false;
    acpi.madt.cpus[1].online_capable = true;
    acpi.madt.cpus[1].uid = 77;
    acpi.madt.enabled_count--;
    require(1, "is not enabled");
    assert_int_equal(acpi.madt.enabled_count, 4);
    assert_int_equal(acpi.madt.cpus[1].uid, 77);
    read_cpus(ACPI_CPUS_MAX, 1);
    require(5000, "is not enabled");
    assert_int_equal(acpi.madt.cpu_count, ACPI_CPUS_MAX);
    assert_int_equal(acpi.madt.enabled_count, ACPI_CPUS_MAX);
    memset(&acpi.madt, 0, sizeof(acpi.madt));
    require(0, "is not enabled");
    assert_int_equal(acpi.madt.enabled_count, 1);
}

/* ---- an address register of a PCI function ---- */

static struct bar_row {
    const char *name;
    uint32_t bar, next;
    uint8_t space;
    uint64_t address;
    const char *warning;
} bar_rows[] = {
    {"I/O base address", 0xc001, 0x1234, ACPI_SPACE_IO, 0xc000, NULL},
    {"memory base address", 0xfebf1000, 0x1234, ACPI_SPACE_MEMORY, 0xfebf1000, NULL},
    {"prefetchable memory base address", 0xfebf1008, 0x12, ACPI_SPACE_MEMORY, 0xfebf1000, NULL},
    {"64-bit memory base address", 0xfebf1004, 0x12, ACPI_SPACE_MEMORY, 0x12febf1000, NULL},
    {"no base address", 0, 0x12, ACPI_SPACE_MEMORY, 0, "PCI function 01:02.3 has no base address"},
    {"I/O base address 0", 1, 0, ACPI_SPACE_IO, 0, "has no base address"},
};

static void base_address_register(void **state)
{
    static struct findings findings;
    const struct diagnostics diagnostics = findings_collect(&findings);
    const struct bar_row *row = *state;
    struct acpi_serial serial = {.is_pci = true, .bus = 1, .slot = 2, .function = 3};
    struct serial_port port;

    assert_int_equal(serial_port_take_bar(&serial, row->bar, row->next, &diagnostics),
                     row->warning == NULL);
    assert_contains(findings.text, row->warning);
    assert_int_equal(serial.base.space, row->space);
    assert_int_equal(serial.base.address, row->address);
    if (row->warning)
        return;
    assert_true(serial_port_from_acpi(&port, &serial, &diagnostics));
    assert_int_equal(port.stride_bytes, 1);
    assert_int_equal(port.access_bytes, 1);
}

int main(void)
{
    static struct host_tests tests;
    glob_t files;
    int failed;

    if (glob("tests/host/acpi/*.txt", 0, NULL, &files) != 0 || files.gl_pathc < FILES_MIN)
        return 1;
    for (size_t i = 0; i < files.gl_pathc; i++)
        host_tests_add(&tests, files.gl_pathv[i], machine, files.gl_pathv[i]);
    HOST_ADD(&tests, three_hundred_cpus);
    HOST_ADD(&tests, every_cpu_three_times);
    HOST_ADD(&tests, four_thousand_cpus);
    HOST_ADD(&tests, a_madt_longer_than_is_read);
    HOST_ADD(&tests, more_tables_than_there_is_room_for);
    HOST_ADD(&tests, the_cpu_that_runs_counts);
    HOST_ADD_ROWS(&tests, base_address_register, bar_rows);
    failed = host_tests_run(&tests, "acpi");
    globfree(&files);
    return failed;
}
