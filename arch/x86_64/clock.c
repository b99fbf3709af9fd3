/*
 * How fast the time-stamp counter and the local APIC timer count, measured against channel 2 of the
 * PIT, and the timer interrupt. Several short runs, with every reading bracketed by the TSC: a run
 * that was disturbed (an SMI, an emulator that was not scheduled) has a wide bracket, hence a large
 * error bound, and the run with the smallest one counts.
 */
#include "arch/timer.h"

#include "arch/cpu.h"
#include "arch/trap.h"
#include "kernel/log.h"
#include "kernel/time/tick.h"
#include "x86/exceptions.h"
#include "x86/lapic.h"

#define PIT_HZ                1193182
#define PIT_CHANNEL_2         0x42
#define PIT_COMMAND           0x43
#define PIT_COMMAND_CH2_MODE2 0xb4 /* low byte, high byte; count down and reload, binary */
#define PIT_COMMAND_CH2_LATCH 0x80
#define PIT_MASK              0xffff
#define SYSTEM_CONTROL        0x61
#define SPEAKER_GATE          0x01 /* lets channel 2 count */
#define SPEAKER_DATA          0x02

#define RUNS         3
#define RUN_TICKS    (PIT_HZ / 2000)   /* half a millisecond: three runs are 1.5 ms */
#define STALLED_TSC  UINT64_C(1000000) /* 0.2 ms at 5 GHz; the PIT counts every microsecond */
#define HOPELESS_TSC (100 * STALLED_TSC)

static uint64_t tsc_hz, lapic_hz;

static uint16_t pit_read(void)
{
    uint8_t low;

    arch_port_write8(PIT_COMMAND, PIT_COMMAND_CH2_LATCH);
    low = arch_port_read8(PIT_CHANNEL_2);
    return (uint16_t)(low | arch_port_read8(PIT_CHANNEL_2) << 8);
}

static void pit_start(void)
{
    uint8_t control = arch_port_read8(SYSTEM_CONTROL) & (uint8_t)~SPEAKER_DATA;

    arch_port_write8(SYSTEM_CONTROL, control | SPEAKER_GATE);
    arch_port_write8(PIT_COMMAND, PIT_COMMAND_CH2_MODE2);
    arch_port_write8(PIT_CHANNEL_2, 0); /* 0 counts as 65536 */
    arch_port_write8(PIT_CHANNEL_2, 0);
}

/* One reading of all three counters; the PIT's lies somewhere between tsc and tsc + bracket. */
struct sample {
    uint64_t tsc, bracket;
    uint32_t lapic;
    uint16_t pit;
};

static void take_sample(struct sample *sample)
{
    sample->tsc = arch_timestamp();
    sample->lapic = lapic_read(LAPIC_TIMER_CURRENT);
    sample->pit = pit_read();
    sample->bracket = arch_timestamp() - sample->tsc;
}

/* The narrowest of a few: the first touch of a device can be slow. */
static void take_narrow_sample(struct sample *best)
{
    struct sample sample;

    take_sample(best);
    for (unsigned i = 0; i < 3; i++) {
        take_sample(&sample);
        if (sample.bracket < best->bracket)
            *best = sample;
    }
}

struct run {
    uint64_t tsc_hz, lapic_hz;
    uint64_t error_ppm;
};

/* False when the PIT stands still: nothing may hang on it. The time is read before the PIT, so that
 * a pause between the two cannot look like a PIT that has not moved in that time. */
static bool wait_for_pit(const struct sample *start)
{
    uint64_t waited;
    uint16_t pit;

    for (;;) {
        waited = arch_timestamp() - start->tsc;
        pit = pit_read();
        if ((uint16_t)(start->pit - pit) >= RUN_TICKS)
            return true;
        if ((waited > STALLED_TSC && pit == start->pit) || waited > HOPELESS_TSC)
            return false;
    }
}

static bool measure(struct run *run)
{
    struct sample start, end;
    uint32_t pit_ticks;

    take_narrow_sample(&start);
    if (!wait_for_pit(&start))
        return false;
    take_narrow_sample(&end);
    pit_ticks = (uint16_t)(start.pit - end.pit); /* it counts down */
    if (pit_ticks == 0 || end.tsc <= start.tsc || start.lapic <= end.lapic)
        return false;
    run->tsc_hz = (end.tsc - start.tsc) * PIT_HZ / pit_ticks;
    run->lapic_hz = (uint64_t)(start.lapic - end.lapic) * PIT_HZ / pit_ticks;
    run->error_ppm =
        (start.bracket + end.bracket) * 1000000 / (end.tsc - start.tsc) + 1000000 / pit_ticks;
    return true;
}

bool arch_clock_calibrate(void)
{
    struct run best = {.error_ppm = UINT64_MAX}, run;

    lapic_write(LAPIC_TIMER_DIVIDE, LAPIC_DIVIDE_BY_1);
    lapic_write(LAPIC_TIMER_INITIAL, UINT32_MAX);
    pit_start();
    for (unsigned i = 0; i < RUNS && measure(&run); i++)
        if (run.error_ppm < best.error_ppm)
            best = run;
    lapic_write(LAPIC_TIMER_INITIAL, 0);
    if (best.error_ppm == UINT64_MAX) {
        log_warn("the PIT does not count: no clock, log times stay 0 and there are no ticks");
        return false;
    }
    tsc_hz = best.tsc_hz;
    lapic_hz = best.lapic_hz;
    log_info("clock: TSC %lu.%03lu MHz, local APIC timer %lu.%03lu MHz, by the PIT, within %lu ppm",
             tsc_hz / 1000000, tsc_hz / 1000 % 1000, lapic_hz / 1000000, lapic_hz / 1000 % 1000,
             best.error_ppm);
    return true;
}

uint64_t arch_timestamp_hz(void) { return tsc_hz; }

static void on_timer(struct trap_frame *frame)
{
    (void)frame;
    cpu_self()->ticks++;
    lapic_eoi();
    tick();
}

void arch_timer_start_cpu(unsigned hz)
{
    if (lapic_hz == 0)
        return;
    trap_set_handler(VECTOR_LAPIC_TIMER, on_timer);
    lapic_write(LAPIC_TIMER_DIVIDE, LAPIC_DIVIDE_BY_1);
    lapic_write(LAPIC_LVT_TIMER, lapic_lvt_value(&(struct lapic_lvt){
                                     .vector = VECTOR_LAPIC_TIMER, .timer_mode = LAPIC_PERIODIC}));
    lapic_write(LAPIC_TIMER_INITIAL, (uint32_t)(lapic_hz / hz));
    log_info("timer: %u Hz", hz);
}

bool arch_reference_read(uint32_t *value, uint32_t *mask, uint32_t *hz)
{
    *value = (uint16_t)~pit_read(); /* so that it counts up */
    *mask = PIT_MASK;
    *hz = PIT_HZ;
    return tsc_hz != 0;
}
