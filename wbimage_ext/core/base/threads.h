/* Independent tasks side by side on several threads, their results taken in order.
 * In: what one task does, and how many tasks there are. Out: a status; no task runs any more.
 * Ownership: borrows everything. The threads end with the call, so that a fork finds none of them.
 * Where a thread cannot be started, the others do its work. */
#ifndef WB_BASE_THREADS_H
#define WB_BASE_THREADS_H

#include <stddef.h>

#include "base/status.h"

enum { WB_MAX_THREADS = 64, WB_MAX_SLOTS = 2 * WB_MAX_THREADS };

typedef struct wb_tasks {
    size_t count;
    void *context;
    /* Does a task, on any thread; tasks begin in order. `worker` is below the number of threads,
     * and no two threads have the same one at a time: for working memory. */
    wb_status (*run)(void *context, size_t task, unsigned worker);
    /* NULL, or takes the result of a task: in order, one at a time, on any thread. */
    wb_status (*take)(void *context, size_t task);
    /* With `take`: how many results may wait, 1 to WB_MAX_SLOTS. Task `slot_count + i` begins after
     * task `i` was taken, so that it may use the memory of its result. */
    size_t slot_count;
} wb_tasks;

/* Runs all tasks on at most `thread_count` threads, the caller's among them. After a failure no
 * more tasks begin; the status is that of the first task, in order, that failed. */
wb_status wb_tasks_run(const wb_tasks *tasks, unsigned thread_count);

/* How many threads wb_tasks_run would start at most: what memory per worker is needed for. */
unsigned wb_tasks_workers(const wb_tasks *tasks, unsigned thread_count);

#endif
