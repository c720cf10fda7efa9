/*
 * The token in memory: a fresh one is answered from here, without a system call most of the time.
 */
#include "policy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum bfabric_status bf_hand_out(const struct bf_secret *value, const char *scope,
	int64_t expires_at, struct bfabric_token *ret, struct bfabric_error *err)
{
	struct bfabric_token token = {.length = value->len, .expires_at = expires_at};

	if (!bf_copy_string(&token.value, bf_secret_reveal(value)) ||
		!bf_copy_string(&token.scope, scope)) {
		bfabric_token_clear(&token);
		return bf_fail_nomem(err);
	}
	*ret = token;
	return BFABRIC_OK;
}

static bool same_file(const struct bf_file_info *a, const struct bf_file_info *b)
{
	return a->found && b->found && a->device == b->device && a->inode == b->inode &&
	       a->mtime_ns == b->mtime_ns && a->size == b->size;
}

/* Once a second: is the file still the one we read, and nothing refused since? */
static bool still_true(struct bfabric_session *s)
{
	int64_t now = bf_boot_ms(s->sys);
	struct bf_file_info file = {0};

	if (s->own || now < s->memory.checked_ms + BF_RECHECK_MS)
		return true;
	if (bf_file_stat(s->paths.cache, BF_FILE_PRIVATE, &file, /* err= */ NULL) != BFABRIC_OK ||
		!same_file(&file, &s->memory.file) || access(s->paths.rejected, F_OK) == 0)
		return false;
	s->memory.checked_ms = now;
	return true;
}

bool bf_memory_serve(struct bfabric_session *s, int64_t min_ttl, struct bfabric_token *ret,
	enum bfabric_status *ret_status, struct bfabric_error *err)
{
	bool served = false;

	pthread_mutex_lock(&s->memory.mutex);
	if (s->memory.valid && bf_token_fresh(&s->memory.token, bf_wall(s->sys), min_ttl) &&
		still_true(s)) {
		*ret_status = bf_hand_out(&s->memory.token.access, s->memory.token.scope,
			s->memory.token.expires_at, ret, err);
		served = true;
	}
	pthread_mutex_unlock(&s->memory.mutex);
	return served;
}

void bf_memory_keep(struct bf_call *call)
{
	struct bf_memory *memory = &call->s->memory;
	bool cached = call->found && !call->warning &&
		      bf_secret_equal(&call->cached.access, &call->token.access);

	if (call->s->own)
		return;
	pthread_mutex_lock(&memory->mutex);
	memory->valid = cached;
	if (cached) {
		bf_token_move(&memory->token, &call->token);
		memory->file = call->file;
		memory->checked_ms = bf_boot_ms(call->s->sys);
	}
	pthread_mutex_unlock(&memory->mutex);
}

void bf_session_forget(struct bfabric_session *s)
{
	pthread_mutex_lock(&s->memory.mutex);
	s->memory.valid = false;
	pthread_mutex_unlock(&s->memory.mutex);
}
