/* The options: one row for what each text makes of the defaults, and what is warned about; then load options. */
#include "host_test.h"
#include "lib/edit_distance.h"
#include "lib/options.h"

static struct options defaults(void)
{
    struct options options;

    options_set_defaults(&options);
    return options;
}

/* Parses from a block of exactly the text's size. */
static void parse(struct options *options, const void *text, size_t length,
                  struct findings *findings)
{
    struct diagnostics diagnostics = findings_collect(findings);
    uint8_t *block, *bytes = guarded_copy(&block, text, length, 0);

    options_parse(options, (const char *)bytes, length, &diagnostics);
    free(block);
}

static bool same_options(const struct options *a, const struct options *b)
{
    return a->loglevel == b->loglevel && a->console == b->console && a->audit == b->audit &&
           a->color == b->color && a->x2apic == b->x2apic && a->paging_levels == b->paging_levels &&
           a->maxcpus == b->maxcpus && a->watchdog == b->watchdog && a->timeout == b->timeout &&
           a->fault_cpu == b->fault_cpu && a->panic == b->panic &&
           a->panic_seconds == b->panic_seconds && a->store == b->store &&
           a->exit_qemu == b->exit_qemu && strcmp(a->fault, b->fault) == 0 &&
           strcmp(a->fault_stage, b->fault_stage) == 0 && strcmp(a->selftest, b->selftest) == 0 &&
           strcmp(a->run, b->run) == 0;
}

#define DEFAULTS                                                                                   \
    .loglevel = LOG_INFO, .console = CONSOLE_SERIAL | CONSOLE_SCREEN, .x2apic = true,              \
    .watchdog = 2, .store = true, .run = "demo"
#define NAME_47 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijk"
#define EXPECT(...)                                                                                \
    {                                                                                              \
        DEFAULTS, __VA_ARGS__                                                                      \
    }

struct text_row {
    const char *name; /* the text itself */
    struct options expected;
    const char *warning; /* NULL: none */
    const char *text;    /* when it is not its own name */
};

/* Later initialisers override DEFAULTS on purpose. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off */
static struct text_row texts[] = {
    {.name = "nothing", .text = "", .expected = {DEFAULTS}},
    {"loglevel=error", EXPECT(.loglevel = LOG_ERROR), NULL, NULL},
    {"loglevel=warn", EXPECT(.loglevel = LOG_WARN), NULL, NULL},
    {"loglevel=info", {DEFAULTS}, NULL, NULL},
    {"loglevel=debug", EXPECT(.loglevel = LOG_DEBUG), NULL, NULL},
    {"loglevel=trace", EXPECT(.loglevel = LOG_TRACE), NULL, NULL},
    {"loglevel=loud", {DEFAULTS}, "\"loglevel=loud\" ignored: the value must be error, warn, info", NULL},
    {"loglevel=", {DEFAULTS}, "the value must be", NULL},
    {"loglevel", {DEFAULTS}, "the value must be", NULL},
    {"loglevel=debugg", {DEFAULTS}, "the value must be", NULL},
    {"loglevel=debu", {DEFAULTS}, "the value must be", NULL},
    {"loglevel=debug=1", {DEFAULTS}, "the value must be", NULL},
    {"audit=log", EXPECT(.audit = AUDIT_LOG), NULL, NULL},
    {"audit=file", EXPECT(.audit = AUDIT_FILE), NULL, NULL},
    {"audit=log,file", EXPECT(.audit = AUDIT_LOG | AUDIT_FILE), NULL, NULL},
    {"audit=file audit=log", EXPECT(.audit = AUDIT_LOG), NULL, NULL},
    {"audit=file audit=tape", EXPECT(.audit = AUDIT_FILE), "the value must be log, file", NULL},
    {"audit=none", {DEFAULTS}, "the value must be log, file or log,file", NULL},
    {"audit=", {DEFAULTS}, "the value must be log, file", NULL},
    {"audit", {DEFAULTS}, "the value must be log, file", NULL},
    {"audti=log", {DEFAULTS}, "nearest is audit", NULL},
    {"console=none", EXPECT(.console = 0), NULL, NULL},
    {"console=serial", EXPECT(.console = CONSOLE_SERIAL), NULL, NULL},
    {"console=screen", EXPECT(.console = CONSOLE_SCREEN), NULL, NULL},
    {"console=screen,serial", {DEFAULTS}, NULL, NULL},
    {"console=screen,screen", EXPECT(.console = CONSOLE_SCREEN), NULL, NULL},
    {"console=serial,", {DEFAULTS}, "the value must be", NULL},
    {"console=,serial", {DEFAULTS}, "the value must be", NULL},
    {"console=serial,none", {DEFAULTS}, "the value must be", NULL},
    {"console=screen,tape", {DEFAULTS}, "the value must be serial, screen", NULL},
    {"console=", {DEFAULTS}, "the value must be", NULL},
    {"console", {DEFAULTS}, "the value must be", NULL},
    {"color=1", EXPECT(.color = true), NULL, NULL},
    {"color=1 color=0", {DEFAULTS}, NULL, NULL},
    {"color=2", {DEFAULTS}, "0 or 1", NULL},
    {"color=01", {DEFAULTS}, "0 or 1", NULL},
    {"color", {DEFAULTS}, "0 or 1", NULL},
    {"x2apic=0", EXPECT(.x2apic = false), NULL, NULL},
    {"x2apic=0 x2apic=1", {DEFAULTS}, NULL, NULL},
    {"x2apic=yes", {DEFAULTS}, "0 or 1", NULL},
    {"la57=0", EXPECT(.paging_levels = 4), NULL, NULL},
    {"la57=1", EXPECT(.paging_levels = 5), NULL, NULL},
    {"la57=5", {DEFAULTS}, "0 or 1", NULL},
    {"exit=qemu", EXPECT(.exit_qemu = true), NULL, NULL},
    {"exit=now", {DEFAULTS}, "the value must be qemu", NULL},
    {"exit", {DEFAULTS}, "the value must be qemu", NULL},
    {"fault=list", EXPECT(.fault = "list"), NULL, NULL},
    {"fault=null-write", EXPECT(.fault = "null-write"), NULL, NULL},
    {"fault=ud2:early", EXPECT(.fault = "ud2", .fault_stage = "early"), NULL, NULL},
    {"fault=ud2:memory", EXPECT(.fault = "ud2", .fault_stage = "memory"), NULL, NULL},
    {"fault=ud2:cpus", EXPECT(.fault = "ud2", .fault_stage = "cpus"), NULL, NULL},
    {"fault=ud2@3", EXPECT(.fault = "ud2", .fault_cpu = 3), NULL, NULL},
    {"fault=ud2@11b:cpus", EXPECT(.fault = "ud2", .fault_cpu = 0x11b, .fault_stage = "cpus"), NULL, NULL},
    {"fault=ud2@FFFF", EXPECT(.fault = "ud2", .fault_cpu = 0xffff), NULL, NULL},
    {"fault=ud2@3 fault=div", EXPECT(.fault = "div"), NULL, NULL},
    {"fault=ud2@", {DEFAULTS}, "CPU hexadecimal", NULL},
    {"fault=ud2@g", {DEFAULTS}, "CPU hexadecimal", NULL},
    {"fault=ud2@10000", {DEFAULTS}, "CPU hexadecimal", NULL},
    {"fault=ud2@1:early", {DEFAULTS}, "CPU hexadecimal", NULL},
    {"fault=@1", {DEFAULTS}, "CPU hexadecimal", NULL},
    {"timeout=0", {DEFAULTS}, NULL, NULL},
    {"timeout=3600", EXPECT(.timeout = 3600), NULL, NULL},
    {"timeout=3601", {DEFAULTS}, "from 0 (no menu) to 3600", NULL},
    {"watchdog=0", EXPECT(.watchdog = 0), NULL, NULL},
    {"watchdog=3600", EXPECT(.watchdog = 3600), NULL, NULL},
    {"watchdog=3601", {DEFAULTS}, "from 0 (off) to 3600", NULL},
    {"watchdog=-1", {DEFAULTS}, "from 0 (off) to 3600", NULL},
    {"panic=halt", {DEFAULTS}, NULL, NULL},
    {"panic=reboot", EXPECT(.panic = PANIC_REBOOT), NULL, NULL},
    {"panic=poweroff", EXPECT(.panic = PANIC_POWEROFF), NULL, NULL},
    {"panic=1", EXPECT(.panic = PANIC_REBOOT, .panic_seconds = 1), NULL, NULL},
    {"panic=3600", EXPECT(.panic = PANIC_REBOOT, .panic_seconds = 3600), NULL, NULL},
    {"panic=5 panic=halt", {DEFAULTS}, NULL, NULL},
    {"panic=5 panic=poweroff", EXPECT(.panic = PANIC_POWEROFF), NULL, NULL},
    {"panic=0", {DEFAULTS}, "halt, reboot, poweroff or seconds from 1 to 3600", NULL},
    {"panic=3601", {DEFAULTS}, "seconds from 1 to 3600", NULL},
    {"panic=on", {DEFAULTS}, "seconds from 1 to 3600", NULL},
    {"panic", {DEFAULTS}, "seconds from 1 to 3600", NULL},
    {"store=0", EXPECT(.store = false), NULL, NULL},
    {"store=0 store=1", {DEFAULTS}, NULL, NULL},
    {"store=2", {DEFAULTS}, "0 or 1", NULL},
    {"maxcpus=1", EXPECT(.maxcpus = 1), NULL, NULL},
    {"maxcpus=100000", EXPECT(.maxcpus = 100000), NULL, NULL},
    {"maxcpus=0", {DEFAULTS}, "a number from 1 to 100000", NULL},
    {"maxcpus=100001", {DEFAULTS}, "a number from 1 to 100000", NULL},
    {"maxcpus=9999999999", {DEFAULTS}, "a number from 1 to 100000", NULL},
    {"maxcpus=", {DEFAULTS}, "a number from 1 to 100000", NULL},
    {"maxcpus=2x", {DEFAULTS}, "a number from 1 to 100000", NULL},
    {"run=none", EXPECT(.run = ""), NULL, NULL},
    {"run=echo", EXPECT(.run = "echo"), NULL, NULL},
    {"run=echo:a::b,demo,none", EXPECT(.run = "echo:a::b,demo,none"), NULL, NULL},
    {"run=", {DEFAULTS}, "none, or NAME:ARG:ARG,NAME", NULL},
    {"run", {DEFAULTS}, "none, or NAME:ARG:ARG,NAME", NULL},
    {"run=a,,b", {DEFAULTS}, "none, or NAME:ARG:ARG,NAME", NULL},
    {"run=a,:x", {DEFAULTS}, "none, or NAME:ARG:ARG,NAME", NULL},
    {"run=" NAME_47 "x", {DEFAULTS}, "names of at most 47 characters", NULL},
    {"run=a::::::::::::::::", {DEFAULTS}, "15 arguments each", NULL},
    {"fault=ud2:early fault=div", EXPECT(.fault = "div"), NULL, NULL},
    {"fault=ud2:late", {DEFAULTS}, "STAGE is early, memory or cpus", NULL},
    {"fault=ud2:", {DEFAULTS}, "STAGE is early, memory or cpus", NULL},
    {"fault=:early", {DEFAULTS}, "the value must be", NULL},
    {"fault=", {DEFAULTS}, "the value must be", NULL},
    {"fault", {DEFAULTS}, "the value must be", NULL},
    {"fault=div fault=x:late", EXPECT(.fault = "div"), "the value must be", NULL},
    {"fault=" NAME_47, EXPECT(.fault = NAME_47), NULL, NULL},
    {"fault=" NAME_47 "x", {DEFAULTS}, "the value must be", NULL},
    {.name = "a name with a control character", .text = "fault=a\001b", .expected = {DEFAULTS},
     .warning = "\"fault=a?b\""},
    {.name = "a name with a byte over 126", .text = "fault=a\x7f", .expected = {DEFAULTS}, .warning = "\"fault=a?\""},
    {.name = "a name of unusual characters", .text = "fault=!~", .expected = EXPECT(.fault = "!~")},
    {"selftest", EXPECT(.selftest = "all"), NULL, NULL},
    {"bench", EXPECT(.bench = "all"), NULL, NULL},
    {"bench=breakpoint", EXPECT(.bench = "breakpoint"), NULL, NULL},
    {"selftest=heap", EXPECT(.selftest = "heap"), NULL, NULL},
    {"selftest=", {DEFAULTS}, "the value must be a name", NULL},
    {"selftest=" NAME_47 "x", {DEFAULTS}, "at most 47", NULL},
    /* words, lines and comments */
    {.name = "every kind of white space", .text = " \t\r\n\v\fcolor=1\v\f\r\n\tx2apic=0 ",
     .expected = EXPECT(.color = true, .x2apic = false)},
    {.name = "a comment line", .text = "# color=1\nx2apic=0", .expected = EXPECT(.x2apic = false)},
    {.name = "a comment up to CR", .text = "# color=1\rx2apic=0", .expected = EXPECT(.x2apic = false)},
    {.name = "a comment behind a word", .text = "color=1# x2apic=0\n", .expected = EXPECT(.color = true)},
    {.name = "a comment at the very end", .text = "color=1 #", .expected = EXPECT(.color = true)},
    {.name = "a comment within a comment", .text = "## color=1 # more\ncolor=1", .expected = EXPECT(.color = true)},
    {.name = "a comment without an end", .text = "# color=1", .expected = {DEFAULTS}},
    {.name = "a byte order mark", .text = "\xef\xbb\xbf" "color=1", .expected = EXPECT(.color = true)},
    {.name = "a byte order mark alone", .text = "\xef\xbb\xbf", .expected = {DEFAULTS}},
    {.name = "half a byte order mark", .text = "\xef\xbb", .expected = {DEFAULTS}, .warning = "\"??\""},
    {.name = "bad words do not stop good ones", .text = "foo=1 color=1 bar x2apic=0",
     .expected = EXPECT(.color = true, .x2apic = false), .warning = "\"bar\" ignored"},
    {.name = "the last word wins", .text = "loglevel=trace loglevel=warn", .expected = EXPECT(.loglevel = LOG_WARN)},
    {.name = "a bad last word does not win", .text = "loglevel=trace loglevel=x",
     .expected = EXPECT(.loglevel = LOG_TRACE),
     .warning = "\"loglevel=x\""},
    /* names */
    {"colour=1", {DEFAULTS}, "\"colour=1\" ignored: no such option, the nearest is color", NULL},
    {"loglvl=debug", {DEFAULTS}, "nearest is loglevel", NULL},
    {"LOGLEVEL=debug", {DEFAULTS}, "nearest is loglevel", NULL},
    {"consol=none", {DEFAULTS}, "nearest is console", NULL},
    {"x2-apic=0", {DEFAULTS}, "nearest is x2apic", NULL},
    {"selftests", {DEFAULTS}, "nearest is selftest", NULL},
    {"exits=qemu", {DEFAULTS}, "nearest is exit", NULL},
    {"falut=div", {DEFAULTS}, "nearest is fault", NULL},
    {"cxlxx=1", {DEFAULTS}, "\"cxlxx=1\" ignored: no such option\n", NULL},
    {"cxlxr=1", {DEFAULTS}, "\"cxlxr=1\" ignored: no such option\n", NULL},
    {"fualt=divide", {DEFAULTS}, "nearest is fault\n", NULL},
    {"zzz=1", {DEFAULTS}, "\"zzz=1\" ignored: no such option\n", NULL},
    {"e=1", {DEFAULTS}, "no such option\n", NULL},
    {"=", {DEFAULTS}, "\"=\" ignored: no such option\n", NULL},
    {"=debug", {DEFAULTS}, "no such option\n", NULL},
    {.name = "a long word is cut to 40", .text = "0123456789012345678901234567890123456789X=1", .expected = {DEFAULTS},
     .warning = "\"0123456789012345678901234567890123456789\" ignored"},
    {.name = "bytes that cannot be shown", .text = "a\001\x7f\x80\xff~", .expected = {DEFAULTS},
     .warning = "\"a????~\""},
};
/* clang-format on */

static void text(void **state)
{
    const struct text_row *row = *state;
    const char *bytes = row->text ? row->text : row->name;
    struct options options = defaults();
    struct findings findings;

    parse(&options, bytes, strlen(bytes), &findings);
    assert_contains(findings.text, row->warning);
    assert_true(same_options(&options, &row->expected));
}

static void the_length_ends_the_text(void **state)
{
    struct options options = defaults();
    struct findings findings;

    (void)state;
    parse(&options, "color=1x2apic=0", 7, &findings);
    assert_true(options.color && options.x2apic);
    assert_int_equal(findings.count, 0);
}

static void a_nul_is_a_byte_of_a_word(void **state)
{
    struct options options = defaults();
    struct findings findings;

    (void)state;
    parse(&options, "color=1\0 x2apic=0\0", 18, &findings);
    assert_true(same_options(&options, &(struct options){DEFAULTS}));
    assert_int_equal(findings.count, 2);
    assert_contains(findings.text, "\"color=1?\"");
    parse(&options, "fault=ab\0c", 10, &findings);
    assert_string_equal(options.fault, "");
}

static void many_bad_words_do_not_flood_the_log(void **state)
{
    char bytes[OPTIONS_TEXT_MAX];
    struct options options = defaults();
    struct findings findings;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = i % 2 ? ' ' : 'x';
    parse(&options, bytes, sizeof(bytes), &findings);
    assert_int_equal(findings.count, 17);
    assert_contains(findings.text, "1008 more words ignored");
    parse(&options, bytes, 32, &findings);
    assert_int_equal(findings.count, 16);
}

static void rubbish_changes_nothing(void **state)
{
    uint64_t seed = UINT64_C(0x5eed0004);

    (void)state;
    for (int round = 0; round < 3000; round++) {
        uint8_t bytes[300];
        size_t length = random_below(&seed, sizeof(bytes));
        struct options options = defaults();
        struct findings findings;

        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)random_next(&seed);
        parse(&options, bytes, length, &findings);
        assert_true(same_options(&options, &(struct options){DEFAULTS}));
        for (size_t i = 0; i < findings.length; i++)
            assert_true(findings.text[i] == '\n' ||
                        (findings.text[i] >= ' ' && findings.text[i] <= '~'));
    }
}

/* Valid text with one byte changed, cut anywhere: always sound strings and values. */
static void damaged_text_leaves_sound_options(void **state)
{
    static const char good[] = "loglevel=debug console=serial color=1 x2apic=0 exit=qemu "
                               "fault=ud2:early selftest=heap # end";
    uint64_t seed = UINT64_C(0x5eed0005);

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char bytes[sizeof(good)];
        struct options options = defaults();
        struct findings findings;

        memcpy(bytes, good, sizeof(good));
        bytes[random_below(&seed, sizeof(good))] = (char)random_next(&seed);
        parse(&options, bytes, random_below(&seed, sizeof(good)), &findings);
        assert_true((unsigned)options.loglevel < LOG_LEVEL_COUNT);
        assert_true(options.console <= (CONSOLE_SERIAL | CONSOLE_SCREEN));
        assert_non_null(memchr(options.fault, 0, OPTION_NAME_MAX));
        assert_non_null(memchr(options.fault_stage, 0, OPTION_NAME_MAX));
        assert_non_null(memchr(options.selftest, 0, OPTION_NAME_MAX));
    }
}

static void distances(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "abc", 0},
        {"abc", "ABC", 0},
        {"kitten", "sitting", 3},
        {"abc", "acb", 1},
        {"color", "colour", 1},
        {"abc", "xyz", 3},
        {"flaw", "lawn", 2},
        {"ab", "ba", 1},
        {"abcd", "badc", 2},
        {"ca", "abc", 3},
        {"123456789012345678901234", "123456789012345678901234", 0},
        {"1234567890123456789012345", "123456789012345678901234", EDIT_NAME_MAX + 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(edit_distance(rows[i].a, strlen(rows[i].a), rows[i].b, strlen(rows[i].b)),
                         rows[i].distance);
        assert_int_equal(edit_distance(rows[i].b, strlen(rows[i].b), rows[i].a, strlen(rows[i].a)),
                         rows[i].distance);
    }
}

/* ---- load options ---- */

struct load_row {
    const char *name;
    const char *characters; /* UTF-8 of one byte each; every one becomes two bytes */
    const char *expected;   /* NULL: refused */
    size_t room;            /* 0: plenty */
    bool cut;
};

/* clang-format off */
static struct load_row loads[] = {
    {"plain", "color=1 x2apic=0", "color=1 x2apic=0", 0, false},
    {"tab, LF and CR", "a\tb\nc\rd", "a\tb\nc\rd", 0, false},
    {"the program's name", "BOOTX64.EFI color=1", "color=1", 0, false},
    {"the program's path", "FS0:\\EFI\\BOOT\\bootx64.efi  color=1", "color=1", 0, false},
    {"blanks around the program's name", "  x.efi\t color=1", "color=1", 0, false},
    {"only the ending", ".efi color=1", "color=1", 0, false},
    {"a first word that only looks like it", "efi color=1", "efi color=1", 0, false},
    {"a second word that ends in .efi", "color=1 x.efi", "color=1 x.efi", 0, false},
    {"an ending that goes on", "x.efix color=1", "x.efix color=1", 0, false},
    {"another ending", "x.elf color=1", "x.elf color=1", 0, false},
    {"nothing but the program's name", "bootx64.efi", NULL, 0, false},
    {"nothing but the program's name and blanks", " bootx64.efi \t", NULL, 0, false},
    {"only blanks", " \t\r\n ", NULL, 0, false},
    {"nothing", "", NULL, 0, false},
    {"a control character", "color=1\x01", NULL, 0, false},
    {"a bell in front", "\x07" "color=1", NULL, 0, false},
    {"delete", "color=1\x7f", NULL, 0, false},
    {"vertical tab", "a\vb", NULL, 0, false},
    {"fits exactly", "color=1", "color=1", 8, false},
    {"one too many", "color=1 a=2", "color=1", 11, true},
    {"a word that would be halved is left out", "color=1 fault=list", "color=1", 14, true},
    {"cut at a blank", "color=1 a", "color=1", 8, true},
    {"the first word does not fit", "color=1", NULL, 5, true},
    {"room for the NUL only", "color=1", NULL, 1, true},
    {"blanks at the end fit too", "color=1 ", "color=1 ", 9, false},
};
/* clang-format on */

static void load(void **state)
{
    const struct load_row *row = *state;
    size_t count = strlen(row->characters), room = row->room ? row->room : 100;
    uint8_t wide[200] = {0}, *block, *bytes;
    char *out = malloc(room);
    bool cut = !row->cut;

    for (size_t i = 0; i < count; i++)
        wide[2 * i] = (uint8_t)row->characters[i];
    for (int with_nul = 0; with_nul < 2; with_nul++) {
        bytes = guarded_copy(&block, wide, 2 * count + 2 * (size_t)with_nul, 1);
        memset(out, 'Z', room);
        assert_int_equal(
            options_from_load_options(out, room, bytes, 2 * count + 2 * (size_t)with_nul, &cut),
            row->expected != NULL);
        assert_string_equal(out, row->expected ? row->expected : "");
        assert_int_equal(cut, row->cut);
        free(block);
    }
    free(out);
}

static void what_follows_the_nul_does_not_count(void **state)
{
    static const uint8_t wide[] = {'a', 0, '=', 0, '1', 0, 0, 0, 0xff, 0xff, 1};
    char out[20];
    bool cut;

    (void)state;
    assert_true(options_from_load_options(out, sizeof(out), wide, sizeof(wide), &cut));
    assert_string_equal(out, "a=1");
    assert_false(options_from_load_options(out, sizeof(out), wide, 5, &cut)); /* half a character */
    assert_string_equal(out, "");
    assert_false(options_from_load_options(out, sizeof(out), wide + 6, 5, &cut));
    assert_false(options_from_load_options(out, sizeof(out), NULL, 0, &cut));
    assert_false(options_from_load_options(out, sizeof(out), wide, 1, &cut));
    out[0] = 'k';
    assert_false(options_from_load_options(out, 0, wide, sizeof(wide), &cut));
    assert_int_equal(out[0], 'k');
}

static void one_foreign_character_disqualifies_all(void **state)
{
    uint8_t wide[40] = {0};
    char out[40];
    bool cut;

    (void)state;
    for (unsigned c = 1; c <= UINT16_MAX; c++) {
        bool text_like = c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7e);

        for (size_t i = 0; i < 6; i++)
            wide[2 * i] = (uint8_t) "color="[i];
        wide[12] = (uint8_t)c;
        wide[13] = (uint8_t)(c >> 8);
        assert_int_equal(options_from_load_options(out, sizeof(out), wide, sizeof(wide), &cut),
                         text_like);
    }
}

/* Plain bytes, as some boot managers pass them, are no UCS-2. */
static void bytes_are_not_characters(void **state)
{
    uint64_t seed = UINT64_C(0x5eed0006);
    char out[600];
    bool cut;

    (void)state;
    assert_false(options_from_load_options(out, sizeof(out), "color=1 x2apic=0", 16, &cut));
    for (int round = 0; round < 5000; round++) {
        uint8_t bytes[500], *block, *copy;
        size_t size = random_below(&seed, sizeof(bytes));

        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(random_next(&seed) | 1);
        copy = guarded_copy(&block, bytes, size, random_below(&seed, 3));
        assert_false(
            options_from_load_options(out, 1 + random_below(&seed, sizeof(out)), copy, size, &cut));
        free(block);
    }
}

/* Of 1,023 characters it is taken, of one more it is not: the commands in it are good ones. */
static void a_long_list_of_programs(void **state)
{
    char text[4 + OPTION_RUN_MAX];
    struct findings findings;
    struct options options;

    (void)state;
    memcpy(text, "run=", 4);
    for (size_t i = 0; i < OPTION_RUN_MAX; i++)
        text[4 + i] = i % 16 == 15 ? ',' : 'x';
    text[sizeof(text) - 1] = 'x';
    options_set_defaults(&options);
    parse(&options, text, sizeof(text), &findings);
    assert_contains(findings.text, "none, or NAME:ARG:ARG,NAME");
    assert_string_equal(options.run, "demo");
    parse(&options, text, sizeof(text) - 1, &findings);
    assert_contains(findings.text, NULL);
    assert_int_equal(strlen(options.run), OPTION_RUN_MAX - 1);
}

/* As the menu shows them, and hands them on with one word more. */
static struct join_row {
    const char *name, *options, *joined; /* with fault=panic */
    size_t size;
    bool fits;
} joins[] = {
    {"nothing", "", "fault=panic", 64, true},
    {"one word", "color=1", "color=1 fault=panic", 64, true},
    {"blanks and lines", "\r\n color=1\t\tx2apic=0\n\n", "color=1 x2apic=0 fault=panic", 64, true},
    {"comments", "# a\ncolor=1 # b c\n#d\nx2apic=0#e", "color=1 x2apic=0 fault=panic", 64, true},
    {"a byte order mark",
     "\xef\xbb\xbf"
     "color=1",
     "color=1 fault=panic", 64, true},
    {"exactly full", "color=1", "color=1 fault=panic", 20, true},
    {"one too many", "color=1", "color=1", 19, false},
    {"not even the first", "color=1", "", 7, false},
};

static void join(void **state)
{
    const struct join_row *row = *state;
    struct slice options = {row->options, strlen(row->options)};
    char text[65];

    memset(text, 'x', sizeof(text));
    assert_int_equal(options_join(text, row->size, options, "fault", "panic"), row->fits);
    assert_string_equal(text, row->joined);
    assert_int_equal(text[row->size], 'x');
    assert_true(options_join(text, sizeof(text), options, NULL, NULL));
    assert_null(strstr(text, "fault"));
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, a_long_list_of_programs);
    HOST_ADD_ROWS(&tests, text, texts);
    HOST_ADD(&tests, the_length_ends_the_text);
    HOST_ADD(&tests, a_nul_is_a_byte_of_a_word);
    HOST_ADD(&tests, many_bad_words_do_not_flood_the_log);
    HOST_ADD(&tests, rubbish_changes_nothing);
    HOST_ADD(&tests, damaged_text_leaves_sound_options);
    HOST_ADD(&tests, distances);
    HOST_ADD_ROWS(&tests, load, loads);
    HOST_ADD(&tests, what_follows_the_nul_does_not_count);
    HOST_ADD(&tests, one_foreign_character_disqualifies_all);
    HOST_ADD(&tests, bytes_are_not_characters);
    HOST_ADD_ROWS(&tests, join, joins);
    return host_tests_run(&tests, "options");
}
