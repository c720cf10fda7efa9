/*
 * What a registration endpoint said, into the configuration.
 */
#include "manage_private.h"

#include <string.h>

#define VALUES_MAX (BF_CONFIG_LOGIN_VALUES + 1)

/* A change for what the server said; borrows from all of it. */
struct wanted {
	struct bf_config_value values[VALUES_MAX];
	struct bf_config_change change;
};

static const char *text_of(const struct bf_secret *secret)
{
	return bf_secret_empty(secret) ? NULL : bf_secret_reveal(secret);
}

static bool registers(const struct bf_exchange *x)
{
	return x->head.kind == BF_RESCUE_REGISTER;
}

/* Do the secrets go into a store of the environment's, and not into the configuration? */
static bool apart(const struct bf_exchange *x)
{
	return registers(x) ? x->head.store != NULL : bf_environment_apart(x->env);
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
		.client_secret = apart(x) ? NULL : text_of(&client->client_secret),
		.registration_access_token =
			apart(x) ? NULL : text_of(&client->registration_access_token),
		.registration_client_uri = client->registration_client_uri,
	};
	size_t n = bf_config_login_values(&login, ret->values);

	ret->values[n++] = (struct bf_config_value){"libbfabric.store", x->head.store};
	ret->change.value_count = n;
}

/* Of an update only what belongs together: the two secrets and where they are good for. */
static void want_secrets(const struct bf_exchange *x, const struct bf_client_registration *client,
	struct wanted *ret)
{
	const char *secret = text_of(&client->client_secret);
	size_t n = 0;

	ret->values[n++] = (struct bf_config_value){"registration_access_token",
		apart(x) ? NULL : text_of(&client->registration_access_token)};
	ret->values[n++] = (struct bf_config_value){
		"registration_client_uri", client->registration_client_uri};
	if (secret && !x->env->client_secret_file)
		ret->values[n++] =
			(struct bf_config_value){"client_secret", apart(x) ? NULL : secret};
	ret->change.value_count = n;
}

static void want(const struct bf_exchange *x, const struct bf_client_registration *client,
	struct wanted *ret)
{
	*ret = (struct wanted){0};
	ret->change.name = x->head.environment;
	ret->change.values = ret->values;
	ret->change.set_default = BF_DEFAULT_NO;
	if (registers(x))
		want_all(x, client, ret);
	else
		want_secrets(x, client, ret);
}

static bool uses_secret_file(const struct bf_exchange *x)
{
	return !registers(x) && x->env->client_secret_file;
}

/* ---- a store of its own ---------------------------------------------------------------------- */

/* The environment of a registration, as far as its store has to know it. */
static enum bfabric_status describe(const struct bf_exchange *x, const char *client_id,
	struct bf_environment *ret, struct bfabric_error *err)
{
	enum bfabric_status status = bf_url_parse(x->head.base_url, &ret->url, err);

	if (status != BFABRIC_OK)
		return status;
	ret->method = x->head.service ? BFABRIC_AUTH_CLIENT_CREDENTIALS : BFABRIC_AUTH_OAUTH;
	ret->name = strdup(x->head.environment);
	ret->client_id = strdup(client_id);
	ret->file = strdup("the configuration");
	return ret->name && ret->client_id && ret->file &&
			       bf_copy_string(&ret->store, x->head.store)
		       ? BFABRIC_OK
		       : bf_fail_nomem(err);
}

/* Of a change it is known already: what the client was is read from there. */
static enum bfabric_status check_store(const struct bf_exchange *x, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment fresh = {0};
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	enum bfabric_status status = BFABRIC_OK;

	if (!registers(x) || !apart(x))
		return BFABRIC_OK;
	status = describe(x, "client", &fresh, err);
	if (status == BFABRIC_OK)
		status = bf_store_open(
			&fresh, /* name= */ NULL, x->sys, /* cancel= */ NULL, &store, err);
	if (status == BFABRIC_OK &&
		bf_store_probe(&store, /* deadline= */ 0, err) != BF_STORE_READY)
		return BFABRIC_STORE_UNAVAILABLE;
	return status;
}

/* Written only where it says something new. */
static enum bfabric_status put_client(struct bf_document *document, bool new_client,
	const struct bf_secret *token, const struct bf_secret *secret, struct bfabric_error *err)
{
	struct bf_stored *stored = &document->stored;
	enum bfabric_status status = BFABRIC_OK;

	if (!new_client && bf_secret_equal(&stored->registration_access_token, token) &&
		(!secret || bf_secret_equal(&stored->client_secret, secret)))
		return BFABRIC_OK;
	if (new_client) { /* nothing that was kept for another login */
		bf_secret_release(&stored->pat);
		bf_secret_release(&stored->refresh_token);
		bf_secret_release(&stored->client_secret);
	}
	status = bf_document_set(&stored->registration_access_token, token, err);
	if (status == BFABRIC_OK && secret)
		status = bf_document_set(&stored->client_secret, secret, err);
	return status == BFABRIC_OK ? bf_document_save(document, err) : status;
}

static enum bfabric_status save_store(const struct bf_exchange *x,
	const struct bf_client_registration *client, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment fresh = {0};
	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
	const struct bf_document_call call = {.sys = x->sys}; /* nobody stops it any more */
	bool secret = !bf_secret_empty(&client->client_secret) && !uses_secret_file(x);
	enum bfabric_status status = BFABRIC_OK;

	if (!apart(x))
		return BFABRIC_OK;
	if (registers(x))
		status = describe(x, client->client_id, &fresh, err);
	if (status == BFABRIC_OK)
		status = bf_document_open(
			registers(x) ? &fresh : x->env, /* store= */ NULL, &call, &document, err);
	if (status == BFABRIC_OK)
		status = put_client(&document, registers(x), &client->registration_access_token,
			secret ? &client->client_secret : NULL, err);
	return status;
}

/* What the store holds of a client that was replaced; its document has another name. */
static void drop_old_client(
	const struct bf_exchange *x, const struct bf_client_registration *client)
{
	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
	const struct bf_document_call call = {.sys = x->sys};
	const struct bf_environment *old = x->env;
	struct bfabric_error why = {0};
	bool same = old && x->head.store && strcmp(old->store, x->head.store) == 0 &&
		    strcmp(old->url.text, x->head.base_url) == 0 && old->client_id &&
		    strcmp(old->client_id, client->client_id) == 0;

	if (!registers(x) || !old || !bf_environment_apart(old) || same)
		return;
	if (bf_document_open(old, /* store= */ NULL, &call, &document, &why) != BFABRIC_OK ||
		bf_store_erase(&document.store, /* deadline= */ 0, &why) != BFABRIC_OK)
		bf_secret_printf(x->notes,
			"warning: the secrets of the client that was replaced are still in %.200s: "
			"%s\n",
			old->store, why.text);
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
	if (status == BFABRIC_OK)
		status = check_store(x, err);
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

	if (status == BFABRIC_OK)
		status = save_store(x, client, err);
	if (status != BFABRIC_OK)
		return status;
	want(x, client, &wanted);
	status = bf_config_write(x->config_file, &wanted.change, err);
	if (status == BFABRIC_OK)
		drop_old_client(x, client);
	return status;
}
