/* Streams random weights into files, however many files there are, under one progress bar. */
#ifndef DEAR_BENCH_MAKE_MODEL_WEIGHT_WRITER_H
#define DEAR_BENCH_MAKE_MODEL_WEIGHT_WRITER_H

#include "base/file.h"
#include "base/progress.h"
#include "weights.h"

typedef struct weight_writer {
    uint64_t random;       ///< state of the generator
    unsigned char *buffer; ///< a chunk of a weight
    double written;        ///< bytes of weights
    progress bar;
} weight_writer;

/* `bytes` are those of all weights to come. */
dear_status weight_writer_open(weight_writer *w, double bytes, dear_error *err);
/* Appends a weight's numbers to the file. */
dear_status weight_writer_put(weight_writer *w, output_file *out, const weight *item,
                              dear_error *err);
void weight_writer_close(weight_writer *w);

/* Appends bytes; an error names the file, and says why the system would not take them. */
dear_status write_bytes(output_file *out, const void *bytes, size_t count, dear_error *err);

#endif
