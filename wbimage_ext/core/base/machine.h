/* What a call may use of the machine.
 * In: what the CPU has, how many threads are wanted. Out: nothing. Ownership: none. */
#ifndef WB_BASE_MACHINE_H
#define WB_BASE_MACHINE_H

#include "base/cpu.h"

/* No result depends on it. */
typedef struct wb_machine {
    wb_cpu cpu;
    unsigned thread_count; /* at most; 0 reads as 1 */
} wb_machine;

#endif
