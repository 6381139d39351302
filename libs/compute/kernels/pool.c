// The thread pool. Each thread has a lane: a stretch of the job's tasks that it takes first, so that the
// rows it wrote in one kernel are the rows it reads in the next. When its lane is empty it helps with the others'.
// A lane is one word (job number, end, next task): taking a task is a single compare-and-swap, and a late thread can never touch
// a job that is over.
#include "pool.h"
#include "waiting.h"

#define SPINS_BEFORE_SLEEP 20000
#define NANOSECONDS_A_NAP 1000000
// What a lane has room for.
#define MOST_TASKS 65535

// A WebAssembly memory holds one pool. A process may hold several: each thread knows the one it works for.
#ifdef __wasm__
static Pool only;
INLINE Pool *own_pool(void) { return &only; }
#else
static _Thread_local Pool *own;
INLINE Pool *own_pool(void) { return own; }
void enter_pool(Pool *pool) { own = pool; }
#endif

uint32_t thread_count(void) { return own_pool()->threads; }

void *thread_scratch(uint32_t thread) { return own_pool()->scratch + (size_t)thread * SCRATCH_BYTES; }

CFGEN_EXPORT(pool_start) void pool_start(uint32_t threads, char *scratch) {
  Pool *pool = own_pool();
  pool->threads = (uint32_t)smaller(threads, MOST_THREADS);
  pool->scratch = scratch;
}

CFGEN_EXPORT(pool_scratch_bytes) uint32_t pool_scratch_bytes(void) { return SCRATCH_BYTES; }

uint32_t product_precision(void) { return own_pool()->precision; }
void set_product_precision(uint32_t precision) { own_pool()->precision = precision; }

/// Takes and runs the tasks of one lane until none is left. Answers how many it ran.
static uint32_t empty_lane(Pool *pool, Lane *lane, uint32_t thread) {
  uint64_t ticket = __atomic_load_n(&lane->ticket, __ATOMIC_SEQ_CST);
  for (uint32_t ran = 0;;) {
    uint32_t next = (uint32_t)ticket & 0xffff, end = ((uint32_t)ticket >> 16) & 0xffff;
    if (next >= end) return ran;
    if (!__atomic_compare_exchange_n(&lane->ticket, &ticket, ticket + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    pool->run(pool->context, pool->first + next, thread);
    ran++;
    ticket = __atomic_load_n(&lane->ticket, __ATOMIC_SEQ_CST);
  }
}

/// Tasks are counted when a lane has no more to take: the counter is a line of memory that all threads would wait for. A job with a task
/// that was not counted is not over, and what it is made of does not change.
static void count_tasks(Pool *pool, uint32_t ran) {
  uint32_t tasks = pool->tasks;
  if (__atomic_add_fetch(&pool->done, ran, __ATOMIC_SEQ_CST) == tasks && __atomic_load_n(&pool->caller_sleeps, __ATOMIC_SEQ_CST))
    wake(&pool->done, 1);
}

static void work(Pool *pool, uint32_t thread) {
  uint32_t lanes = pool->lanes;
  for (uint32_t i = 0; i < lanes; i++) {
    uint32_t at = thread + i, ran = empty_lane(pool, &pool->lane[at < lanes ? at : at % lanes], thread);
    if (ran > 0) count_tasks(pool, ran);
  }
}

static void run_job(Pool *pool, Task run, void *context, uint32_t first, uint32_t tasks) {
  uint32_t job = pool->job + 1, lanes = (uint32_t)smaller(pool->threads, tasks);
  pool->run = run;
  pool->context = context;
  pool->first = first;
  pool->lanes = lanes;
  pool->tasks = tasks;
  // Lines of memory that other threads hold: none waits for the one before. A thread that takes a ticket sees all that was written till then.
  __atomic_store_n(&pool->done, 0, __ATOMIC_RELEASE);
  for (uint32_t i = 0; i < lanes; i++) {
    uint64_t begin = (uint64_t)tasks * i / lanes, end = (uint64_t)tasks * (i + 1) / lanes;
    __atomic_store_n(&pool->lane[i].ticket, (uint64_t)job << 32 | end << 16 | begin, __ATOMIC_RELEASE);
  }
  __atomic_store_n(&pool->job, job, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST))
    wake(&pool->job, pool->threads - 1);
  work(pool, 0);
  for (uint32_t spins = 0;; spins++) {
    uint32_t done = __atomic_load_n(&pool->done, __ATOMIC_SEQ_CST);
    if (done == tasks) return;
    if (spins < SPINS_BEFORE_SLEEP) {
      spin();
      continue;
    }
    // Another thread was put aside in the middle of a task: leave it the processor.
    __atomic_store_n(&pool->caller_sleeps, 1, __ATOMIC_SEQ_CST);
    wait_while(&pool->done, done, NANOSECONDS_A_NAP);
    __atomic_store_n(&pool->caller_sleeps, 0, __ATOMIC_SEQ_CST);
  }
}

void parallel(Task run, void *context, uint32_t tasks) {
  Pool *pool = own_pool();
  if (tasks <= 1 || pool->threads <= 1) {
    for (uint32_t task = 0; task < tasks; task++) run(context, task, 0);
    return;
  }
  for (uint32_t first = 0; first < tasks; first += MOST_TASKS) run_job(pool, run, context, first, (uint32_t)smaller(MOST_TASKS, tasks - first));
}

/// The life of a worker thread.
CFGEN_EXPORT(worker_main) void worker_main(uint32_t thread) {
  Pool *pool = own_pool();
  uint32_t job = 0;
  while (!__atomic_load_n(&pool->stop, __ATOMIC_SEQ_CST)) {
    uint32_t latest = __atomic_load_n(&pool->job, __ATOMIC_SEQ_CST);
    if (latest != job) {
      job = latest;
      work(pool, thread);
      continue;
    }
    uint32_t spins = 0;
    while (spins < SPINS_BEFORE_SLEEP && __atomic_load_n(&pool->job, __ATOMIC_SEQ_CST) == job) spins++, spin();
    if (spins < SPINS_BEFORE_SLEEP) continue;
    __atomic_add_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
    wait_while(&pool->job, job, NANOSECONDS_FOR_EVER);
    __atomic_sub_fetch(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
  }
}

CFGEN_EXPORT(pool_stop) void pool_stop(void) {
  Pool *pool = own_pool();
  __atomic_store_n(&pool->stop, 1, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&pool->job, 1, __ATOMIC_SEQ_CST);
  wake(&pool->job, pool->threads);
}
