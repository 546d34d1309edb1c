// What subsystems keep with an inode: see vfs.h.
#include "vfs.h"

struct inode_attachment *inode_attachment(const struct inode *inode,
                                          void (*gone)(struct inode *, struct inode_attachment *)) {
    struct inode_attachment *attachment = inode->attached;
    while (attachment != NULL && attachment->gone != gone) {
        attachment = attachment->next;
    }
    return attachment;
}

void inode_attach(struct inode *inode, struct inode_attachment *attachment) {
    attachment->next = inode->attached;
    inode->attached = attachment;
}

void inode_detach(struct inode *inode, struct inode_attachment *attachment) {
    struct inode_attachment **link = &inode->attached;
    while (*link != attachment) {
        link = &(*link)->next;
    }
    *link = attachment->next;
}
