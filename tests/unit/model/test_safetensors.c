/* safetensors: files as they should be, and as they should not. */
#include "scratch.h"

#include "base/memory.h"
#include "model/safetensors.h"

#define ONE "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}"

static void one_file(void **state) {
    (void)state;
    dear_error err;
    safetensors *s;
    const char *header = "{\"__metadata__\":{\"format\":\"pt\"},"
                         "\"ids\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[24,32]},"
                         "\"none\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[24,24]},"
                         "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}   ";
    assert_success(safetensors_open(&s, scratch_write_safetensors("a", header, 32), &err), &err);
    assert_int_equal(safetensors_count(s), 3);
    const tensor *a = safetensors_find(s, "a");
    assert_int_equal(a->type, TENSOR_F32);
    assert_true(tensor_has_shape(a, 2, 3));
    assert_int_equal(a->data[23], 23);
    assert_int_equal(safetensors_find(s, "ids")->type, TENSOR_OTHER);
    assert_int_equal(safetensors_find(s, "none")->bytes, 0);
    assert_null(safetensors_find(s, "b"));
    safetensors_close(s);
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t size;
        const char *message;
    } CASES[] = {
        {"[1]", 0, "not a JSON object"},
        {"{", 0, "line 1"},
        {ONE, 23, "do not lie in the file"},
        {ONE, 25, "the last 1 bytes belong to no tensor"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,23]}}", 24, "do not fit"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[24,0]}}", 24, "do not lie"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[-24,0]}}", 24, "do not lie"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24,24]}}", 24,
         "do not lie"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[\"0\",24]}}", 24,
         "do not lie"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3]}}", 24, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[4,28]}}", 28,
         "does not begin"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2,-3],\"data_offsets\":[0,24]}}", 24, "\"shape\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0,3],\"data_offsets\":[0,24]}}", 24, "\"shape\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,2,3],\"data_offsets\":[0,24]}}", 24,
         "\"shape\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":6,\"data_offsets\":[0,24]}}", 24, "\"shape\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
         "\"shape\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0,
         "\"shape\""},
        {"{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, "\"shape\""},
        {"{\"a\":{\"dtype\":\"F31\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", 24, "\"dtype\""},
        {"{\"a\":{\"dtype\":32,\"shape\":[2,3],\"data_offsets\":[0,24]}}", 24, "\"dtype\""},
        {"{\"a\":7}", 0, "\"dtype\""},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
         3, "does not begin"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
         2, "duplicate"},
        {"{} {}", 0, "line 1"},
        {"{}", 4, "belong to no tensor"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        dear_error err;
        safetensors *s;
        const char *path = scratch_write_safetensors("bad", CASES[i].header, CASES[i].size);
        assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_INPUT, &err, CASES[i].message);
        assert_null(s);
        assert_non_null(strstr(err.message, path));
    }
}

static void not_safetensors(void **state) {
    (void)state;
    dear_error err;
    safetensors *s;
    const char *path = scratch_write("tiny", "1234567", 7);
    assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_INPUT, &err, "not a safetensors");
    path = scratch_write("empty", "", 0);
    assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_INPUT, &err, "not a safetensors");
    path = scratch_write("huge", "\377\377\377\377\377\377\377\377{}", 10);
    assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_INPUT, &err, "not a safetensors");
    path = scratch_path("missing");
    assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_IO, &err, "No such file");
}

static void shards(void **state) {
    (void)state;
    dear_error err;
    safetensors *s;
    const char *index = GOLDEN "/mha-untied-bf16-sharded/causal/model.safetensors.index.json";
    assert_success(safetensors_open(&s, index, &err), &err);
    assert_int_equal(safetensors_count(s), 21);
    size_t bytes = 0;
    for (size_t i = 0; i < safetensors_count(s); i++)
        bytes += safetensors_at(s, i)->bytes;
    assert_int_equal(bytes, 1051584); /* total_size of the index */
    assert_int_equal(safetensors_find(s, "lm_head.weight")->type, TENSOR_BF16);
    safetensors_close(s);
}

static void bad_index(void **state) {
    (void)state;
    static const struct {
        const char *index, *message;
    } CASES[] = {
        {"{}", "\"weight_map\" must be an object"},
        {"[]", "\"weight_map\" must be an object"},
        {"{\"weight_map\":[\"shard\"]}", "\"weight_map\" must be an object"},
        {"{\"weight_map\":{\"a\":7}}", "plain file name"},
        {"{\"weight_map\":{\"a\":\"\"}}", "plain file name"},
        {"{\"weight_map\":{\"a\":\"..\"}}", "plain file name"},
        {"{\"weight_map\":{\"a\":\"../shard\"}}", "plain file name"},
        {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "plain file name"},
        {"{\"weight_map\":{\"a\":\"shard\\u0000\"}}", "plain file name"},
        {"{\"weight_map\":{\"b\":\"shard\"}}", "\"b\" is not in"},
    };
    dear_error err;
    safetensors *s;
    scratch_write_safetensors("shard", ONE, 24);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *path = scratch_write_text("i.json", CASES[i].index);
        assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_INPUT, &err, CASES[i].message);
        assert_null(s);
    }
    const char *path = scratch_write_text("i.json", "{\"weight_map\":{\"a\":\"none\"}}");
    assert_failure(safetensors_open(&s, path, &err), DEAR_ERROR_IO, &err, "none: No such file");
    path = scratch_write_text("i.json", "{\"weight_map\":{\"a\":\"shard\"}}");
    assert_success(safetensors_open(&s, path, &err), &err);
    assert_int_equal(safetensors_count(s), 1);
    safetensors_close(s);
}

/* Whatever is wrong with a file, opening it ends well or in one sentence; what opens can be read.
 */
static void open_damaged(const unsigned char *bytes, size_t size) {
    dear_error err = {0};
    safetensors *s;
    if (safetensors_open(&s, scratch_write("damaged", bytes, size), &err) != DEAR_OK) {
        assert_null(s);
        assert_true(err.message[0]);
        return;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < safetensors_count(s); i++)
        for (size_t j = 0; j < safetensors_at(s, i)->bytes; j++)
            sum += safetensors_at(s, i)->data[j];
    assert_true(sum < UINT32_MAX);
    safetensors_close(s);
}

static void damaged(void **state) {
    (void)state;
    const char *header = "{\"__metadata__\":{\"format\":\"pt\"},"
                         "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                         "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[24,30]}}";
    size_t size;
    unsigned char *bytes = read_bytes(scratch_write_safetensors("whole", header, 30), &size);
    for (size_t i = 0; i < size; i++)
        open_damaged(bytes, i);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            open_damaged(bytes, size);
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    free(bytes);
}

static void out_of_memory(void **state) {
    (void)state;
    dear_status status = DEAR_ERROR_MEMORY;
    dear_error err;
    safetensors *s;
    const char *index = GOLDEN "/mha-untied-bf16-sharded/causal/model.safetensors.index.json";
    for (long n = 1; status != DEAR_OK; n++) {
        mem_fail_after(n);
        status = safetensors_open(&s, index, &err);
        mem_fail_after(0);
        if (status != DEAR_OK)
            assert_failure(status, DEAR_ERROR_MEMORY, &err, "out of memory");
    }
    safetensors_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_file),        cmocka_unit_test(refused),
        cmocka_unit_test(not_safetensors), cmocka_unit_test(shards),
        cmocka_unit_test(bad_index),       cmocka_unit_test(damaged),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
