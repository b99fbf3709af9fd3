/*
 * The 16550, against a model of one, and its registers in memory: QEMU has no UART there. It needs nothing of the kernel,
 * so it is compiled right here.
 */
#include "../../kernel/log/uart.c"

#include "host_test.h"

#define SENT_MAX 4096

/* What a 16550 does, as far as the driver sees it. */
static struct model {
    uint8_t registers[8], divisor[2];
    uint8_t received;
    bool absent, deaf, no_fifo, stalls;
    bool divisor_written;
    char sent[SENT_MAX];
    size_t sent_count, fifo_used, overruns, status_reads, writes;
} model;

static uint8_t model_read(const struct uart *uart, unsigned reg)
{
    (void)uart;
    if (model.absent)
        return 0xff;
    if (reg == UART_DATA)
        return model.received;
    if (reg == UART_IIR)
        return model.no_fifo ? 0x01 : 0xc1;
    if (reg != UART_LSR)
        return model.registers[reg];
    model.status_reads++;
    if (model.stalls)
        return 0;
    model.fifo_used = 0; /* whoever looks, looks late enough */
    return LSR_THR_EMPTY | LSR_ALL_SENT | (model.received ? LSR_DATA_READY : 0);
}

static void model_send(uint8_t value)
{
    if (model.registers[UART_MCR] == MCR_LOOPBACK) {
        model.received = model.deaf ? 0x55 : value;
        return;
    }
    model.overruns += model.fifo_used++ >= (model.no_fifo ? 1 : 16);
    assert_true(model.sent_count < SENT_MAX);
    model.sent[model.sent_count++] = (char)value;
}

static void model_write(const struct uart *uart, unsigned reg, uint8_t value)
{
    (void)uart;
    model.writes++;
    if (model.registers[UART_LCR] & LCR_DLAB && reg < 2) {
        model.divisor[reg] = value;
        model.divisor_written = true;
    } else if (reg == UART_DATA) {
        model_send(value);
    } else {
        model.registers[reg] = value;
    }
}

static void model_send_all(const struct uart *uart, const char *bytes, unsigned count)
{
    while (count-- > 0)
        model_write(uart, UART_DATA, (uint8_t)*bytes++);
}

static struct uart start(struct model what, uint16_t divisor, bool found)
{
    struct uart uart = {
        .read = model_read, .write = model_write, .send = model_send_all, .divisor = divisor};

    model = what;
    assert_int_equal(uart_start(&uart), found);
    return uart;
}

static void it_is_set_up(void **state)
{
    (void)state;
    start((struct model){0}, 0x123, true);
    assert_int_equal(model.divisor[0], 0x23);
    assert_int_equal(model.divisor[1], 0x01);
    assert_int_equal(model.registers[UART_LCR], LCR_8N1);
    assert_int_equal(model.registers[UART_IER], 0);
    assert_int_equal(model.registers[UART_MCR], MCR_DTR_RTS_OUT2);
    assert_int_equal(model.registers[UART_FCR], FCR_ENABLE_AND_CLEAR);
    assert_int_equal(model.sent_count, 0);
}

static void divisor_0_leaves_the_rate(void **state)
{
    (void)state;
    start((struct model){0}, 0, true);
    assert_false(model.divisor_written);
    assert_int_equal(model.registers[UART_LCR], LCR_8N1);
}

static void what_does_not_answer_is_none(void **state)
{
    struct uart uart = start((struct model){.absent = true}, 1, false);

    (void)state;
    uart_put(&uart, "text", 4);
    uart_try_again(&uart);
    uart_put(&uart, "text", 4);
    assert_int_equal(model.writes, 0); /* it can be anything else */
    start((struct model){.deaf = true}, 1, false);
    start((struct model){.stalls = true}, 1, false);
}

static void text_is_sent_whole(void **state)
{
    static char text[1000];
    struct uart uart = start((struct model){0}, 1, true);

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    model.status_reads = 0;
    uart_put(&uart, text, 1);
    uart_put(&uart, text + 1, 998);
    uart_put(&uart, text + 999, 1);
    assert_int_equal(model.sent_count, sizeof(text));
    assert_memory_equal(model.sent, text, sizeof(text));
    assert_int_equal(model.overruns, 0);
    assert_int_equal(model.status_reads, 63); /* once for 16 bytes */
}

static void without_a_fifo_each_byte_waits(void **state)
{
    struct uart uart = start((struct model){.no_fifo = true}, 1, true);

    (void)state;
    uart_put(&uart, "0123456789", 10);
    assert_int_equal(model.sent_count, 10);
    assert_int_equal(model.overruns, 0);
}

static void a_port_that_stalls_is_given_up_once(void **state)
{
    struct uart uart = start((struct model){0}, 1, true);

    (void)state;
    model.stalls = true;
    model.status_reads = 0;
    uart_put(&uart, "0123456789abcdefghij", 20);
    assert_int_equal(model.status_reads, WAIT_SPINS);
    uart_put(&uart, "k", 1);
    assert_int_equal(model.status_reads, WAIT_SPINS);
    assert_int_equal(model.sent_count, 0);
    model.stalls = false;
    uart_put(&uart, "l", 1);
    assert_int_equal(model.sent_count, 0);
    uart_try_again(&uart);
    uart_put(&uart, "m", 1);
    assert_int_equal(model.sent_count, 1);
}

/* ---- registers in memory ---- */

static struct memory_row {
    const char *name;
    uint8_t stride, access;
} memory_rows[] = {
    {"bytes, 1 apart", 1, 1},   {"bytes, 2 apart", 2, 1},   {"bytes, 4 apart", 4, 1},
    {"16 bits, 2 apart", 2, 2}, {"16 bits, 4 apart", 4, 2}, {"32 bits, 4 apart", 4, 4},
};

static void registers_in_memory(void **state)
{
    const struct memory_row *row = *state;
    size_t size = 8u * row->stride;
    uint8_t *memory = malloc(size); /* the sanitizer sees an access beyond it */
    struct uart uart = {
        .base = (uintptr_t)memory, .stride_bytes = row->stride, .access_bytes = row->access};

    for (unsigned reg = 0; reg < 8; reg++) {
        memset(memory, 0xcc, size);
        uart_write_memory(&uart, reg, 0x5a);
        for (size_t i = 0; i < size; i++) {
            size_t first = (size_t)reg * row->stride;
            bool written = i >= first && i < first + row->access;

            assert_int_equal(memory[i], !written ? 0xcc : i == first ? 0x5a : 0);
        }
        memset(memory, 0xcc, size);
        uart_send_memory(&uart, "ab", 2);
        assert_int_equal(memory[0], 'b');
        memset(memory + reg * row->stride, 0xff, row->access);
        memory[reg * row->stride] = 0xa5;
        assert_int_equal(uart_read_memory(&uart, reg), 0xa5);
    }
    free(memory);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, it_is_set_up);
    HOST_ADD(&tests, divisor_0_leaves_the_rate);
    HOST_ADD(&tests, what_does_not_answer_is_none);
    HOST_ADD(&tests, text_is_sent_whole);
    HOST_ADD(&tests, without_a_fifo_each_byte_waits);
    HOST_ADD(&tests, a_port_that_stalls_is_given_up_once);
    HOST_ADD_ROWS(&tests, registers_in_memory, memory_rows);
    return host_tests_run(&tests, "uart");
}
