/*
 * What is known of a machine's firmware and of the state that it left, for the audit (lib/firmware_audit.h): each fact is
 * one number, and 0 where there is nothing to say. Pure: what loader, parsers and CPUs noted in, facts out.
 */
#ifndef LIB_FIRMWARE_FACTS_H
#define LIB_FIRMWARE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/acpi.h"
#include "lib/memory_map.h"

enum firmware_fact {
    FACT_NONE, /* of the outcome that is left */

    /* the loader's, from struct firmware_handoff */
    FACT_RSDP_2_DAMAGED,
    FACT_RSDP_1_ONLY,
    FACT_RSDP_NONE,
    FACT_DISPLAY_REFUSED, /* count */
    FACT_DISPLAY_NONE,
    FACT_WATCHDOG_NONE,
    FACT_WATCHDOG_ERROR,         /* number of an EFI status */
    FACT_SERVICE_TABLES_DAMAGED, /* count */
    FACT_ATTRIBUTES_NONE,
    FACT_ATTRIBUTES_DAMAGED,
    FACT_OPEN_RUNTIME_CODE, /* count of ranges */
    FACT_CACHES_OFF,
    FACT_WRITE_PROTECTION_OFF,
    FACT_CR4_LEFT,  /* bits */
    FACT_EFER_LEFT, /* bits */
    FACT_LA57,

    /* of the memory map, counts */
    FACT_EXIT_REFUSALS,
    FACT_MAP_ODD_SIZE,
    FACT_MAP_TOO_LONG,
    FACT_MAP_IMPOSSIBLE,
    FACT_MAP_UNALIGNED,
    FACT_MAP_OVERLAP,
    FACT_MAP_TYPE,
    FACT_MAP_NOT_FREE,
    FACT_MAP_UNSORTED,
    FACT_LOW_PAGE_NEEDED, /* there is none, and there are other CPUs */
    FACT_LOW_PAGE_NONE,
    FACT_SCREEN_IN_FREE_MEMORY,

    /* of ACPI's tables, counts where they are many */
    FACT_TABLES_NONE,
    FACT_TABLES_BY_RSDT, /* the XSDT is there and cannot be used */
    FACT_TABLES_LEFT_OUT,
    FACT_TABLES_CHECKSUM,
    FACT_TABLES_TWICE,
    FACT_MADT_NONE,
    FACT_MADT_BAD_CPUS,
    FACT_MADT_BAD_ENTRIES,
    FACT_MADT_WITHOUT_BOOT_CPU,
    FACT_MADT_OTHER_LOCAL_APIC, /* where the CPU has it */
    FACT_CPUS_ABSENT,
    FACT_FADT_NONE,
    FACT_FADT_BAD_REGISTERS,
    FACT_RESET_REGISTER_NONE,
    FACT_HPET_IMPOSSIBLE,
    FACT_HPET_NONE,
    FACT_MCFG_BAD_RANGES,
    FACT_MCFG_NONE,

    /* of CPUs, clocks and devices */
    FACT_NX_SWITCHED_OFF,
    FACT_NX_NONE,
    FACT_SMEP_NONE,
    FACT_SMAP_NONE,
    FACT_UMIP_NONE,
    FACT_X2APIC_LOCKED,
    FACT_X2APIC_ON,
    FACT_LIVE_LOCAL_VECTORS, /* count */
    FACT_IN_SERVICE,         /* count */
    FACT_MTRR_NONE,
    FACT_MTRR_OFF,
    FACT_MTRR_VIRTUAL_OTHER, /* count of CPUs */
    FACT_MTRR_OTHER,         /* count of CPUs */
    FACT_MICROCODE_OTHER,    /* count of CPUs */
    FACT_MICROCODE_UNKNOWN,
    FACT_MICROCODE_NONE,
    FACT_MICROCODE, /* the revision */
    FACT_SMM_OPEN,
    FACT_SMM_UNKNOWN,
    FACT_MELTDOWN,
    FACT_MDS_UNCLEARED, /* by old microcode, which cannot clear buffers */
    FACT_MDS,
    FACT_L1TF,
    FACT_CLOCKS_REFUSED,  /* count */
    FACT_CLOCKS_DISAGREE, /* count */
    FACT_TSC_UNSTEADY,    /* count of CPUs */
    FACT_TSC_VIRTUAL_UNSTEADY,
    FACT_TSC_ADJUSTED, /* count of CPUs */
    FACT_BUS_MASTERS,  /* count of functions */
    FIRMWARE_FACT_COUNT
};

struct firmware_facts {
    uint64_t value[FIRMWARE_FACT_COUNT];
};

enum firmware_table { FIRMWARE_ABSENT, FIRMWARE_USABLE, FIRMWARE_UNUSABLE };

/* What only the loader can see; part of the handoff (boot/boot_info.h). */
struct firmware_handoff {
    uint64_t cr0, cr4, efer;    /* as the firmware left them to the loader */
    uint32_t rsdp_2, rsdp_1;    /* enum firmware_table: the root pointers of ACPI 2.0 and 1.0 */
    uint32_t display_count;     /* graphics output protocols, up to the one that is used */
    uint32_t display_refused;   /* of those, whose numbers contradict one another */
    uint32_t watchdog_error;    /* number of SetWatchdogTimer's EFI status; 0: the timer is off */
    uint32_t bad_checksums;     /* of the system table and the runtime services table */
    uint32_t attributes;        /* enum firmware_table: EFI_MEMORY_ATTRIBUTES_TABLE */
    uint32_t open_runtime_code; /* its ranges that are both writable and executable */
};

_Static_assert(sizeof(struct firmware_handoff) == 56, "contract with the loader");

/* Each adds the facts of its part to `facts`, which is zero at first. Any context. */
void firmware_add_handoff(struct firmware_facts *facts, const struct firmware_handoff *handoff);

struct firmware_memory {
    const struct memory_map *map;
    uint32_t exit_tries; /* calls of ExitBootServices */
    bool has_low_page;
    bool has_other_cpus;
    bool screen_in_free_memory; /* the framebuffer lies in memory that the map gives away */
};
void firmware_add_memory(struct firmware_facts *facts, const struct firmware_memory *memory);

struct firmware_acpi {
    const struct acpi *acpi;
    paddr_t local_apic;   /* where it is, by IA32_APIC_BASE */
    uint32_t cpus_run;    /* CPUs that run the kernel */
    bool not_all_started; /* and it is not the firmware's doing that there are no more */
};
void firmware_add_acpi(struct firmware_facts *facts, const struct firmware_acpi *acpi);

enum firmware_vendor { FIRMWARE_CPU_OTHER, FIRMWARE_CPU_INTEL, FIRMWARE_CPU_AMD };
enum firmware_smm { FIRMWARE_SMM_UNKNOWN, FIRMWARE_SMM_LOCKED, FIRMWARE_SMM_OPEN };

/* The boot CPU, and in what the others differ from it. */
struct firmware_cpu {
    enum firmware_vendor vendor;
    bool is_virtual;              /* under a hypervisor, or emulated */
    uint32_t family, model;       /* with their extended parts (SDM vol. 2A, CPUID, leaf 1) */
    bool has_nx, nx_switched_off; /* the latter by IA32_MISC_ENABLE */
    bool has_smep, has_smap, has_umip;
    bool x2apic_on, x2apic_locked; /* as the firmware left it */
    paddr_t local_apic;            /* by IA32_APIC_BASE */
    uint32_t live_local_vectors;   /* local APIC interrupts that were not masked */
    uint32_t in_service;           /* interrupts taken and not ended */
    bool has_mtrr, mtrr_on;
    uint32_t other_mtrr_count; /* CPUs that came with other memory types */
    bool microcode_known;
    uint32_t microcode;
    uint32_t other_microcode_count; /* CPUs with another revision */
    enum firmware_smm smm;
    uint64_t arch_capabilities; /* IA32_ARCH_CAPABILITIES; 0 where it is missing */
    bool md_clear;              /* VERW clears buffers (CPUID.7.EDX[10]) */
};
void firmware_add_cpu(struct firmware_facts *facts, const struct firmware_cpu *cpu);

/* What a CPU leaks through speculation, by its maker, its model and what it says of itself. */
void firmware_add_leaks(struct firmware_facts *facts, const struct firmware_cpu *cpu);

#endif
