// lseek(2) where there is an end.
#include <asm/errno.h>
#include <linux/fs.h>

#include "path.h"

off_t file_seek(struct file *file, off_t offset, int whence, off_t end) {
    off_t base = 0;
    if (whence == SEEK_CUR) {
        base = file->offset;
    } else if (whence == SEEK_END) {
        base = end;
    } else if (whence != SEEK_SET) {
        return -EINVAL;
    }
    off_t position;
    if (__builtin_add_overflow(base, offset, &position)) {
        return -EOVERFLOW;
    }
    if (position < 0) {
        return -EINVAL;
    }
    file->offset = position;
    return position;
}
