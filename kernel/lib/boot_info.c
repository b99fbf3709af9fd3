/* The handoff checked by both sides: the loader before it jumps, the kernel before it believes. */
#include "boot/boot_info.h"

#include "lib/align.h"
#include "lib/string.h"

static bool is_page_range(paddr_t start, paddr_t end)
{
    return start != 0 && start < end && is_aligned(start, PAGE_SIZE) && is_aligned(end, PAGE_SIZE);
}

static const char *check_ranges(const struct boot_info *info)
{
    if (!is_page_range(info->kernel_start, info->kernel_end))
        return "the kernel's physical range is empty or not page-aligned";
    if (info->checkpoint >= MIB || !is_aligned(info->checkpoint, PAGE_SIZE))
        return "the page for checkpoints is not below 1 MiB";
    if (info->low_page >= MIB || !is_aligned(info->low_page, PAGE_SIZE))
        return "the page for starting CPUs is not a page below 1 MiB";
    return NULL;
}

static bool is_name(const char *name)
{
    size_t length = strnlen(name, BOOT_PROGRAM_NAME_MAX + 1);

    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ':' || name[i] == ',')
            return false;
    return length > 0 && length <= BOOT_PROGRAM_NAME_MAX;
}

static bool is_program(const struct boot_info *info, const struct boot_program *program)
{
    return is_name(program->name) && program->built_in <= 1 &&
           is_aligned(program->address, PAGE_SIZE) && program->address >= info->programs_start &&
           program->address <= info->programs_end &&
           program->size_bytes <= info->programs_end - program->address;
}

static const char *check_programs(const struct boot_info *info)
{
    bool none = info->programs_start == 0 && info->programs_end == 0;

    if (!none && !is_page_range(info->programs_start, info->programs_end))
        return "the programs' physical range is empty or not page-aligned";
    if (info->program_count > BOOT_PROGRAMS_MAX || (none && info->program_count > 0))
        return "there are more programs than room for them";
    for (uint32_t i = 0; i < info->program_count; i++)
        if (!is_program(info, &info->programs[i]))
            return "a program has no name or lies outside the programs' range";
    return NULL;
}

static const char *check_texts(const struct boot_info *info)
{
    if (info->options_source > BOOT_OPTIONS_MENU || info->options_bytes > OPTIONS_TEXT_MAX)
        return "the options are longer than their place or from nowhere";
    if (info->message_bytes > BOOT_MESSAGES_MAX)
        return "the loader's messages are longer than their place";
    if (info->crash_slot >= CRASH_SLOTS || info->crash_sequence == 0 ||
        info->crash_sequence >= UINT32_MAX)
        return "there is no such place for a report";
    return NULL;
}

const char *boot_info_check(const struct boot_info *info)
{
    const char *problem;

    if (info->magic != BOOT_INFO_MAGIC)
        return "the magic number is wrong";
    if (info->version != BOOT_INFO_VERSION)
        return "the version is not the one this kernel was built for";
    if (info->size_bytes != sizeof(*info))
        return "the size is not the one this kernel was built for";
    if (info->memory_map.address == 0 || !is_aligned(info->memory_map.address, 8))
        return "the memory map is missing or not aligned";
    if (info->memory_map.exit_tries == 0)
        return "boot services were never left";
    problem = check_ranges(info);
    if (!problem)
        problem = check_programs(info);
    return problem ? problem : check_texts(info);
}
