/*
 * move_note.h - a note on disk while secrets are moved out of a store (store_move.h): which place
 *is to be emptied, for whoever finishes a move that was cut off after the configuration had
 *forgotten the old place.
 *
 *	{"version":1,"store":"keyring","base_url":"https://...","client_id":"CLI"}
 *
 * ~/.bfabric/<h>.move, with h of manage.h; written and removed only by the holder of its lock.
 */
#ifndef BF_MOVE_NOTE_H
#define BF_MOVE_NOTE_H

#include "local/store.h"

/* `environment` is in the store that is to be emptied. */
BF_MUST_USE enum bfabric_status bf_move_note_write(
	const char *path, const struct bf_environment *environment, struct bfabric_error *err);

/*
 * The place in the note; *ret is filled as far as bf_store_open needs it. A note that is damaged
 * says nothing: *ret_found false.
 */
BF_MUST_USE enum bfabric_status bf_move_note_read(const char *path, const char *name,
	bool *ret_found, struct bf_environment *ret, struct bfabric_error *err);

#endif
