# The program loader on top of the memory manager, under the host's sanitizers: `make -f kernel/test/host/loader.mk`, from
# the repository's root. loader_test runs one named test.

# clang's sanitizers are a package of their own (libclang-rt-*-dev); gcc brings its own, but knows no address spaces.
HOST_CC := $(shell echo 'int main(void){}' | clang -fsanitize=address -x c - -o /dev/null 2>/dev/null && \
	echo clang || echo gcc -Wno-attributes)
HOST := build/host
LOADER_KERNEL := $(addprefix kernel/core/,tree.c exec.c exec_stack.c exec_copy.c elf.c) $(wildcard kernel/mm/*.c)
LOADER_TESTS := $(wildcard kernel/test/host/loader_*.c) \
	$(addprefix kernel/test/host/,machine.c files.c invariants.c runner.c)
LOADER_FLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -no-pie -Wall -Wextra -Wshadow -Werror \
	-Ikernel/test/host/arch -Ikernel/test/host -Ikernel/core -Ikernel/include

$(HOST)/loader_test: $(LOADER_KERNEL) $(LOADER_TESTS) kernel/test/host/loader_sets.ld \
		$(wildcard kernel/include/*.h kernel/core/*.h kernel/mm/*.h kernel/test/host/*.h kernel/test/host/arch/*.h)
	@mkdir -p $(@D)
	$(HOST_CC) $(LOADER_FLAGS) -Wl,-T,kernel/test/host/loader_sets.ld -o $@.$$$$ $(LOADER_TESTS) $(LOADER_KERNEL) && \
		mv $@.$$$$ $@
