/*
 * The ACPI root pointer. Its revision decides which fields exist, so nothing behind the first 20
 * bytes is looked at before the revision is known to be 2 or more, and nothing but the first 20
 * when it is not.
 */
#include "lib/rsdp.h"

#include "acpi_internal.h"
#include "lib/compiler.h"
#include "lib/string.h"

/*
 * ACPI 6.5, table 5.3. Packed: XsdtAddress is aligned by luck, the whole structure is not by
 * promise.
 */
struct PACKED root_pointer {
    char signature[8];
    uint8_t checksum; /* all of the first 20 bytes add up to 0 */
    uint8_t oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length_bytes;
    uint64_t xsdt;
    uint8_t extended_checksum; /* so do all of length_bytes */
    uint8_t reserved[3];
};

_Static_assert(offsetof(struct root_pointer, length_bytes) == RSDP_V1_BYTES, "ACPI 6.5, 5.2.5.3");
_Static_assert(sizeof(struct root_pointer) == RSDP_V2_BYTES, "ACPI 6.5, 5.2.5.3");

#define SIGNATURE    "RSD PTR "
#define REVISION_2_0 2 /* of ACPI 2.0; 1 was never used and is read like 0 */

/* The part that ACPI 1.0 does not have. */
static const char *read_extended(struct root_pointer *pointer, const uint8_t *bytes,
                                 size_t size_bytes)
{
    if (size_bytes < RSDP_V2_BYTES)
        return "it is shorter than the 36 bytes of its revision";
    memcpy(pointer, bytes, RSDP_V2_BYTES);
    if (pointer->length_bytes < RSDP_V2_BYTES)
        return "its length field is under 36";
    if (pointer->length_bytes > size_bytes)
        return "its length field says more than there is";
    if (acpi_sum(bytes, pointer->length_bytes) != 0)
        return "the second checksum is wrong";
    return NULL;
}

static const char *read_pointer(struct rsdp *out, const uint8_t *bytes, size_t size_bytes)
{
    struct root_pointer pointer = {0}; /* so that a revision 0 has no XSDT */
    const char *problem = NULL;

    if (size_bytes < RSDP_V1_BYTES)
        return "it is shorter than 20 bytes";
    memcpy(&pointer, bytes, RSDP_V1_BYTES);
    if (memcmp(pointer.signature, SIGNATURE, sizeof(pointer.signature)) != 0)
        return "the signature is not \"RSD PTR \"";
    if (acpi_sum(bytes, RSDP_V1_BYTES) != 0)
        return "the first checksum is wrong";
    if (pointer.revision >= REVISION_2_0)
        problem = read_extended(&pointer, bytes, size_bytes);
    if (problem)
        return problem;
    if (pointer.rsdt == 0 && pointer.xsdt == 0)
        return "it points to neither an RSDT nor an XSDT";
    out->revision = pointer.revision;
    out->rsdt = pointer.rsdt;
    out->xsdt = pointer.xsdt;
    acpi_copy_text(out->oem_id, pointer.oem_id, sizeof(pointer.oem_id));
    return NULL;
}

const char *rsdp_read(struct rsdp *out, const void *bytes, size_t size_bytes)
{
    memset(out, 0, sizeof(*out));
    return read_pointer(out, bytes, size_bytes);
}
