/*
 * The options and their values. The table below is the whole language: one row for an option. Words
 * and warnings are the business of options_parse.c.
 */
#include "options_internal.h"

#include "lib/command.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define WATCHDOG_MAX   3600
#define TIMEOUT_MAX    3600
#define PANIC_MAX      3600
#define CPU_DIGITS_MAX 4
#define MAXCPUS_MAX    100000 /* more than any machine has */

/* A name ends up in log lines, so it is text and fits. */
static bool slice_store(char *name, struct slice slice)
{
    if (slice.length == 0 || slice.length >= OPTION_NAME_MAX)
        return false;
    for (size_t i = 0; i < slice.length; i++) {
        if (slice.text[i] <= ' ' || slice.text[i] > '~')
            return false;
    }
    return string_copy(name, OPTION_NAME_MAX, slice.text, slice.length);
}

/* Index of the name that equals slice, or -1. */
static int slice_find(struct slice slice, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(slice, names[i]))
            return (int)i;
    }
    return -1;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool set_bool(bool *target, struct slice value)
{
    if (!slice_is(value, "0") && !slice_is(value, "1"))
        return false;
    *target = value.text[0] == '1';
    return true;
}

static bool set_loglevel(struct options *options, struct slice value)
{
    static const char *const names[] = {
        [LOG_ERROR] = "error", [LOG_WARN] = "warn",   [LOG_INFO] = "info",
        [LOG_DEBUG] = "debug", [LOG_TRACE] = "trace",
    };
    int level = slice_find(value, names, ARRAY_COUNT(names));

    if (level < 0)
        return false;
    options->loglevel = (enum log_level)level;
    return true;
}

/* Names with commas between them, in any order; each is the bit of its place in `names`. */
static bool set_bits(unsigned *target, struct slice value, const char *const *names, size_t count)
{
    unsigned bits = 0;
    bool more;

    do {
        struct slice part;

        more = slice_split(&part, &value, ',');
        int bit = slice_find(part, names, count);

        if (bit < 0)
            return false;
        bits |= 1u << bit;
    } while (more);
    *target = bits;
    return true;
}

static bool set_console(struct options *options, struct slice value)
{
    static const char *const names[] = {"serial", "screen"}; /* in the order of the CONSOLE_ bits */

    if (!slice_is(value, "none"))
        return set_bits(&options->console, value, names, ARRAY_COUNT(names));
    options->console = 0;
    return true;
}

static bool set_audit(struct options *options, struct slice value)
{
    static const char *const names[] = {"log", "file"}; /* in the order of the AUDIT_ bits */

    return set_bits(&options->audit, value, names, ARRAY_COUNT(names));
}

static bool set_color(struct options *options, struct slice value)
{
    return set_bool(&options->color, value);
}

static bool set_x2apic(struct options *options, struct slice value)
{
    return set_bool(&options->x2apic, value);
}

static bool set_la57(struct options *options, struct slice value)
{
    bool la57;

    if (!set_bool(&la57, value))
        return false;
    options->paging_levels = la57 ? 5 : 4;
    return true;
}

static bool set_number(uint32_t *target, struct slice value, uint32_t least, uint32_t most)
{
    uint64_t number = 0;

    if (value.length == 0 || value.length > 9)
        return false;
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(value.text[i] - '0');
    }
    if (number < least || number > most)
        return false;
    *target = (uint32_t)number;
    return true;
}

static bool set_maxcpus(struct options *options, struct slice value)
{
    return set_number(&options->maxcpus, value, 1, MAXCPUS_MAX);
}

static bool set_watchdog(struct options *options, struct slice value)
{
    return set_number(&options->watchdog, value, 0, WATCHDOG_MAX);
}

static bool set_panic(struct options *options, struct slice value)
{
    static const char *const names[] = {
        [PANIC_HALT] = "halt",
        [PANIC_REBOOT] = "reboot",
        [PANIC_POWEROFF] = "poweroff",
    };
    int action = slice_find(value, names, ARRAY_COUNT(names));
    uint32_t seconds = 0;

    if (action < 0 && !set_number(&seconds, value, 1, PANIC_MAX))
        return false;
    options->panic = action < 0 ? PANIC_REBOOT : (enum panic_action)action;
    options->panic_seconds = seconds;
    return true;
}

static bool set_store(struct options *options, struct slice value)
{
    return set_bool(&options->store, value);
}

static bool set_exit(struct options *options, struct slice value)
{
    if (!slice_is(value, "qemu"))
        return false;
    options->exit_qemu = true;
    return true;
}

/* A CPU's id is hexadecimal, as the log prints it. */
static bool read_cpu(uint32_t *cpu, struct slice digits)
{
    *cpu = 0;
    for (size_t i = 0; i < digits.length; i++) {
        int digit = hex_digit(digits.text[i]);

        if (digit < 0)
            return false;
        *cpu = *cpu << 4 | (uint32_t)digit;
    }
    return digits.length >= 1 && digits.length <= CPU_DIGITS_MAX;
}

/* Before the stage "cpus" there is only one. */
static bool set_fault(struct options *options, struct slice value)
{
    static const char *const stages[] = {"cpus", "early", "memory"};
    struct slice name, fault;
    bool has_stage = slice_split(&name, &value, ':');
    bool has_cpu = slice_split(&fault, &name, '@');
    int stage = has_stage ? slice_find(value, stages, ARRAY_COUNT(stages)) : 0;
    uint32_t cpu = 0;

    if (stage < 0 || (has_cpu && (stage > 0 || !read_cpu(&cpu, name))))
        return false;
    if (!slice_store(options->fault, fault))
        return false;
    options->fault_cpu = cpu;
    /* Without a stage, `value` is empty by now. */
    return string_copy(options->fault_stage, OPTION_NAME_MAX, value.text, value.length);
}

static bool set_run(struct options *options, struct slice value)
{
    struct slice rest = value, command;
    bool more;

    if (value.length >= OPTION_RUN_MAX)
        return false;
    if (slice_is(value, "none")) {
        options->run[0] = '\0';
        return true;
    }
    do {
        more = slice_split(&command, &rest, ',');
        if (command_check(command) != NULL)
            return false;
    } while (more);
    return string_copy(options->run, OPTION_RUN_MAX, value.text, value.length);
}

static bool set_timeout(struct options *options, struct slice value)
{
    return set_number(&options->timeout, value, 0, TIMEOUT_MAX);
}

static bool set_selftest(struct options *options, struct slice value)
{
    return slice_store(options->selftest, value);
}

static bool set_bench(struct options *options, struct slice value)
{
    return slice_store(options->bench, value);
}

const struct option_row option_rows[] = {
    {"loglevel", set_loglevel, "error, warn, info, debug or trace", NULL},
    {"console", set_console, "serial, screen, serial,screen or none", NULL},
    {"audit", set_audit, "log, file or log,file", NULL},
    {"color", set_color, "0 or 1", NULL},
    {"x2apic", set_x2apic, "0 or 1", NULL},
    {"la57", set_la57, "0 or 1", NULL},
    {"maxcpus", set_maxcpus, "a number from 1 to 100000", NULL},
    {"watchdog", set_watchdog, "seconds, from 0 (off) to 3600", NULL},
    {"timeout", set_timeout, "seconds, from 0 (no menu) to 3600", NULL},
    {"panic", set_panic, "halt, reboot, poweroff or seconds from 1 to 3600", NULL},
    {"store", set_store, "0 or 1", NULL},
    {"exit", set_exit, "qemu", NULL},
    {"fault", set_fault,
     "list, or NAME, NAME@CPU, NAME:STAGE or NAME@CPU:cpus; STAGE is early, memory or cpus, CPU "
     "hexadecimal",
     NULL},
    {"run", set_run,
     "none, or NAME:ARG:ARG,NAME with names of at most 47 characters and 15 arguments each", NULL},
    {"selftest", set_selftest, "a name of at most 47 characters, or none at all for every test",
     "all"},
    {"bench", set_bench, "a name of at most 47 characters, or none at all for every row", "all"},
};

const size_t option_row_count = ARRAY_COUNT(option_rows);

void options_set_defaults(struct options *options)
{
    *options = (struct options){
        .loglevel = LOG_INFO,
        .console = CONSOLE_SERIAL | CONSOLE_SCREEN,
        .x2apic = true,
        .watchdog = 2,
        .store = true,
        .run = "demo",
    };
}
