// The kernels as a Node-API add-on. An engine has a stretch of address space of its own, in which its tensors have offsets as they have
// addresses in a WebAssembly memory; kernels are called with those offsets. `bindings.inc`, made from the declarations of the kernels by
// tools/build/native.mjs, holds a wrapper and a table entry for each.
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kernels.inc"
#include "node_api.h"

_Thread_local char *memory_begin;

typedef struct {
  Pool *pool;
  char *memory;
  size_t reserved, committed;
  pthread_t workers[MOST_THREADS];
  uint32_t started;
  int open;
  // Of the object that JavaScript holds, and of every view of the memory that it still may look at.
  uint32_t references;
} NativeEngine;

#define PAGE_STEP ((size_t)1 << 16)
#define MOST_ARGUMENTS 20

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/// The engine that a kernel was taken from, and the call's numbers. The calling thread works for it from now on.
static NativeEngine *enter(napi_env env, napi_callback_info info, size_t wanted, double numbers[]) {
  napi_value values[MOST_ARGUMENTS];
  size_t count = MOST_ARGUMENTS;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, values, NULL, &data) != napi_ok) return NULL;
  NativeEngine *engine = data;
  if (count != wanted) return refuse(env, "a kernel was called with a wrong number of arguments"), NULL;
  if (!engine->open) return refuse(env, "the engine is closed"), NULL;
  for (size_t i = 0; i < wanted; i++)
    if (napi_get_value_double(env, values[i], &numbers[i]) != napi_ok) return refuse(env, "a kernel takes numbers"), NULL;
  memory_begin = engine->memory;
  enter_pool(engine->pool);
  return engine;
}

/// 0 stands for "not given".
static void *address(const NativeEngine *engine, double offset) { return offset == 0 ? NULL : engine->memory + (size_t)offset; }
/// Whole numbers come as JavaScript has them: 32 bits, with or without sign.
static uint32_t whole(double number) { return (uint32_t)(int64_t)number; }

/// With a sign, as WebAssembly answers.
static napi_value answer_whole(napi_env env, int32_t number) {
  napi_value value;
  return napi_create_int32(env, number, &value) == napi_ok ? value : NULL;
}

#include "bindings.inc"

static void let_go(NativeEngine *engine) {
  if (--engine->references > 0) return;
  munmap(engine->memory, engine->reserved);
  free(engine->pool);
  free(engine);
}

static void stop(NativeEngine *engine) {
  if (!engine->open) return;
  engine->open = 0;
  enter_pool(engine->pool);
  pool_stop();
  for (uint32_t i = 0; i < engine->started; i++) pthread_join(engine->workers[i], NULL);
  // Views that are still held read zeros.
  madvise(engine->memory, engine->committed, MADV_DONTNEED);
}

static void finalize_engine(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  stop(data);
  let_go(data);
}

static void finalize_view(napi_env env, void *data, void *hint) {
  (void)env, (void)data;
  let_go(hint);
}

typedef struct {
  Pool *pool;
  char *memory;
  uint32_t thread;
} WorkerStart;

static void *worker(void *data) {
  WorkerStart start = *(WorkerStart *)data;
  free(data);
  enter_pool(start.pool);
  worker_main(start.thread);
  return NULL;
}

static int start_worker(NativeEngine *engine, uint32_t thread) {
  WorkerStart *start = malloc(sizeof *start);
  if (start == NULL) return 0;
  *start = (WorkerStart){engine->pool, engine->memory, thread};
  if (pthread_create(&engine->workers[engine->started], NULL, worker, start) != 0) {
    free(start);
    return 0;
  }
  engine->started++;
  return 1;
}

static napi_value view_of(napi_env env, NativeEngine *engine) {
  napi_value view;
  engine->references++;
  if (napi_create_external_arraybuffer(env, engine->memory, engine->committed, finalize_view, engine, &view) != napi_ok) {
    engine->references--;
    return refuse(env, "this Node does not let add-ons share memory");
  }
  return view;
}

/// grow(bytes): lets the memory be at least so large; answers a view of all of it, or undefined where there is no more.
static napi_value grow(napi_env env, napi_callback_info info) {
  double bytes;
  NativeEngine *engine = enter(env, info, 1, &bytes);
  if (engine == NULL) return NULL;
  napi_value nothing;
  napi_get_undefined(env, &nothing);
  if (!(bytes > 0) || bytes > (double)engine->reserved) return nothing;
  size_t wanted = ((size_t)bytes + PAGE_STEP - 1) / PAGE_STEP * PAGE_STEP;
  if (wanted > engine->committed) {
    char *from = engine->memory + engine->committed;
    if (mprotect(from, wanted - engine->committed, PROT_READ | PROT_WRITE) != 0) return nothing;
#ifdef MADV_HUGEPAGE
    madvise(from, wanted - engine->committed, MADV_HUGEPAGE);
#endif
    engine->committed = wanted;
  }
  return view_of(env, engine);
}

/// start(scratch): starts the workers, with the scratch memory of all threads at this offset.
static napi_value start(napi_env env, napi_callback_info info) {
  double numbers[2];
  NativeEngine *engine = enter(env, info, 2, numbers);
  if (engine == NULL) return NULL;
  uint32_t threads = (uint32_t)smaller(whole(numbers[0]), MOST_THREADS);
  pool_start(threads, address(engine, numbers[1]));
  for (uint32_t thread = 1; thread < threads; thread++)
    if (!start_worker(engine, thread)) return refuse(env, "no more threads can be started");
  return NULL;
}

static napi_value close_engine(napi_env env, napi_callback_info info) {
  void *data = NULL;
  if (napi_get_cb_info(env, info, NULL, NULL, NULL, &data) == napi_ok) stop(data);
  return NULL;
}

static int add_function(napi_env env, napi_value object, const char *name, napi_callback callback, void *data) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) == napi_ok &&
         napi_set_named_property(env, object, name, function) == napi_ok;
}

/// open(bytes): an engine with address space of so many bytes: { grow, start, close, kernels }; undefined where there is not so much.
static napi_value open_engine(napi_env env, napi_callback_info info) {
  napi_value argument, object, kernels;
  size_t count = 1;
  double bytes = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count != 1) return refuse(env, "open takes a number of bytes");
  if (napi_get_value_double(env, argument, &bytes) != napi_ok || !(bytes >= PAGE_STEP)) return refuse(env, "open takes a number of bytes");
  if (napi_get_undefined(env, &object) != napi_ok) return NULL;
  size_t reserved = (size_t)bytes / PAGE_STEP * PAGE_STEP;
  // Address space alone: pages are asked for by grow.
  void *memory = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (memory == MAP_FAILED) return object;
  NativeEngine *engine = calloc(1, sizeof *engine);
  void *pool = NULL;
  if (engine == NULL || posix_memalign(&pool, 64, sizeof(Pool)) != 0) {
    munmap(memory, reserved);
    free(engine);
    return object;
  }
  __builtin_memset(pool, 0, sizeof(Pool));
  *engine = (NativeEngine){.pool = pool, .memory = memory, .reserved = reserved, .open = 1, .references = 1};
  if (napi_create_object(env, &object) != napi_ok || napi_wrap(env, object, engine, finalize_engine, NULL, NULL) != napi_ok) {
    let_go(engine);
    return refuse(env, "no engine could be made");
  }
  if (napi_create_object(env, &kernels) != napi_ok) return NULL;
  for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
    if (!add_function(env, kernels, bindings[i].name, bindings[i].call, engine)) return NULL;
  if (!add_function(env, object, "grow", grow, engine) || !add_function(env, object, "start", start, engine) ||
      !add_function(env, object, "close", close_engine, engine) || napi_set_named_property(env, object, "kernels", kernels) != napi_ok)
    return NULL;
  return object;
}

/// The widest build that this processor can run: "avx512bf16", "avx512", "avx2" or "baseline".
static const char *widest_build(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw"))
    return __builtin_cpu_supports("avx512bf16") ? "avx512bf16" : "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
#endif
  return "baseline";
}

NAPI_MODULE_INIT() {
  napi_value build, lanes;
  if (!add_function(env, exports, "open", open_engine, NULL)) return NULL;
  if (napi_create_string_utf8(env, widest_build(), NAPI_AUTO_LENGTH, &build) != napi_ok) return NULL;
  if (napi_set_named_property(env, exports, "widestBuild", build) != napi_ok) return NULL;
  if (napi_create_uint32(env, VL, &lanes) != napi_ok || napi_set_named_property(env, exports, "lanes", lanes) != napi_ok) return NULL;
  return exports;
}
