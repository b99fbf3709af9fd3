/*
 * The memory map's parser on the maps in tests/host/maps: each file is one test. A line is a word and its values; `#`
 * begins a comment.
 *
 *   stride N, version N       of the descriptors (48, 1)
 *   bytes N                   so many are added to the map's end, or with - are missing
 *   capacity N                ranges there is room for (64)
 *   entry TYPE START PAGES ATTRIBUTES
 *   repeat N BYTES            the entry before N times more, each BYTES higher
 *   unreadable                the map as a whole must be refused
 *   range START END KIND      what must come out, in order; `runtime` may follow
 *   warn TEXT                 every warning, in order and whole
 */
#include <glob.h>

#include "raw_map.h"

#define ENTRIES_MAX  5000
#define RANGES_MAX   64
#define FILES_MAX    200
#define STRIDE_GIVEN 48

struct map_file {
    struct raw_entry entries[ENTRIES_MAX];
    size_t entry_count, stride, capacity;
    int size_change;
    uint32_t version;
    bool unreadable;
    struct memory_range expected[RANGES_MAX];
    size_t expected_count;
    char warnings[32768];
};

static char *next_word(char **line)
{
    char *word = *line + strspn(*line, " ");

    *line = word + strcspn(word, " ");
    if (**line)
        *(*line)++ = '\0';
    return word;
}

static uint64_t next_number(char **line)
{
    char *word = next_word(line), *end;
    uint64_t number = strtoull(word, &end, 0);

    if (end == word || *end)
        fail_msg("`%s` is no number", word);
    return number;
}

static void add_entry(struct map_file *file, const struct raw_entry *entry)
{
    assert_true(file->entry_count < ENTRIES_MAX);
    file->entries[file->entry_count++] = *entry;
}

static void read_entry(struct map_file *file, char *line)
{
    struct raw_entry entry = {.type = (uint32_t)next_number(&line)};

    entry.start = next_number(&line);
    entry.pages = next_number(&line);
    entry.attributes = next_number(&line);
    add_entry(file, &entry);
}

static void repeat_entry(struct map_file *file, char *line)
{
    uint64_t count = next_number(&line), step = next_number(&line);

    assert_true(file->entry_count > 0);
    while (count-- > 0) {
        struct raw_entry entry = file->entries[file->entry_count - 1];

        entry.start += step;
        add_entry(file, &entry);
    }
}

static void read_range(struct map_file *file, char *line)
{
    static const char runtime[] = " runtime";
    struct memory_range range = {.start = next_number(&line)};
    size_t length;

    range.end = next_number(&line);
    length = strlen(line);
    if (length > strlen(runtime) && strcmp(line + length - strlen(runtime), runtime) == 0) {
        range.runtime = 1;
        line[length - strlen(runtime)] = '\0';
    }
    while (range.kind < MEMORY_KIND_COUNT && strcmp(memory_kind_name(range.kind), line) != 0)
        range.kind++;
    if (range.kind == MEMORY_KIND_COUNT)
        fail_msg("there is no kind `%s`", line);
    assert_true(file->expected_count < RANGES_MAX);
    file->expected[file->expected_count++] = range;
}

static void read_line(struct map_file *file, char *line)
{
    char *word = next_word(&line);

    if (*word == '\0' || *word == '#')
        return;
    if (strcmp(word, "entry") == 0)
        read_entry(file, line);
    else if (strcmp(word, "repeat") == 0)
        repeat_entry(file, line);
    else if (strcmp(word, "range") == 0)
        read_range(file, line);
    else if (strcmp(word, "warn") == 0)
        strcat(strcat(file->warnings, line), "\n");
    else if (strcmp(word, "stride") == 0)
        file->stride = next_number(&line);
    else if (strcmp(word, "version") == 0)
        file->version = (uint32_t)next_number(&line);
    else if (strcmp(word, "bytes") == 0)
        file->size_change = atoi(line);
    else if (strcmp(word, "capacity") == 0)
        file->capacity = next_number(&line);
    else if (strcmp(word, "unreadable") == 0)
        file->unreadable = true;
    else
        fail_msg("`%s` is no word of a map file", word);
}

static void read_file(struct map_file *file, const char *path)
{
    FILE *stream = fopen(path, "r");
    char line[500];

    if (!stream)
        fail_msg("%s cannot be read", path);
    memset(file, 0, sizeof(*file));
    file->stride = STRIDE_GIVEN;
    file->version = 1;
    file->capacity = RANGES_MAX;
    while (fgets(line, sizeof(line), stream)) {
        line[strcspn(line, "\n")] = '\0';
        read_line(file, line);
    }
    fclose(stream);
}

/* A stride of 0 can only be claimed. */
static struct raw_map raw_of(const struct map_file *file)
{
    struct raw_map raw = make_raw(file->entries, file->entry_count,
                                  file->stride ? file->stride : STRIDE_GIVEN, file->size_change);

    raw.raw.version = file->version;
    raw.raw.stride_bytes = file->stride;
    return raw;
}

static void becomes_what_its_file_says(void **state)
{
    static struct map_file file;
    static struct findings findings;
    struct diagnostics diagnostics = findings_collect(&findings);
    struct memory_map map = {.count = 99};
    struct raw_map raw;

    read_file(&file, *state);
    raw = raw_of(&file);
    map.ranges = malloc(file.capacity * sizeof(*map.ranges));
    map.capacity = file.capacity;
    assert_int_equal(memory_map_build(&map, &raw.raw, &diagnostics), !file.unreadable);
    assert_string_equal(findings.text, file.warnings);
    assert_sound(&map);
    assert_int_equal(map.count, file.expected_count);
    for (size_t i = 0; i < map.count; i++) {
        assert_int_equal(map.ranges[i].start, file.expected[i].start);
        assert_int_equal(map.ranges[i].end, file.expected[i].end);
        assert_string_equal(memory_kind_name(map.ranges[i].kind),
                            memory_kind_name(file.expected[i].kind));
        assert_int_equal(map.ranges[i].runtime, file.expected[i].runtime);
    }
    free(map.ranges);
    free(raw.block);
}

int main(void)
{
    static struct host_tests tests;
    glob_t files;
    int failed;

    if (glob("tests/host/maps/*.map", 0, NULL, &files) != 0 || files.gl_pathc > FILES_MAX)
        return 1;
    for (size_t i = 0; i < files.gl_pathc; i++)
        host_tests_add(&tests, files.gl_pathv[i], becomes_what_its_file_says, files.gl_pathv[i]);
    failed = host_tests_run(&tests, "memory map files");
    globfree(&files);
    return failed;
}
