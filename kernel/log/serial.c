/*
 * A 16550 at COM1. Every wait is bounded, and a port that stops answering is given up, so that a
 * machine without one never hangs here. Source: National Semiconductor PC16550D data sheet, 8.0.
 */
#include "serial.h"

#include "arch/cpu.h"
#include "lib/bits.h"
#include "lib/format.h"

#define COM1 0x3f8

#define UART_DATA 0
#define UART_DLL  0 /* with LCR_DLAB */
#define UART_IER  1
#define UART_DLM  1
#define UART_FCR  2
#define UART_IIR  2 /* reading; UART_FCR is for writing */
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5

#define FCR_ENABLE_AND_CLEAR 0x07
#define LCR_8N1              0x03
#define LCR_DLAB             0x80
#define MCR_DTR_RTS_OUT2     0x0b
#define MCR_LOOPBACK         0x1e
#define LSR_DATA_READY       0x01
#define LSR_THR_EMPTY        0x20
#define LSR_ALL_SENT         0x40
#define IIR_FIFO_WORKS       0xc0

#define DIVISOR_115200 1
#define FIFO_BYTES     16
#define WAIT_SPINS     200000 /* a full FIFO drains in 1.4 ms; one port read takes at least 100 ns */

static bool present, answers, use_color; /* it was found; it has not stalled since */
static unsigned fifo_bytes, fifo_room;

static uint8_t uart_read(unsigned reg) { return arch_port_read8((uint16_t)(COM1 + reg)); }

static void uart_write(unsigned reg, uint8_t value)
{
    arch_port_write8((uint16_t)(COM1 + reg), value);
}

static bool wait_for(uint8_t bit)
{
    for (unsigned spins = 0; spins < WAIT_SPINS; spins++)
        if (uart_read(UART_LSR) & bit)
            return true;
    return false;
}

/* An empty bus reads as ff or as what was last on it: only a UART gives back a byte sent to itself.
 */
static bool loopback_works(void)
{
    const uint8_t probe = 0xae;
    bool same;

    uart_write(UART_MCR, MCR_LOOPBACK);
    uart_write(UART_DATA, probe);
    same = wait_for(LSR_DATA_READY) && uart_read(UART_DATA) == probe;
    uart_write(UART_MCR, MCR_DTR_RTS_OUT2);
    return same;
}

bool serial_init(bool color)
{
    use_color = color;
    if (uart_read(UART_LSR) == 0xff)
        return false;
    wait_for(LSR_ALL_SENT); /* what the firmware or the loader sent last */
    uart_write(UART_IER, 0);
    uart_write(UART_LCR, LCR_DLAB);
    uart_write(UART_DLL, DIVISOR_115200);
    uart_write(UART_DLM, 0);
    uart_write(UART_LCR, LCR_8N1);
    uart_write(UART_FCR, FCR_ENABLE_AND_CLEAR);
    fifo_bytes = (uart_read(UART_IIR) & IIR_FIFO_WORKS) == IIR_FIFO_WORKS ? FIFO_BYTES : 1;
    present = answers = loopback_works();
    return present;
}

void serial_try_again(void) { answers = present; }

/* The FIFO takes 16 bytes once it is empty, so the port is asked once for 16 bytes. A port that
 * stalls is not waited for again, byte after byte. */
static bool has_room(void)
{
    if (fifo_room > 0)
        return true;
    answers = answers && wait_for(LSR_THR_EMPTY);
    fifo_room = answers ? fifo_bytes : 0;
    return answers;
}

static void put_text(const char *text, size_t length)
{
    while (length > 0 && has_room()) {
        unsigned part = length < fifo_room ? (unsigned)length : fifo_room;

        fifo_room -= part;
        length -= part;
        while (part-- > 0)
            uart_write(UART_DATA, (uint8_t)*text++);
    }
}

static void serial_put(uint32_t rgb, const char *text, size_t length)
{
    if (use_color) {
        char escape[24];

        put_text(escape, format(escape, sizeof(escape), "\x1b[38;2;%u;%u;%um", rgb >> 16,
                                rgb >> 8 & 0xff, rgb & 0xff));
    }
    put_text(text, length);
}

static void serial_end_line(void)
{
    if (use_color)
        put_text("\x1b[0m", 4);
    put_text("\r\n", 2);
}

const struct log_sink serial_sink = {.put = serial_put, .end_line = serial_end_line};
