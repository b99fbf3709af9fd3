/*
 * The options a user can give: words `name=value` separated by white space, `#` starts a comment up to the line's end.
 * Bad input is normal: an unknown name, a missing or malformed value is warned about (with the nearest known name) and
 * ignored, all other words count. A later word wins over an earlier one. Pure parser: no hardware, no allocation.
 */
#ifndef LIB_OPTIONS_H
#define LIB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/diagnostics.h"
#include "lib/slice.h"

#define OPTIONS_TEXT_MAX 2048 /* bytes; the loader hands over no more and says so when it cut */
#define OPTION_NAME_MAX  48
#define OPTION_RUN_MAX   1024

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE, LOG_LEVEL_COUNT };

enum panic_action { PANIC_HALT, PANIC_REBOOT, PANIC_POWEROFF };

enum { CONSOLE_SERIAL = 1 << 0, CONSOLE_SCREEN = 1 << 1 };
enum { AUDIT_LOG = 1 << 0, AUDIT_FILE = 1 << 1 };

struct options {
    enum log_level loglevel; /* loglevel=error warn info debug trace */
    unsigned console;        /* console=serial,screen or none: CONSOLE_* bits */
    unsigned audit;          /* audit=log,file: AUDIT_* bits, where the firmware audit goes */
    bool color;              /* color=0 1: ANSI colours on serial */
    bool x2apic;             /* x2apic=0 1: use x2APIC mode where the CPU offers it */
    uint32_t paging_levels;  /* la57=0 1: 4 or 5 levels; 0: as they were handed over */
    uint32_t maxcpus;        /* maxcpus=N: run on so many CPUs at most; 0: on all */
    uint32_t watchdog;       /* watchdog=SECONDS: after which a CPU is taken for stuck; 0: never */
    uint32_t timeout;        /* timeout=SECONDS: the loader's menu waits so long; 0: no menu */
    enum panic_action panic; /* panic=halt reboot poweroff SECONDS: what follows a fatal report */
    uint32_t panic_seconds;  /* panic=SECONDS: so long before a reboot */
    bool store;              /* store=0 1: fatal reports are kept in the firmware's variables */
    bool exit_qemu;          /* exit=qemu: leave through isa-debug-exit when all is done */
    char fault[OPTION_NAME_MAX]; /* fault=NAME or list; empty: none */
    uint32_t fault_cpu;          /* the id of the CPU, fault=NAME@CPU */
    char fault_stage
        [OPTION_NAME_MAX];       /* fault=NAME:STAGE, early, memory or cpus; empty: after `ready` */
    char bench[OPTION_NAME_MAX]; /* bench=NAME; "all" for bench alone; empty: none */
    char run[OPTION_RUN_MAX]; /* run=NAME:ARG,NAME or none: commands (lib/command.h); empty: none */
    char selftest[OPTION_NAME_MAX]; /* selftest=NAME; "all" for selftest alone; empty: none */
};

/* Every option at its built-in value: info, serial and screen, no colour, x2apic on, nothing else. */
void options_set_defaults(struct options *options);

/*
 * Applies the words of text (not NUL-terminated, any bytes) to options, which must hold defaults or earlier words.
 * Warnings quote at most 40 characters of the input, with every byte outside 0x20..0x7e shown as `?`; after 16 of them
 * the other bad words are only counted. A UTF-8 byte order mark in front is passed over.
 */
void options_parse(struct options *options, const char *text, size_t length,
                   const struct diagnostics *diagnostics);

/*
 * The words in one line of at most size - 1 bytes and a NUL, without comments, and behind them `name=value` unless name is
 * NULL; both of at most OPTION_NAME_MAX bytes. False when not all fits: then the line has what does.
 */
bool options_join(char *text, size_t size, struct slice options, const char *name,
                  const char *value);

/*
 * Firmware's LoadOptions are often binary rubbish or the program's own name (UEFI 2.10, 9.1.1 says UCS-2 text at most
 * by custom). Takes size bytes, writes the options in ASCII to `text` (at most text_size - 1 and a NUL): a leading word
 * that ends in .efi is dropped. Returns false, with text empty, when nothing printable is left or when anything
 * outside tab, LF, CR and 0x20..0x7e is found; a terminating NUL and what follows it are ignored.
 * *cut says whether the text did not fit; then it ends with the last whole word that does.
 */
bool options_from_load_options(char *text, size_t text_size, const void *load_options,
                               size_t size_bytes, bool *cut);

#endif
