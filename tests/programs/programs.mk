# Programs for ring 3: every tests/programs/NAME.c is one, built with crt0.S and program.lds into $(O)/programs/NAME. A
# new program needs nothing but its file. `demo` is embedded in BOOTX64.EFI, the others are staged in esp/programs.

program_names := $(patsubst tests/programs/%.c,%,$(wildcard tests/programs/*.c))
PROGRAMS := $(program_names:%=$(O)/programs/%)
STAGED_PROGRAMS := $(filter-out %/demo,$(PROGRAMS))

PROGRAM_CFLAGS := -std=gnu17 -ffreestanding -O2 -g -fno-pic -fno-pie -fno-common -fno-omit-frame-pointer -fno-stack-protector \
                  -fcf-protection=none -fno-asynchronous-unwind-tables "-ffile-prefix-map=$(CURDIR)=." -MMD -MP $(WARNINGS) \
                  -Iinclude -Itests/programs
PROGRAM_LDFLAGS := -static -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none -T tests/programs/program.lds

$(O)/programs/%.c.o: tests/programs/%.c $(O)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(PROGRAM_CFLAGS) -c $< -o $@
$(O)/programs/%.S.o: tests/programs/%.S $(O)/flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ASFLAGS) -Iinclude -c $< -o $@

# Symbols stay, for reports; what a debugger reads does not.
$(O)/programs/%: $(O)/programs/%.c.o $(O)/programs/crt0.S.o tests/programs/program.lds
	$(call say,LD,$@)
	$(Q)$(LD) $(PROGRAM_LDFLAGS) --strip-debug -o $@ $(filter %.o,$^)

programs: $(PROGRAMS)
.PHONY: programs
.PRECIOUS: $(program_names:%=$(O)/programs/%.c.o) $(O)/programs/crt0.S.o
-include $(program_names:%=$(O)/programs/%.c.d)
