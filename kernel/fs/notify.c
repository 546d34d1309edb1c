// See notify.h. Who hears of what, and in which order, is Linux's: the directory before the thing
// itself.
#include "notify.h"

#include <linux/inotify.h>
#include <linux/stat.h>

#include "path.h"

static void tell(struct inode *inode, const struct notify_event *event) {
    struct inode_attachment *next;
    for (struct inode_attachment *at = inode->attached; at != NULL; at = next) {
        next = at->next; // a watch for one event goes with it
        if (at->event != NULL) {
            at->event(at, event);
        }
    }
}

static uint32_t directory_bit(const struct inode *inode) {
    return S_ISDIR(inode->mode) ? IN_ISDIR : 0;
}

void notify_inode(struct inode *inode, uint32_t mask) {
    const struct notify_event event = {.mask = mask | directory_bit(inode)};
    tell(inode, &event);
}

void notify_name(struct inode *dir, uint32_t mask, const char *name, size_t length) {
    const struct notify_event event = {.mask = mask, .name = name, .length = length};
    tell(dir, &event);
}

void notify_entry(const struct path_entry *entry, uint32_t mask) {
    if (entry == NULL) {
        return;
    }
    if (entry->parent != NULL) {
        uint32_t gone = entry->removed ? IN_EXCL_UNLINK : 0;
        notify_name(entry->parent->inode, mask | gone | directory_bit(entry->inode), entry->name,
                    entry->length);
    }
    if (mask != IN_CREATE) {
        notify_inode(entry->inode, mask);
    }
}

void notify_file(const struct file *file, uint32_t mask) {
    notify_entry(file->entry, mask);
}

void notify_moved(const struct notify_move *move) {
    static uint32_t cookie;
    struct notify_event event = {.mask = IN_MOVED_FROM | directory_bit(move->moved),
                                 .cookie = ++cookie,
                                 .name = move->from,
                                 .length = move->from_length};
    tell(move->from_dir, &event);
    event.mask ^= IN_MOVED_FROM | IN_MOVED_TO;
    event.name = move->to;
    event.length = move->to_length;
    tell(move->to_dir, &event);
}
