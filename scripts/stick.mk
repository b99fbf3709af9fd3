# The disk image, the stick, the signed loader, and what is handed out. esp/README.md says how to use them.

.PHONY: image usb sign dist

image: $(O)/faultline.img ## a disk image for a stick and for QEMU: GPT, EFI system partition
$(O)/faultline.img: $(O)/BOOTX64.EFI $(STAGED_PROGRAMS) esp/faultline.cfg $(O)/cmdline scripts/make-image
	$(call need,mformat,$(shell command -v mformat),mtools)
	$(call need,sgdisk,$(shell PATH="$$PATH:/usr/sbin" command -v sgdisk),gdisk)
	$(call say,IMAGE,$@)
	$(Q)scripts/make-image $@ $< $(if $(CMDLINE),$(O)/cmdline,esp/faultline.cfg) $(STAGED_PROGRAMS)

usb: image ## write that image to a stick, DEV=/dev/NAME; looks, asks, and reads it back
	$(Q)scripts/usb $(O)/faultline.img '$(DEV)'

SIGNED ?= $(O)/BOOTX64.signed.efi

sign: $(O)/BOOTX64.EFI ## a copy signed for Secure Boot, BOOTX64.signed.efi; KEY=FILE CERT=FILE in PEM form, SIGNED=FILE
	$(call need,sbsign,$(shell command -v sbsign),sbsigntool)
	$(if $(and $(KEY),$(CERT)),,$(error whose signature? make sign KEY=FILE CERT=FILE, both PEM))
	$(call say,SIGN,$(SIGNED))
	$(Q)sbsign --key '$(KEY)' --cert '$(CERT)' --output '$(SIGNED)' $<

DIST := build/dist
CHANGES := .github/CHANGES.md

# Before anything is built: what is handed out is the one build that is tested, without options of this moment.
ifneq ($(filter dist,$(MAKECMDGOALS)),)
$(if $(filter-out build/release,$(O)),$(error make dist takes the release build by gcc, not $(O)))
$(if $(CMDLINE),$(error make dist takes no CMDLINE: it would become the image's options))
$(if $(shell grep -x '## $(VERSION)' $(CHANGES)),,$(error $(CHANGES) has no section "## $(VERSION)"))
endif

dist: $(O)/BOOTX64.EFI $(O)/kernel.elf $(O)/faultline.img ## what is handed out, in build/dist: loader, kernel with symbols, image, checksums, changes
	$(call say,DIST,$(DIST))
	$(Q)rm -rf $(DIST) && mkdir -p $(DIST) && cp $^ $(DIST) && cp $(CHANGES) $(DIST)/CHANGES
	$(Q)cd $(DIST) && LC_ALL=C sha256sum * > SHA256SUMS
