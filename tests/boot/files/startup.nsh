@echo -off
fs0:
\EFI\faultline\BOOTX64.EFI exit=qemu
