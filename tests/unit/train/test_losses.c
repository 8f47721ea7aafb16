#include "cmocka_setup.h"

#include "base/memory.h"
#include "train/losses.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 7 };

/* Multiples of 2^-10, no two scores or labels equal. */
static const float scores[N] = {0.25f, -0.5f, 1.125f, 0.75f, -1.5f, 0.0625f, 2};
static const float teacher[N] = {1.5f, 0.25f, -0.75f, 2.25f, -2, 0.5f, -1.25f};

static training_loss make(const char *name, double alpha, double temperature) {
    training_loss loss;
    dear_error err;
    if (training_loss_make(&loss, name, alpha, temperature, &err) != DEAR_OK)
        fail_msg("%s", err.message);
    return loss;
}

static double value_at(const training_loss *loss, const float *s, int n) {
    float gradient[LOSS_MAX_GROUP];
    return training_loss_group(loss, s, teacher, n, 1, gradient);
}

/* Central differences of width 2^-9. */
static void check_gradient(const training_loss *loss, int n) {
    static const float h = 0x1p-10f;
    float gradient[N], moved[N];
    training_loss_group(loss, scores, teacher, n, 1, gradient);
    for (int i = 0; i < n; i++) {
        memcpy(moved, scores, sizeof moved);
        moved[i] = scores[i] + h;
        double above = value_at(loss, moved, n);
        moved[i] = scores[i] - h;
        double difference = (above - value_at(loss, moved, n)) / (2 * (double)h);
        if (!(fabs(difference - (double)gradient[i]) <= 2e-6))
            fail_msg("%s, alpha %g: derivative %d is %.8f, by differences %.8f",
                     loss->ranking->name, loss->alpha, i, (double)gradient[i], difference);
    }
}

static void gradients_are_those_of_the_values(void **state) {
    (void)state;
    for (const ranking_loss *l = ranking_losses; l->name; l++)
        for (int n = 2; n <= N; n++) {
            training_loss plain = make(l->name, 0, 1), mixed = make(l->name, 0.3, 2.5);
            check_gradient(&plain, n);
            check_gradient(&mixed, n);
        }
    training_loss distillation = make("softmax_ce", 1, 3);
    check_gradient(&distillation, N);
}

static void two_passages_give_what_the_formulas_give(void **state) {
    (void)state;
    const float s[2] = {1, 3}, t[2] = {0, -1};
    const double p = 1 / (1 + exp(-1)), apart = 1 - 1 / log2(3); /* of discounts */
    const double y0 = 0.5, y1 = 1 / (1 + exp(1));                /* the teacher's probabilities */
    const double gain0 = exp2(y0) - 1, gain1 = exp2(y1) - 1;
    const struct {
        const char *name;
        double value;
    } cases[] = {
        {"softmax_ce", log1p(exp(2))},
        {"ranknet_binary", p * log1p(exp(2)) + (1 - p) * log1p(exp(-2))},
        {"ranknet_teacher", p * log1p(exp(2)) + (1 - p) * log1p(exp(-2))},
        {"listnet_binary", p * (log(p) + log1p(exp(2))) + (1 - p) * (log(1 - p) + log1p(exp(-2)))},
        {"lambda_loss_binary", apart / (1 + 1e-8) * log1p(exp(2))},
        {"lambda_loss_teacher",
         (gain0 - gain1) * apart / (gain0 + gain1 / log2(3) + 1e-8) * log1p(exp(2))},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float gradient[2];
        training_loss loss = make(cases[i].name, 0, 1);
        double value = training_loss_group(&loss, s, t, 2, 1, gradient);
        if (!(fabs(value - cases[i].value) <= 1e-12))
            fail_msg("%s is %.15f, not %.15f", cases[i].name, value, cases[i].value);
    }
}

static void a_group_is_its_share_of_the_batch(void **state) {
    (void)state;
    for (const ranking_loss *l = ranking_losses; l->name; l++) {
        training_loss loss = make(l->name, 0.1, 2);
        float alone[N], share[N];
        double value = training_loss_group(&loss, scores, teacher, N, 1, alone);
        double part = training_loss_group(&loss, scores, teacher, N, 4, share);
        assert_true(fabs(part - value / 4) <= 1e-15);
        for (int i = 0; i < N; i++)
            assert_true(fabsf(share[i] - alone[i] / 4) <= 1e-7f * fabsf(alone[i]));
    }
}

static void extreme_scores_stay_finite(void **state) {
    (void)state;
    static const float s[4] = {-1e4f, 1e4f, -1e4f, 3e38f}, t[4] = {1e4f, -1e4f, -3e38f, 1e4f};
    for (const ranking_loss *l = ranking_losses; l->name; l++)
        for (int i = 0; i < 3; i++) {
            float gradient[4];
            training_loss loss = make(l->name, 0.5 * i, 0.001);
            assert_true(isfinite(training_loss_group(&loss, s, t, 4, 1, gradient)));
            for (int k = 0; k < 4; k++)
                assert_true(isfinite(gradient[k]));
        }
}

static void no_loss_where_there_is_nothing_to_rank(void **state) {
    (void)state;
    for (const ranking_loss *l = ranking_losses; l->name; l++) {
        float gradient[1] = {1};
        training_loss loss = make(l->name, 0.5, 2);
        assert_true(training_loss_group(&loss, scores, teacher, 1, 1, gradient) == 0);
        assert_true(gradient[0] == 0);
    }
}

static void what_is_not_a_number_is_not_hidden(void **state) {
    (void)state;
    float s[N], gradient[N];
    memcpy(s, scores, sizeof s);
    s[2] = NAN;
    for (const ranking_loss *l = ranking_losses; l->name; l++) {
        training_loss loss = make(l->name, 0.1, 2);
        assert_true(isnan(training_loss_group(&loss, s, teacher, N, 1, gradient)));
    }
}

static void the_largest_group_fits(void **state) {
    (void)state;
    static float s[LOSS_MAX_GROUP], t[LOSS_MAX_GROUP], gradient[LOSS_MAX_GROUP];
    for (int i = 0; i < LOSS_MAX_GROUP; i++) {
        s[i] = (float)(i * 37 % LOSS_MAX_GROUP) / 64;
        t[i] = (float)(i * 101 % LOSS_MAX_GROUP) / 64;
    }
    for (const ranking_loss *l = ranking_losses; l->name; l++) {
        training_loss loss = make(l->name, 0.1, 2);
        double sum = 0, value = training_loss_group(&loss, s, t, LOSS_MAX_GROUP, 1, gradient);
        for (int i = 0; i < LOSS_MAX_GROUP; i++)
            sum += (double)gradient[i];
        assert_true(isfinite(value) && value > 0);
        assert_true(fabs(sum) <= 1e-6); /* no loss changes when all scores move together */
    }
}

static void knows_who_needs_a_teacher(void **state) {
    (void)state;
    for (const ranking_loss *l = ranking_losses; l->name; l++) {
        training_loss alone = make(l->name, 0, 2), taught = make(l->name, 0.1, 2);
        assert_int_equal(training_loss_needs_teacher(&alone), strstr(l->name, "teacher") != NULL);
        assert_true(training_loss_needs_teacher(&taught));
        float gradient[N];
        if (!training_loss_needs_teacher(&alone))
            training_loss_group(&alone, scores, NULL, N, 1, gradient);
    }
}

static void refuses_what_cannot_be_had(void **state) {
    (void)state;
    const struct {
        const char *name;
        double alpha, temperature;
        const char *says;
    } cases[] = {
        {"hinge", 0.1, 2, "ranknet_binary_softmax_ce"},
        {"", 0.1, 2, "no loss"},
        {"softmax_ce", -0.1, 2, "-0.1"},
        {"softmax_ce", 1.1, 2, "1.1"},
        {"softmax_ce", NAN, 2, "nan"},
        {"softmax_ce", 0.1, 0, "temperature"},
        {"softmax_ce", 0.1, NAN, "temperature"},
        {"softmax_ce", 0.1, -2, "temperature"},
        {"softmax_ce", 0.1, INFINITY, "temperature"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        training_loss loss;
        dear_error err;
        assert_int_equal(
            training_loss_make(&loss, cases[i].name, cases[i].alpha, cases[i].temperature, &err),
            DEAR_ERROR_USAGE);
        if (!strstr(err.message, cases[i].says))
            fail_msg("no %s in: %s", cases[i].says, err.message);
        assert_null(loss.ranking);
    }
    training_loss loss;
    dear_error err;
    mem_fail_after(1);
    assert_int_equal(training_loss_make(&loss, "hinge", 0, 1, &err), DEAR_ERROR_MEMORY);
    mem_fail_after(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_the_values),
        cmocka_unit_test(two_passages_give_what_the_formulas_give),
        cmocka_unit_test(a_group_is_its_share_of_the_batch),
        cmocka_unit_test(extreme_scores_stay_finite),
        cmocka_unit_test(no_loss_where_there_is_nothing_to_rank),
        cmocka_unit_test(what_is_not_a_number_is_not_hidden),
        cmocka_unit_test(the_largest_group_fits),
        cmocka_unit_test(knows_who_needs_a_teacher),
        cmocka_unit_test(refuses_what_cannot_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
