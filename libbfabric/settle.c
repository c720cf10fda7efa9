/*
 * What a refresh does before it asks the server, by itself.
 */
#include "settle.h"

#include "apart.h"

static enum bfabric_status settle(struct bf_call *call, struct bfabric_error *err)
{
	BF_AUTO_STATE struct bf_state state = BF_STATE_INIT;
	bool restore = false;
	enum bfabric_status status = bf_apart_current(call->s, err);

	if (status == BFABRIC_OK)
		status = bf_call_look(call, err);
	if (status == BFABRIC_OK)
		status = bf_state_load(call->s, &state, err);
	if (status == BFABRIC_OK)
		status = bf_state_reconcile(call, &state, &restore, err);
	if (status == BFABRIC_OK && (restore || state.rescued))
		status = bf_state_mend(call, &state, err);
	if (status == BFABRIC_OK)
		bf_state_keep(call, &state);
	return status;
}

enum bfabric_status bf_session_settle(
	struct bfabric_session *s, int64_t deadline, struct bfabric_error *err)
{
	BF_AUTO_CALL struct bf_call call = {.s = s};
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	enum bfabric_status status;

	if (s->own || s->env.method != BFABRIC_AUTH_OAUTH)
		return BFABRIC_OK;
	call.deadline = deadline ? deadline : bf_boot_ms(s->sys) + BF_CALL_MS;
	status = bf_session_lock(s, &lock, call.deadline, err);
	if (status == BFABRIC_OK)
		status = settle(&call, err);
	bf_session_forget(s);
	return status;
}
