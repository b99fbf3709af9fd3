# Boot tests under QEMU, and the commands that run every test. tests/README.md says how to write a case.

PYTEST := $(or $(shell command -v pytest-3),$(shell command -v pytest))
PYTEST_FLAGS = -p no:cacheprovider -o console_output_style=classic -n 2 --junitxml=build/boot/$(1).xml $(if $(K),-k '$(K)') --tier $(1)

TEST_LOADERS := $(patsubst tests/boot/loaders/%.c,$(O)/loaders/%.efi,$(wildcard tests/boot/loaders/*.c))

# A test loader is an application of its own. `hooks` wraps the very BOOTX64.EFI under test, so that this never has hooks.
$(O)/loaders/%.o: tests/boot/loaders/%.c $(O)/flags
	$(Q)mkdir -p $(@D) && $(CC) $(LOADER_CFLAGS) $(LOADER_INCLUDES) -c $< -o $@
$(O)/loaders/embed.o: tests/boot/loaders/embed.S $(O)/BOOTX64.EFI
	$(Q)mkdir -p $(@D) && $(CC) -DIMAGE='"$(O)/BOOTX64.EFI"' -c $< -o $@
$(O)/loaders/hooks/%.o: tests/boot/loaders/hooks/%.S
	$(Q)mkdir -p $(@D) && $(CC) -c $< -o $@
$(O)/loaders/hooks.so: $(O)/loaders/embed.o $(addprefix $(O)/loaders/hooks/,$(addsuffix .o,$(basename $(notdir $(wildcard tests/boot/loaders/hooks/*.[cS]))))) $(O)/loader/lib.a
$(O)/loaders/%.so: $(O)/loaders/%.o $(O)/loader/kernel/lib/string.c.o efi/loader.lds
	$(call link_efi,$@,$^)
$(O)/loaders/%.efi: $(O)/loaders/%.so scripts/set-nx-compat
	$(call make_pe,$<,$@)

# Tables of our own, for QEMU's -acpitable.
ACPI_TABLES := $(patsubst tests/boot/acpi/%.asl,$(O)/acpi/%.aml,$(wildcard tests/boot/acpi/*.asl))
$(O)/acpi/%.aml: tests/boot/acpi/%.asl
	$(call need,iasl,$(shell command -v iasl),acpica-tools)
	$(Q)mkdir -p $(@D) && iasl -p $(@:.aml=) $< > $(@:.aml=.log) 2>&1 || { cat $(@:.aml=.log); exit 1; }

# The key that Debian's OVMF for tests of Secure Boot trusts: its passphrase is its name, by which nobody else can.
SNAKEOIL := $(basename $(wildcard /usr/share/ovmf/PkKek-1-snakeoil.key))
build/snakeoil.key: $(SNAKEOIL:=.key)
	$(call need,openssl,$(shell command -v openssl),openssl)
	$(Q)mkdir -p $(@D) && openssl rsa -passin pass:snakeoil -in $< -out $@

# The cases name their builds, so the compiler is fixed here; CMDLINE must not get into their images.
boot-test-images: $(if $(SNAKEOIL),build/snakeoil.key)
	+$(Q)$(MAKE) --no-print-directory CC=gcc CMDLINE= BUILD=release test-images
	+$(Q)$(MAKE) --no-print-directory CC=gcc CMDLINE= BUILD=checked test-images
	+$(Q)$(MAKE) --no-print-directory build/host/decode_lines build/host/make_elf build/host/make_excerpt
	+$(if $(SNAKEOIL),$(Q)$(MAKE) --no-print-directory CC=gcc BUILD=release sign KEY=build/snakeoil.key CERT=$(SNAKEOIL).pem \
	    SIGNED=build/release/BOOTX64.snakeoil.efi)
test-images: $(O)/BOOTX64.EFI $(O)/faultline.img $(TEST_LOADERS) $(ACPI_TABLES)
.PHONY: boot-test-images test-images
.PRECIOUS: $(O)/loaders/%.so $(O)/loaders/%.o
-include $(wildcard $(O)/loaders/*.d $(O)/loaders/hooks/*.d)

# $(1) tier, $(2) where (all of tests/boot)
define run_boot_tests
$(call need,pytest,$(PYTEST),python3-pytest)
$(Q)mkdir -p build/boot && rm -f build/boot/$(1).xml
$(Q)$(PYTEST) $(PYTEST_FLAGS) $(or $(2),tests/boot) || test -s build/boot/$(1).xml
endef

test-boot: boot-test-images ## the boot tests alone; K=NAME chooses
	$(call run_boot_tests,test)
	$(Q)python3 tests/summary.py build/boot/test.xml

# The host tests' failures are counted in the closing line and do not keep the boot tests from running.
define run_host_tests
$(Q)rm -f build/host/counts.txt
+$(Q)$(MAKE) --no-print-directory -k test-host || test -s build/host/counts.txt
endef

test: boot-test-images ## all tests that gate a change, at most 10 minutes on 2 cores; K=NAME chooses boot tests
	$(call run_host_tests)
	$(call run_boot_tests,test)
	$(Q)python3 tests/summary.py build/host/counts.txt build/boot/test.xml

test-full: export HOST_OPERATIONS := 10000000
test-full: boot-test-images ## the whole matrix, at most 40 minutes
	+$(Q)$(MAKE) --no-print-directory CC=clang CMDLINE= BUILD=release test-images
	$(call run_host_tests)
	$(call run_boot_tests,full)
	$(Q)python3 tests/summary.py build/host/counts.txt build/boot/full.xml

soak: boot-test-images ## the boots that only show a fault when repeated, 500 of them (five minutes)
	$(call run_boot_tests,soak,tests/boot/cases)
	$(Q)python3 tests/summary.py build/boot/soak.xml

bench: boot-test-images $(O)/bench/BOOTX64.EFI ## instruction counts of what is hot, beside their budgets (four minutes)
	$(Q)python3 tests/boot/bench.py

bench-check: boot-test-images $(O)/bench/BOOTX64.EFI ## the same; fails when a budget is missed or two runs differ
	$(Q)python3 tests/boot/bench.py --check
.PHONY: bench bench-check
