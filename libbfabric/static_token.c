/*
 * A token that is written down and not obtained: a personal access token, in the configuration or
 * in a store of its own, and what stands in the place of a password.
 */
#include "policy.h"

#include <string.h>

/* The token that `login: __oauth__` and BFABRICPY_CONFIG_OVERRIDE carry in the place of a password.
 */
bool bf_password_is_token(const struct bf_environment *env)
{
	return env->login && strcmp(env->login, BF_TOKEN_LOGIN) == 0 &&
	       !bf_secret_empty(&env->password);
}

/* Is the token one that lies in a store of its own? */
static bool in_store(const struct bfabric_session *s)
{
	return s->env.method == BFABRIC_AUTH_PAT && bf_secret_empty(&s->env.pat) &&
	       bf_store_apart(&s->store);
}

static bool remembered(struct bfabric_session *s, struct bfabric_token *ret,
	enum bfabric_status *ret_status, struct bfabric_error *err)
{
	bool there;

	pthread_mutex_lock(&s->memory.mutex);
	there = s->memory.valid;
	if (there)
		*ret_status = bf_hand_out(&s->memory.token.access, /* scope= */ NULL,
			/* expires_at= */ 0, ret, err);
	pthread_mutex_unlock(&s->memory.mutex);
	return there;
}

/* From the store once in a session's life, and again for those who find it out of date. */
static enum bfabric_status stored_token(struct bfabric_session *s, bool again, int64_t deadline,
	struct bfabric_token *ret, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!again && remembered(s, ret, &status, err))
		return status;
	status = bf_store_get(&s->store, deadline, &found, &stored, err);
	if (status != BFABRIC_OK)
		return status;
	if (bf_secret_empty(&stored.pat))
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
			"environment %.80s is logged out: there is no personal access token for it "
			"in its store (%.200s)",
			s->env.name, bf_store_place(&s->store));
	status = bf_hand_out(&stored.pat, /* scope= */ NULL, /* expires_at= */ 0, ret, err);
	pthread_mutex_lock(&s->memory.mutex);
	bf_secret_move(&s->memory.token.access, &stored.pat);
	s->memory.valid = true;
	pthread_mutex_unlock(&s->memory.mutex);
	return status;
}

enum bfabric_status bf_static_token(struct bfabric_session *s, bool again, int64_t deadline,
	struct bfabric_token *ret, struct bfabric_error *err)
{
	const struct bf_environment *env = &s->env;

	if (in_store(s))
		return stored_token(s, again, deadline, ret, err);
	if (!bf_secret_empty(&env->pat))
		return bf_hand_out(&env->pat, /* scope= */ NULL, /* expires_at= */ 0, ret, err);
	if (bf_password_is_token(env))
		return bf_hand_out(
			&env->password, /* scope= */ NULL, /* expires_at= */ 0, ret, err);
	if (env->method == BFABRIC_AUTH_PASSWORD)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"environment %s logs in with a password: there is "
			"no token",
			env->name);
	if (env->method == BFABRIC_AUTH_PAT)
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
			"environment %s is logged out: there is no personal access token in it",
			env->name);
	return bf_fail(
		err, BFABRIC_NOT_LOGGED_IN, "environment %s says no way to log in", env->name);
}
