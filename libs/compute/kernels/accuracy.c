// Lets tests compare the elementary functions with double precision; no kernel calls this.
#include "elementary.h"
#include "precise.h"

enum { EXP, EXP_MINUS_ONE, LOG, LOG_ONE_PLUS, SINE_TURNS, COSINE_TURNS, LOGISTIC };

/// out[i] = function(x[i]).
CFGEN_EXPORT(elementary_values)
void elementary_values(float *out, const float *x, uint32_t count, uint32_t function) {
  EACH_VECTOR(i, n, (size_t)0, (size_t)count) {
    vf v = load_n(x + i, n), sine, cosine, y = v;
    sine_cosine_turns(v, &sine, &cosine);
    switch (function) {
      case EXP: y = exponential(v); break;
      case EXP_MINUS_ONE: y = exponential_minus_one(v); break;
      case LOG: y = logarithm(v); break;
      case LOG_ONE_PLUS: y = log_one_plus(v); break;
      case SINE_TURNS: y = sine; break;
      case COSINE_TURNS: y = cosine; break;
      case LOGISTIC: y = logistic(v); break;
    }
    store_n(out + i, y, n);
  }
}

enum { PRECISE_LOG, PRECISE_LOG_ONE_PLUS, PRECISE_EXP, LOG_GAMMA, DIGAMMA };

CFGEN_EXPORT(precise_values)
void precise_values(double *out, const double *x, uint32_t count, uint32_t function) {
  for (size_t i = 0; i < count; i++) {
    double digamma = 0, y = x[i];
    switch (function) {
      case PRECISE_LOG: y = precise_log(y); break;
      case PRECISE_LOG_ONE_PLUS: y = precise_log_one_plus(y); break;
      case PRECISE_EXP: y = precise_exp(y); break;
      case LOG_GAMMA: y = log_gamma(y, 0); break;
      case DIGAMMA: log_gamma(y, &digamma), y = digamma; break;
    }
    out[i] = y;
  }
}
