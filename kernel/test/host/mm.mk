# The memory manager under the host's sanitizers: `make -f kernel/test/host/mm.mk`, from the repository's root.
# Two programs: mm_test runs one named test, mm_random compares a random run with a simple model.

# clang's sanitizers are a package of their own (libclang-rt-*-dev); gcc brings its own, but knows no address spaces.
HOST_CC := $(shell echo 'int main(void){}' | clang -fsanitize=address -x c - -o /dev/null 2>/dev/null && \
	echo clang || echo gcc -Wno-attributes)
HOST_MM := build/host
HOST_MM_GEN := $(HOST_MM)/gen/syscalls_gen.h
HOST_MM_KERNEL := kernel/core/tree.c $(wildcard kernel/mm/*.c kernel/sys/memory*.c)
HOST_MM_SHARED := $(HOST_MM_KERNEL) kernel/test/host/machine.c kernel/test/host/files.c kernel/test/host/invariants.c kernel/test/host/runner.c
HOST_MM_FLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wall -Wextra -Wshadow -Werror \
	-Ikernel/test/host/arch -Ikernel/test/host -Ikernel/include -I$(HOST_MM)/gen

.PHONY: kernel-host-mm
kernel-host-mm: $(HOST_MM)/mm_test $(HOST_MM)/mm_random

$(HOST_MM_GEN): hermipy/table.py hermipy/generate/header.py $(wildcard syscall_table/*.toml)
	@mkdir -p $(@D)
	PYTHONPATH=. python3 -m hermipy.generate.header riscv64 $@

$(HOST_MM)/mm_%: $(HOST_MM_SHARED) $(HOST_MM_GEN) $(wildcard kernel/test/host/mm_*.c kernel/include/*.h \
		kernel/mm/*.h kernel/sys/memory.h kernel/test/host/*.h kernel/test/host/arch/*.h)
	$(HOST_CC) $(HOST_MM_FLAGS) -o $@.$$$$ $(wildcard kernel/test/host/mm_$*_*.c) $(HOST_MM_SHARED) && mv $@.$$$$ $@
