// How much room there is.
#include <asm/statfs.h>
#include <linux/limits.h>
#include <linux/magic.h>

#include "page.h"
#include "tmpfs.h"

enum { ST_VALID = 0x20, ST_RELATIME = 0x1000 }; // statfs(2), f_flags

void tmpfs_statfs(UNUSED const struct inode *inode, struct statfs *space) {
    *space = (struct statfs){
        .f_type = TMPFS_MAGIC,
        .f_bsize = PAGE_SIZE,
        .f_frsize = PAGE_SIZE,
        .f_blocks = (long)page_total_count(),
        .f_bfree = (long)page_free_count(),
        .f_bavail = (long)page_free_count(),
        .f_files = (long)page_total_count(),
        .f_ffree = (long)page_free_count(),
        .f_namelen = NAME_MAX,
        .f_flags = ST_VALID | ST_RELATIME,
    };
}
