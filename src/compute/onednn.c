#include "compute/onednn.h"

#include "base/memory.h"
#include "compute/kernels.h"
#include "compute/scratch.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

enum {
    NUM_HEIGHTS = 5,
    SOURCE_ROWS = 256,  ///< weight rows that are asked of the source at a time
    SUMS_MAX = 4 << 20, ///< elements of y that are held in scratch
};

/* oneDNN compiles a product for its exact number of rows. These are compiled; a batch is cut into
 * them and the last cut padded, at most to twice its rows. */
static const int64_t heights[NUM_HEIGHTS] = {1, 4, 16, 64, 256};

struct onednn_matmul {
    precision precision;
    size_t n, k;
    dnnl_engine_t engine;
    dnnl_primitive_t products[NUM_HEIGHTS]; ///< NULL: not to be had, or too many sums
    size_t scratchpad;                      ///< bytes that the products work in
    dnnl_memory_t weights;
    void *data; ///< of `weights`, in oneDNN's layout
    size_t bytes;
};

static dear_status failed(dnnl_status_t status, const onednn_matmul *m, dear_error *err) {
    if (status == dnnl_out_of_memory)
        return error_memory(err);
    return error_set(err, DEAR_ERROR_UNSUPPORTED, "oneDNN refused a %zu x %zu product in %s (%d)",
                     m->n, m->k, precision_name(m->precision), (int)status);
}

static dnnl_data_type_t operand_type(precision p) {
    return p == PRECISION_BF16 ? dnnl_bf16 : dnnl_f32;
}

static size_t operand_bytes(precision p) {
    return p == PRECISION_BF16 ? 2 : 4;
}

/* ---- what differs between oneDNN 2 and 3 ---- */

#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t description; // owned
typedef const_dnnl_memory_desc_t description_ref;

static dnnl_status_t describe(description *d, int64_t rows, int64_t columns, dnnl_data_type_t type,
                              dnnl_format_tag_t layout) {
    return dnnl_memory_desc_create_with_tag(d, 2, (dnnl_dims_t){rows, columns}, type, layout);
}

static void description_free(description *d) {
    if (*d)
        dnnl_memory_desc_destroy(*d);
    *d = NULL;
}

static description_ref refer(const description *d) {
    return *d;
}

static dnnl_status_t describe_product(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      description_ref a, description_ref b, description_ref c,
                                      const_dnnl_primitive_attr_t how) {
    return dnnl_matmul_primitive_desc_create(out, engine, a, b, NULL, c, how);
}

#else

typedef dnnl_memory_desc_t description;
typedef const dnnl_memory_desc_t *description_ref;

static dnnl_status_t describe(description *d, int64_t rows, int64_t columns, dnnl_data_type_t type,
                              dnnl_format_tag_t layout) {
    return dnnl_memory_desc_init_by_tag(d, 2, (dnnl_dims_t){rows, columns}, type, layout);
}

static void description_free(description *d) {
    (void)d;
}

static description_ref refer(const description *d) {
    return d;
}

static dnnl_status_t describe_product(dnnl_primitive_desc_t *out, dnnl_engine_t engine,
                                      description_ref a, description_ref b, description_ref c,
                                      const_dnnl_primitive_attr_t how) {
    dnnl_matmul_desc_t product;
    dnnl_status_t status = dnnl_matmul_desc_init(&product, a, b, NULL, c);
    if (status != dnnl_success)
        return status;
    return dnnl_primitive_desc_create(out, &product, how, engine, NULL);
}

#endif

/* ---- compiling and packing ---- */

/* The product of `rows` rows, with weights laid out as `weights` says. What it works in is ours to
 * give: several threads may multiply by the same weight at the same time. */
static dnnl_status_t describe_height(dnnl_primitive_desc_t *out, const onednn_matmul *m,
                                     int64_t rows, description_ref weights) {
    *out = NULL;
    description a = {0}, c = {0};
    dnnl_primitive_attr_t how = NULL;
    dnnl_status_t status = describe(&a, rows, (int64_t)m->k, operand_type(m->precision), dnnl_ab);
    if (status == dnnl_success)
        status = describe(&c, rows, (int64_t)m->n, dnnl_f32, dnnl_ab);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_create(&how);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(how, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = describe_product(out, m->engine, refer(&a), weights, refer(&c), how);
    if (how)
        dnnl_primitive_attr_destroy(how);
    description_free(&a);
    description_free(&c);
    return status;
}

static description_ref scratchpad_of(const_dnnl_primitive_desc_t product) {
    return dnnl_primitive_desc_query_md(product, dnnl_query_scratchpad_md, 0);
}

static bool is_reference(dnnl_primitive_desc_t product) {
    const char *name = "";
    dnnl_primitive_desc_query(product, dnnl_query_impl_info_str, 0, (void *)&name);
    return strncmp(name, "ref", 3) == 0;
}

/* Compiles what can be had with these weights; oneDNN's reference code counts as not to be had. */
static dear_status compile(onednn_matmul *m, description_ref weights, dear_error *err) {
    size_t compiled = 0;
    dnnl_status_t status = dnnl_unimplemented;
    for (size_t i = 0; i < NUM_HEIGHTS; i++) {
        if (i > 0 && (size_t)heights[i] * m->n > SUMS_MAX)
            break;
        dnnl_primitive_desc_t product;
        dnnl_status_t tried = describe_height(&product, m, heights[i], weights);
        if (tried == dnnl_success && !is_reference(product))
            tried = dnnl_primitive_create(&m->products[i], product);
        if (m->products[i] && dnnl_memory_desc_get_size(scratchpad_of(product)) > m->scratchpad)
            m->scratchpad = dnnl_memory_desc_get_size(scratchpad_of(product));
        if (product)
            dnnl_primitive_desc_destroy(product);
        if (m->products[i])
            compiled++;
        else
            status = tried;
    }
    return compiled ? DEAR_OK : failed(status, m, err);
}

/* One row of the weight in the operand's type. */
static void convert_row(void *to, const float *from, precision p, size_t n) {
    if (p == PRECISION_BF16)
        kernels_get()->to_bf16(to, from, n);
    else
        memcpy(to, from, n * sizeof *from);
}

/* plain [n, k], or [k, n] when the source is transposed. */
static dear_status read_rows(onednn_matmul *m, char *plain, const linear_source *source,
                             dear_error *err) {
    size_t height = source->transposed ? m->k : m->n, width = source->transposed ? m->n : m->k;
    size_t at_once = height < SOURCE_ROWS ? height : SOURCE_ROWS;
    size_t row_bytes = width * operand_bytes(m->precision);
    float *rows = mem_calloc(at_once * width, sizeof *rows);
    if (!rows)
        return error_memory(err);
    dear_status status = DEAR_OK;
    for (size_t first = 0; status == DEAR_OK && first < height; first += at_once) {
        size_t count = height - first < at_once ? height - first : at_once;
        status = source->rows(source->context, (int64_t)first, (int64_t)count, rows, err);
        if (status != DEAR_OK)
            break;
#pragma omp parallel for num_threads(compute_threads()) schedule(static)
        for (size_t i = first; i < first + count; i++)
            convert_row(plain + i * row_bytes, rows + (i - first) * width, m->precision, width);
    }
    mem_free(rows);
    return status;
}

static dnnl_status_t execute(dnnl_engine_t engine, dnnl_primitive_t primitive, int count,
                             const dnnl_exec_arg_t *arguments) {
    dnnl_stream_t stream;
    dnnl_status_t status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
    if (status != dnnl_success)
        return status;
    omp_set_num_threads(compute_threads());
    status = dnnl_primitive_execute(primitive, stream, count, arguments);
    if (status == dnnl_success)
        status = dnnl_stream_wait(stream);
    dnnl_stream_destroy(stream);
    return status;
}

/* What read_rows read to the layout of m->weights. */
static dnnl_status_t reorder(const onednn_matmul *m, void *plain, bool transposed,
                             description_ref layout) {
    description from = {0};
    dnnl_memory_t memory = NULL;
    dnnl_primitive_desc_t described = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_status_t status = describe(&from, (int64_t)m->k, (int64_t)m->n, operand_type(m->precision),
                                    transposed ? dnnl_ab : dnnl_ba);
    if (status == dnnl_success)
        status = dnnl_memory_create(&memory, refer(&from), m->engine, plain);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&described, refer(&from), m->engine, layout,
                                                    m->engine, NULL);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&primitive, described);
    if (status == dnnl_success) {
        dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, memory}, {DNNL_ARG_TO, m->weights}};
        status = execute(m->engine, primitive, 2, arguments);
    }
    if (primitive)
        dnnl_primitive_destroy(primitive);
    if (described)
        dnnl_primitive_desc_destroy(described);
    if (memory)
        dnnl_memory_destroy(memory);
    description_free(&from);
    return status;
}

static dear_status pack(onednn_matmul *m, description_ref layout, const linear_source *source,
                        dear_error *err) {
    m->bytes = dnnl_memory_desc_get_size(layout);
    m->data = mem_alloc_aligned(m->bytes);
    void *plain = mem_alloc_aligned(m->n * m->k * operand_bytes(m->precision));
    dear_status status = m->data && plain ? DEAR_OK : error_memory(err);
    if (status == DEAR_OK)
        status = read_rows(m, plain, source, err);
    if (status == DEAR_OK) {
        dnnl_status_t done = dnnl_memory_create(&m->weights, layout, m->engine, m->data);
        if (done == dnnl_success)
            done = reorder(m, plain, source->transposed, layout);
        if (done != dnnl_success)
            status = failed(done, m, err);
    }
    mem_free(plain);
    return status;
}

/* The layout that oneDNN likes best is asked for a tall product; the others take it as it is. */
static dear_status build(onednn_matmul *m, const linear_source *source, dear_error *err) {
    description any = {0};
    dnnl_primitive_desc_t tall = NULL;
    dnnl_status_t asked = dnnl_engine_create(&m->engine, dnnl_cpu, 0);
    if (asked == dnnl_success)
        asked = describe(&any, (int64_t)m->k, (int64_t)m->n, operand_type(m->precision),
                         dnnl_format_tag_any);
    if (asked == dnnl_success)
        asked = describe_height(&tall, m, heights[NUM_HEIGHTS - 1], refer(&any));
    description_free(&any);
    if (asked != dnnl_success)
        return failed(asked, m, err);
    description_ref layout = dnnl_primitive_desc_query_md(tall, dnnl_query_weights_md, 0);
    dear_status status = compile(m, layout, err);
    if (status == DEAR_OK)
        status = pack(m, layout, source, err);
    dnnl_primitive_desc_destroy(tall);
    return status;
}

dear_status onednn_matmul_create(onednn_matmul **out, int64_t out_features, int64_t in_features,
                                 precision p, const linear_source *source, dear_error *err) {
    *out = NULL;
    onednn_matmul *m = mem_calloc(1, sizeof *m);
    if (!m)
        return error_memory(err);
    m->precision = p;
    m->n = (size_t)out_features;
    m->k = (size_t)in_features;
    dear_status status = build(m, source, err);
    if (status == DEAR_OK)
        *out = m;
    else
        onednn_matmul_free(m);
    return status;
}

void onednn_matmul_free(onednn_matmul *m) {
    if (!m)
        return;
    for (size_t i = 0; i < NUM_HEIGHTS; i++)
        if (m->products[i])
            dnnl_primitive_destroy(m->products[i]);
    if (m->weights)
        dnnl_memory_destroy(m->weights);
    if (m->engine)
        dnnl_engine_destroy(m->engine);
    mem_free(m->data);
    mem_free(m);
}

size_t onednn_matmul_bytes(const onednn_matmul *m) {
    return m->bytes;
}

/* ---- multiplying ---- */

/* The height of the next cut: the smallest that holds all rows left if they fill half of it, else
 * the largest that they fill. */
static size_t next_height(const onednn_matmul *m, size_t left) {
    size_t best = NUM_HEIGHTS;
    for (size_t i = 0; i < NUM_HEIGHTS; i++) {
        if (!m->products[i])
            continue;
        if (best == NUM_HEIGHTS || 2 * left > (size_t)heights[i])
            best = i;
        if ((size_t)heights[i] >= left)
            break;
    }
    return best;
}

/* One cut of a batch, and its parts of the scratch block. */
typedef struct cut {
    size_t rows, height;
    const float *x;
    float *y;
    bool add;
    char *a;  ///< [height, k] in the operand's type
    float *c; ///< [height, n]
    void *scratchpad;
} cut;

static dnnl_status_t multiply(const onednn_matmul *m, dnnl_primitive_t product, const cut *t) {
    description a_layout = {0}, c_layout = {0};
    dnnl_memory_t a = NULL, c = NULL, scratchpad = NULL;
    const_dnnl_primitive_desc_t described;
    int64_t height = (int64_t)t->height;
    dnnl_status_t status =
        describe(&a_layout, height, (int64_t)m->k, operand_type(m->precision), dnnl_ab);
    if (status == dnnl_success)
        status = describe(&c_layout, height, (int64_t)m->n, dnnl_f32, dnnl_ab);
    if (status == dnnl_success)
        status = dnnl_memory_create(&a, refer(&a_layout), m->engine, t->a);
    if (status == dnnl_success)
        status = dnnl_memory_create(&c, refer(&c_layout), m->engine, t->c);
    if (status == dnnl_success)
        status = dnnl_primitive_get_primitive_desc(product, &described);
    if (status == dnnl_success)
        status =
            dnnl_memory_create(&scratchpad, scratchpad_of(described), m->engine, t->scratchpad);
    if (status == dnnl_success) {
        dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, a},
                                       {DNNL_ARG_WEIGHTS, m->weights},
                                       {DNNL_ARG_DST, c},
                                       {DNNL_ARG_SCRATCHPAD, scratchpad}};
        status = execute(m->engine, product, 4, arguments);
    }
    if (scratchpad)
        dnnl_memory_destroy(scratchpad);
    if (a)
        dnnl_memory_destroy(a);
    if (c)
        dnnl_memory_destroy(c);
    description_free(&a_layout);
    description_free(&c_layout);
    return status;
}

/* Whole cuts of float32 need no copies. */
static void prepare(const onednn_matmul *m, cut *t) {
    bool whole = t->rows == t->height;
    size_t row_bytes = m->k * operand_bytes(m->precision);
    if (whole && !t->add)
        t->c = t->y;
    if (whole && m->precision == PRECISION_F32) {
        t->a = (char *)t->x;
        return;
    }
#pragma omp parallel for num_threads(compute_threads()) schedule(static)
    for (size_t i = 0; i < t->rows; i++)
        convert_row(t->a + i * row_bytes, t->x + i * m->k, m->precision, m->k);
    memset(t->a + t->rows * row_bytes, 0, (t->height - t->rows) * row_bytes);
}

static void finish(const onednn_matmul *m, const cut *t) {
    if (t->c == t->y)
        return;
#pragma omp parallel for num_threads(compute_threads()) schedule(static)
    for (size_t i = 0; i < t->rows; i++) {
        float *y = t->y + i * m->n;
        if (t->add)
            kernels_get()->add(y, t->c + i * m->n, m->n);
        else
            memcpy(y, t->c + i * m->n, m->n * sizeof *y);
    }
}

dear_status onednn_matmul_apply(const onednn_matmul *m, linear_scratch *scratch,
                                const linear_rows *in, float *y, dear_error *err) {
    size_t rows = (size_t)in->tokens, tallest = 0;
    for (size_t i = 0; i < NUM_HEIGHTS; i++)
        if (m->products[i])
            tallest = (size_t)heights[i];
    size_t a_bytes = scratch_lines(tallest * m->k * operand_bytes(m->precision));
    size_t c_bytes = scratch_lines(tallest * m->n * sizeof(float));
    char *block = scratch_reserve(scratch, a_bytes + c_bytes + m->scratchpad);
    if (!block)
        return error_memory(err);
    for (size_t done = 0; done < rows;) {
        size_t left = rows - done, i = next_height(m, left), height = (size_t)heights[i];
        cut t = {.rows = left < height ? left : height,
                 .height = height,
                 .x = in->x + done * m->k,
                 .y = y + done * m->n,
                 .add = in->add,
                 .a = block,
                 .c = (float *)(block + a_bytes),
                 .scratchpad = block + a_bytes + c_bytes};
        prepare(m, &t);
        dnnl_status_t status = multiply(m, m->products[i], &t);
        if (status != dnnl_success)
            return failed(status, m, err);
        finish(m, &t);
        done += t.rows;
    }
    return DEAR_OK;
}
