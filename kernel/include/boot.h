// What the machine told us: memory, arguments, entropy.
#pragma once

#include "types.h"

struct boot_info {
    uint64_t ram_start_pa, ram_end_pa;
    uint8_t rng_seed[64];
    size_t rng_seed_size;
    char arguments[2048]; // /chosen/bootargs: `key=value` separated by spaces
};

extern struct boot_info boot_info;

void fdt_read(const void *fdt); // core/fdt.c fills boot_info
// The value of `key=`, up to the next space, copied into `value`; false when it is absent.
//   channel=1            frame the console (channel.h)          tty=0,1,2   which of stdin, stdout,
//   stderr are terminals rows=N cols=N        the terminal's size                    argc=N
//   (image's own arguments follow the image)
bool boot_argument(const char *key, char *value, size_t size_bytes);
