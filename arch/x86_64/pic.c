/*
 * The 8259s, only to make them silent. The register that would lead their output past the local APIC (IMCR) is left
 * alone: only tables older than ACPI speak of it, and firmware that boots UEFI applications has done with it. Source:
 * Intel 8259A data sheet, ICW1 to ICW4, OCW1 to OCW3; MultiProcessor Specification 1.4, 3.6.2.
 */
#include "x86/pic.h"

#include "arch/cpu.h"
#include "x86/exceptions.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1

#define ICW1_INIT_WITH_ICW4 0x11
#define ICW3_PIC2_AT_LINE_2 0x04
#define ICW3_PIC2_IDENTITY  0x02
#define ICW4_8086           0x01
#define OCW1_MASK_ALL       0xff
#define OCW2_EOI            0x20
#define OCW3_READ_ISR       0x0b

static void init_one(uint16_t command, uint16_t data, uint8_t first_vector, uint8_t cascade)
{
    arch_port_write8(command, ICW1_INIT_WITH_ICW4);
    arch_port_write8(data, first_vector);
    arch_port_write8(data, cascade);
    arch_port_write8(data, ICW4_8086);
    arch_port_write8(data, OCW1_MASK_ALL);
}

void pic_init(void)
{
    init_one(PIC1_COMMAND, PIC1_DATA, VECTOR_PIC_FIRST, ICW3_PIC2_AT_LINE_2);
    init_one(PIC2_COMMAND, PIC2_DATA, VECTOR_PIC_FIRST + 8, ICW3_PIC2_IDENTITY);
}

bool pic_take_spurious(unsigned vector)
{
    uint16_t command = vector == VECTOR_PIC_SPURIOUS_2 ? PIC2_COMMAND : PIC1_COMMAND;
    bool real;

    arch_port_write8(command, OCW3_READ_ISR);
    real = arch_port_read8(command) & 0x80;
    if (real)
        arch_port_write8(command, OCW2_EOI);
    if (command == PIC2_COMMAND)
        arch_port_write8(PIC1_COMMAND, OCW2_EOI); /* the first PIC saw line 2 in either case */
    return !real;
}
