/* See uart.h. What differs between ports and memory is in the accessors alone. */
#include "uart.h"

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

#define FIFO_BYTES 16
#define WAIT_SPINS 200000 /* a full FIFO drains in 1.4 ms; one port read takes at least 100 ns */

uint8_t uart_read_memory(const struct uart *uart, unsigned reg)
{
    uintptr_t at = uart->base + reg * uart->stride_bytes;

    if (uart->access_bytes == sizeof(uint32_t))
        return (uint8_t) * (volatile uint32_t *)at;
    if (uart->access_bytes == sizeof(uint16_t))
        return (uint8_t) * (volatile uint16_t *)at;
    return *(volatile uint8_t *)at;
}

void uart_write_memory(const struct uart *uart, unsigned reg, uint8_t value)
{
    uintptr_t at = uart->base + reg * uart->stride_bytes;

    if (uart->access_bytes == sizeof(uint32_t))
        *(volatile uint32_t *)at = value;
    else if (uart->access_bytes == sizeof(uint16_t))
        *(volatile uint16_t *)at = value;
    else
        *(volatile uint8_t *)at = value;
}

void uart_send_memory(const struct uart *uart, const char *bytes, unsigned count)
{
    while (count-- > 0)
        uart_write_memory(uart, UART_DATA, (uint8_t)*bytes++);
}

static bool wait_for(const struct uart *uart, uint8_t bit)
{
    for (unsigned spins = 0; spins < WAIT_SPINS; spins++)
        if (uart->read(uart, UART_LSR) & bit)
            return true;
    return false;
}

/* An empty bus reads as ff or as what was last on it: only a UART gives back a byte sent to itself.
 */
static bool loopback_works(const struct uart *uart)
{
    const uint8_t probe = 0xae;
    bool same;

    uart->write(uart, UART_MCR, MCR_LOOPBACK);
    uart->write(uart, UART_DATA, probe);
    same = wait_for(uart, LSR_DATA_READY) && uart->read(uart, UART_DATA) == probe;
    uart->write(uart, UART_MCR, MCR_DTR_RTS_OUT2);
    return same;
}

static void set_divisor(const struct uart *uart)
{
    if (uart->divisor == 0)
        return;
    uart->write(uart, UART_LCR, LCR_DLAB);
    uart->write(uart, UART_DLL, (uint8_t)uart->divisor);
    uart->write(uart, UART_DLM, (uint8_t)(uart->divisor >> 8));
}

bool uart_start(struct uart *uart)
{
    uart->present = uart->answers = false;
    uart->fifo_room = 0;
    if (uart->read(uart, UART_LSR) == 0xff)
        return false;
    wait_for(uart, LSR_ALL_SENT); /* what the firmware or the loader sent last */
    uart->write(uart, UART_IER, 0);
    set_divisor(uart);
    uart->write(uart, UART_LCR, LCR_8N1);
    uart->write(uart, UART_FCR, FCR_ENABLE_AND_CLEAR);
    uart->fifo_bytes =
        (uart->read(uart, UART_IIR) & IIR_FIFO_WORKS) == IIR_FIFO_WORKS ? FIFO_BYTES : 1;
    uart->present = uart->answers = loopback_works(uart);
    return uart->present;
}

void uart_try_again(struct uart *uart) { uart->answers = uart->present; }

/* The FIFO takes 16 bytes once it is empty, so the port is asked once for 16 bytes. A port that
 * stalls is not waited for again, byte after byte. */
static bool has_room(struct uart *uart)
{
    if (uart->fifo_room > 0)
        return true;
    uart->answers = uart->answers && wait_for(uart, LSR_THR_EMPTY);
    uart->fifo_room = uart->answers ? uart->fifo_bytes : 0;
    return uart->answers;
}

void uart_put(struct uart *uart, const char *text, size_t length)
{
    while (length > 0 && has_room(uart)) {
        unsigned part = length < uart->fifo_room ? (unsigned)length : uart->fifo_room;

        uart->fifo_room -= part;
        length -= part;
        uart->send(uart, text, part);
        text += part;
    }
}
