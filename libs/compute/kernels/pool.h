// What a pool is made of. See pool.c.
#ifndef CFGEN_POOL_H
#define CFGEN_POOL_H

#include "parallel.h"

#define MOST_THREADS 256

typedef struct {
  // job number << 32 | end << 16 | next task
  _Alignas(64) uint64_t ticket;
} Lane;

typedef struct {
  _Alignas(64) uint32_t job;
  // Written before a job's lanes are filled, unchanged until its last task is done.
  Task run;
  void *context;
  uint32_t first, lanes, tasks;
  _Alignas(64) uint32_t done;
  uint32_t caller_sleeps;
  _Alignas(64) uint32_t sleepers;
  uint32_t stop;
  uint32_t threads;
  // Products may round their factors: see gemm-mixed.h.
  uint32_t precision;
  char *scratch;
  Lane lane[MOST_THREADS];
} Pool;

#ifndef __wasm__
/// From now on the calling thread works for this pool, which starts as zeros.
void enter_pool(Pool *pool);
#endif

#endif
