# Threads, timers, futexes, the device tree and formatting under the host's sanitizers:
# `make -f kernel/test/host/core.mk`, from the repository's root. core_test runs one named test.

# clang's sanitizers are a package of their own (libclang-rt-*-dev); gcc brings its own, but knows no address spaces.
HOST_CC := $(shell echo 'int main(void){}' | clang -fsanitize=address -x c - -o /dev/null 2>/dev/null && \
	echo clang || echo gcc -Wno-attributes)
HOST := build/host
HOST_GEN := $(HOST)/gen/syscalls_gen.h
HOST_KERNEL := $(addprefix kernel/core/,clock.c fdt.c format.c process.c sched.c thread.c timer.c wait.c) \
	kernel/sys/futex.c kernel/sys/futex_move.c
HOST_TESTS := $(wildcard kernel/test/host/core_*.c) kernel/test/host/runner.c
# The sanitizer puts room between globals, but the entries of a linker set have to touch.
HOST_GLOBALS := $(if $(findstring clang,$(HOST_CC)),-mllvm -asan-globals=0,--param asan-globals=0)
HOST_FLAGS := $(HOST_GLOBALS) -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -no-pie -Wall -Wextra -Wshadow -Werror \
	-Ikernel/test/host/arch -Ikernel/test/host -Ikernel/core -Ikernel/sys -Ikernel/include -I$(HOST)/gen

$(HOST)/core_test: $(HOST_KERNEL) $(HOST_TESTS) $(HOST_GEN) kernel/test/host/core_sets.ld \
		$(wildcard kernel/include/*.h kernel/test/host/*.h kernel/test/host/arch/*.h)
	$(HOST_CC) $(HOST_FLAGS) -Wl,-T,kernel/test/host/core_sets.ld -o $@.$$$$ $(HOST_TESTS) $(HOST_KERNEL) && mv $@.$$$$ $@

$(HOST_GEN): hermipy/table.py hermipy/generate/header.py $(wildcard syscall_table/*.toml)
	@mkdir -p $(@D)
	PYTHONPATH=. python3 -m hermipy.generate.header riscv64 $@
