#define _GNU_SOURCE
#include "eval/significance.h"

#include <float.h>
#include <math.h>

/*
 * The continued fraction of the incomplete beta function (DLMF 8.17.22), evaluated from the front
 * by Lentz's method as Thompson and Barnett modified it. For x < (a + 1) / (a + b + 2) it converges
 * in some sqrt(max(a, b)) steps.
 */
static double beta_fraction(double a, double b, double x) {
    static const double tiny = 1e-300;
    enum { MOST_STEPS = 100000 };
    double value = 1, numerator = 1, denominator = 0;
    for (int step = 1; step <= MOST_STEPS; step++) {
        double m = step / 2;
        double term = step % 2 ? -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1))
                               : m * (b - m) / ((a + 2 * m - 1) * (a + 2 * m));
        denominator = 1 + term * x * denominator;
        denominator = 1 / (denominator == 0 ? tiny : denominator);
        numerator = 1 + term * x / numerator;
        numerator = numerator == 0 ? tiny : numerator;
        double factor = numerator * denominator;
        value *= factor;
        if (fabs(factor - 1) < DBL_EPSILON)
            break;
    }
    return 1 / value;
}

static double log_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

/* The regularized incomplete beta function I_x(a, b); y is 1 - x, free of cancellation. */
static double incomplete_beta(double a, double b, double x, double y) {
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    if (x > (a + 1) / (a + b + 2))
        return 1 - incomplete_beta(b, a, y, x);
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y));
    return front / a * beta_fraction(a, b, x);
}

double student_t_probability(double t, double freedom) {
    double square = t * t;
    if (isinf(square))
        return 0;
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square),
                           square / (freedom + square));
}
