/*
 * What scripts/make-symbols knows about a kernel before it is encoded: functions and variables of the
 * symbol table, calls that the compiler inlined, and for each byte of text where it comes from.
 */
#ifndef MAKE_SYMBOLS_IMAGE_H
#define MAKE_SYMBOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONE (-1)

/* A function or a variable, or a call that was inlined. Names and files are numbers of strings. */
struct node {
    int name;
    int file;      /* where it is defined; NONE for variables and where DWARF does not say */
    int parent;    /* for an inlined call: the node that it was inlined into; else NONE */
    int call_file; /* for an inlined call: where it is called */
    uint32_t call_line;
    uint64_t start; /* for functions and variables: see struct image */
    uint64_t bytes;
};

/* Where an address comes from. */
struct origin {
    int node; /* NONE: padding */
    int file; /* NONE: the line program does not say */
    uint32_t line;
};

/* Addresses `start`, up to the next run's, have one origin. */
struct run {
    uint64_t start;
    struct origin origin;
};

/*
 * Addresses here are offsets: into text and what follows it up to the symbol table, which is
 * `fixed_bytes`; from there on into what follows the table, from kernel_data_start to
 * kernel_image_end.
 */
struct image {
    uint64_t text_start, data_start; /* addresses */
    uint64_t text_bytes, fixed_bytes, image_bytes;
    struct node *nodes;
    size_t node_count;
    char **strings;
    size_t string_count;
    struct run *runs;
    size_t run_count;
};

/* Reads the ELF file; ends the program with a message when that cannot be done. */
void read_image(struct image *image, const char *path);

/* read_lines.c: sets the origin of each byte of text, and adds nodes for the inlined calls. `nodes`
 * holds the functions. */
struct Dwarf;
void read_lines(struct image *image, struct Dwarf *dwarf, struct origin *text);

/* The number of a string, the same for equal ones. */
int string_number(struct image *image, const char *string);
int add_node(struct image *image, struct node node);

/* The encoded table, as include/lib/symbols.h describes it. */
void encode(const struct image *image, uint8_t **bytes, size_t *size);

/* Memory or an end with a message. */
void *grow(void *array, size_t count, size_t element_bytes);
_Noreturn void fail(const char *template, ...) __attribute__((format(printf, 1, 2)));

#endif
