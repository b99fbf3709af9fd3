/* The entries of the machine's fault menu (provoke.c) that are not in its file. None takes an argument; what each does
 * is the second column of the table. */
#ifndef PROVOKE_H
#define PROVOKE_H

#include "arch/trap.h"

#define UNMAPPED_STACK UINT64_C(0x0000600000000000) /* in the user half, where nothing is mapped */

/* provoke_segments.c */
void provoke_bad_selector(void);
void provoke_segment_not_present(void);
void provoke_stack_segment(void);
void provoke_gate_not_present(void);
void provoke_task_busy(void);
void provoke_ldt_wrong(void);
void provoke_iret_nested(void);

/* provoke_paging.c */
void provoke_user_read(void);
void provoke_user_write(void);
void provoke_user_execute(void);
void provoke_reserved_bit(void);
void provoke_damaged_tables(void);
void provoke_damaged_symbols(void);
const char *provoke_lacks_smap(void);
const char *provoke_lacks_smep(void);

/* provoke_stacks.c */
void provoke_nmi(void);
void provoke_nmi_fault(void);
void provoke_nmi_overflow(void);
void provoke_interrupt_fault(void);
void provoke_double_overflow(void);
void provoke_report_overflow(void);
void provoke_wrong_gs(void);
void provoke_damaged_stack(void);
const char *provoke_lacks_lapic(void);

#endif
