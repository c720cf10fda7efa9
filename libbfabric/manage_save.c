/*
 * What a registration endpoint said, into the configuration.
 */
#include "manage_private.h"

#include <string.h>

#define VALUES_MAX BF_CONFIG_LOGIN_VALUES

/* A change for what the server said; borrows from all of it. */
struct wanted {
	struct bf_config_value values[VALUES_MAX];
	struct bf_config_change change;
};

static const char *text_of(const struct bf_secret *secret)
{
	return bf_secret_empty(secret) ? NULL : bf_secret_reveal(secret);
}

/* A new client replaces whatever login the environment was for. */
static void want_all(const struct bf_exchange *x, const struct bf_client_registration *client,
	struct wanted *ret)
{
	const struct bf_config_login login = {
		.base_url = x->head.base_url,
		.auth_method = x->head.service
				       ? bfabric_auth_method_name(BFABRIC_AUTH_CLIENT_CREDENTIALS)
				       : NULL,
		.client_id = client->client_id,
		.client_secret = text_of(&client->client_secret),
		.registration_access_token = text_of(&client->registration_access_token),
		.registration_client_uri = client->registration_client_uri,
	};

	ret->change.value_count = bf_config_login_values(&login, ret->values);
}

/* Of an update only what belongs together: the two secrets and where they are good for. */
static void want_secrets(const struct bf_exchange *x, const struct bf_client_registration *client,
	struct wanted *ret)
{
	const char *secret = text_of(&client->client_secret);
	size_t n = 0;

	ret->values[n++] = (struct bf_config_value){
		"registration_access_token", text_of(&client->registration_access_token)};
	ret->values[n++] = (struct bf_config_value){
		"registration_client_uri", client->registration_client_uri};
	if (secret && !x->env->client_secret_file)
		ret->values[n++] = (struct bf_config_value){"client_secret", secret};
	ret->change.value_count = n;
}

static void want(const struct bf_exchange *x, const struct bf_client_registration *client,
	struct wanted *ret)
{
	*ret = (struct wanted){0};
	ret->change.name = x->head.environment;
	ret->change.values = ret->values;
	ret->change.set_default = BF_DEFAULT_NO;
	if (x->head.kind == BF_RESCUE_REGISTER)
		want_all(x, client, ret);
	else
		want_secrets(x, client, ret);
}

static bool uses_secret_file(const struct bf_exchange *x)
{
	return x->head.kind != BF_RESCUE_REGISTER && x->env->client_secret_file;
}

/* ---- before ---------------------------------------------------------------------------------- */

static enum bfabric_status stand_in(
	const struct bf_exchange *x, struct bf_client_registration *ret, struct bfabric_error *err)
{
	static const char any[] =
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	bf_secret_puts(&ret->client_secret, any);
	bf_secret_puts(&ret->registration_access_token, any);
	ret->client_id = strdup(any);
	ret->registration_client_uri = strdup(x->before && x->before->registration_client_uri
						      ? x->before->registration_client_uri
						      : any);
	if (!ret->client_id || !ret->registration_client_uri || ret->client_secret.failed ||
		ret->registration_access_token.failed)
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

enum bfabric_status bf_exchange_check(struct bf_exchange *x, struct bfabric_error *err)
{
	BF_AUTO_REGISTRATION struct bf_client_registration any = {0};
	struct wanted wanted;
	enum bfabric_status status = stand_in(x, &any, err);

	if (status != BFABRIC_OK || !x->save)
		return status;
	want(x, &any, &wanted);
	status = bf_config_check_write(x->config_file, &wanted.change, err);
	if (status == BFABRIC_OK && uses_secret_file(x))
		status = bf_slot_reserve(
			&x->secret_file, x->env->client_secret_file, BF_RESERVE, err);
	return status;
}

/* ---- after ----------------------------------------------------------------------------------- */

/* A void secret is still there when it is the old one: it is written only where it changed. */
static enum bfabric_status save_secret_file(struct bf_exchange *x,
	const struct bf_client_registration *client, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	enum bfabric_status status = BFABRIC_OK;

	if (!uses_secret_file(x) || bf_secret_empty(&client->client_secret) ||
		(x->before && bf_secret_equal(&x->before->client_secret, &client->client_secret)))
		return BFABRIC_OK;
	bf_secret_put_secret(&line, &client->client_secret);
	bf_secret_putc(&line, '\n');
	if (line.failed)
		return bf_fail_nomem(err);
	if (!x->secret_file.temporary) /* an earlier run's reply: nothing is promised */
		status = bf_slot_reserve(&x->secret_file, x->env->client_secret_file, 0, err);
	if (status == BFABRIC_OK)
		status = bf_slot_commit(&x->secret_file, bf_secret_reveal(&line), line.len, err);
	return x->secret_file.committed ? BFABRIC_OK : status;
}

enum bfabric_status bf_exchange_save(struct bf_exchange *x,
	const struct bf_client_registration *client, struct bfabric_error *err)
{
	struct wanted wanted;
	enum bfabric_status status = save_secret_file(x, client, err);

	if (status != BFABRIC_OK)
		return status;
	want(x, client, &wanted);
	return bf_config_write(x->config_file, &wanted.change, err);
}
