/* System calls by number; those that are not there are call_none. The entry allows numbers up to FL_CALL_ECHO_LAST. */
#include "abi/call.h"

    .macro CALL number, function
    .rept   \number - (. - system_calls) / 8
    .quad   call_none
    .endr
    .quad   \function
    .endm

    .section .rodata
    .balign 8
    .globl  system_calls
    .type   system_calls, @object
system_calls:
    CALL    FL_CALL_EXIT, call_exit
    CALL    FL_CALL_LOG_WRITE, call_log_write
    CALL    FL_CALL_CLOCK, call_clock
    CALL    FL_CALL_SLEEP, call_sleep
    CALL    FL_CALL_YIELD, call_yield
    CALL    FL_CALL_PROCESS_ID, call_process_id
    CALL    FL_CALL_SPAWN, call_spawn
    CALL    FL_CALL_WAIT, call_wait
    CALL    FL_CALL_KILL, call_kill
    CALL    FL_CALL_MAP, call_map
    CALL    FL_CALL_UNMAP, call_unmap
    CALL    FL_CALL_PROTECT, call_protect
    CALL    FL_CALL_CPU_NUMBER, call_cpu_number
    CALL    FL_CALL_ON_FAULT, call_on_fault
    CALL    FL_CALL_RESUME, call_resume
    CALL    FL_CALL_RUN_ON, call_run_on
    CALL    FL_CALL_SET_BASES, call_set_bases
    .set    number, FL_CALL_ECHO_FIRST
    .rept   FL_CALL_ECHO_LAST - FL_CALL_ECHO_FIRST + 1
    CALL    number, call_echo
    .set    number, number + 1
    .endr
    .size   system_calls, . - system_calls

    .section .note.GNU-stack, "", @progbits
