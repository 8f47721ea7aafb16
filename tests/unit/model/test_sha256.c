#define _GNU_SOURCE
#include "cmocka_setup.h"

#include "model/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The examples of FIPS 180-4 and the digest of no bytes. */
static const struct {
    const char *content, *digest;
} known[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void digests_are_the_standards(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char path[] = "/tmp/sha256-XXXXXX", hex[SHA256_HEX + 1];
        int fd = mkstemp(path);
        size_t length = strlen(known[i].content);
        assert_true(fd >= 0 && write(fd, known[i].content, length) == (ssize_t)length);
        close(fd);
        dear_error err;
        assert_int_equal(sha256_file(hex, path, &err), DEAR_OK);
        assert_string_equal(hex, known[i].digest);
        unlink(path);
    }
}

static void names_what_cannot_be_read(void **state) {
    (void)state;
    char hex[SHA256_HEX + 1];
    dear_error err;
    assert_int_not_equal(sha256_file(hex, "/no/such/file", &err), DEAR_OK);
    assert_non_null(strstr(err.message, "/no/such/file"));
    assert_int_not_equal(sha256_file(hex, "/tmp", &err), DEAR_OK);
    assert_non_null(strstr(err.message, "/tmp"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_the_standards),
        cmocka_unit_test(names_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
