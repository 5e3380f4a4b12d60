/* Tests of tasks on several threads: all are done, results are taken in order, a failure ends them,
 * and a thread that cannot be started is done without.
 * In: nothing. Out: an exit code. Ownership: none. */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "base/threads.h"
#include "check.h"
#include "support.h"

enum { MOST = 300, NEVER = MOST };

typedef struct log {
    pthread_mutex_t mutex;
    unsigned runs[MOST];
    unsigned workers[MOST];
    bool is_busy[WB_MAX_THREADS];
    size_t taken[MOST];
    size_t taken_count;
    size_t slot_count;
    size_t most_waiting;
    size_t run_fails, take_fails; /* the task that fails, or NEVER */
    size_t slots[WB_MAX_SLOTS];   /* the results */
} log;

static log fresh(size_t slot_count)
{
    return (log){.mutex = PTHREAD_MUTEX_INITIALIZER,
                 .slot_count = slot_count,
                 .run_fails = NEVER,
                 .take_fails = NEVER};
}

static wb_status run(void *context, size_t task, unsigned worker)
{
    log *seen = context;
    pthread_mutex_lock(&seen->mutex);
    CHECK(worker < WB_MAX_THREADS && !seen->is_busy[worker]);
    seen->is_busy[worker] = true;
    seen->runs[task]++;
    seen->workers[worker]++;
    const size_t waiting = task + 1 - seen->taken_count;
    seen->most_waiting = waiting > seen->most_waiting ? waiting : seen->most_waiting;
    pthread_mutex_unlock(&seen->mutex);
    for (size_t i = 0; i < task % 7; i++)
        sched_yield();
    seen->slots[task % seen->slot_count] = task; /* no lock: the slot is the task's alone */
    pthread_mutex_lock(&seen->mutex);
    seen->is_busy[worker] = false;
    pthread_mutex_unlock(&seen->mutex);
    return task == seen->run_fails ? WB_OUT_OF_MEMORY : WB_OK;
}

static wb_status take(void *context, size_t task)
{
    log *seen = context;
    CHECK_EQUAL(seen->slots[task % seen->slot_count], task);
    pthread_mutex_lock(&seen->mutex);
    seen->taken[seen->taken_count++] = task;
    pthread_mutex_unlock(&seen->mutex);
    return task == seen->take_fails ? WB_LIBRARY_FAILED : WB_OK;
}

static wb_status run_tasks(log *seen, size_t count, unsigned threads)
{
    const wb_tasks tasks = {count, seen, run, take, seen->slot_count};
    return wb_tasks_run(&tasks, threads);
}

static void test_results_are_taken_in_order(void)
{
    static const size_t COUNTS[] = {0, 1, 2, 3, 17, MOST};
    for (unsigned threads = 0; threads <= 5; threads++)
        for (size_t slot_count = 1; slot_count <= 9; slot_count += 2)
            for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
                log seen = fresh(slot_count);
                CHECK_EQUAL(run_tasks(&seen, COUNTS[i], threads), WB_OK);
                CHECK_EQUAL(seen.taken_count, COUNTS[i]);
                for (size_t task = 0; task < COUNTS[i]; task++) {
                    CHECK_EQUAL(seen.runs[task], 1);
                    CHECK_EQUAL(seen.taken[task], task);
                }
                CHECK(seen.most_waiting <= slot_count);
            }
}

static wb_status run_unordered(void *context, size_t task, unsigned worker)
{
    log *seen = context;
    (void)worker;
    pthread_mutex_lock(&seen->mutex);
    seen->runs[task]++;
    pthread_mutex_unlock(&seen->mutex);
    return WB_OK;
}

static void test_tasks_without_results(void)
{
    for (unsigned threads = 1; threads <= 100; threads += 33) {
        log seen = fresh(1);
        const wb_tasks tasks = {.count = MOST, .context = &seen, .run = run_unordered};
        CHECK_EQUAL(wb_tasks_run(&tasks, threads), WB_OK);
        for (size_t task = 0; task < MOST; task++)
            CHECK_EQUAL(seen.runs[task], 1);
    }
}

static void test_the_first_failure_counts(void)
{
    for (unsigned threads = 1; threads <= 4; threads++) {
        log seen = fresh(5);
        seen.run_fails = 20;
        seen.take_fails = 21;
        CHECK_EQUAL(run_tasks(&seen, MOST, threads), WB_OUT_OF_MEMORY);
        CHECK_EQUAL(seen.runs[MOST - 1], 0);
        CHECK(seen.taken_count <= 20);

        seen = fresh(5);
        seen.run_fails = 24;
        seen.take_fails = 19;
        CHECK_EQUAL(run_tasks(&seen, MOST, threads), WB_LIBRARY_FAILED);
        CHECK_EQUAL(seen.runs[MOST - 1], 0);
        CHECK_EQUAL(seen.taken_count, 20);
    }
}

static void test_workers(void)
{
    const wb_tasks many = {.count = 1000, .run = run_unordered};
    CHECK_EQUAL(wb_tasks_workers(&many, 0), 1);
    CHECK_EQUAL(wb_tasks_workers(&many, 3), 3);
    CHECK_EQUAL(wb_tasks_workers(&many, 100000), WB_MAX_THREADS);
    const wb_tasks two = {.count = 2, .run = run_unordered};
    CHECK_EQUAL(wb_tasks_workers(&two, 8), 2);
    const wb_tasks ordered = {.count = 1000, .run = run, .take = take, .slot_count = 4};
    CHECK_EQUAL(wb_tasks_workers(&ordered, 8), 4);
}

#ifdef WB_TEST_ALLOCATIONS
static void test_threads_may_be_refused(void)
{
    for (unsigned allowed = 0; allowed <= 3; allowed++) {
        log seen = fresh(8);
        refuse_threads_after(allowed);
        CHECK_EQUAL(run_tasks(&seen, MOST, 4), WB_OK);
        allow_threads();
        CHECK_EQUAL(seen.taken_count, MOST);
        for (size_t worker = allowed + 1; worker < WB_MAX_THREADS; worker++)
            CHECK_EQUAL(seen.workers[worker], 0);
    }
}
#endif

int main(void)
{
    RUN(test_results_are_taken_in_order);
    RUN(test_tasks_without_results);
    RUN(test_the_first_failure_counts);
    RUN(test_workers);
#ifdef WB_TEST_ALLOCATIONS
    RUN(test_threads_may_be_refused);
#endif
    return 0;
}
