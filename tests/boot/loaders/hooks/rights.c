/*
 * A hook for what NX_COMPAT promises: every section of the image under test gets the rights of its
 * header and no more, where OVMF leaves the whole image writable and executable. It takes firmware
 * with the memory attribute protocol (new in UEFI 2.10), which gnu-efi does not know.
 */
#include "hooks.h"
#include "lib/align.h"
#include "lib/string.h"

#define MEMORY_EXECUTE_PROTECT 0x4000ULL
#define MEMORY_READ_ONLY       0x20000ULL
#define SECTION_EXECUTABLE     0x20000000U
#define SECTION_WRITABLE       0x80000000U

/* Offsets of the PE format: in the file, in the PE header, in an entry of the section table. */
enum {
    DOS_PE_HEADER = 0x3c,
    PE_SECTION_COUNT = 6,
    PE_OPTIONAL_BYTES = 20,
    PE_OPTIONAL = 24,
    SECTION_VIRTUAL_BYTES = 8,
    SECTION_ADDRESS = 12,
    SECTION_FLAGS = 36,
    SECTION_ENTRY_BYTES = 40
};

struct memory_attribute_protocol {
    void *get;
    EFI_STATUS(EFIAPI *set)
    (struct memory_attribute_protocol *self, uint64_t base, uint64_t bytes, uint64_t rights);
    EFI_STATUS(EFIAPI *clear)
    (struct memory_attribute_protocol *self, uint64_t base, uint64_t bytes, uint64_t rights);
};

static struct memory_attribute_protocol *attributes;

static void limit(const uint8_t *base, uint64_t bytes, uint32_t flags)
{
    uint64_t wanted = (flags & SECTION_EXECUTABLE ? 0 : MEMORY_EXECUTE_PROTECT) |
                      (flags & SECTION_WRITABLE ? 0 : MEMORY_READ_ONLY);
    uint64_t others = (MEMORY_EXECUTE_PROTECT | MEMORY_READ_ONLY) & ~wanted;
    uint64_t start = (uintptr_t)base, whole = align_up(bytes, EFI_PAGE_SIZE);

    if ((others && EFI_ERROR(attributes->clear(attributes, start, whole, others))) ||
        (wanted && EFI_ERROR(attributes->set(attributes, start, whole, wanted))))
        hang_for_ever();
}

static void limit_sections(const uint8_t *base)
{
    const uint8_t *header = base + read_address(base + DOS_PE_HEADER, 4);
    const uint8_t *entry = header + PE_OPTIONAL + read_address(header + PE_OPTIONAL_BYTES, 2);

    limit(base, EFI_PAGE_SIZE, 0);
    for (uint64_t left = read_address(header + PE_SECTION_COUNT, 2); left > 0; left--) {
        limit(base + read_address(entry + SECTION_ADDRESS, 4),
              read_address(entry + SECTION_VIRTUAL_BYTES, 4),
              (uint32_t)read_address(entry + SECTION_FLAGS, 4));
        entry += SECTION_ENTRY_BYTES;
    }
}

bool set_rights_hook(const char *name)
{
    static EFI_GUID guid = {
        0xf4560cf6, 0x40ec, 0x4b4a, {0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89}};

    if (strcmp(name, "image-rights") != 0)
        return false;
    if (EFI_ERROR(boot->LocateProtocol(&guid, NULL, (void **)&attributes)))
        hang_for_ever();
    limit_sections(child->ImageBase);
    return true;
}
