/* Threads of POSIX or Windows behind a few names, and the tasks that they share.
 * In: tasks. Out: a status. Ownership: see base/threads.h. */
#if !defined(_POSIX_C_SOURCE) && !defined(__APPLE__)
#define _POSIX_C_SOURCE 200112L /* signal masks; NOLINT(bugprone-reserved-identifier) */
#endif

#include "base/threads.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef _WIN32
#include <process.h>
#include <windows.h>
#else
#include <pthread.h>
#include <signal.h>
#endif

#ifdef WB_TEST_ALLOCATIONS
/* Defined by tests/c: decides whether the next thread is refused. */
bool wb_test_refuse_thread(void);
#else
static bool wb_test_refuse_thread(void)
{
    return false;
}
#endif

/* ---- one name for each of two systems -------------------------------------------------------- */

/* musl's threads have 128 KB of stack unless they are told. */
enum { STACK_BYTES = 1 << 20 };

typedef void thread_body(void *argument);

typedef struct thread {
    thread_body *body;
    void *argument;
#ifdef _WIN32
    HANDLE handle;
#else
    pthread_t handle;
#endif
} thread;

#ifdef _WIN32

typedef SRWLOCK lock;
typedef CONDITION_VARIABLE condition;

static bool monitor_open(lock *mutex, condition *changed)
{
    InitializeSRWLock(mutex);
    InitializeConditionVariable(changed);
    return true;
}

static void monitor_close(lock *mutex, condition *changed)
{
    (void)mutex;
    (void)changed;
}

static void acquire(lock *mutex)
{
    AcquireSRWLockExclusive(mutex);
}

static void release(lock *mutex)
{
    ReleaseSRWLockExclusive(mutex);
}

static void wait_for(condition *changed, lock *mutex)
{
    SleepConditionVariableSRW(changed, mutex, INFINITE, 0);
}

static void wake_all(condition *changed)
{
    WakeAllConditionVariable(changed);
}

static unsigned __stdcall thread_main(void *argument)
{
    const thread *self = argument;
    self->body(self->argument);
    return 0;
}

static bool thread_start(thread *started)
{
    started->handle = (HANDLE)_beginthreadex(NULL, STACK_BYTES, thread_main, started, 0, NULL);
    return started->handle != NULL;
}

static void thread_join(thread *started)
{
    WaitForSingleObject(started->handle, INFINITE);
    CloseHandle(started->handle);
}

#else

typedef pthread_mutex_t lock;
typedef pthread_cond_t condition;

static bool monitor_open(lock *mutex, condition *changed)
{
    if (pthread_mutex_init(mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(changed, NULL) == 0)
        return true;
    pthread_mutex_destroy(mutex);
    return false;
}

static void monitor_close(lock *mutex, condition *changed)
{
    pthread_cond_destroy(changed);
    pthread_mutex_destroy(mutex);
}

static void acquire(lock *mutex)
{
    pthread_mutex_lock(mutex);
}

static void release(lock *mutex)
{
    pthread_mutex_unlock(mutex);
}

static void wait_for(condition *changed, lock *mutex)
{
    pthread_cond_wait(changed, mutex);
}

static void wake_all(condition *changed)
{
    pthread_cond_broadcast(changed);
}

static void *thread_main(void *argument)
{
    const thread *self = argument;
    self->body(self->argument);
    return NULL;
}

/* The thread gets no signals: they stay with the threads of the program, such as Python's main. */
static bool thread_start(thread *started)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failure = pthread_create(&started->handle, &attributes, thread_main, started);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failure == 0;
}

static void thread_join(thread *started)
{
    pthread_join(started->handle, NULL);
}

#endif

/* ---- tasks ----------------------------------------------------------------------------------- */

/* What the workers share. `mutex` guards all but `tasks`. */
typedef struct work {
    const wb_tasks *tasks;
    lock mutex;
    condition changed; /* a task was taken, or one failed */
    unsigned worker_count;
    size_t next;                /* the task to begin */
    size_t taken;               /* tasks below it were taken */
    bool is_taking;             /* by one of the workers */
    bool is_done[WB_MAX_SLOTS]; /* and not taken yet, by slot */
    size_t failed_task;         /* the first that failed; SIZE_MAX: none */
    wb_status status;           /* of it */
} work;

static void fail(work *shared, size_t task, wb_status status)
{
    if (task >= shared->failed_task)
        return;
    shared->failed_task = task;
    shared->status = status;
    wake_all(&shared->changed);
}

/* Takes results in order as far as they are done, those too that are done meanwhile. */
static void take_results(work *shared)
{
    const wb_tasks *tasks = shared->tasks;
    if (tasks->take == NULL || shared->is_taking)
        return;
    shared->is_taking = true;
    while (shared->is_done[shared->taken % tasks->slot_count]
           && shared->taken < shared->failed_task) {
        const size_t task = shared->taken;
        shared->is_done[task % tasks->slot_count] = false;
        release(&shared->mutex);
        const wb_status status = tasks->take(tasks->context, task);
        acquire(&shared->mutex);
        if (status != WB_OK)
            fail(shared, task, status);
        shared->taken = task + 1;
        wake_all(&shared->changed);
    }
    shared->is_taking = false;
}

static void work_on(void *argument)
{
    work *shared = argument;
    const wb_tasks *tasks = shared->tasks;
    acquire(&shared->mutex);
    const unsigned worker = shared->worker_count++;
    for (;;) {
        while (tasks->take != NULL && shared->failed_task == SIZE_MAX
               && shared->next - shared->taken >= tasks->slot_count)
            wait_for(&shared->changed, &shared->mutex);
        if (shared->next >= tasks->count || shared->failed_task != SIZE_MAX)
            break;
        const size_t task = shared->next++;
        release(&shared->mutex);
        const wb_status status = tasks->run(tasks->context, task, worker);
        acquire(&shared->mutex);
        if (status != WB_OK)
            fail(shared, task, status);
        else if (tasks->take != NULL)
            shared->is_done[task % tasks->slot_count] = true;
        take_results(shared);
    }
    release(&shared->mutex);
}

static wb_status run_alone(const wb_tasks *tasks)
{
    wb_status status = WB_OK;
    for (size_t task = 0; task < tasks->count && status == WB_OK; task++) {
        status = tasks->run(tasks->context, task, 0);
        if (status == WB_OK && tasks->take != NULL)
            status = tasks->take(tasks->context, task);
    }
    return status;
}

unsigned wb_tasks_workers(const wb_tasks *tasks, unsigned thread_count)
{
    size_t most = thread_count < WB_MAX_THREADS ? thread_count : WB_MAX_THREADS;
    most = tasks->count < most ? tasks->count : most;
    if (tasks->take != NULL)
        most = tasks->slot_count < most ? tasks->slot_count : most;
    return most != 0 ? (unsigned)most : 1;
}

wb_status wb_tasks_run(const wb_tasks *tasks, unsigned thread_count)
{
    const unsigned worker_count = wb_tasks_workers(tasks, thread_count);
    if (worker_count == 1)
        return run_alone(tasks);
    work shared = {.tasks = tasks, .failed_task = SIZE_MAX};
    if (!monitor_open(&shared.mutex, &shared.changed))
        return run_alone(tasks);
    thread started[WB_MAX_THREADS];
    unsigned started_count = 0;
    for (; started_count + 1 < worker_count; started_count++) {
        thread *another = &started[started_count];
        *another = (thread){.body = work_on, .argument = &shared};
        if (wb_test_refuse_thread() || !thread_start(another))
            break;
    }
    work_on(&shared);
    while (started_count > 0)
        thread_join(&started[--started_count]);
    monitor_close(&shared.mutex, &shared.changed);
    return shared.status;
}
