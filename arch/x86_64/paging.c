/*
 * The kernel's own page tables. Order of events: a root made of frames inside the kernel's image
 * maps the image, the framebuffer and a first piece of RAM; CR3 is loaded; that piece pays for the
 * tables of the rest. So the loader need not map any RAM, and the boot's cost follows the number of
 * map entries.
 *
 * Invariants: text is the only thing ever executable; what is text or rodata is writable nowhere,
 * not in the direct map either; nothing is mapped in the lower half.
 */
#include "arch/mmu.h"

#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/memory.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/align.h"
#include "lib/page_table.h"
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/descriptors.h"
#include "x86/paging.h"
#include "x86/registers.h"

/* kernel image 5, first RAM 5, framebuffer and local APIC 6, the rest spare */
#define BOOT_TABLES 24
/* fixed-range MTRRs end at 1 MiB; no large page spans two memory types */
#define FIXED_MTRR_LIMIT (2 * MIB)
#define PHYSICAL_LIMIT   DIRECT_MAP_BYTES

static uint64_t boot_tables[BOOT_TABLES][PAGE_TABLE_ENTRIES] ALIGNED(4096);
static unsigned boot_tables_used;
static paddr_t image_start, image_end; /* physical */
static bool ready;
static vaddr_t vmap_next = VMAP_START;
/* vmap_next, and the tables of the vmap area */
static struct spinlock vmap_lock = SPINLOCK("vmap area", 0);

/* The piece of RAM that is mapped before CR3 is loaded. */
static paddr_t first_start, first_end;

static paddr_t image_to_phys(const void *in_image)
{
    return (vaddr_t)in_image - KERNEL_IMAGE_START + image_start;
}

void *phys_to_virt(paddr_t phys) { return (void *)(DIRECT_MAP_START + phys); }

static uint64_t alloc_table(void *context)
{
    paddr_t frame;

    (void)context;
    if (boot_tables_used < BOOT_TABLES)
        return image_to_phys(boot_tables[boot_tables_used++]);
    frame = ready ? frame_early_alloc() : 0;
    if (frame == 0)
        frame = frame_alloc();
    if (frame)
        memset(phys_to_virt(frame), 0, PAGE_SIZE);
    return frame;
}

static uint64_t *table_at(void *context, paddr_t table)
{
    (void)context;
    if (table >= image_start && table < image_end)
        return (uint64_t *)(KERNEL_IMAGE_START + (table - image_start));
    return ready && memory_is_ram(table) ? phys_to_virt(table) : NULL;
}

static struct page_tables kernel_tables = {.alloc_frame = alloc_table, .table_at = table_at};

void x86_live_tables(struct page_tables *tables)
{
    *tables = kernel_tables;
    tables->root = x86_read_cr3() & PTE_ADDRESS;
    tables->levels = x86_read_cr4() & CR4_LA57 ? 5 : 4;
}

static uint64_t no_execute(void) { return x86_has(X86_NX) ? PTE_NX : 0; }

static void map_or_panic(vaddr_t virt, paddr_t phys, uint64_t bytes, uint64_t flags,
                         uint64_t page_max)
{
    struct page_mapping mapping = {.virt = virt,
                                   .phys = phys,
                                   .bytes = bytes,
                                   .flags = flags | PTE_GLOBAL,
                                   .page_bytes_max = page_max};
    status_t status = page_tables_map(&kernel_tables, &mapping);

    if (status != STATUS_OK)
        panic("cannot map %lx bytes at %016lx: %s", (unsigned long)bytes, (unsigned long)virt,
              status_text(status));
}

static void map_image_part(const void *start, const void *end, uint64_t flags)
{
    map_or_panic((vaddr_t)start, image_to_phys(start), (vaddr_t)end - (vaddr_t)start, flags,
                 PAGE_SIZE);
}

/* The boot CPU's stacks are part of the image; what lies between them stays unmapped. */
static void map_image(void)
{
    const struct stack *stacks = boot_cpu.common.stacks;

    map_image_part(kernel_text_start, kernel_text_end, 0);
    map_image_part(kernel_rodata_start, kernel_rodata_end, no_execute());
    map_image_part(kernel_data_start, (void *)(stacks[STACK_MAIN].low - PAGE_SIZE),
                   PTE_WRITABLE | no_execute());
    for (enum stack_kind kind = STACK_MAIN; kind < STACK_KIND_COUNT; kind++)
        map_image_part((void *)stacks[kind].low, (void *)stacks[kind].high,
                       PTE_WRITABLE | no_execute());
}

/* Maps [start, end) up to the first address at which rights or page sizes change, and returns that
 * address. */
static paddr_t map_ram_piece(paddr_t start, paddr_t end)
{
    const paddr_t read_only_start = image_start, read_only_end = image_to_phys(kernel_rodata_end);
    const paddr_t cuts[] = {FIXED_MTRR_LIMIT, read_only_start, read_only_end, first_start,
                            first_end};
    bool read_only = start >= read_only_start && start < read_only_end;

    for (unsigned i = 0; i < ARRAY_COUNT(cuts); i++)
        if (cuts[i] > start && cuts[i] < end)
            end = cuts[i];
    if (!ready || start < first_start || start >= first_end)
        map_or_panic(DIRECT_MAP_START + start, start, end - start,
                     (read_only ? 0 : PTE_WRITABLE) | no_execute(),
                     start < FIXED_MTRR_LIMIT ? PAGE_SIZE : GIB);
    return end;
}

static void map_ram(paddr_t start, paddr_t end)
{
    if (end > PHYSICAL_LIMIT) {
        log_warn("memory from %lx to %lx is beyond the direct map and stays unused", start, end);
        end = PHYSICAL_LIMIT;
    }
    while (start < end)
        start = map_ram_piece(start, end);
}

/* Ranges of different owners that touch are mapped as one, so that they can share large pages. */
void arch_mmu_map_ram(const struct memory_map *map)
{
    size_t i = 0;

    while (i < map->count) {
        paddr_t start = map->ranges[i].start, end = start;

        while (i < map->count && map->ranges[i].start == end &&
               memory_kind_is_ram(map->ranges[i].kind))
            end = map->ranges[i++].end;
        if (end == start)
            i++;
        else
            map_ram(start, end);
    }
}

/* Inside the largest free range: a whole GiB when there is one, else what lies up to the next GiB
 * boundary. */
static void choose_first_piece(const struct memory_map *map)
{
    paddr_t start, end;

    frame_largest_free(map, &start, &end);
    if (align_up(start, GIB) + GIB <= end)
        start = align_up(start, GIB);
    else if (align_up(start, 2 * MIB) < end)
        start = align_up(start, 2 * MIB);
    first_start = start;
    first_end = align_down(start, GIB) + GIB;
    if (first_end > end)
        first_end = end;
}

static void load_tables(void)
{
    uint64_t cr4 = x86_read_cr4();

    x86_write_cr3(kernel_tables.root);
    x86_write_cr4(cr4 & ~CR4_PGE); /* firmware's global pages go too (SDM vol. 3A, 4.10.4.1) */
    x86_write_cr4(cr4);
}

void *arch_mmu_init(const struct boot_info *info, const struct memory_map *map)
{
    const struct framebuffer *screen = &info->framebuffer;
    void *screen_virt = NULL;

    image_start = info->kernel_start;
    image_end = info->kernel_end;
    kernel_tables.levels = x86_read_cr4() & CR4_LA57 ? 5 : 4;
    kernel_tables.gib_pages = x86_has(X86_GIB_PAGES);
    kernel_tables.root = alloc_table(NULL);
    choose_first_piece(map);
    if (first_start == first_end)
        panic("the memory map has no free memory at all");
    map_image();
    if (screen->base)
        screen_virt = arch_mmu_map_device(
            screen->base, (uint64_t)screen->pitch_pixels * 4 * screen->height, MMU_WRITE_COMBINING);
    map_ram(first_start, first_end);
    load_tables();
    ready = true;
    frame_early_init(first_start, first_end);
    return screen_virt;
}

bool arch_mmu_is_ready(void) { return ready; }

/* Physical and virtual address agree modulo 2 MiB, so that a framebuffer gets large pages. */
void *arch_mmu_map_device(paddr_t phys, uint64_t bytes, enum mmu_cache cache)
{
    static const uint64_t cache_flags[] = {
        [MMU_WRITE_BACK] = 0, [MMU_WRITE_COMBINING] = PTE_PWT, [MMU_UNCACHED] = PTE_PWT | PTE_PCD};
    paddr_t first = align_down(phys, PAGE_SIZE);
    struct page_mapping mapping = {.phys = first,
                                   .bytes = align_up(phys + bytes, PAGE_SIZE) - first,
                                   .flags = PTE_WRITABLE | PTE_GLOBAL | no_execute() |
                                            cache_flags[cache],
                                   .page_bytes_max = 2 * MIB};
    irq_state_t state = spinlock_acquire(&vmap_lock);
    status_t status = ERR_NO_MEMORY;

    mapping.virt = align_up(vmap_next + PAGE_SIZE, 2 * MIB) + first % (2 * MIB);
    if (mapping.virt + mapping.bytes + PAGE_SIZE <= VMAP_START + VMAP_BYTES) {
        vmap_next = mapping.virt + mapping.bytes;
        status = page_tables_map(&kernel_tables, &mapping);
    }
    spinlock_release(&vmap_lock, state);
    return status == STATUS_OK ? (void *)(mapping.virt + phys % PAGE_SIZE) : NULL;
}

bool arch_mmu_lookup(vaddr_t virt, paddr_t *phys)
{
    struct page_tables tables;
    struct page_walk walk;

    x86_live_tables(&tables);
    page_tables_walk(&tables, virt, &walk);
    *phys = walk.phys;
    return walk.present;
}
