// Sleeping until a word of memory changes, on every target.
#ifndef CFGEN_WAITING_H
#define CFGEN_WAITING_H

#include "vectors.h"

#define NANOSECONDS_FOR_EVER (-1)

#if defined(__wasm__)

INLINE void wait_while(uint32_t *word, uint32_t value, int64_t nanoseconds) {
  __builtin_wasm_memory_atomic_wait32((int32_t *)word, (int32_t)value, nanoseconds);
}
INLINE void wake(uint32_t *word, uint32_t sleepers) { __builtin_wasm_memory_atomic_notify((int32_t *)word, sleepers); }
INLINE void spin(void) {}

#else

#if defined(__x86_64__)
INLINE void spin(void) { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
INLINE void spin(void) { __asm__ volatile("yield"); }
#else
INLINE void spin(void) {}
#endif

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

INLINE void wait_while(uint32_t *word, uint32_t value, int64_t nanoseconds) {
  struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nanoseconds < 0 ? (void *)0 : &timeout, (void *)0, 0);
}
INLINE void wake(uint32_t *word, uint32_t sleepers) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, sleepers, (void *)0, (void *)0, 0); }

#else
// One lock for all words: sleeping is rare, and who wakes up looks again.
#include <pthread.h>
#include <sys/time.h>

static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t word_changed = PTHREAD_COND_INITIALIZER;

static void wait_while(uint32_t *word, uint32_t value, int64_t nanoseconds) {
  pthread_mutex_lock(&waiting_lock);
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) {
    if (nanoseconds < 0) pthread_cond_wait(&word_changed, &waiting_lock);
    else {
      struct timeval now;
      gettimeofday(&now, 0);
      int64_t until = (int64_t)now.tv_sec * 1000000000 + (int64_t)now.tv_usec * 1000 + nanoseconds;
      struct timespec timeout = {until / 1000000000, until % 1000000000};
      pthread_cond_timedwait(&word_changed, &waiting_lock, &timeout);
    }
  }
  pthread_mutex_unlock(&waiting_lock);
}
static void wake(uint32_t *word, uint32_t sleepers) {
  (void)word, (void)sleepers;
  pthread_mutex_lock(&waiting_lock);
  pthread_cond_broadcast(&word_changed);
  pthread_mutex_unlock(&waiting_lock);
}

#endif
#endif
#endif
