// /dev/shm, where shm_open(3) and sem_open(3) make their files.
#include <linux/stat.h>

#include "root.h"
#include "set.h"

enum { SHARED_MODE = S_IFDIR | S_ISVTX | 0777 };

static void make_directory(void) {
    root_make("dev", "shm", SHARED_MODE, 0);
}
INITCALL(3, make_directory);
