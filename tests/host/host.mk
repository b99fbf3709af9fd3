# Unit tests on the host: every tests/host/test_NAME.c is a program of its own, linked with all of kernel/lib, and runs
# under the address and undefined-behaviour sanitizers. A new test needs nothing but its file.

HOSTCC ?= gcc

host_out := build/host
host_names := $(patsubst tests/host/test_%.c,%,$(wildcard tests/host/test_*.c))
host_lib_objects := $(patsubst kernel/lib/%.c,$(host_out)/lib/%.o,$(wildcard kernel/lib/*.c))
host_font_packed := $(firstword $(wildcard /usr/share/consolefonts/spleen-8x16.psfu.gz \
                                           /usr/share/kbd/consolefonts/spleen-8x16.psfu.gz))
host_font := $(if $(host_font_packed),$(host_out)/font.psf)

# -O0, because gcc 12 from -O1 on takes the pointer in `*cursor->at++` and a later `*cursor->at` for one and the same,
# and leaves the check of the second out.
HOST_CFLAGS := -std=gnu17 -O0 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
               -U_FORTIFY_SOURCE -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
               -Wwrite-strings -Wcast-qual -Wpointer-arith -Wimplicit-fallthrough -Werror -Iinclude -Iarch/x86_64/include -Itests/host \
               -MMD -MP

# The C library has the functions of string.c too: string.c and its test use other names for them, everything else uses
# the C library's, which the sanitizers watch.
host_rename := $(foreach f,memcpy memmove memset memcmp strlen strnlen strcmp strncmp,-D$(f)=lib_$(f))
$(host_out)/lib/string.o $(host_out)/test_string.o: HOST_CFLAGS += -fno-builtin $(host_rename)
host_font_users := $(patsubst %,$(host_out)/test_%.o,psf blitter screen)
$(host_font_users): HOST_CFLAGS += $(if $(host_font),-DFONT_PATH='"$(host_font)"')
$(host_font_users): $(host_font)

# lz4_decode() is compared with the LZ4 project's own decoder, by the fuzzer too.
need_liblz4 = $(call need,lz4.h,$(wildcard /usr/include/lz4.h /usr/local/include/lz4.h),liblz4-dev)
$(host_out)/test_lz4.o: host_need = $(need_liblz4)
$(host_out)/test_lz4: HOST_LIBS := -llz4

# QR codes' sizes, with the library that makes them.
$(host_out)/test_qr: HOST_LIBS := $(QRCODEGEN_LIBRARY)

host_need_cmocka = $(if $(wildcard /usr/include/cmocka.h /usr/local/include/cmocka.h),,\
    $(error cmocka.h is missing: install the package libcmocka-dev, or run scripts/setup))

# Objects of two compilers do not mix: each has its own sanitizer runtime.
$(host_out)/compiler: host-force
	@mkdir -p $(@D); echo '$(HOSTCC)' | cmp -s - $@ || echo '$(HOSTCC)' > $@

$(host_out)/lib/%.o: kernel/lib/%.c tests/host/host.mk $(host_out)/compiler
	$(Q)mkdir -p $(@D) && $(HOSTCC) $(HOST_CFLAGS) -c $< -o $@
$(host_out)/test_%.o: tests/host/test_%.c tests/host/host.mk $(host_out)/compiler
	$(Q)$(host_need_cmocka)$(host_need)mkdir -p $(@D) && $(HOSTCC) $(HOST_CFLAGS) -c $< -o $@
$(host_out)/lib.a: $(host_lib_objects)
	$(Q)rm -f $@ && ar rcs $@ $^
$(host_out)/test_%: $(host_out)/test_%.o $(host_out)/lib.a
	$(Q)$(HOSTCC) -fsanitize=address,undefined $^ -lcmocka $(HOST_LIBS) -o $@
# Programs that other tests run.
host_tools := $(host_out)/decode_lines $(host_out)/make_elf $(host_out)/make_excerpt
$(host_tools): $(host_out)/%: tests/host/%.c $(host_out)/lib.a
	$(Q)$(HOSTCC) $(HOST_CFLAGS) $^ -o $@
-include $(host_tools:=.d)
# A program that is never run: tests read its symbols.
$(host_out)/symbols_program: tests/host/symbols_program.S tests/host/host.mk $(host_out)/compiler
	$(Q)mkdir -p $(@D) && $(HOSTCC) -static -nostdlib -Wl,-n,-Ttext=0x401000,--section-start=.cold=0x402000,--build-id=none \
	    $< -o $@
$(filter host-run-elf_symbols%,$(host_names:%=host-run-%)): $(host_out)/symbols_program
$(host_out)/font.psf: $(host_font_packed)
	$(Q)mkdir -p $(@D) && gzip -dc $< > $@

# Runs one program and leaves `PASSED FAILED` in its .count. A program that dies before its last test has failed at
# least once, whatever it printed. Failures do not stop make here, so that all programs run.
$(host_names:%=host-run-%): host-run-%: $(host_out)/test_%
	@UBSAN_OPTIONS=print_stacktrace=1 timeout 300 $< > $<.log 2>&1; status=$$?; \
	passed=$$(grep -c '^\[       OK \]' $<.log); \
	total=$$(sed -n 's/^\[==========\].*Running \([0-9]*\) test.*/\1/p' $<.log | awk '{ n += $$1 } END { print n + 0 }'); \
	failed=$$((total - passed)); \
	if [ $$status -ne 0 ] && [ $$failed -le 0 ]; then failed=1; fi; \
	if [ $$total -eq 0 ]; then failed=1; fi; \
	echo "$$passed $$failed" > $<.count; \
	if [ $$failed -eq 0 ]; then echo "host $*: $$passed passed"; \
	else cat $<.log; echo "host $*: $$passed passed, $$failed FAILED (status $$status)"; fi

test-host: $(host_names:%=host-run-%) ## the unit tests, on this machine
	@cat $(host_names:%=$(host_out)/test_%.count) | \
	    awk '{ p += $$1; f += $$2 } END { print p + 0, f + 0 }' > $(host_out)/counts.txt
	@read -r passed failed < $(host_out)/counts.txt; echo "host: $$passed passed, $$failed failed"; [ $$failed -eq 0 ]

.PHONY: test-host host-force $(host_names:%=host-run-%)
.SECONDARY: $(host_lib_objects) $(host_names:%=$(host_out)/test_%.o)
-include $(host_lib_objects:.o=.d) $(host_names:%=$(host_out)/test_%.d)
