# Faultline: every command. `make help` lists them; output goes to build/ and esp/ only.

VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
BUILD ?= release
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)')

ifeq ($(filter $(BUILD),release checked),)
$(error BUILD=$(BUILD) is unknown: release or checked)
endif

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

IS_CLANG := $(findstring clang,$(CC))
O := build/$(BUILD)$(if $(IS_CLANG),-clang)

# ---- what is needed from outside; each missing thing is named with its package ----------------------------------------

NEEDS_TOOLS := $(filter-out help clean,$(or $(MAKECMDGOALS),esp))
first_existing = $(firstword $(wildcard $(1)))
EFI_INCLUDE := $(patsubst %/efi.h,%,$(call first_existing,/usr/include/efi/efi.h /usr/local/include/efi/efi.h))
EFI_CRT0 := $(call first_existing,/usr/lib/crt0-efi-x86_64.o /usr/lib64/gnuefi/crt0-efi-x86_64.o /usr/lib/gnuefi/crt0-efi-x86_64.o /usr/lib64/gnuefi/x64/crt0-efi-x86_64.o /usr/lib/gnuefi/x64/efi/crt0-efi-x86_64.o)
EFI_LIBRARY := $(call first_existing,/usr/lib/libgnuefi.a /usr/lib64/libgnuefi.a /usr/lib64/gnuefi/libgnuefi.a)
PEFILE := $(call first_existing,/usr/lib/python3*/dist-packages/pefile.py /usr/lib/python3*/site-packages/pefile.py)
LIBDW_HEADER := $(call first_existing,/usr/include/elfutils/libdw.h /usr/local/include/elfutils/libdw.h)
QRCODEGEN_HEADER := $(call first_existing,/usr/include/qrcodegen/qrcodegen.h /usr/local/include/qrcodegen/qrcodegen.h)
QRCODEGEN_LIBRARY := $(call first_existing,/usr/lib/x86_64-linux-gnu/libqrcodegen.a /usr/lib64/libqrcodegen.a /usr/lib/libqrcodegen.a /usr/local/lib/libqrcodegen.a)
FONT_PACKED := $(call first_existing,/usr/share/consolefonts/spleen-8x16.psfu.gz /usr/share/kbd/consolefonts/spleen-8x16.psfu.gz)

define need
$(if $(2),,$(error $(1) is missing: install the package $(3), or run scripts/setup))
endef
ifneq ($(NEEDS_TOOLS),)
$(call need,the compiler $(CC),$(shell command -v $(firstword $(CC))),$(if $(IS_CLANG),clang,gcc))
$(call need,objcopy,$(shell command -v objcopy),binutils)
$(call need,python3,$(shell command -v python3),python3)
$(call need,pefile for python3,$(PEFILE),python3-pefile)
$(call need,lz4,$(shell command -v lz4),lz4)
$(call need,gnu-efi (efi.h),$(EFI_INCLUDE),gnu-efi)
$(call need,gnu-efi (crt0-efi-x86_64.o),$(EFI_CRT0),gnu-efi)
$(call need,gnu-efi (libgnuefi.a),$(EFI_LIBRARY),gnu-efi)
$(call need,libdw (elfutils/libdw.h),$(LIBDW_HEADER),libdw-dev)
$(call need,libqrcodegen (qrcodegen/qrcodegen.h),$(QRCODEGEN_HEADER),libqrcodegen-dev)
$(call need,libqrcodegen (libqrcodegen.a),$(QRCODEGEN_LIBRARY),libqrcodegen-dev)
$(call need,the console font spleen-8x16.psfu.gz,$(FONT_PACKED),fonts-spleen)
endif

# ---- flags --------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
            -Wwrite-strings -Wcast-qual -Wpointer-arith -Wredundant-decls -Wnested-externs -Wimplicit-fallthrough \
            -Wformat=2 -Wdate-time -Werror
WARNINGS += $(if $(IS_CLANG),-Wcomma -Wnewline-eof -Wmissing-variable-declarations, \
              -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init)

COMMON_CFLAGS := -std=gnu17 -ffreestanding -O2 -g -mno-red-zone -mgeneral-regs-only -fno-strict-aliasing -fno-common \
                 -fno-omit-frame-pointer -fcf-protection=none -fno-asynchronous-unwind-tables \
                 "-ffile-prefix-map=$(CURDIR)=." -MMD -MP $(WARNINGS)

# No gaps between functions and before loops: BOOTX64.EFI is to stay small.
COMMON_CFLAGS += -falign-functions=1 -falign-loops=1 $(if $(IS_CLANG),,-falign-jumps=1 -falign-labels=1)

# clang's assembler leaves the folder in the line program whatever -ffile-prefix-map says.
ASFLAGS := -g -MMD -MP $(if $(IS_CLANG),-fdebug-compilation-dir=.,"-ffile-prefix-map=$(CURDIR)=.")

# The canary is at %gs:40, where struct cpu has it (include/kernel/cpu.h).
KERNEL_CFLAGS := $(COMMON_CFLAGS) -fno-pic -fno-pie -mcmodel=kernel -fno-optimize-sibling-calls -mno-omit-leaf-frame-pointer \
                 -Wframe-larger-than=1024 -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=gs \
                 -mstack-protector-guard-offset=40
# Code that compilers join, because it is equal, has one line for several places: a report would name the wrong one.
KERNEL_CFLAGS += $(if $(IS_CLANG),-mllvm -enable-tail-merge=false,-fno-crossjumping -fno-tree-tail-merge -fno-ipa-icf)
KERNEL_INCLUDES := -Iinclude -Iarch/x86_64/include -Ikernel -I$(O)/generated

ifeq ($(BUILD),checked)
KERNEL_CFLAGS += -fsanitize=undefined -DCHECKED
endif

LOADER_CFLAGS := $(COMMON_CFLAGS) -fpic -fshort-wchar -fno-stack-protector -DGNU_EFI_USE_MS_ABI \
                 $(if $(IS_CLANG),,-maccumulate-outgoing-args)
LOADER_INCLUDES := -Iinclude -I$(O)/generated -isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64

KERNEL_LDFLAGS := -static -nostdlib -z max-page-size=4096 -z noexecstack --build-id=sha1
LOADER_LDFLAGS := -nostdlib -znocombreloc -shared -Bsymbolic --no-undefined --defsym=_entry=efi_main -T efi/loader.lds
PE_FLAGS := -S -j .text -j .rodata -j .rela -j .reloc -j .dynamic -j .data --target efi-app-x86_64 --subsystem=10

# ---- sources ------------------------------------------------------------------------------------------------------------

LIB_SOURCES := $(wildcard kernel/lib/*.c)
KERNEL_SOURCES := $(wildcard kernel/*.c kernel/*/*.c kernel/*/*.S arch/x86_64/*.c arch/x86_64/*.S)
ifneq ($(BUILD),checked)
KERNEL_SOURCES := $(filter-out kernel/fault/ubsan.c,$(KERNEL_SOURCES))
endif
# The loader decodes the kernel.
KERNEL_SOURCES := $(filter-out kernel/lib/lz4.c,$(KERNEL_SOURCES))
LOADER_SOURCES := $(wildcard efi/*.c efi/*.S)

kernel_objects := $(patsubst %,$(O)/kernel/%.o,$(KERNEL_SOURCES))
loader_objects := $(patsubst %,$(O)/loader/%.o,$(LOADER_SOURCES))
loader_lib_objects := $(patsubst %,$(O)/loader/%.o,$(LIB_SOURCES))

include tests/programs/programs.mk

# ---- commands -----------------------------------------------------------------------------------------------------------

.PHONY: help esp qemu qemu-nox gdb gdb-server test test-host test-boot test-full soak check clean all compile_commands.json FORCE
.DEFAULT_GOAL := esp

help: ## this list
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 30
	@echo 'Variables: BUILD=release|checked CC=gcc|clang V=1 K=NAME; for qemu: CMDLINE= SMP= MEM= CPU= MACHINE= DISPLAY= ACCEL=tcg'
	@echo '           QEMU= QEMUFLAGS= OVMF_CODE= OVMF_VARS='

staged_programs := $(STAGED_PROGRAMS:$(O)/%=esp/%)

esp: esp/EFI/BOOT/BOOTX64.EFI $(staged_programs) ## build BOOTX64.EFI and stage it with its programs in esp/, ready to be copied to a FAT stick

esp/EFI/BOOT/BOOTX64.EFI: $(O)/BOOTX64.EFI build/staged
	$(call say,STAGE,$@)
	$(Q)mkdir -p $(@D) && cp $< $@
$(staged_programs): esp/programs/%: $(O)/programs/% build/staged
	$(Q)mkdir -p $(@D) && cp $< $@

include scripts/stick.mk

# The settings reach scripts/run-qemu by way of the environment. DISPLAY is make's and X11's at once: it tells them apart.
QEMU_SETTINGS := ACCEL SMP MEM CPU MACHINE OVMF_CODE OVMF_VARS QEMU QEMUFLAGS
$(foreach v,$(QEMU_SETTINGS),$(if $($(v)),$(eval export $(v))))
RUN_QEMU := SERIAL_LOG=build/serial.log scripts/run-qemu
ENDED_WELL := test $$? -eq 33 # exit=qemu, and all was well

qemu: $(O)/faultline.img esp ## boot it in QEMU, in a window where there is a display; CMDLINE='option=value ...'
	$(Q)$(RUN_QEMU) $(O)/faultline.img || $(ENDED_WELL)

qemu-nox: $(O)/faultline.img esp ## the same on the terminal
	$(Q)$(RUN_QEMU) --nox $(O)/faultline.img || $(ENDED_WELL)

gdb-server: $(O)/faultline.img ## start QEMU stopped, waiting for a debugger on port 1234
	$(Q)$(RUN_QEMU) --nox --gdb $(O)/faultline.img

gdb: $(O)/faultline.img ## QEMU stopped, and gdb attached with the symbols of kernel and loader
	$(Q)scripts/gdb $(O) $(O)/faultline.img

# ---- tests --------------------------------------------------------------------------------------------------------------

include tests/host/host.mk
include tests/boot/boot.mk
include tests/fuzz/fuzz.mk

SHELL_SCRIPTS := .ci/run scripts/check-symbols scripts/setup scripts/fetch-firmware scripts/run-qemu scripts/gdb scripts/lib-apt.sh scripts/make-image tests/bare-tree
C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)

check: $(O)/kernel.elf $(O)/BOOTX64.EFI ## format, shell scripts, who includes whom, and what firmware demands of BOOTX64.EFI
	$(Q)clang-format --dry-run --Werror $(C_FILES)
	$(Q)shellcheck -x $(SHELL_SCRIPTS)
	$(Q)scripts/check-layers $(O)
	$(Q)scripts/check-pe $(O)/BOOTX64.EFI $(O)/loader.so

compile_commands.json: ## for editors and clangd
	$(Q)bear -- $(MAKE) --always-make esp

clean: ## remove everything that was built
	$(Q)rm -rf build esp/EFI esp/programs compile_commands.json

# ---- the kernel ---------------------------------------------------------------------------------------------------------

all: $(O)/BOOTX64.EFI

# Rewritten only when their text changes, so that what depends on them is rebuilt exactly then.
define write_if_changed
@mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@
endef
$(O)/generated/version.h: FORCE
	$(call write_if_changed,#define FAULTLINE_VERSION "$(VERSION)")
$(O)/flags: FORCE
	$(call write_if_changed,$(CC) $(KERNEL_CFLAGS) / $(LOADER_CFLAGS) / $(ASFLAGS) / $(KERNEL_LDFLAGS) / $(LOADER_LDFLAGS) / $(PE_FLAGS) / $(PROGRAM_CFLAGS) / $(PROGRAM_LDFLAGS))
$(O)/sources: FORCE
	$(call write_if_changed,$(KERNEL_SOURCES) / $(LOADER_SOURCES))
build/staged: FORCE # which build the staged file is from
	$(call write_if_changed,$(O))
$(O)/cmdline: FORCE # by way of the environment: the text may hold any quote
	@mkdir -p $(@D); printf '%s\n' "$$CMDLINE" | cmp -s - $@ || printf '%s\n' "$$CMDLINE" > $@
export CMDLINE

$(O)/font.psf: $(FONT_PACKED)
	$(Q)mkdir -p $(@D) && gzip -dc $< > $@

$(O)/kernel/%.c.o: %.c $(O)/flags | $(O)/generated/version.h
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) $(KERNEL_INCLUDES) -c $< -o $@
$(O)/kernel/%.S.o: %.S $(O)/flags $(O)/font.psf
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ASFLAGS) $(KERNEL_INCLUDES) -DFONT='"$(O)/font.psf"' \
	    -DSYMBOL_TABLE='"$(O)/symbols.table"' -c $< -o $@

# Two links: the symbol table is made from the first kernel and lies behind everything in .rodata of the second. What the
# table tells about must not have moved between kernel.first.elf and kernel.elf (or kernel.elf.moved).
symbols_object := $(O)/kernel/kernel/fault/symbol_table.S.o
make_symbols := build/tools/make-symbols

$(make_symbols): $(wildcard scripts/make-symbols/*) kernel/lib/checksum.c include/lib/symbols_format.h
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D) && $(HOSTCC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -Iinclude -o $@ $(filter %.c,$^) -ldw -lelf

define link_kernel
$(call say,LD,$(1))
$(Q)$(LD) $(KERNEL_LDFLAGS) -T arch/x86_64/kernel.lds -o $(1) $(2) $(QRCODEGEN_LIBRARY)
endef

$(O)/kernel.first.elf: $(filter-out $(symbols_object),$(kernel_objects)) arch/x86_64/kernel.lds $(O)/sources
	$(call link_kernel,$@,$(filter %.o,$^))
$(O)/symbols.table: $(O)/kernel.first.elf $(make_symbols)
	$(call say,SYMBOLS,$@)
	$(Q)$(make_symbols) $< $@
$(symbols_object): $(O)/symbols.table
$(O)/kernel.elf: $(kernel_objects) arch/x86_64/kernel.lds scripts/check-symbols $(O)/sources
	$(call link_kernel,$@,$(kernel_objects))
	$(Q)scripts/check-symbols $(make_symbols) $@ $(O)/symbols.table || { mv $@ $@.moved; exit 1; }

$(O)/kernel.embedded: $(O)/kernel.elf scripts/embed-kernel
	$(call say,EMBED,$@)
	$(Q)objcopy --strip-all $< $(O)/kernel.stripped && scripts/embed-kernel $(O)/kernel.stripped $@

# ---- the loader ---------------------------------------------------------------------------------------------------------

$(O)/loader/%.c.o: %.c $(O)/flags | $(O)/generated/version.h
	$(call say,CC,$< (loader))
	$(Q)mkdir -p $(@D) && $(CC) $(LOADER_CFLAGS) $(LOADER_INCLUDES) -c $< -o $@

# What fault=list prints, for the loader's menu: the rows of the kernel's tables begin with {"name", "what".
FAULT_TABLES := kernel/fault/provoke_memory.c kernel/mm/misuse.c kernel/fault/provoke_checks.c kernel/fault/provoke_cpus.c \
                arch/x86_64/provoke.c
$(O)/fault_names.txt: $(FAULT_TABLES)
	$(Q)sed -n '/fault_menu_entry entries/,/^};/s/^ *{"\([^"]*\)", "\([^"]*\)".*/\1 \2/p' $^ > $@

# $(1) the program of the same file
embed = $(CC) $(ASFLAGS) -DEMBEDDED_KERNEL='"$(O)/kernel.embedded"' -DEMBEDDED_DEMO='"$(O)/programs/$(1)"' \
        -DFAULT_NAMES='"$(O)/fault_names.txt"' -DFONT='"$(O)/font.psf"'
embedded := $(O)/kernel.embedded $(O)/fault_names.txt $(O)/font.psf
$(O)/loader/efi/embed.S.o: $(embedded) $(O)/programs/demo
$(O)/loader/efi/embed.bench.o: efi/embed.S $(embedded) $(O)/programs/bench $(O)/flags
	$(Q)mkdir -p $(@D) && $(call embed,bench) -c $< -o $@
$(O)/loader/%.S.o: %.S $(O)/flags $(O)/font.psf
	$(call say,AS,$< (loader))
	$(Q)mkdir -p $(@D) && $(call embed,demo) -c $< -o $@

# $(1) shared object, $(2) objects among other things: a UEFI application must not need anything that nobody resolves.
define link_efi
$(call say,LD,$(1))
$(Q)$(LD) $(LOADER_LDFLAGS) -o $(1) $(EFI_CRT0) $(filter %.o %.a,$(2)) $(EFI_LIBRARY)
endef
define make_pe
$(call say,PE,$(2))
$(Q)objcopy $(PE_FLAGS) $(1) $(2) && scripts/set-nx-compat $(2)
endef

# An archive, from which the loader takes what it uses of kernel/lib.
$(O)/loader/lib.a: $(loader_lib_objects) $(O)/sources
	$(Q)rm -f $@ && ar rcs $@ $(loader_lib_objects)
$(O)/loader.so: $(loader_objects) $(O)/loader/lib.a efi/loader.lds
	$(call link_efi,$@,$^)
$(O)/BOOTX64.EFI: $(O)/loader.so scripts/set-nx-compat
	$(call make_pe,$<,$@)

# The same for `make bench`, with the program `bench` in demo's place: icount does not get through the firmware's disk drivers.
$(O)/bench.so: $(filter-out %/embed.S.o,$(loader_objects)) $(O)/loader/efi/embed.bench.o $(O)/loader/lib.a efi/loader.lds
	$(call link_efi,$@,$^)
$(O)/bench/BOOTX64.EFI: $(O)/bench.so scripts/set-nx-compat
	$(Q)mkdir -p $(@D)
	$(call make_pe,$<,$@)

-include $(kernel_objects:.o=.d) $(loader_objects:.o=.d) $(loader_lib_objects:.o=.d)
