// Who may change a file's mode and owner, and what goes with it: chmod(2), chown(2).
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/stat.h>

#include "path.h"
#include "thread.h"

enum { PERMISSIONS = 07777 };
#define UNCHANGED ((uint32_t)-1)

int inode_change_mode(struct inode *inode, mode_t permissions) {
    const struct credentials *who = credentials_current();
    if (!inode_is_owner(inode)) {
        return -EPERM;
    }
    mode_t mode = (inode->mode & S_IFMT) | (permissions & PERMISSIONS);
    if (!credentials_in_group(who, inode->gid) && !credentials_capable(who, CAP_FSETID)) {
        mode &= ~(mode_t)S_ISGID;
    }
    inode->mode = mode;
    inode_touch(inode, INODE_CTIME);
    return 0;
}

static bool may_give_to(const struct inode *inode, uid_t uid, gid_t gid) {
    const struct credentials *who = credentials_current();
    if (credentials_capable(who, CAP_CHOWN)) {
        return true;
    }
    bool owner = who->fsuid == inode->uid;
    bool uid_ok = uid == UNCHANGED || (owner && uid == inode->uid);
    bool gid_ok =
        gid == UNCHANGED || (owner && (gid == inode->gid || credentials_in_group(who, gid)));
    return uid_ok && gid_ok;
}

int inode_change_owner(struct inode *inode, uid_t uid, gid_t gid) {
    if (!may_give_to(inode, uid, gid)) {
        return -EPERM;
    }
    inode->uid = uid == UNCHANGED ? inode->uid : uid;
    inode->gid = gid == UNCHANGED ? inode->gid : gid;
    if (!S_ISDIR(inode->mode)) {
        bool executable = (inode->mode & S_IXGRP) != 0;
        inode->mode &= ~(mode_t)(executable ? S_ISUID | S_ISGID : S_ISUID);
    }
    inode_touch(inode, INODE_CTIME);
    return 0;
}
