/* The fast kernels for AVX2. */
#include "compute/kernels.h"

#ifdef __AVX2__
#include "compute/vec_avx2.h"

#include "compute/kernels_vec.h"

const kernels *const kernels_avx2 = &table;
#else
const kernels *const kernels_avx2 = NULL;
#endif
