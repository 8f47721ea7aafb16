/* The fast kernels for AVX-512. */
#include "compute/kernels.h"

#ifdef __AVX512BW__
#include "compute/vec_avx512.h"

#include "compute/kernels_vec.h"

const kernels *const kernels_avx512 = &table;
#else
const kernels *const kernels_avx512 = NULL;
#endif
