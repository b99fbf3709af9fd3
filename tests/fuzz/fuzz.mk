# Fuzzers for the pure parsers: every tests/fuzz/fuzz_NAME.c is a libFuzzer target, linked with all of kernel/lib under the
# address and undefined-behaviour sanitizers. It starts from the inputs in tests/fuzz/corpus/NAME, which it leaves alone:
# what it finds on its way goes to build/fuzz/corpus/NAME, what breaks it to build/fuzz/NAME-*. A new target needs nothing
# but its file.

RUNS ?= 1000000

fuzz_out := build/fuzz
fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_lib_objects := $(patsubst kernel/lib/%.c,$(fuzz_out)/lib/%.o,$(wildcard kernel/lib/*.c))
FUZZ_CFLAGS := -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
               -U_FORTIFY_SOURCE -Wall -Wextra -Werror -Iinclude -MMD -MP

# The C library's functions, which the sanitizers watch, and not those of string.c: as in tests/host/host.mk.
$(fuzz_out)/lib/string.o: FUZZ_CFLAGS += -fno-builtin $(host_rename)

$(fuzz_out)/lib/%.o: kernel/lib/%.c tests/fuzz/fuzz.mk
	$(call need,clang,$(shell command -v clang),clang)
	$(Q)mkdir -p $(@D) && clang $(FUZZ_CFLAGS) -c $< -o $@
$(fuzz_out)/fuzz_lz4.o: fuzz_need = $(need_liblz4)
$(fuzz_out)/fuzz_lz4: FUZZ_LIBS := -llz4
$(fuzz_out)/fuzz_%.o: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.mk
	$(Q)$(fuzz_need)mkdir -p $(@D) && clang $(FUZZ_CFLAGS) -c $< -o $@
$(fuzz_out)/lib.a: $(fuzz_lib_objects)
	$(Q)rm -f $@ && ar rcs $@ $^
$(fuzz_out)/fuzz_%: $(fuzz_out)/fuzz_%.o $(fuzz_out)/lib.a
	$(Q)clang $(FUZZ_CFLAGS) $^ $(FUZZ_LIBS) -o $@

$(fuzz_names:%=fuzz-run-%): fuzz-run-%: $(fuzz_out)/fuzz_%
	$(Q)mkdir -p $(fuzz_out)/corpus/$*
	$(Q)$< -runs=$(RUNS) -seed=1 -print_final_stats=1 -artifact_prefix=$(fuzz_out)/$*- $(fuzz_out)/corpus/$* \
	    $(wildcard tests/fuzz/corpus/$*) > $<.log 2>&1 || { cat $<.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */fuzz $*: runs /p' $<.log

fuzz: $(fuzz_names:%=fuzz-run-%) ## the fuzzers, RUNS=N inputs each

.PHONY: fuzz $(fuzz_names:%=fuzz-run-%)
.SECONDARY: $(fuzz_lib_objects) $(fuzz_names:%=$(fuzz_out)/fuzz_%.o)
-include $(fuzz_lib_objects:.o=.d) $(fuzz_names:%=$(fuzz_out)/fuzz_%.d)
