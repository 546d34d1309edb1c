# Two commands: `make run` packs a real program and boots it, `make test` runs the tests. Both set up
# everything they need, once. `make help` lists the rest.

ARCHES := $(or $(ARCH),riscv64 aarch64)
PYTHON := .venv/bin/python
APT_PACKAGES := clang lld llvm python3-venv qemu-system-misc qemu-system-arm qemu-user \
	gcc-riscv64-linux-gnu libc6-dev-riscv64-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
	g++-riscv64-linux-gnu g++-aarch64-linux-gnu gcc libc6-dev libclang-rt-dev debian-archive-keyring \
	gdb-multiarch
CHECK_PACKAGES := clang-format clang-tidy

.PHONY: docs help run test check samples kernel bench conformance conformance-analysis conformance-guest conformance-audit check-page torture clean setup apt check-apt
.DEFAULT_GOAL := help

help:                ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo '  ARCH=riscv64|aarch64 limits a target to one architecture'

# --- set-up -----------------------------------------------------------------------------------

apt:
	@missing=$$(for p in $(APT_PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing with apt:" $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

check-apt: apt
	@$(MAKE) --no-print-directory apt APT_PACKAGES="$(CHECK_PACKAGES)"

.venv/installed: pyproject.toml
	@$(MAKE) --no-print-directory apt
	@echo "installing the Python packages that pyproject.toml pins, into .venv"
	@test -x $(PYTHON) || python3 -m venv .venv
	@$(PYTHON) -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: .venv/installed kernel    ## install what is needed, build the kernel

# --- the kernel: one archive per architecture ---------------------------------------------------

# Debian names an architecture's GNU triple and its headers alike.
TRIPLE_riscv64 := riscv64-linux-gnu
TRIPLE_aarch64 := aarch64-linux-gnu
# No floating point in the kernel: the app's registers are not saved for it. On AArch64 a whole kernel lies within
# 1 MiB (kernel.ld checks), so one instruction reaches every variable.
# Registers that a direct call need not save (kernel/arch/aarch64/direct.S). clang 14 forgets -ffixed on RISC-V.
FIXED_aarch64 := $(patsubst %,-ffixed-x%,9 10 11 12 13 14 15 18)
CFLAGS_riscv64 := -march=rv64imac -mabi=lp64 -mcmodel=medany -mno-relax -fno-jump-tables
CFLAGS_aarch64 := -mgeneral-regs-only -mno-outline-atomics -mcmodel=tiny $(FIXED_aarch64)
ASFLAGS_riscv64 := -march=rv64gc -mabi=lp64 -mno-relax
ASFLAGS_aarch64 :=

# Small before fast: -O2 makes the kernel a fifth larger, and a write() to /dev/null 4 % cheaper.
CFLAGS := -std=gnu11 -Oz -g1 -ffreestanding -fno-builtin-bcmp -fno-pic -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fomit-frame-pointer -ffunction-sections -fdata-sections \
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wimplicit-fallthrough -Werror -nostdlibinc

# Go on AArch64 finds a symbol by the hash table's layout that Linux's vDSO there has.
VDSO_FLAGS_riscv64 := -march=rv64gc -mabi=lp64d -mno-relax -Wl,--hash-style=both
VDSO_FLAGS_aarch64 := -Wl,--hash-style=sysv
VDSO_FLAGS := -std=gnu11 -O2 -fPIC -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fvisibility=default -Wall -Wextra -Werror -nostdlibinc -shared -nostdlib -fuse-ld=lld \
	-Wl,--no-undefined,-soname,linux-vdso.so.1,-z,rodynamic,-z,max-page-size=4096,--build-id=none,--strip-all

SOURCES := $(wildcard kernel/core/*.c kernel/mm/*.c kernel/fs/*.c kernel/sys/*.c kernel/drivers/*.c \
	kernel/net/*.c)

define kernel_rules
GEN_$(1) := build/$(1)/gen
FLAGS_$(1) := --target=$$(TRIPLE_$(1)) -idirafter /usr/$$(TRIPLE_$(1))/include -Ikernel/include \
	-Ikernel/arch/$(1) -I$$(GEN_$(1))
# trap.c and trap.S stand side by side, so an assembly file's object keeps the S in its name.
OBJECTS_$(1) := $$(patsubst kernel/%.c,build/$(1)/obj/%.o,$$(SOURCES) $$(wildcard kernel/arch/$(1)/*.c)) \
	$$(patsubst kernel/%.S,build/$(1)/obj/%.S.o,$$(wildcard kernel/arch/$(1)/*.S))

build/$(1)/obj/%.o: kernel/%.c Makefile $$(GEN_$(1))/syscalls_gen.h $$(GEN_$(1))/arch_offsets.h
	@mkdir -p $$(@D)
	@echo "CC $$<"
	@clang $$(CFLAGS) $$(CFLAGS_$(1)) $$(FLAGS_$(1)) -MMD -MP -c $$< -o $$@

build/$(1)/obj/%.S.o: kernel/%.S Makefile $$(GEN_$(1))/arch_offsets.h
	@mkdir -p $$(@D)
	@echo "AS $$<"
	@clang $$(ASFLAGS_$(1)) $$(FLAGS_$(1)) -g1 -MMD -MP -c $$< -o $$@

$$(GEN_$(1))/syscalls_gen.h: hermipy/table.py hermipy/generate/header.py $$(wildcard syscall_table/*.toml)
	@mkdir -p $$(@D)
	PYTHONPATH=. python3 -m hermipy.generate.header $(1) $$@
	@touch $$@

# Structure offsets for the assembly, read out of the compiler: asm-offsets.c emits `.ascii "#define ..."` lines.
$$(GEN_$(1))/arch_offsets.h: kernel/arch/$(1)/offsets/asm_offsets.c $$(wildcard kernel/include/*.h kernel/arch/$(1)/*.h)
	@mkdir -p $$(@D)
	clang $$(CFLAGS) $$(CFLAGS_$(1)) $$(FLAGS_$(1)) -S $$< -o $$@.s
	@sed -n 's/.*->\([A-Z0-9_]*\) [^0-9-]*\(-\{0,1\}[0-9]*\).*/#define \1 \2/p' $$@.s > $$@

build/$(1)/libkernel.a: $$(OBJECTS_$(1))
	@rm -f $$@
	@echo "AR $$@"
	@llvm-ar rcsD $$@ $$^

hermipy/_kernel/$(1)/libkernel.a: build/$(1)/libkernel.a kernel/arch/$(1)/kernel.ld
	@mkdir -p $$(@D)
	@cp kernel/arch/$(1)/kernel.ld $$(@D)/
	@cat $$(filter %.c,$$(SOURCES)) kernel/include/*.h | sed -n 's/^SET_DECLARE(\([a-z_]*\),.*/\1/p' | sort -u | \
	  sed 's/.*/. = ALIGN(8); set_&_start = .; KEEP(*(SORT(.set.&.*))) set_&_end = .;/' > $$(@D)/sets.ld
	@printf '%s\n' $$(patsubst build/$(1)/obj/%,%,$$(OBJECTS_$(1))) > $$(@D)/members
	@echo "STRIP $$@"
	@llvm-objcopy --strip-debug $$< $$@

# The vDSO is the app's code: its ABI, its registers, position independent. vdso.S takes it in as bytes.
build/$(1)/gen/vdso.so: kernel/vdso/clock.c $$(wildcard kernel/arch/$(1)/vdso/*) kernel/arch/$(1)/arch_defs.h \
		kernel/include/vdso_data.h kernel/include/clock.h Makefile
	@mkdir -p $$(@D)
	@echo "LD $$@"
	@clang $$(VDSO_FLAGS) $$(VDSO_FLAGS_$(1)) --target=$$(TRIPLE_$(1)) -idirafter /usr/$$(TRIPLE_$(1))/include \
	  -Ikernel/include -Ikernel/arch/$(1) -Ikernel/arch/$(1)/vdso -Wl,-T,kernel/arch/$(1)/vdso/vdso.lds \
	  $$(filter %.c %.S,$$^) -o $$@

build/$(1)/obj/arch/$(1)/vdso.S.o: build/$(1)/gen/vdso.so

-include $$(OBJECTS_$(1):.o=.d)
endef
$(foreach arch,riscv64 aarch64,$(eval $(call kernel_rules,$(arch))))

kernel: $(foreach arch,$(ARCHES),hermipy/_kernel/$(arch)/libkernel.a)    ## build the kernel archives

# --- samples, tests, checks ----------------------------------------------------------------------

samples: .venv/installed    ## build the sample programs (glibc and musl, static)
	@$(PYTHON) -m tests.samples build $(ARCHES)

run: setup           ## the main job, on a real program: Debian's unmodified busybox in an image
	@$(PYTHON) samples/session.py $(firstword $(ARCHES))

test: setup samples  ## the tests, with those that boot QEMU
	@$(PYTHON) -m pytest -q -n 2 $(if $(ARCH),--arch $(ARCH))

check: .venv/installed check-apt    ## linters, types and the tests that need no QEMU
	.venv/bin/ruff check hermipy tests kernel
	.venv/bin/ruff format --check hermipy tests kernel
	.venv/bin/mypy
	clang-format --dry-run --Werror $(C_FILES)
	@$(MAKE) --no-print-directory tidy
	@$(PYTHON) -m pytest -q -m 'not qemu'

check-page: .venv/installed    ## the audit's HTML page in headless Chromium
	@$(MAKE) --no-print-directory apt APT_PACKAGES="chromium"
	@$(PYTHON) -m pip install -q --disable-pip-version-check -e '.[page]'
	@$(PYTHON) -m pytest -q tests/page/checks.py

docs: .venv/installed ## write the pages that are made from the syscall table
	@$(PYTHON) -m hermipy.generate.page

conformance: setup   ## random syscalls and Debian programs against qemu-user (hours); writes docs/conformance.md
	@$(PYTHON) -m tests.sequences $(if $(ARCH),--arch $(ARCH))
	@command -v qemu-riscv64-static >/dev/null || apt-get install -y -qq qemu-user-static >/dev/null
	@$(PYTHON) -m tests.conformance $(ARCHES:%=--arch %)

conformance-guest: setup samples  ## seccomp profiles in containers under Debian's Linux kernel (minutes)
	@$(PYTHON) -m pytest -q tests/guest/checks.py $(if $(ARCH),--arch $(ARCH))

conformance-audit: setup  ## all programs of hundreds of Debian packages, killed on the way, then on Dask (an hour)
	@$(PYTHON) -m tests.audit $(if $(ARCH),--arch $(ARCH))

conformance-analysis: setup  ## what the analysis predicts against traces (HELD_OUT=1: for a release); writes docs/analysis.md
	@$(MAKE) --no-print-directory apt APT_PACKAGES="iproute2 perl python3 tcl"
	@command -v qemu-riscv64-static >/dev/null || apt-get install -y -qq qemu-user-static >/dev/null
	@$(PYTHON) -m tests.accuracy $(if $(HELD_OUT),--held-out)

torture: setup samples  ## threads, signals, files and runtimes for an hour: no fault, leak or difference
	@$(MAKE) --no-print-directory apt APT_PACKAGES="golang-go"
	@$(PYTHON) -m tests.torture $(ARCHES:%=--arch %)

bench: setup samples ## measure against a minimal payload and a plain call; writes docs/benchmarks.md
	@$(PYTHON) -m tests.bench $(ARCHES)

C_FILES := $(shell git ls-files 'kernel/*.c' 'kernel/*.h')

.PHONY: tidy
tidy: $(foreach arch,$(ARCHES),tidy-$(arch))
tidy-%: build/%/gen/syscalls_gen.h build/%/gen/arch_offsets.h
	@clang-tidy --quiet --warnings-as-errors='*' $(SOURCES) $(wildcard kernel/arch/$*/*.c) -- \
	  $(CFLAGS) $(CFLAGS_$*) $(FLAGS_$*) 2>/dev/null

clean:               ## remove what was built (not .venv)
	rm -rf build hermipy/_kernel
