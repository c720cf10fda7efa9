/*
 * handover.h - from one program of ours to another.
 *
 * The front is small so that it starts fast; what it cannot answer from the cache the full program
 * does, in its place and with its arguments. A request that was already read from stdin is put into
 * a memory file (memfd_create(2)), so that it never lies on a disk, is as long as it likes, and
 * ends.
 */
#ifndef BF_HANDOVER_H
#define BF_HANDOVER_H

#include "../libbfabric/base/kv.h"
#include "../libbfabric/base/libexec.h"
#include "guard.h"

#define BF_FULL_PROGRAM "bfabric-full"
#define BF_API_PROGRAM  "bfabric-api"

/*
 * Become this program of libexec; `request` (may be NULL) is what it reads on stdin. Returns only
 * on failure.
 */
BF_MUST_USE enum bfabric_status bf_hand_over(const char *program, char *const argv[],
	const struct bf_kv *request, const struct bf_guard *guard, struct bfabric_error *err);

#endif
