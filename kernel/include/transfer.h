// From one open file to another inside the kernel, for sendfile(2) and copy_file_range(2).
#pragma once

#include "types.h"

struct file;

// Bytes moved, or -errno when none was. Both positions advance by that; what was read and not
// written is not lost from a file with positions (and only such are read).
ssize_t file_transfer(struct file *from, off_t *from_offset, struct file *to, off_t *to_offset,
                      size_t size_bytes);
