/* A second list of CPUs, beside the one that QEMU makes. */
[0004] Signature : "APIC"
[0004] Table Length : 00000000
[0001] Revision : 05
[0001] Checksum : 00
[0006] Oem ID : "FAULTL"
[0008] Oem Table ID : "TEST    "
[0004] Oem Revision : 00000001
[0004] Asl Compiler ID : "INTL"
[0004] Asl Compiler Revision : 00000000

[0004] Local Apic Address : FEE00000
[0004] Flags (decoded below) : 00000001
[0001] PC-AT Compatibility : 1

[0001] Subtable Type : 00
[0001] Length : 08
[0001] Processor ID : 00
[0001] Local Apic ID : 00
[0004] Flags (decoded below) : 00000001
[0001] Processor Enabled : 1
[0001] Runtime Online Capable : 0
