// The device tree's reader, on a tree of our own and on ten thousand damaged ones; and formatting
// against the host's printf.
#include "boot.h"
#include "host_test.h"
#include "report.h"
#include "string.h"

#include <stdio.h>
#include <stdlib.h>

enum { TREE_MAX = 1024, MUTATIONS = 10000 };

struct builder {
    unsigned char bytes[TREE_MAX], strings[TREE_MAX];
    size_t size, strings_size;
};

static void put_word(struct builder *tree, uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        tree->bytes[tree->size++] = (unsigned char)(word >> shift);
    }
}

static void put_padded(struct builder *tree, const void *bytes, size_t size) {
    memcpy(tree->bytes + tree->size, bytes, size);
    tree->size = (tree->size + size + 3) & ~3UL;
}

static void begin(struct builder *tree, const char *name) {
    put_word(tree, 1);
    put_padded(tree, name, strlen(name) + 1);
}

static void property(struct builder *tree, const char *name, const void *value, size_t size) {
    put_word(tree, 3);
    put_word(tree, (uint32_t)size);
    put_word(tree, (uint32_t)tree->strings_size);
    put_padded(tree, value, size);
    memcpy(tree->strings + tree->strings_size, name, strlen(name) + 1);
    tree->strings_size += strlen(name) + 1;
}

static void end(struct builder *tree) {
    put_word(tree, 2);
}

// As QEMU makes them: 64-bit addresses, memory at 2 GiB, 128 MiB of it.
static struct builder sample_tree(void) {
    static const unsigned char two[4] = {0, 0, 0, 2};
    static const unsigned char reg[16] = {0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0};
    static const char arguments[] = "channel=1 tty=0,1 rows=24";
    struct builder tree = {.size = 40};
    begin(&tree, "");
    property(&tree, "#address-cells", two, sizeof(two));
    property(&tree, "#size-cells", two, sizeof(two));
    begin(&tree, "memory@80000000");
    property(&tree, "reg", reg, sizeof(reg));
    end(&tree);
    begin(&tree, "chosen");
    property(&tree, "rng-seed", "0123456789abcdef", 16);
    property(&tree, "bootargs", arguments, sizeof(arguments));
    end(&tree);
    end(&tree);
    put_word(&tree, 9);
    uint32_t struct_size = (uint32_t)tree.size - 40, strings = (uint32_t)tree.size;
    memcpy(tree.bytes + tree.size, tree.strings, tree.strings_size);
    uint32_t total = (uint32_t)(tree.size + tree.strings_size);
    uint32_t header[10] = {
        0xd00dfeed, total, 40, strings, 0, 17, 16, 0, (uint32_t)tree.strings_size, struct_size};
    tree.size = 0;
    for (size_t i = 0; i < 10; i++) {
        put_word(&tree, header[i]);
    }
    tree.size = total;
    return tree;
}

TEST(a_device_tree_gives_memory_arguments_and_seed) {
    struct builder tree = sample_tree();
    char value[16];
    fdt_read(tree.bytes);
    EXPECT_EQUAL(boot_info.ram_start_pa, 0x80000000);
    EXPECT_EQUAL(boot_info.ram_end_pa, 0x88000000);
    EXPECT_EQUAL(boot_info.rng_seed_size, 16);
    EXPECT(boot_argument("tty", value, sizeof(value)));
    EXPECT(strcmp(value, "0,1") == 0);
    EXPECT(boot_argument("rows", value, 2));
    EXPECT(strcmp(value, "2") == 0);
    EXPECT(!boot_argument("row", value, sizeof(value)));
    EXPECT(!boot_argument("cols", value, sizeof(value)));
}

// The tree is in a block of its own size, so the sanitizer sees the first byte beyond it.
TEST(a_damaged_device_tree_is_never_read_beyond_its_end) {
    host_seed();
    for (int i = 0; i < MUTATIONS; i++) {
        struct builder tree = sample_tree();
        for (unsigned long changes = 1 + host_pick(4); changes > 0; changes--) {
            size_t at = host_pick(tree.size);
            if (at < 4 || at > 7) { // the whole length is what QEMU says it is
                tree.bytes[at] = (unsigned char)host_pick(256);
            }
        }
        unsigned char *exact = malloc(tree.size);
        memcpy(exact, tree.bytes, tree.size);
        memset(&boot_info, 0, sizeof(boot_info));
        fdt_read(exact);
        free(exact);
    }
}

#define EXPECT_FORMAT(...)                                                                         \
    do {                                                                                           \
        char got[80], wanted[80];                                                                  \
        int got_length = format_string(got, sizeof(got), __VA_ARGS__);                             \
        EXPECT_EQUAL(got_length, snprintf(wanted, sizeof(wanted), __VA_ARGS__));                   \
        EXPECT_EQUAL(strcmp(got, wanted), 0);                                                      \
    } while (0)

TEST(formatting_agrees_with_printf) {
    EXPECT_FORMAT("%d %i %u %x", -5, 7, 4000000000U, 0xbeefU);
    EXPECT_FORMAT("%ld %lu %lx %zu", (long)INT64_MIN, UINT64_MAX, UINT64_MAX, (size_t)12);
    EXPECT_FORMAT("[%5d] [%-5d] [%05d] [%08lx] [%3d]", 42, 42, -42, 0xabcUL, 123456);
    EXPECT_FORMAT("[%s] [%8s] [%-8s] [%.3s] [%.0s]", "abc", "abc", "abc", "abcdef", "x");
    EXPECT_FORMAT("%c%c 100%% %p", 'o', 'k', (void *)0x1234);
}

TEST(a_text_that_does_not_fit_is_cut_and_ended) {
    char small[6];
    EXPECT_EQUAL(format_string(small, sizeof(small), "%s", "0123456789"), 10);
    EXPECT_EQUAL(strcmp(small, "01234"), 0);
    EXPECT_EQUAL(format_string(NULL, 0, "%d", 12345), 5);
}
