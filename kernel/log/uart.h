/*
 * A 16550, wherever its registers are. Every wait is bounded, and one that stops answering is given up, so that nothing
 * hangs on it. Source: National Semiconductor PC16550D data sheet, 8.0.
 */
#ifndef KERNEL_LOG_UART_H
#define KERNEL_LOG_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart {
    uint8_t (*read)(const struct uart *uart, unsigned reg);
    void (*write)(const struct uart *uart, unsigned reg, uint8_t value);
    /* `count` bytes to the data register: a line is a hundred, and a call for each would double its cost */
    void (*send)(const struct uart *uart, const char *bytes, unsigned count);
    uintptr_t base; /* of register 0: virtual address, or port */
    uint8_t stride_bytes;
    uint8_t access_bytes; /* 1, 2, 4 */
    uint16_t divisor;     /* of its clock; 0: it keeps the one it has */
    bool present;         /* uart_start() found it */
    bool answers;         /* and it has not stalled since */
    unsigned fifo_bytes, fifo_room;
};

/* Registers in memory, for `read`, `write` and `send`. */
uint8_t uart_read_memory(const struct uart *uart, unsigned reg);
void uart_write_memory(const struct uart *uart, unsigned reg, uint8_t value);
void uart_send_memory(const struct uart *uart, const char *bytes, unsigned count);

/*
 * Sets 8N1, the divisor, no interrupts, the FIFO on; false when no UART answers. The members up to `divisor` are the
 * caller's, the rest is set here. Any context, one CPU at a time; so are the others.
 */
bool uart_start(struct uart *uart);

/* Sends it all, unless the port stalls: what is left is dropped then, and what is to come too. */
void uart_put(struct uart *uart, const char *text, size_t length);

/* A port that was given up gets another chance. */
void uart_try_again(struct uart *uart);

#endif
