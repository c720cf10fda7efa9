#include "store.h"

#include <stdlib.h>
#include <string.h>
#include "../base/concat.h"
#include "../base/libexec.h"
#include "store_private.h"

#define KEYRING_PROGRAM "bfabric-keyring"

static const struct bf_store_type in_files = {.name = "file", .apart = false};

static const struct bf_store_type *const types[] = {&in_files, &bf_store_keyring};

/* ---- which one ------------------------------------------------------------------------------- */

static const struct bf_store_type *find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i]->name, name) == 0)
			return types[i];
	return *name == '/' ? &bf_store_helper : NULL;
}

void bf_store_release(struct bf_store *store)
{
	free(store->program);
	free(store->host);
	free(store->client_id);
	free(store->environment);
	free(store->base_url);
	*store = (struct bf_store)BF_STORE_INIT;
}

/* host[:port] of a canonical URL. */
static char *authority(const char *url)
{
	const char *begin = strstr(url, "://");

	begin = begin ? begin + 3 : url;
	return strndup(begin, strcspn(begin, "/"));
}

/* What would not fit on a line of the request. */
static enum bfabric_status check_names(
	const struct bf_environment *environment, struct bfabric_error *err)
{
	const char *client_id = environment->client_id ? environment->client_id : "";

	if (!strpbrk(environment->name, "\r\n") && !strpbrk(client_id, "\r\n") &&
		strlen(environment->name) + strlen(client_id) < 4096)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL,
		"environment %s: its name or client_id cannot be told to a store",
		environment->name);
}

static enum bfabric_status fill(struct bf_store *store, const struct bf_environment *environment,
	const char *name, struct bfabric_error *err)
{
	enum bfabric_status status = check_names(environment, err);

	if (status != BFABRIC_OK)
		return status;
	if (environment->source == BF_FROM_OVERRIDE)
		store->refused = "BFABRICPY_CONFIG_OVERRIDE may not name a program that is given "
				 "secrets: use \"store: file\" there, or a configuration file";
	if (store->type == &bf_store_keyring)
		status = bf_libexec_path(KEYRING_PROGRAM, &store->program, err);
	else if (!bf_copy_string(&store->program, name))
		status = bf_fail_nomem(err);
	store->host = authority(environment->url.text);
	if (status == BFABRIC_OK &&
		(!store->host || !bf_copy_string(&store->client_id, environment->client_id) ||
			!bf_copy_string(&store->environment, environment->name) ||
			!bf_copy_string(&store->base_url, environment->url.text)))
		status = bf_fail_nomem(err);
	return status;
}

enum bfabric_status bf_store_open(const struct bf_environment *environment, const char *name,
	const struct bf_sys *sys, const struct bfabric_cancel *cancel, struct bf_store *ret,
	struct bfabric_error *err)
{
	BF_AUTO_STORE struct bf_store store = {.sys = sys, .cancel = cancel};
	enum bfabric_status status = BFABRIC_OK;

	if (!name)
		name = environment->store ? environment->store : in_files.name;
	store.type = find_type(name);
	if (!store.type)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"there is no store '%s': file, keyring, or the absolute path of a program",
			name);
	if (store.type->apart)
		status = fill(&store, environment, name, err);
	if (status != BFABRIC_OK)
		return status;
	bf_store_release(ret);
	*ret = store;
	store = (struct bf_store)BF_STORE_INIT;
	return BFABRIC_OK;
}

bool bf_store_apart(const struct bf_store *store)
{
	return store->type && store->type->apart;
}

const char *bf_store_name(const struct bf_store *store)
{
	if (!bf_store_apart(store))
		return in_files.name;
	return store->type->name ? store->type->name : store->program;
}

const char *bf_store_place(const struct bf_store *store)
{
	if (!bf_store_apart(store))
		return "files";
	return store->type == &bf_store_keyring ? "the keyring" : bf_store_name(store);
}

/* ---- what it does ---------------------------------------------------------------------------- */

static int64_t limit(const struct bf_store *store, int64_t deadline, int64_t ms)
{
	int64_t latest = bf_boot_ms(store->sys) + ms;

	return deadline != 0 && deadline < latest ? deadline : latest;
}

static enum bfabric_status require_apart(const struct bf_store *store, struct bfabric_error *err)
{
	if (bf_store_apart(store))
		return BFABRIC_OK;
	return bf_fail(
		err, BFABRIC_BAD_CALL, "secrets in files do not lie in a store of their own");
}

enum bfabric_status bf_store_get(const struct bf_store *store, int64_t deadline, bool *ret_found,
	struct bf_stored *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	bool found = false;
	enum bfabric_status status = require_apart(store, err);

	if (status == BFABRIC_OK)
		status = store->type->get(
			store, limit(store, deadline, BF_STORE_MS), &found, &line, err);
	if (status == BFABRIC_OK && found)
		status = bf_stored_parse(bf_secret_reveal(&line), line.len, ret, err);
	else if (status == BFABRIC_OK)
		bf_stored_release(ret);
	if (status == BFABRIC_BAD_REPLY || status == BFABRIC_UNSUPPORTED)
		return bf_fail_context(err, BFABRIC_STORE_UNAVAILABLE,
			"what %s holds for environment %s cannot be used", bf_store_place(store),
			store->environment);
	if (status == BFABRIC_OK)
		*ret_found = found;
	return status;
}

enum bfabric_status bf_store_put(const struct bf_store *store, int64_t deadline,
	const struct bf_stored *stored, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	enum bfabric_status status = require_apart(store, err);

	if (status == BFABRIC_OK && bf_stored_blank(stored))
		return bf_store_erase(store, deadline, err);
	if (status == BFABRIC_OK)
		status = bf_stored_encode(stored, &line, err);
	if (status == BFABRIC_OK)
		status = store->type->put(store, limit(store, deadline, BF_STORE_MS), &line, err);
	return status;
}

enum bfabric_status bf_store_erase(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	enum bfabric_status status = require_apart(store, err);

	if (status == BFABRIC_OK)
		status = store->type->erase(store, limit(store, deadline, BF_STORE_MS), err);
	return status;
}

/* Files are always there. */
enum bf_store_state bf_store_probe(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	if (!bf_store_apart(store))
		return BF_STORE_READY;
	return store->type->probe(store, limit(store, deadline, BF_STORE_MS), err);
}

enum bfabric_status bf_store_unlock(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	if (!bf_store_apart(store) || !store->type->unlock)
		return BFABRIC_OK;
	return store->type->unlock(store, limit(store, deadline, BF_UNLOCK_MS), err);
}
