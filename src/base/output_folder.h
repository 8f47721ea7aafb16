/* A folder that appears under its name only when it is whole. */
#ifndef DEAR_BASE_OUTPUT_FOLDER_H
#define DEAR_BASE_OUTPUT_FOLDER_H

#include "base/error.h"

/* End with commit or discard. */
typedef struct output_folder {
    char *path;
    char *part_path; ///< "path.part": where its files are written
} output_folder;

/* Makes the empty folder "path.part". Something under either name already is DEAR_ERROR_IO: it is not
 * ours to write over. On failure there is nothing to end. */
dear_status output_folder_begin(output_folder *out, const char *path, dear_error *err);

/* Gives it its name; on failure it is removed. */
dear_status output_folder_commit(output_folder *out, dear_error *err);

/* Removes it and the files in it. */
void output_folder_discard(output_folder *out);

#endif
