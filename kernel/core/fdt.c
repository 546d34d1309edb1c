// The flattened device tree (Devicetree Specification 0.4, chapter 5), of which we want three
// things: memory, the boot arguments and a seed. It is read once, before memory is given out:
// nothing keeps a pointer into it. Every offset is checked, so that a damaged tree gives nothing
// instead of a fault.
#include "boot.h"
#include "string.h"

struct boot_info boot_info;

enum {
    FDT_MAGIC = 0xd00dfeed,
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROP = 3,
    FDT_NOP = 4,
    FDT_DEPTH_MAX = 8
};

struct fdt_header {
    uint32_t magic, total_size, struct_offset, strings_offset, reserve_offset;
    uint32_t version, last_compatible_version, boot_cpu, strings_size, struct_size;
};

struct fdt_reader {
    const char *structure, *strings;
    size_t structure_size, strings_size;
    size_t position;
    const char *path[FDT_DEPTH_MAX]; // names of the nodes around the position; [0] is the root's ""
    size_t depth;
    uint32_t address_cells, size_cells; // of the root
};

struct fdt_property {
    const char *name;
    const unsigned char *value;
    size_t size_bytes;
};

static uint32_t big_endian(uint32_t word) {
    return __builtin_bswap32(word);
}

static uint32_t read_word(struct fdt_reader *reader) {
    uint32_t word;
    if (reader->structure_size - reader->position < sizeof(word)) {
        reader->position = reader->structure_size;
        return 0; // no token: the walk ends
    }
    memcpy(&word, reader->structure + reader->position, sizeof(word));
    reader->position += sizeof(word);
    return big_endian(word);
}

// The next size_bytes, and on to the word boundary; NULL beyond the end.
static const void *read_bytes(struct fdt_reader *reader, size_t size_bytes) {
    const char *bytes = reader->structure + reader->position;
    size_t left = reader->structure_size - reader->position, padded = (size_bytes + 3) & ~3UL;
    if (padded > left) {
        return NULL;
    }
    reader->position += padded;
    return bytes;
}

static uint64_t cells(const unsigned char *value, uint32_t count) {
    uint64_t number = 0;
    for (uint32_t i = 0; i < 4 * count; i++) {
        number = number << 8 | value[i];
    }
    return number;
}

static bool is_named(const struct fdt_property *property, const char *name) {
    return strcmp(property->name, name) == 0;
}

static void take_root(struct fdt_reader *reader, const struct fdt_property *property) {
    if (property->size_bytes != 4) {
        return;
    }
    if (is_named(property, "#address-cells")) {
        reader->address_cells = (uint32_t)cells(property->value, 1);
    } else if (is_named(property, "#size-cells")) {
        reader->size_cells = (uint32_t)cells(property->value, 1);
    }
}

// The first bank is the one that the image was loaded into; QEMU's virt machines have no other.
static void take_memory(struct fdt_reader *reader, const struct fdt_property *property) {
    uint32_t address_cells = reader->address_cells, size_cells = reader->size_cells;
    bool sane = address_cells >= 1 && address_cells <= 2 && size_cells >= 1 && size_cells <= 2;
    if (!is_named(property, "reg") || !sane || boot_info.ram_end_pa != 0 ||
        property->size_bytes < 4UL * (address_cells + size_cells)) {
        return;
    }
    boot_info.ram_start_pa = cells(property->value, address_cells);
    boot_info.ram_end_pa =
        boot_info.ram_start_pa + cells(property->value + 4UL * address_cells, size_cells);
}

static void take_chosen(const struct fdt_property *property) {
    if (is_named(property, "bootargs")) {
        size_t size = MIN(property->size_bytes, sizeof(boot_info.arguments) - 1);
        memcpy(boot_info.arguments, property->value, size);
    } else if (is_named(property, "rng-seed")) {
        boot_info.rng_seed_size = MIN(property->size_bytes, sizeof(boot_info.rng_seed));
        memcpy(boot_info.rng_seed, property->value, boot_info.rng_seed_size);
    }
}

static void take(struct fdt_reader *reader, const struct fdt_property *property) {
    if (reader->depth == 1) {
        take_root(reader, property);
    } else if (reader->depth == 2 && strcmp(reader->path[1], "chosen") == 0) {
        take_chosen(property);
    } else if (reader->depth == 2 && strncmp(reader->path[1], "memory", 6) == 0) {
        take_memory(reader, property);
    }
}

static bool begin_node(struct fdt_reader *reader) {
    const char *name = reader->structure + reader->position;
    size_t left = reader->structure_size - reader->position;
    size_t length = strnlen(name, left);
    if (length == left || reader->depth == FDT_DEPTH_MAX) {
        return false;
    }
    reader->path[reader->depth++] = name;
    return read_bytes(reader, length + 1) != NULL;
}

static bool read_property(struct fdt_reader *reader) {
    struct fdt_property property;
    property.size_bytes = read_word(reader);
    size_t name = read_word(reader);
    property.value = read_bytes(reader, property.size_bytes);
    if (property.value == NULL || name >= reader->strings_size) {
        return false;
    }
    property.name = reader->strings + name;
    if (strnlen(property.name, reader->strings_size - name) == reader->strings_size - name) {
        return false;
    }
    take(reader, &property);
    return true;
}

static bool step(struct fdt_reader *reader) {
    switch (read_word(reader)) {
    case FDT_NOP:
        return true;
    case FDT_BEGIN_NODE:
        return begin_node(reader);
    case FDT_END_NODE:
        return reader->depth > 0 && --reader->depth > 0;
    case FDT_PROP:
        return read_property(reader);
    default:
        return false;
    }
}

static bool block_fits(const struct fdt_header *header, uint32_t offset, uint32_t size) {
    return offset <= header->total_size && size <= header->total_size - offset;
}

void fdt_read(const void *fdt) {
    struct fdt_header header;
    memcpy(&header, fdt, sizeof(header));
    uint32_t *words = (uint32_t *)&header;
    for (size_t i = 0; i < sizeof(header) / sizeof(*words); i++) {
        words[i] = big_endian(words[i]);
    }
    if (header.magic != FDT_MAGIC ||
        !block_fits(&header, header.struct_offset, header.struct_size) ||
        !block_fits(&header, header.strings_offset, header.strings_size)) {
        return;
    }
    struct fdt_reader reader = {
        .structure = (const char *)fdt + header.struct_offset,
        .structure_size = header.struct_size,
        .strings = (const char *)fdt + header.strings_offset,
        .strings_size = header.strings_size,
        .address_cells = 2,
        .size_cells = 1,
    };
    while (step(&reader)) {
    }
}

bool boot_argument(const char *key, char *value, size_t size_bytes) {
    size_t key_length = strlen(key);
    for (const char *word = boot_info.arguments; *word != '\0';) {
        const char *end = strchr(word, ' ');
        size_t length = end != NULL ? (size_t)(end - word) : strlen(word);
        if (length > key_length && strncmp(word, key, key_length) == 0 && word[key_length] == '=') {
            size_t copied = MIN(length - key_length - 1, size_bytes - 1);
            memcpy(value, word + key_length + 1, copied);
            value[copied] = '\0';
            return true;
        }
        word += length + (end != NULL ? 1 : 0);
    }
    return false;
}
