/* The product of LoRA: W += scale * B A. */
#ifndef DEAR_MODEL_LOW_RANK_H
#define DEAR_MODEL_LOW_RANK_H

#include <stdint.h>

/* Adds scale * b a to `rows`, all in float32. */
void low_rank_add(const float *a /* [rank, columns] */, const float *b /* [count, rank] */,
                  int64_t rank, double scale, int64_t count, int64_t columns,
                  float *rows /* [count, columns] */);

#endif
