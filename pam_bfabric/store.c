#include "store.h"

#include <string.h>
#include "close.h"
#include "spawn.h"

static void put_optional(struct bf_secret *out, const char *key, const char *value)
{
	if (value && *value)
		bf_kv_put(out, key, value);
}

static void put_request(const struct bf_pam_conf *conf, const char *operation,
	const struct bf_secret *token, struct bf_secret *out)
{
	bf_kv_put(out, "operation", operation);
	bf_kv_put(out, "base_url", conf->base_url);
	bf_kv_put(out, "client_id", conf->client_id);
	/* without: the name that bfabricPy uses by itself */
	bf_kv_put(out, "env", conf->env ? conf->env : "PRODUCTION");
	put_optional(out, "scope", conf->scope);
	put_optional(out, "ca_file", conf->ca_file);
	put_optional(out, "proxy", conf->proxy);
	if (token || strcmp(operation, "close") == 0)
		bf_pam_put_session(conf, out);
	if (token)
		bf_kv_put(out, "token", bf_secret_reveal(token));
	bf_secret_putc(out, '\n');
}

enum bfabric_status bf_pam_store_ask(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const char *operation, const struct bf_secret *token,
	struct bf_kv *ret, bool *ret_asked, struct bfabric_error *err)
{
	struct bf_pam_child child = BF_PAM_CHILD_INIT;
	const int64_t deadline = bf_pam_now() + BF_PAM_STORE_MS;
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret answer = BF_SECRET_INIT;
	enum bfabric_status status;

	put_request(conf, operation, token, &request);
	status = bf_pam_spawn(
		conf, user, "bfabric-full", "pam-store", &request, deadline, &child, err);
	if (ret_asked)
		*ret_asked = status == BFABRIC_OK;
	if (status == BFABRIC_OK)
		status = bf_pam_hear_all(&child, &answer, err);
	bf_pam_child_done(call, &child);
	if (status == BFABRIC_OK)
		status = bf_kv_parse(bf_secret_reveal(&answer), answer.len, ret, err);
	return status;
}
