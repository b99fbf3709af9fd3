/* The CPUs that run the kernel, found by their ids. */
#include "kernel/cpu.h"

#include "arch/cpu.h"

atomic_uint cpu_online_count = 1;

struct cpu *cpu_by_id(unsigned id)
{
    struct cpu *cpu = id < CPUS_MAX ? cpus[id] : NULL;

    return cpu && atomic_load(&cpu->online) ? cpu : NULL;
}

struct cpu *cpu_next(const struct cpu *cpu)
{
    for (unsigned id = cpu ? cpu->id + 1 : 0; id < CPUS_MAX && cpus[id]; id++)
        if (atomic_load(&cpus[id]->online))
            return cpus[id];
    return NULL;
}

int cpu_id_digits(void)
{
    if (CPUS_MAX > 0x100 && cpus[0x100])
        return 3;
    return cpus[0x10] ? 2 : 1;
}

void cpu_set_online(void)
{
    atomic_fetch_add(&cpu_online_count, 1);
    atomic_store(&cpu_self()->online, true);
}
