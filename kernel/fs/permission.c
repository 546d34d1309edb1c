// Who may do what with an inode: path_resolution(7), credentials(7), capabilities(7).
#include "path.h"

#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/stat.h>

#include "thread.h"

#define ANY_EXEC (S_IXUSR | S_IXGRP | S_IXOTH)

// At boot there is no process yet, and nobody to be kept out.
static const struct credentials kernel_credentials = {.effective = UINT64_MAX};

const struct credentials *credentials_current(void) {
    const struct thread *thread = thread_current();
    if (thread == NULL || thread->process == NULL) {
        return &kernel_credentials;
    }
    return &thread->process->credentials;
}

bool credentials_capable(const struct credentials *who, unsigned capability) {
    return (who->effective >> capability & 1) != 0;
}

bool credentials_in_group(const struct credentials *who, gid_t gid) {
    if (who->fsgid == gid) {
        return true;
    }
    for (uint32_t i = 0; i < who->group_count; i++) {
        if (who->groups[i] == gid) {
            return true;
        }
    }
    return false;
}

static bool granted_by_mode(const struct inode *inode, unsigned may,
                            const struct credentials *who) {
    mode_t mode = inode->mode;
    if (who->fsuid == inode->uid) {
        mode >>= 6;
    } else if (credentials_in_group(who, inode->gid)) {
        mode >>= 3;
    }
    return (mode & may) == may;
}

static bool granted_by_capability(const struct inode *inode, unsigned may,
                                  const struct credentials *who) {
    if (S_ISDIR(inode->mode) && (may & MAY_WRITE) == 0 &&
        credentials_capable(who, CAP_DAC_READ_SEARCH)) {
        return true;
    }
    if (may == MAY_READ && credentials_capable(who, CAP_DAC_READ_SEARCH)) {
        return true;
    }
    bool executable = S_ISDIR(inode->mode) || (inode->mode & ANY_EXEC) != 0;
    return ((may & MAY_EXEC) == 0 || executable) && credentials_capable(who, CAP_DAC_OVERRIDE);
}

int inode_permission(const struct inode *inode, unsigned may, const struct credentials *who) {
    if (granted_by_mode(inode, may, who) || granted_by_capability(inode, may, who)) {
        return 0;
    }
    return -EACCES;
}

bool inode_is_owner(const struct inode *inode) {
    const struct credentials *who = credentials_current();
    return who->fsuid == inode->uid || credentials_capable(who, CAP_FOWNER);
}

int inode_may_create(const struct inode *dir) {
    if (dir->links == 0) {
        return -ENOENT;
    }
    return inode_permission(dir, MAY_WRITE | MAY_EXEC, credentials_current());
}

int inode_may_remove(const struct inode *dir, const struct inode *victim, bool directory) {
    const struct credentials *who = credentials_current();
    int error = inode_permission(dir, MAY_WRITE | MAY_EXEC, who);
    if (error != 0) {
        return error;
    }
    if ((dir->mode & S_ISVTX) != 0 && victim->uid != who->fsuid && dir->uid != who->fsuid &&
        !credentials_capable(who, CAP_FOWNER)) {
        return -EPERM;
    }
    if (directory != S_ISDIR(victim->mode)) {
        return directory ? -ENOTDIR : -EISDIR;
    }
    return victim->mounted != NULL ? -EBUSY : 0;
}
