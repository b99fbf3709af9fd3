/* See kernel/mm/memory.h. The map is read once and lives here; later changes are claims on it. */
#include "kernel/mm/memory.h"

#include "acpi_tables.h"
#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/panic.h"
#include "lib/align.h"

static struct memory_range ranges[MEMORY_MAP_MAX_RANGES];
static struct memory_map memory = {.ranges = ranges, .capacity = MEMORY_MAP_MAX_RANGES};
static paddr_t image_start READ_ONLY_AFTER_INIT, image_end READ_ONLY_AFTER_INIT;
static bool screen_was_free READ_ONLY_AFTER_INIT; /* by the firmware's map */
static bool taken_over;                           /* frames are the allocator's from now on */

static void warn(void *context, const char *line)
{
    (void)context;
    log_warn("memory map: %s", line);
}

void memory_claim(paddr_t start, uint64_t bytes, enum memory_kind kind)
{
    if (bytes != 0 && !memory_map_claim(&memory, start, start + bytes, kind))
        log_warn("memory map: more than %u ranges, %lx is not marked as %s", MEMORY_MAP_MAX_RANGES,
                 (unsigned long)start, memory_kind_name(kind));
}

/* Firmware and CPUs that start write below 1 MiB: nothing of it is ever handed out. */
static void claim_low_memory(void)
{
    paddr_t at = 0;

    /* By address and not by index: a claim merges ranges. */
    for (size_t i = 0; i < memory.count && memory.ranges[i].start < MIB; i++) {
        struct memory_range range = memory.ranges[i];

        if (range.start < at || range.kind >= MEMORY_LOW)
            continue;
        at = range.end < MIB ? range.end : MIB;
        memory_claim(range.start, at - range.start, MEMORY_LOW);
        i = 0;
    }
}

static bool is_given_away(paddr_t start, uint64_t bytes)
{
    for (size_t i = 0; i < memory.count; i++)
        if (memory.ranges[i].kind <= MEMORY_LOADER && memory.ranges[i].start < start + bytes &&
            start < memory.ranges[i].end)
            return true;
    return false;
}

static void claim_what_is_used(const struct boot_info *info)
{
    const struct framebuffer *screen = &info->framebuffer;
    uint64_t screen_bytes = (uint64_t)screen->pitch_pixels * 4 * screen->height;

    screen_was_free = is_given_away(screen->base, screen_bytes);
    image_start = info->kernel_start;
    image_end = info->kernel_end;
    memory_claim(info->kernel_start, info->kernel_end - info->kernel_start, MEMORY_KERNEL);
    memory_claim(info->programs_start, info->programs_end - info->programs_start, MEMORY_PROGRAMS);
    memory_claim(screen->base, screen_bytes, MEMORY_FRAMEBUFFER);
    claim_low_memory();
}

static uint64_t bytes_of_kind(enum memory_kind kind)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < memory.count; i++)
        if (memory.ranges[i].kind == kind)
            bytes += memory.ranges[i].end - memory.ranges[i].start;
    return bytes;
}

static void log_map(void)
{
    for (size_t i = 0; i < memory.count; i++)
        log_debug("memory: %016lx-%016lx %8lu KiB %s", (unsigned long)memory.ranges[i].start,
                  (unsigned long)memory.ranges[i].end - 1,
                  (unsigned long)((memory.ranges[i].end - memory.ranges[i].start) / KIB),
                  memory_kind_name(memory.ranges[i].kind));
}

/* A line for each kind that there is; every range too, for those who want to know. */
static void log_table(size_t entries)
{
    uint64_t total = 0;

    for (enum memory_kind kind = 0; kind < MEMORY_KIND_COUNT; kind++)
        total += memory_kind_is_ram(kind) ? bytes_of_kind(kind) : 0;
    log_info("memory: %lu MiB of RAM in %lu map entries, %lu MiB free",
             (unsigned long)(total / MIB), (unsigned long)entries,
             (unsigned long)(memory_free_bytes() / MIB));
    for (enum memory_kind kind = 0; kind < MEMORY_KIND_COUNT; kind++)
        if (bytes_of_kind(kind) > 0)
            log_info("memory: %10lu KiB %s", (unsigned long)(bytes_of_kind(kind) / KIB),
                     memory_kind_name(kind));
    log_map();
}

const struct memory_map *memory_init(const struct boot_info *info)
{
    static const struct diagnostics diagnostics = {.warn = warn};
    struct memory_map_raw raw = {
        .descriptors = (const void *)info->memory_map.address,
        .size_bytes = info->memory_map.size_bytes,
        .stride_bytes = info->memory_map.stride_bytes,
        .version = info->memory_map.version,
    };

    if (!memory_map_build(&memory, &raw, &diagnostics))
        panic("the firmware's memory map cannot be read (see the log)");
    claim_what_is_used(info);
    log_table(raw.size_bytes / raw.stride_bytes);
    return &memory;
}

void memory_read_firmware(struct firmware_memory *out)
{
    out->map = &memory;
    out->screen_in_free_memory = screen_was_free;
}

const char *memory_name_at(paddr_t phys)
{
    const struct memory_range *range = memory_map_find(&memory, phys);

    return range ? memory_kind_name(range->kind) : "no memory";
}

bool memory_is_known(paddr_t phys) { return memory_map_find(&memory, phys); }

bool memory_is_ram(paddr_t phys)
{
    const struct memory_range *range = memory_map_find(&memory, phys);

    return range && memory_kind_is_ram(range->kind);
}

bool memory_is_ram_throughout(paddr_t start, uint64_t bytes)
{
    const struct memory_range *range;

    for (paddr_t end = start + bytes; start < end; start = range->end) {
        range = memory_map_find(&memory, start);
        if (!range || !memory_kind_is_ram(range->kind))
            return false;
    }
    return true;
}

vaddr_t memory_phys_to_image(paddr_t phys)
{
    return phys >= image_start && phys < image_end ? phys - image_start + KERNEL_IMAGE_START : 0;
}

static const void *readable_at(void *context, paddr_t phys, uint64_t bytes)
{
    const struct memory_range *range = memory_map_find(&memory, phys);

    (void)context;
    return memory_is_ram(phys) && bytes <= range->end - phys ? phys_to_virt(phys) : NULL;
}

/* Tables lie where firmware put them: mostly in memory of a kind of their own, but not always. */
static void claim_acpi_table(void *context, paddr_t phys, uint64_t bytes)
{
    const struct memory_range *range;
    paddr_t end = phys + bytes;

    (void)context;
    for (; phys < end && (range = memory_map_find(&memory, phys)); phys += bytes) {
        bytes = (end < range->end ? end : range->end) - phys;
        if (range->kind <= MEMORY_LOADER)
            memory_claim(phys, bytes, MEMORY_ACPI_RECLAIM);
    }
}

void memory_take_over(const struct boot_info *info)
{
    const struct acpi_reader reader = {.at = readable_at, .visit = claim_acpi_table};
    struct rsdp root;

    if (info->rsdp && rsdp_read(&root, info->rsdp_bytes, sizeof(info->rsdp_bytes)) == NULL)
        acpi_tables_visit(&reader, &root);
    memory_map_convert(&memory, MEMORY_BOOT_SERVICES, MEMORY_FREE);
    frame_init(&memory);
    taken_over = true;
}

uint64_t memory_reclaim_acpi(void)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < memory.count; i++) {
        struct memory_range range = memory.ranges[i];
        paddr_t start = range.start < MIB ? MIB : range.start;

        if (range.kind == MEMORY_ACPI_RECLAIM && start < range.end && frame_add(start, range.end))
            bytes += range.end - start;
    }
    memory_map_convert(&memory, MEMORY_ACPI_RECLAIM, MEMORY_FREE);
    claim_low_memory();
    return bytes;
}

uint64_t memory_free_bytes(void)
{
    struct frame_statistics frames;

    if (!taken_over)
        return bytes_of_kind(MEMORY_FREE) + bytes_of_kind(MEMORY_BOOT_SERVICES);
    frame_statistics(&frames);
    return frames.free_count * PAGE_SIZE;
}
