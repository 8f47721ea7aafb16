/* What saving and loading a training's state agree on (train/train_state.h has the format). */
#ifndef DEAR_TRAIN_STATE_FORMAT_H
#define DEAR_TRAIN_STATE_FORMAT_H

#define STATE_MAGIC "DEARTRN1"

/* Bytes of the file's parts. */
enum { STATE_MAGIC_BYTES = 8, STATE_PREFIX_BYTES = STATE_MAGIC_BYTES + 8, STATE_DIGEST_BYTES = 32 };

/* Where the state before the one at `path` is kept; the caller's to free with mem_free. NULL when
 * there is no memory. */
char *state_previous_path(const char *path);

#endif
