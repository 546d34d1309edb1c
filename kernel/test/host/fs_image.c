// The image's tree for tests; node 0 is the root.
#include <linux/stat.h>

#include "image.h"
#include "types.h"

enum { FILE_SIZE = 5000 };
enum { NODE_ROOT, NODE_FILE, NODE_FOLDER, NODE_LINK, NODE_INNER, NODE_COUNT };

struct host_image {
    struct image_header header;
    struct image_node nodes[NODE_COUNT];
    char names[64];
    char file[2 * PAGE_SIZE] ALIGNED(PAGE_SIZE);
};

// Names at 1: file, 6: folder, 13: link, 18: inner; the link's target is the first.
extern const struct host_image host_image __asm__("image_blob");
const struct host_image host_image __asm__("image_blob") ALIGNED(PAGE_SIZE) = {
    .header = {.magic = IMAGE_MAGIC,
               .size_bytes = sizeof(struct host_image),
               .nodes_offset = offsetof(struct host_image, nodes),
               .names_offset = offsetof(struct host_image, names),
               .node_count = NODE_COUNT,
               .realtime_ns = 1},
    .nodes = {[NODE_ROOT] = {.mode = S_IFDIR | 0755, .node_first = NODE_FILE, .node_count = 3},
              [NODE_FILE] = {.name = 1,
                             .mode = S_IFREG | 0644,
                             .size_bytes = FILE_SIZE,
                             .data_offset = offsetof(struct host_image, file)},
              [NODE_FOLDER] =
                  {.name = 6, .mode = S_IFDIR | 0755, .node_first = NODE_INNER, .node_count = 1},
              [NODE_LINK] = {.name = 13,
                             .mode = S_IFLNK | 0777,
                             .size_bytes = 4,
                             .data_offset = offsetof(struct host_image, names) + 1},
              [NODE_INNER] = {.name = 18, .mode = S_IFREG | 0600}},
    .names = "\0file\0folder\0link\0inner",
    .file = "what the image has",
};
