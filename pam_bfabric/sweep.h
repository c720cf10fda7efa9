/*
 * sweep.h - tokens of the stash that nobody came for: files older than two minutes, or of another
 * boot, are removed, and their tokens given back to the server.
 *
 * Calls of the module that use the stash do that in passing; bfabric-pam-sweep does it by a timer,
 * for a machine on which nobody logs in any more.
 */
#ifndef PAM_BFABRIC_SWEEP_H
#define PAM_BFABRIC_SWEEP_H

#include "call.h"
#include "stash_form.h"

/* Give back a token of the stash, by the configuration that it names, until `deadline`. */
void bf_pam_give_back(
	const struct bf_pam_call *call, const struct bf_stash *stash, int64_t deadline);

/* At most `most` tokens, and none is begun after `deadline` (CLOCK_BOOTTIME ms). */
void bf_pam_sweep(const struct bf_pam_call *call, int dir, unsigned most, int64_t deadline);

/* What a call of the module does in passing. */
void bf_pam_sweep_some(const struct bf_pam_call *call, int dir);

#endif
