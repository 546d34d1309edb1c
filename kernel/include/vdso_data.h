// The page that the vDSO reads: mapped read-only right below the vDSO's first page, written by
// core/vdso.c. Also built into the vDSO itself, which knows its address from the linker
// (arch/<arch>/vdso/vdso.lds).
#pragma once

#include "types.h"

// ns since power-on = ticks * multiplier >> CLOCK_SHIFT (a 128-bit product); realtime = that +
// realtime_offset_ns. The writer is the kernel, which the reader cannot interrupt, but the reader
// may find itself on either side of a write: it starts again when `sequence` has changed or is odd.
struct vdso_data {
    uint32_t sequence;
    uint32_t resolution_ns; // clock_getres() of the fine clocks
    uint64_t multiplier;
    uint64_t realtime_offset_ns;
};

#define VDSO_DATA_PAGES 1

// The vDSO's ELF file, page aligned at both ends: its pages are mapped as they lie here
// (arch/<arch>/vdso.S).
extern const char vdso_start[], vdso_end[];
