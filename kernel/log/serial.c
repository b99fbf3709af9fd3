/* The serial sink: which 16550 it writes to, and in which colours. */
#include "serial.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/mm/vmap.h"
#include "lib/format.h"
#include "uart.h"

#define DIVISOR_COM1 (SERIAL_CLOCK_HZ / 16 / SERIAL_COM1_BAUD)
#define REGISTERS    8

static bool use_color;

static uint8_t read_port(const struct uart *uart, unsigned reg)
{
    return arch_port_read8((uint16_t)(uart->base + reg * uart->stride_bytes));
}

static void write_port(const struct uart *uart, unsigned reg, uint8_t value)
{
    arch_port_write8((uint16_t)(uart->base + reg * uart->stride_bytes), value);
}

static void send_port(const struct uart *uart, const char *bytes, unsigned count)
{
    arch_port_write8_many((uint16_t)uart->base, bytes, count);
}

static struct uart console = {.read = read_port,
                              .write = write_port,
                              .send = send_port,
                              .base = SERIAL_COM1,
                              .stride_bytes = 1,
                              .access_bytes = 1,
                              .divisor = DIVISOR_COM1};

bool serial_init(bool color)
{
    use_color = color;
    return uart_start(&console);
}

/* Base 0: the registers cannot be mapped. */
static struct uart make_uart(const struct serial_port *port)
{
    struct uart uart = {.read = read_port,
                        .write = write_port,
                        .send = send_port,
                        .base = port->address,
                        .stride_bytes = port->stride_bytes,
                        .access_bytes = port->access_bytes,
                        .divisor = port->divisor};

    if (port->is_mmio) {
        uart.read = uart_read_memory;
        uart.write = uart_write_memory;
        uart.send = uart_send_memory;
        uart.base = (uintptr_t)vmap_device(port->address, (uint64_t)REGISTERS * port->stride_bytes,
                                           MMU_UNCACHED);
    }
    return uart;
}

bool serial_move(const struct serial_port *port, bool color)
{
    struct uart uart = make_uart(port);

    if (uart.base == 0 || !uart_start(&uart))
        return false;
    use_color = color;
    console = uart;
    return true;
}

void serial_try_again(void) { uart_try_again(&console); }

static void serial_put(uint32_t rgb, const char *text, size_t length)
{
    if (use_color) {
        char escape[24];

        uart_put(&console, escape,
                 format(escape, sizeof(escape), "\x1b[38;2;%u;%u;%um", rgb >> 16, rgb >> 8 & 0xff,
                        rgb & 0xff));
    }
    uart_put(&console, text, length);
}

static void serial_end_line(void)
{
    if (use_color)
        uart_put(&console, "\x1b[0m", 4);
    uart_put(&console, "\r\n", 2);
}

const struct log_sink serial_sink = {.put = serial_put, .end_line = serial_end_line};
