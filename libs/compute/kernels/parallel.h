// Work sharing. A job is a number of tasks; each task is done once, by whichever thread comes first.
// What a task computes must depend on its number alone, never on the thread: then results don't depend on the number of threads.
#ifndef CFGEN_PARALLEL_H
#define CFGEN_PARALLEL_H

#include "vectors.h"

/// `thread` numbers the threads from 0 (the caller): for scratch memory only.
typedef void (*Task)(void *context, uint32_t task, uint32_t thread);

/// Runs tasks 0 .. tasks-1 and returns when all are done.
void parallel(Task run, void *context, uint32_t tasks);

/// Threads that compute, the caller included.
uint32_t thread_count(void);

/// How the engine that the calling thread works for computes products (MixedPrecision).
uint32_t product_precision(void);
void set_product_precision(uint32_t precision);

/// Private scratch memory of a thread: SCRATCH_BYTES, 64-byte aligned.
void *thread_scratch(uint32_t thread);
#define SCRATCH_BYTES (1u << 20)

#endif
