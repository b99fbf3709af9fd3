/* A DBG2 that names a 16550 at I/O port 4e8. */
[0004] Signature : "DBG2"
[0004] Table Length : 00000000
[0001] Revision : 00
[0001] Checksum : 00
[0006] Oem ID : "FAULTL"
[0008] Oem Table ID : "TEST    "
[0004] Oem Revision : 00000001
[0004] Asl Compiler ID : "INTL"
[0004] Asl Compiler Revision : 00000000

[0004] Info Offset : 0000002C
[0004] Info Count : 00000001

[0001] Revision : 00
[0002] Length : 0028
[0001] Register Count : 01
[0002] Namepath Length : 0002
[0002] Namepath Offset : 0026
[0002] OEM Data Length : 0000
[0002] OEM Data Offset : 0000
[0002] Port Type : 8000
[0002] Port Subtype : 0000
[0002] Reserved : 0000
[0002] Base Address Offset : 0016
[0002] Address Size Offset : 0022

[0012] Base Address Register : [Generic Address Structure]
[0001] Space ID : 01
[0001] Bit Width : 08
[0001] Bit Offset : 00
[0001] Encoded Access Width : 01
[0008] Address : 00000000000004E8

[0004] Address Size : 00000008

[0002] Namepath : "."
