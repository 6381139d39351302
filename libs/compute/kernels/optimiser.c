// AdamW over one flat buffer of parameters, and averages of whole sets. Bound by memory: every number is touched once.
#include "parallel.h"
#include "vectors.h"

// Fixed, so that the norm doesn't depend on the number of threads.
#define CHUNK 16384

typedef struct {
  uint32_t begin, end;
  float learning_rate, weight_decay;
} Segment;

typedef struct {
  float *values, *first, *second;
  const float *gradients;
  const Segment *segments;
  double *partial;
  size_t count, segments_count;
  float beta1, beta2, epsilon, clip, correction1, root_correction2;
} AdamW;

static void norm_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const AdamW *p = context;
  size_t begin = (size_t)task * CHUNK, end = smaller(p->count, begin + CHUNK);
  vd total = splat_double(0);
  // Short sums in single precision (1024 squares in four lanes), the long one in double.
  for (size_t block = begin; block < end; block += 1024) {
    vf sum = splat(0);
    EACH_VECTOR(i, n, block, smaller(end, block + 1024)) {
      vf g = load_n(p->gradients + i, n);
      sum = fma_(g, g, sum);
    }
    total += low_double(sum) + high_double(sum);
  }
  double all = 0;
  for (int i = 0; i < VL / 2; i++) all += total[i];
  p->partial[task] = all;
}

static void adamw_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const AdamW *p = context;
  size_t begin = (size_t)task * CHUNK, end = smaller(p->count, begin + CHUNK);
  float *restrict values = p->values, *restrict first = p->first, *restrict second = p->second;
  const float *restrict gradients = p->gradients;
  vf epsilon = splat(p->epsilon), beta1 = splat(p->beta1), beta2 = splat(p->beta2), rest1 = splat(1.0f - p->beta1), rest2 = splat(1.0f - p->beta2);
  vf clip = splat(p->clip), root = splat(1.0f / p->root_correction2);
  for (size_t s = 0; s < p->segments_count; s++) {
    const Segment *segment = p->segments + s;
    vf step = splat(segment->learning_rate / p->correction1), keep = splat(1.0f - segment->learning_rate * segment->weight_decay);
    EACH_VECTOR(i, n, larger(begin, segment->begin), smaller(end, segment->end)) {
      vf g = load_n(gradients + i, n) * clip;
      vf m = fma_(beta1, load_n(first + i, n), rest1 * g);
      vf v = fma_(beta2, load_n(second + i, n), rest2 * (g * g));
      store_n(first + i, m, n);
      store_n(second + i, v, n);
      vf denominator = fma_(square_root(v), root, epsilon);
      store_n(values + i, load_n(values + i, n) * keep - step * m / denominator, n);
    }
  }
}

static uint32_t chunks(size_t count) { return (uint32_t)((count + CHUNK - 1) / CHUNK); }

CFGEN_EXPORT(adamw_workspace)
uint32_t adamw_workspace(uint32_t count) { return chunks(count) * sizeof(double); }

CFGEN_EXPORT(adamw)
void adamw(float *values, const float *gradients, float *first, float *second, uint32_t count, const Segment *segments,
           uint32_t segments_count, double beta1, double beta2, float epsilon, double clip_norm, double correction1,
           double root_correction2, float *norm, double *workspace) {
  AdamW p = {values, first, second, gradients, segments, workspace, count, segments_count, (float)beta1, (float)beta2, epsilon, 1.0f,
             (float)correction1, (float)root_correction2};
  uint32_t tasks = chunks(count);
  parallel(norm_task, &p, tasks);
  double total = 0;
  for (uint32_t task = 0; task < tasks; task++) total += workspace[task];
  double length = __builtin_sqrt(total);
  *norm = (float)length;
  double clip = clip_norm / (length + 1e-6);
  // A norm that is not a number spreads, so that the caller's check sees it.
  p.clip = clip < 1.0 || clip != clip ? (float)clip : 1.0f;
  parallel(adamw_task, &p, tasks);
}

typedef struct {
  float *target;
  const float *source;
  size_t count;
  float decay, rest;
} Blend;

static void blend_task(void *context, uint32_t task, uint32_t thread) {
  (void)thread;
  const Blend *p = context;
  size_t begin = (size_t)task * CHUNK, end = smaller(p->count, begin + CHUNK);
  if (p->decay == 0.0f) {
    __builtin_memcpy(p->target + begin, p->source + begin, (end - begin) * sizeof(float));
    return;
  }
  EACH_VECTOR(i, n, begin, end)
  store_n(p->target + i, fma_(splat(p->decay), load_n(p->target + i, n), load_n(p->source + i, n) * p->rest), n);
}

CFGEN_EXPORT(blend_parameters)
void blend_parameters(float *target, const float *source, uint32_t count, double decay) {
  Blend p = {target, source, count, (float)decay, (float)(1.0 - decay)};
  parallel(blend_task, &p, chunks(count));
}
