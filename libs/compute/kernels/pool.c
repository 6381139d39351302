// The thread pool of the WebAssembly build: one ticket word holds the job's number, its size and the next free task, so that taking
// a task is a single compare-and-swap and a late thread can never touch a job that is over.
#include "parallel.h"

#ifdef __wasm__

#define SPINS_BEFORE_SLEEP 20000
#define NANOSECONDS_A_NAP 1000000
// What the ticket has room for.
#define MOST_TASKS 65535

static struct {
  // job number << 32 | tasks << 16 | next task
  _Alignas(64) uint64_t ticket;
  Task run;
  void *context;
  uint32_t first;
  _Alignas(64) uint32_t done;
  uint32_t caller_sleeps;
  _Alignas(64) uint32_t sleepers;
  uint32_t stop;
  uint32_t threads;
  char *scratch;
} pool;

#define JOB_WORD ((int32_t *)&pool.ticket + 1)

uint32_t thread_count(void) { return pool.threads; }

void *thread_scratch(uint32_t thread) { return pool.scratch + (size_t)thread * SCRATCH_BYTES; }

CFGEN_EXPORT(pool_start) void pool_start(uint32_t threads, char *scratch) {
  pool.threads = threads;
  pool.scratch = scratch;
}

CFGEN_EXPORT(pool_scratch_bytes) uint32_t pool_scratch_bytes(void) { return SCRATCH_BYTES; }

/// Takes and runs tasks of the current job until none is left.
static void work(uint32_t thread) {
  uint64_t ticket = __atomic_load_n(&pool.ticket, __ATOMIC_SEQ_CST);
  for (;;) {
    uint32_t next = (uint32_t)ticket & 0xffff, tasks = ((uint32_t)ticket >> 16) & 0xffff;
    if (next >= tasks) return;
    if (!__atomic_compare_exchange_n(&pool.ticket, &ticket, ticket + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    pool.run(pool.context, pool.first + next, thread);
    uint32_t done = __atomic_add_fetch(&pool.done, 1, __ATOMIC_SEQ_CST);
    if (done == tasks && __atomic_load_n(&pool.caller_sleeps, __ATOMIC_SEQ_CST))
      __builtin_wasm_memory_atomic_notify((int32_t *)&pool.done, 1);
    ticket = __atomic_load_n(&pool.ticket, __ATOMIC_SEQ_CST);
  }
}

static void run_job(Task run, void *context, uint32_t first, uint32_t tasks) {
  pool.run = run;
  pool.context = context;
  pool.first = first;
  __atomic_store_n(&pool.done, 0, __ATOMIC_SEQ_CST);
  uint64_t job = (__atomic_load_n(&pool.ticket, __ATOMIC_SEQ_CST) >> 32) + 1;
  __atomic_store_n(&pool.ticket, job << 32 | (uint64_t)tasks << 16, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&pool.sleepers, __ATOMIC_SEQ_CST)) __builtin_wasm_memory_atomic_notify(JOB_WORD, pool.threads - 1);
  work(0);
  for (uint32_t spin = 0;; spin++) {
    uint32_t done = __atomic_load_n(&pool.done, __ATOMIC_SEQ_CST);
    if (done == tasks) return;
    if (spin < SPINS_BEFORE_SLEEP) continue;
    // Another thread was put aside in the middle of a task: leave it the processor.
    __atomic_store_n(&pool.caller_sleeps, 1, __ATOMIC_SEQ_CST);
    __builtin_wasm_memory_atomic_wait32((int32_t *)&pool.done, (int32_t)done, NANOSECONDS_A_NAP);
    __atomic_store_n(&pool.caller_sleeps, 0, __ATOMIC_SEQ_CST);
  }
}

void parallel(Task run, void *context, uint32_t tasks) {
  if (tasks <= 1 || pool.threads <= 1) {
    for (uint32_t task = 0; task < tasks; task++) run(context, task, 0);
    return;
  }
  for (uint32_t first = 0; first < tasks; first += MOST_TASKS) run_job(run, context, first, (uint32_t)smaller(MOST_TASKS, tasks - first));
}

/// The life of a worker thread.
CFGEN_EXPORT(worker_main) void worker_main(uint32_t thread) {
  while (!__atomic_load_n(&pool.stop, __ATOMIC_SEQ_CST)) {
    int32_t job = __atomic_load_n(JOB_WORD, __ATOMIC_SEQ_CST);
    work(thread);
    uint32_t spin = 0;
    while (spin < SPINS_BEFORE_SLEEP && __atomic_load_n(JOB_WORD, __ATOMIC_SEQ_CST) == job) spin++;
    if (spin < SPINS_BEFORE_SLEEP) continue;
    __atomic_add_fetch(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
    __builtin_wasm_memory_atomic_wait32(JOB_WORD, job, -1);
    __atomic_sub_fetch(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  }
}

CFGEN_EXPORT(pool_stop) void pool_stop(void) {
  __atomic_store_n(&pool.stop, 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(JOB_WORD, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(JOB_WORD, pool.threads);
}

#endif
