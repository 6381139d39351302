// Addresses that lie in an engine's memory themselves (lists of tensors): in lines of 64 bytes, which is how every tensor is aligned,
// so that 32 bits do on every target.
#ifndef CFGEN_MEMORY_H
#define CFGEN_MEMORY_H

#include "vectors.h"

#define LINE_BYTES 64

#ifdef __wasm__
INLINE void *at_line(uint32_t line) { return (void *)(size_t)(line * LINE_BYTES); }
#else
/// First byte of the memory of the engine that the calling thread works for. Only the thread that calls kernels has it.
extern _Thread_local char *memory_begin;
INLINE void *at_line(uint32_t line) { return memory_begin + (size_t)line * LINE_BYTES; }
#endif

#endif
