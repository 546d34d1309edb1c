// The list of mounts.
#include "mounts.h"

#include "heap.h"
#include "string.h"

struct list mounts = LIST_INIT(mounts);

bool mount_add(const struct mount *like) {
    static unsigned last_id = MOUNT_ROOT_ID;
    size_t path_size = strlen(like->path) + 1, source_size = strlen(like->source) + 1;
    struct mount *mount = heap_alloc(sizeof(*mount) + path_size + source_size);
    if (mount == NULL) {
        return false;
    }
    char *texts = (char *)(mount + 1);
    *mount = *like;
    mount->id = ++last_id;
    mount->path = memcpy(texts, like->path, path_size);
    mount->source = memcpy(texts + path_size, like->source, source_size);
    list_push_back(&mounts, &mount->node);
    return true;
}

void mount_forget(const struct inode *covered) {
    LIST_FOR_EACH_SAFE (mount, &mounts, struct mount, node) {
        if (mount->covered == covered) {
            list_remove(&mount->node);
            heap_free(mount);
        }
    }
}

static const struct mount *first_of(uint64_t device) {
    LIST_FOR_EACH (mount, &mounts, struct mount, node) {
        if (mount->device == device) {
            return mount;
        }
    }
    return NULL;
}

unsigned mount_id(uint64_t device) {
    const struct mount *mount = first_of(device);
    return mount == NULL ? MOUNT_ROOT_ID : mount->id;
}

const char *mount_type(uint64_t device) {
    const struct mount *mount = first_of(device);
    return mount == NULL ? "tmpfs" : mount->type;
}

const char *mount_source(uint64_t device, const char *path) {
    const struct mount *mount = first_of(device);
    size_t length = mount == NULL ? 0 : strlen(mount->path);
    if (length > 0 && strncmp(path, mount->path, length) == 0) {
        return path[length] == '\0' ? "/" : path + length;
    }
    return path;
}
