# The vDSO is the app's code: its ABI, its registers, position independent. vdso.S takes it into the kernel as bytes.
VDSO_riscv64 := kernel/vdso/clock.c $(wildcard kernel/arch/riscv64/vdso/*.S)

build/riscv64/gen/vdso.so: $(VDSO_riscv64) $(wildcard kernel/arch/riscv64/vdso/*) \
		kernel/arch/riscv64/arch_defs.h kernel/include/vdso_data.h kernel/include/clock.h
	@mkdir -p $(@D)
	@echo LD $@
	@clang --target=riscv64-linux-gnu -march=rv64gc -mabi=lp64d -mno-relax -std=gnu11 -O2 -fPIC \
		-ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fvisibility=default \
		-Wall -Wextra -Werror -nostdlibinc -idirafter /usr/riscv64-linux-gnu/include \
		-Ikernel/include -Ikernel/arch/riscv64 -Ikernel/arch/riscv64/vdso \
		-shared -nostdlib -fuse-ld=lld -Wl,-T,kernel/arch/riscv64/vdso/vdso.lds -Wl,--no-undefined \
		-Wl,--hash-style=both -Wl,-soname,linux-vdso.so.1 -Wl,-z,rodynamic -Wl,-z,max-page-size=4096 \
		-Wl,--build-id=none -Wl,--strip-all $(VDSO_riscv64) -o $@

build/riscv64/obj/arch/riscv64/vdso.S.o: build/riscv64/gen/vdso.so
