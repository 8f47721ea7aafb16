/* The reference: each kernel as its definition reads. */
#include "compute/groups.h"
#include "model/tensor.h"

#include <math.h>
#include <string.h>

static float largest_magnitude(const float *x, size_t n) {
    float max = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) <= max) && !isnan(max))
            max = fabsf(x[i]);
    return max;
}

static group_factor quantize_group(int8_t *q, const float *x, size_t n) {
    float max = largest_magnitude(x, n);
    memset(q, 0, GROUP);
    if (!isfinite(max))
        return (group_factor){max, 0, 0};
    if (max < 0x1p-119f)
        return (group_factor){0};
    group_factor f = {.scale = max / 127};
    for (size_t i = 0; i < n; i++) {
        q[i] = (int8_t)lrintf(x[i] * (127 / max));
        f.sum += q[i];
    }
    f.scaled_sum = f.scale * (float)f.sum;
    return f;
}

static void quantize(int8_t *q, group_factor *factors, const float *x, size_t n) {
    for (size_t i = 0; i < n; i += GROUP)
        factors[i / GROUP] = quantize_group(q + i, x + i, n - i < GROUP ? n - i : GROUP);
}

static int value_at(const uint8_t *values, int bits, size_t channel, size_t k) {
    size_t step = k / 4, within = channel * 4 + k % 4, line = (size_t)GROUP_PANEL * 4;
    if (bits == 8)
        return values[step * line + within];
    uint8_t both = values[step % 4 * line + within];
    return step < 4 ? both & 15 : both >> 4;
}

static float scale_at(const uint8_t *scales, size_t channel) {
    uint16_t half;
    memcpy(&half, scales + 2 * channel, sizeof half);
    return float_from_f16(half);
}

/* The product of one group of a row and one of a channel. */
static float product(const int8_t *q, group_factor factor, const uint8_t *group,
                     group_format format, size_t channel) {
    const uint8_t *scales = group + group_value_bytes(format);
    int32_t sum = 0;
    for (size_t k = 0; k < GROUP; k++)
        sum += q[k] * value_at(group, format.bits, channel, k);
    float scale = scale_at(scales, channel);
    if (format.zero >= 0)
        return (float)(sum - format.zero * factor.sum) * scale * factor.scale;
    float minimum = scale_at(scales + 2 * GROUP_PANEL, channel);
    return (float)sum * scale * factor.scale + minimum * factor.scaled_sum;
}

static void multiply(float *c, size_t ldc, const group_rows *a, size_t rows, const uint8_t *panel,
                     group_format format, bool add) {
    for (size_t row = 0; row < rows; row++)
        for (size_t channel = 0; channel < GROUP_PANEL; channel++) {
            float total = 0;
            for (size_t g = 0; g < a->groups; g++)
                total +=
                    product(a->q + (row * a->groups + g) * GROUP, a->factors[row * a->groups + g],
                            panel + g * group_bytes(format), format, channel);
            c[row * ldc + channel] = total + (add ? c[row * ldc + channel] : 0);
        }
}

const group_kernels group_kernels_plain = {"plain C", quantize, multiply};
