// The flattened device tree (Devicetree Specification 0.4, chapter 5), of which we want three
// things: memory, the boot arguments and a seed. It is read once, before memory is given out:
// nothing keeps a pointer into it, and no further than the two nodes that have them: QEMU puts a
// hundred others behind. Every offset is checked, so that a damaged tree gives nothing instead of a
// fault.
#include "boot.h"
#include "string.h"

struct boot_info boot_info;

enum {
    FDT_MAGIC = 0xd00dfeed,
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROP = 3,
    FDT_NOP = 4,
    FDT_DEPTH_MAX = 8,
    WORD = 4,
};

// Places of words in the header.
enum {
    HEADER_MAGIC = 0,
    HEADER_TOTAL_SIZE = 1,
    HEADER_STRUCT_OFFSET = 2,
    HEADER_STRINGS_OFFSET = 3,
    HEADER_STRINGS_SIZE = 8,
    HEADER_STRUCT_SIZE = 9,
};

enum node { NODE_OTHER = 0, NODE_ROOT = 1, NODE_CHOSEN = 2, NODE_MEMORY = 4 };

struct fdt_reader {
    const unsigned char *structure;
    const char *strings;
    size_t structure_size, strings_size;
    size_t position, depth;
    unsigned node; // whose properties these are; a node's come before its children
    unsigned seen; // nodes that have ended
    uint32_t address_cells, size_cells; // of the root
};

struct fdt_property {
    const char *name;
    const unsigned char *value;
    size_t size_bytes;
};

static uint32_t word_at(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// A number of one or two words.
static uint64_t cells(const unsigned char *value, uint32_t count) {
    uint64_t first = word_at(value);
    return count == 1 ? first : first << 32 | word_at(value + WORD);
}

// The next size_bytes, and on to the word boundary; NULL beyond the end.
static const unsigned char *read_bytes(struct fdt_reader *reader, size_t size_bytes) {
    const unsigned char *bytes = reader->structure + reader->position;
    size_t left = reader->structure_size - reader->position;
    size_t padded = (size_bytes + WORD - 1) & ~(WORD - 1UL);
    if (padded > left) {
        return NULL;
    }
    reader->position += padded;
    return bytes;
}

static uint32_t read_word(struct fdt_reader *reader) {
    const unsigned char *word = read_bytes(reader, WORD);
    return word == NULL ? 0 : word_at(word); // 0: no token, the walk ends
}

static bool is_named(const struct fdt_property *property, const char *name) {
    return strcmp(property->name, name) == 0;
}

static void take_root(struct fdt_reader *reader, const struct fdt_property *property) {
    if (property->size_bytes != WORD) {
        return;
    }
    if (is_named(property, "#address-cells")) {
        reader->address_cells = word_at(property->value);
    } else if (is_named(property, "#size-cells")) {
        reader->size_cells = word_at(property->value);
    }
}

// The first bank is the one that the image was loaded into; QEMU's virt machines have no other.
static void take_memory(struct fdt_reader *reader, const struct fdt_property *property) {
    uint32_t address_cells = reader->address_cells, size_cells = reader->size_cells;
    bool sane = address_cells >= 1 && address_cells <= 2 && size_cells >= 1 && size_cells <= 2;
    if (!is_named(property, "reg") || !sane || boot_info.ram_end_pa != 0 ||
        property->size_bytes < (size_t)WORD * (address_cells + size_cells)) {
        return;
    }
    const unsigned char *size = property->value + (size_t)WORD * address_cells;
    boot_info.ram_start_pa = cells(property->value, address_cells);
    boot_info.ram_end_pa = boot_info.ram_start_pa + cells(size, size_cells);
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
    if (reader->node == NODE_ROOT) {
        take_root(reader, property);
    } else if (reader->node == NODE_CHOSEN) {
        take_chosen(property);
    } else {
        take_memory(reader, property);
    }
}

static bool begin_node(struct fdt_reader *reader) {
    const char *name = (const char *)reader->structure + reader->position;
    size_t left = reader->structure_size - reader->position;
    size_t length = strnlen(name, left);
    if (length == left || reader->depth == FDT_DEPTH_MAX) {
        return false;
    }
    reader->depth++;
    if (reader->depth != 2) {
        reader->node = reader->depth == 1 ? NODE_ROOT : NODE_OTHER;
    } else if (strcmp(name, "chosen") == 0) {
        reader->node = NODE_CHOSEN;
    } else {
        reader->node = strncmp(name, "memory", 6) == 0 ? NODE_MEMORY : NODE_OTHER;
    }
    return read_bytes(reader, length + 1) != NULL;
}

// False when everything has been seen, or the tree ends.
static bool end_node(struct fdt_reader *reader) {
    reader->seen |= reader->node;
    reader->node = NODE_OTHER;
    bool seen_all = (reader->seen & NODE_CHOSEN) != 0 && (reader->seen & NODE_MEMORY) != 0;
    return !seen_all && reader->depth > 0 && --reader->depth > 0;
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
    size_t left = reader->strings_size - name;
    if (reader->node != NODE_OTHER && strnlen(property.name, left) < left) {
        take(reader, &property);
    }
    return true;
}

static bool step(struct fdt_reader *reader) {
    switch (read_word(reader)) {
    case FDT_NOP:
        return true;
    case FDT_BEGIN_NODE:
        return begin_node(reader);
    case FDT_END_NODE:
        return end_node(reader);
    case FDT_PROP:
        return read_property(reader);
    default:
        return false;
    }
}

void fdt_read(const void *fdt) {
    uint32_t header[HEADER_STRUCT_SIZE + 1];
    for (size_t i = 0; i < ARRAY_SIZE(header); i++) {
        header[i] = word_at((const unsigned char *)fdt + WORD * i);
    }
    size_t structure = header[HEADER_STRUCT_OFFSET], strings = header[HEADER_STRINGS_OFFSET];
    struct fdt_reader reader = {
        .structure = (const unsigned char *)fdt + structure,
        .structure_size = header[HEADER_STRUCT_SIZE],
        .strings = (const char *)fdt + strings,
        .strings_size = header[HEADER_STRINGS_SIZE],
        .address_cells = 2,
        .size_cells = 1,
    };
    size_t total = header[HEADER_TOTAL_SIZE];
    if (header[HEADER_MAGIC] != FDT_MAGIC || structure + reader.structure_size > total ||
        strings + reader.strings_size > total) {
        return;
    }
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
