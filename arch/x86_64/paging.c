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
#include "kernel/mm/lock_rank.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/vmap.h"
#include "kernel/panic.h"
#include "lib/align.h"
#include "lib/page_table.h"
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/descriptors.h"
#include "x86/paging.h"
#include "x86/registers.h"

/* kernel image 5, its alias 5, first RAM 5, framebuffer and local APIC 6, top entries 2; the rest
 * spare */
#define BOOT_TABLES 32
/* fixed-range MTRRs end at 1 MiB; no large page spans two memory types */
#define FIXED_MTRR_LIMIT (2 * MIB)
#define PHYSICAL_LIMIT   DIRECT_MAP_BYTES

static uint64_t boot_tables[BOOT_TABLES][PAGE_TABLE_ENTRIES] ALIGNED(4096);
static unsigned boot_tables_used;
static paddr_t image_start READ_ONLY_AFTER_INIT, image_end READ_ONLY_AFTER_INIT; /* physical */
static bool ready;
uint64_t x86_leaf_flags = PTE_FLAGS;

/* The piece of RAM that is mapped before CR3 is loaded. */
static paddr_t first_start, first_end;

static paddr_t image_to_phys(const void *in_image)
{
    return (vaddr_t)in_image - KERNEL_IMAGE_START + image_start;
}

void *phys_to_virt(paddr_t phys) { return (void *)(DIRECT_MAP_START + phys); }

/* Tables made before everything is mapped are kept for ever: they are no frames of the allocator's. */
struct address_space kernel_space = {
    .tables = {.alloc_frame = x86_alloc_table, .keep_tables = true},
    .lock = SPINLOCK("kernel space", LOCK_RANK_ADDRESS_SPACE)};

paddr_t x86_alloc_table(void *context)
{
    paddr_t frame;

    (void)context;
    if (kernel_space.tables.keep_tables && boot_tables_used < BOOT_TABLES)
        return image_to_phys(boot_tables[boot_tables_used++]);
    frame = ready ? frame_early_alloc() : 0;
    if (frame == 0)
        frame = frame_alloc();
    if (frame)
        memset(phys_to_virt(frame), 0, PAGE_SIZE);
    return frame;
}

static bool is_readable(void *context, paddr_t table)
{
    (void)context;
    return ready && memory_is_ram(table);
}

void x86_live_tables(struct page_tables *tables)
{
    *tables = kernel_space.tables;
    tables->is_readable = is_readable;
    tables->root = x86_read_cr3() & PTE_ADDRESS;
    tables->levels = x86_read_cr4() & CR4_LA57 ? 5 : 4;
}

static void map_or_panic(vaddr_t virt, paddr_t phys, uint64_t bytes, uint64_t flags,
                         uint64_t page_max)
{
    struct page_mapping mapping = {.virt = virt,
                                   .phys = phys,
                                   .bytes = bytes,
                                   .flags = (flags | PTE_GLOBAL) & x86_leaf_flags,
                                   .page_bytes_max = page_max};
    status_t status = page_tables_map(&kernel_space.tables, &mapping);

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
    map_image_part(kernel_rodata_start, kernel_rodata_end, PTE_NX);
    map_image_part(kernel_data_start, (void *)(stacks[STACK_MAIN].low - PAGE_SIZE),
                   PTE_WRITABLE | PTE_NX);
    for (enum stack_kind kind = STACK_MAIN; kind < STACK_KIND_COUNT; kind++)
        map_image_part((void *)stacks[kind].low, (void *)stacks[kind].high, PTE_WRITABLE | PTE_NX);
}

/* What load_tables() needs: a first piece of RAM, and the image, because tables lie there. */
static bool is_mapped_before(paddr_t start)
{
    return (start >= first_start && start < first_end) ||
           (start >= image_start && start < image_end);
}

/* Maps [start, end) up to the first address at which rights or page sizes change, and returns that
 * address. */
static paddr_t map_ram_piece(paddr_t start, paddr_t end)
{
    const paddr_t read_only_start = image_start, read_only_end = image_to_phys(kernel_rodata_end);
    const paddr_t cuts[] = {FIXED_MTRR_LIMIT, read_only_start, read_only_end,
                            image_end,        first_start,     first_end};
    bool read_only = start >= read_only_start && start < read_only_end;

    for (unsigned i = 0; i < ARRAY_COUNT(cuts); i++)
        if (cuts[i] > start && cuts[i] < end)
            end = cuts[i];
    if (!ready || !is_mapped_before(start))
        map_or_panic(DIRECT_MAP_START + start, start, end - start,
                     (read_only ? 0 : PTE_WRITABLE) | PTE_NX,
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
    kernel_space.tables.keep_tables = false;
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

/* From now on tables are reached through the direct map. */
static void load_tables(void)
{
    uint64_t cr4 = x86_read_cr4();

    arch_mmu_space_switch(&kernel_space);
    x86_write_cr4(cr4 & ~CR4_PGE); /* firmware's global pages go too (SDM vol. 3A, 4.10.4.1) */
    x86_write_cr4(cr4);
    kernel_space.tables.offset = DIRECT_MAP_START;
    kernel_space.tables.last_table = NULL;
    ready = true;
}

/* So that every address space can share them, with 4 levels and with 5 (paging_levels.c). The other parts of the kernel's
 * half are mapped at boot, and their tables kept. */
static void fill_top_entries(void)
{
    status_t status = page_tables_fill_top(&kernel_space.tables, VMAP_START);
    struct page_tables four = kernel_space.tables;

    four.root = x86_kernel_root_of_four();
    four.levels = 4;
    if (status != STATUS_OK || page_tables_fill_top(&four, VMAP_START) != STATUS_OK ||
        page_tables_fill_top(&four, HEAP_START) != STATUS_OK)
        panic("no memory for the kernel's first page tables");
}

void *arch_mmu_init(const struct boot_info *info, const struct memory_map *map)
{
    const struct framebuffer *screen = &info->framebuffer;
    void *screen_virt = NULL;

    if (!x86_has(X86_NX))
        x86_leaf_flags &= ~PTE_NX;
    image_start = info->kernel_start;
    image_end = info->kernel_end;
    kernel_space.tables.offset = KERNEL_IMAGE_START - image_start;
    kernel_space.tables.levels = x86_read_cr4() & CR4_LA57 ? 5 : 4;
    kernel_space.tables.gib_pages = x86_has(X86_GIB_PAGES);
    kernel_space.tables.root = x86_alloc_table(NULL);
    choose_first_piece(map);
    if (first_start == first_end)
        panic("the memory map has no free memory at all");
    map_image();
    fill_top_entries();
    if (screen->base)
        screen_virt = vmap_device(screen->base, (uint64_t)screen->pitch_pixels * 4 * screen->height,
                                  MMU_WRITE_COMBINING);
    map_ram(image_start, image_end);
    map_ram(first_start, first_end);
    load_tables();
    frame_early_init(first_start, first_end);
    return screen_virt;
}

bool arch_mmu_is_ready(void) { return ready; }

bool arch_mmu_lookup(vaddr_t virt, paddr_t *phys)
{
    struct page_tables tables;
    struct page_walk walk;

    x86_live_tables(&tables);
    page_tables_walk(&tables, virt, &walk);
    *phys = walk.phys;
    return walk.present;
}
