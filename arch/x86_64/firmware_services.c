/* The services that the firmware is asked for, found through its own tables each time. Source: UEFI 2.10, 4.3 and 4.5. */
#include "arch/firmware.h"
#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/efi_status.h"
#include "x86/firmware.h"

#define MS_ABI           __attribute__((ms_abi))
#define SYSTEM_SIGNATURE UINT64_C(0x5453595320494249) /* "IBI SYST" */
#define TABLE_SIGNATURE  UINT64_C(0x56524553544e5552) /* "RUNTSERV" */
#define RESET_SHUTDOWN   2

struct system_table {
    uint64_t signature;
    uint8_t between[80];
    struct runtime_services *services;
};

struct runtime_services {
    uint64_t signature;
    uint8_t header_rest[16];
    void *time[4], *virtual_memory[2], *get_variable, *get_next_variable;
    uint64_t(MS_ABI *set_variable)(const uint16_t *name, const void *guid, uint32_t attributes,
                                   size_t bytes, const void *data);
    void *get_counter;
    void(MS_ABI *reset_system)(uint32_t kind, uint64_t status, size_t bytes, const void *data);
    void *capsules[2];
    uint64_t(MS_ABI *query_variable_info)(uint32_t attributes, uint64_t *total, uint64_t *remaining,
                                          uint64_t *variable_max);
};

_Static_assert(offsetof(struct system_table, services) == 88, "UEFI 2.10, 4.3");
_Static_assert(offsetof(struct runtime_services, set_variable) == 88, "UEFI 2.10, 4.5");
_Static_assert(offsetof(struct runtime_services, reset_system) == 104, "UEFI 2.10, 4.5");
_Static_assert(offsetof(struct runtime_services, query_variable_info) == 128, "UEFI 2.10, 4.5");

#define UNSUPPORTED (EFI_STATUS_ERROR | 3)

static paddr_t system_table READ_ONLY_AFTER_INIT;

void x86_firmware_services_init(paddr_t table) { system_table = table; }

/* NULL when the tables are none. */
static const struct runtime_services *find_services(void)
{
    const struct system_table *system = (const struct system_table *)system_table;

    if (system->signature != SYSTEM_SIGNATURE || system->services->signature != TABLE_SIGNATURE)
        return NULL;
    return system->services;
}

uint64_t arch_firmware_query_space(struct firmware_space *space)
{
    const struct runtime_services *services = find_services();

    if (!services)
        return UNSUPPORTED;
    return services->query_variable_info(FIRMWARE_VARIABLE_ATTRIBUTES, &space->total, &space->free,
                                         &space->variable_max);
}

uint64_t arch_firmware_set_variable(const uint16_t *name, const void *guid, const void *data,
                                    size_t bytes)
{
    const struct runtime_services *services = find_services();

    return services ? services->set_variable(name, guid, FIRMWARE_VARIABLE_ATTRIBUTES, bytes, data)
                    : UNSUPPORTED;
}

uint64_t arch_firmware_power_off(void)
{
    const struct runtime_services *services = find_services();

    if (services)
        services->reset_system(RESET_SHUTDOWN, 0, 0, NULL);
    return UNSUPPORTED;
}
