/* cmocka with the headers that it wants before it. */
#ifndef DEAR_TESTS_CMOCKA_SETUP_H
#define DEAR_TESTS_CMOCKA_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
