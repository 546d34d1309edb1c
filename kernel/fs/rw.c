// read(2) and write(2) on an open file, whoever asks: access mode, length, position.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "file.h"
#include "notify.h"
#include "uio.h"
#include "vfs.h"

// Linux moves at most this many bytes in one call: INT_MAX rounded down to a page (read(2),
// "Notes").
enum { MAX_RW_BYTES = 0x7ffff000 };

static void limit_length(struct uio *uio) {
    if (uio->remaining > MAX_RW_BYTES) {
        uio->remaining = MAX_RW_BYTES;
    }
}

ssize_t file_read(struct file *file, struct uio *to, off_t *offset) {
    if ((file->flags & O_ACCMODE) == O_WRONLY || (file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (file->ops->read == NULL) {
        bool is_directory = file->inode != NULL && S_ISDIR(file->inode->mode);
        return is_directory ? -EISDIR : -EINVAL;
    }
    limit_length(to);
    return file_tell(file, IN_ACCESS, file->ops->read(file, to, offset));
}

ssize_t file_write(struct file *file, struct uio *from, off_t *offset) {
    if ((file->flags & O_ACCMODE) == O_RDONLY || (file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (file->ops->write == NULL) {
        return -EINVAL;
    }
    limit_length(from);
    return file_tell(file, IN_MODIFY, file->ops->write(file, from, offset));
}

ssize_t file_read_kernel(struct file *file, void *to, size_t size_bytes, off_t offset) {
    struct uio uio;
    uio_init_kernel(&uio, to, size_bytes);
    return file_read(file, &uio, &offset);
}
