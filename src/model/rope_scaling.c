#include "model/rope_scaling.h"

#include <math.h>

static const float TWO_PI = 6.28318530717958647692f;

/* LLaMA 3.1: long wavelengths are slowed by the factor, short ones stay, those between are blended.
 */
static float scale_llama3(float frequency, const llama_config *c) {
    float original = (float)c->rope_original_positions;
    float wavelength = TWO_PI / frequency;
    float low = (float)c->rope_low_freq_factor, high = (float)c->rope_high_freq_factor;
    float factor = (float)c->rope_factor;
    if (wavelength > original / low)
        return frequency / factor;
    if (wavelength < original / high)
        return frequency;
    float smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * frequency / factor + smooth * frequency;
}

static float plain_frequency(const llama_config *c, int64_t i) {
    float exponent = (float)(2 * i) / (float)c->head_dim;
    return 1.0f / (float)pow(c->rope_theta, exponent);
}

/* All in float32, as transformers does it: at high positions the rounding of an angle shows. */
float rope_inverse_frequency(const llama_config *c, int64_t i, const float *divisors) {
    float frequency = plain_frequency(c, i);
    switch (c->rope) {
    case ROPE_LINEAR:
        return frequency / (float)c->rope_factor;
    case ROPE_LLAMA3:
        return scale_llama3(frequency, c);
    case ROPE_FACTORS:
        return frequency / divisors[i];
    case ROPE_DEFAULT:
        break;
    }
    return frequency;
}

float rope_divisor(const llama_config *c, int64_t i) {
    float frequency = plain_frequency(c, i);
    return frequency / scale_llama3(frequency, c);
}

/*
 * The context that blended divisors were made for, from the first of them: with d = 1 / ((1 - s) /
 * factor + s) and s = (original / wavelength - 1) / 3. Without one, and with the published models'
 * factor, it is theirs.
 */
static int64_t original_positions(const llama_config *c, const float *divisors, double factor) {
    for (int64_t i = 0; i < c->head_dim / 2; i++) {
        double d = (double)divisors[i];
        if (d < 1.0001 || d > 0.9999 * factor)
            continue;
        double smooth = (1 / d - 1 / factor) / (1 - 1 / factor);
        double wavelength = (double)(TWO_PI / plain_frequency(c, i));
        return llround(wavelength * (3 * smooth + 1));
    }
    return 8192;
}

static bool makes_these(const llama_config *c, const float *divisors) {
    for (int64_t i = 0; i < c->head_dim / 2; i++)
        if (fabsf(rope_divisor(c, i) / divisors[i] - 1) > 1e-5f)
            return false;
    return true;
}

bool rope_recognise_llama3(llama_config *c, const float *divisors) {
    llama_config guess = *c;
    guess.rope = ROPE_LLAMA3;
    guess.rope_factor = 1;
    for (int64_t i = 0; i < c->head_dim / 2; i++)
        guess.rope_factor = fmax(guess.rope_factor, (double)divisors[i]);
    guess.rope_low_freq_factor = 1;
    guess.rope_high_freq_factor = 4;
    guess.rope_original_positions = original_positions(c, divisors, guess.rope_factor);
    if (!makes_these(&guess, divisors))
        return false;
    *c = guess;
    return true;
}
