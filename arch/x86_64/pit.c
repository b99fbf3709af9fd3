/*
 * Channel 2 of the 8254 timer, which interrupts nobody. It counts down at 1.193182 MHz and goes round every 55 ms. Where
 * there is none the port reads as a constant, so it is found out when it is waited for.
 */
#include "arch/cpu.h"
#include "x86/reference.h"

#define PIT_HZ                1193182
#define PIT_CHANNEL_2         0x42
#define PIT_COMMAND           0x43
#define PIT_COMMAND_CH2_MODE2 0xb4 /* low byte, high byte; count down and reload, binary */
#define PIT_COMMAND_CH2_LATCH 0x80
#define PIT_MASK              0xffff
#define SYSTEM_CONTROL        0x61
#define SPEAKER_GATE          0x01 /* lets channel 2 count */
#define SPEAKER_DATA          0x02

static uint32_t pit_read(void)
{
    unsigned low;

    arch_port_write8(PIT_COMMAND, PIT_COMMAND_CH2_LATCH);
    low = arch_port_read8(PIT_CHANNEL_2);
    return ~(low | (unsigned)arch_port_read8(PIT_CHANNEL_2) << 8) & PIT_MASK;
}

static const struct reference_clock pit = {
    .name = "the PIT", .hz = PIT_HZ, .mask = PIT_MASK, .run_us = 500, .read = pit_read};

const struct reference_clock *pit_start(void)
{
    uint8_t control = arch_port_read8(SYSTEM_CONTROL) & (uint8_t)~SPEAKER_DATA;

    arch_port_write8(SYSTEM_CONTROL, control | SPEAKER_GATE);
    arch_port_write8(PIT_COMMAND, PIT_COMMAND_CH2_MODE2);
    arch_port_write8(PIT_CHANNEL_2, 0); /* 0 counts as 65536 */
    arch_port_write8(PIT_CHANNEL_2, 0);
    return &pit;
}
