// What the packer appends to the linked kernel: one page-aligned block at `image_blob` (kernel.ld),
// and hermipy/image.py is its writer. Offsets are bytes from the block's start. Everything is
// little endian.
#pragma once

#include "types.h"

#define IMAGE_MAGIC 0x314d495950494d48UL // "HMIPYIM1"

struct image_header {
    uint64_t magic;
    uint64_t size_bytes;   // the whole block, page aligned
    uint64_t nodes_offset; // struct image_node[node_count]; node 0 is the root directory
    uint64_t names_offset; // NUL-terminated strings
    uint64_t argv_offset;  // argc then envc NUL-terminated strings, one after the other
    uint32_t node_count, argc, envc;
    uint32_t executable_name;   // names_offset-relative: absolute path of the program
    uint32_t working_directory; // names_offset-relative
    uint32_t flags;             // IMAGE_*
    uint64_t realtime_ns;       // when it was packed (mtimes of what has none)
};

enum { IMAGE_MISSING_LOG = 1, IMAGE_MISSING_KILL = 2, IMAGE_STATS = 4 };

// The children of a directory are node_first .. node_first + node_count, sorted by name, bytewise.
struct image_node {
    uint32_t name; // names_offset-relative
    uint32_t mode; // S_IF* and permissions
    uint32_t uid, gid;
    uint64_t mtime_ns;
    uint64_t size_bytes;             // file: length; symlink: length of the target
    uint64_t data_offset;            // file: page aligned; symlink: the target's bytes
    uint32_t node_first, node_count; // directory
    uint64_t rdev;                   // device nodes
    uint64_t stub_offset;            // rewritten ELF: file offset of the stub segment, 0: none
    uint64_t stub_size;
};

extern const struct image_header image_blob[]; // defined by the linker script

static inline const char *image_name(uint32_t offset) {
    return (const char *)image_blob + image_blob->names_offset + offset;
}
static inline const struct image_node *image_node(uint32_t index) {
    return (const struct image_node *)((const char *)image_blob + image_blob->nodes_offset) + index;
}
