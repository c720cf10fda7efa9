#include "stored.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "members.h"
#include "token.h"

#define VERSION 1

/* The secrets: one row each. */
static const struct member {
	const char *name;
	size_t offset;
} members[] = {
	{"refresh_token", offsetof(struct bf_stored, refresh_token)},
	{"pat", offsetof(struct bf_stored, pat)},
	{"client_secret", offsetof(struct bf_stored, client_secret)},
	{"registration_access_token", offsetof(struct bf_stored, registration_access_token)},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static struct bf_secret *secret_of(struct bf_stored *stored, const struct member *member)
{
	return (struct bf_secret *)(void *)((char *)stored + member->offset);
}

static const struct bf_secret *its_secret(
	const struct bf_stored *stored, const struct member *member)
{
	return (const struct bf_secret *)(const void *)((const char *)stored + member->offset);
}

void bf_stored_release(struct bf_stored *stored)
{
	json_decref(stored->members);
	free(stored->login);
	for (size_t i = 0; i < MEMBERS; i++)
		bf_secret_release(secret_of(stored, &members[i]));
	*stored = (struct bf_stored)BF_STORED_INIT;
}

bool bf_stored_empty(const struct bf_stored *stored)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (!bf_secret_empty(its_secret(stored, &members[i])))
			return false;
	return true;
}

static bool is_known(const char *name)
{
	if (strcmp(name, "version") == 0 || strcmp(name, "login") == 0 ||
		strcmp(name, "predecessor") == 0)
		return true;
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].name, name) == 0)
			return true;
	return false;
}

bool bf_stored_blank(const struct bf_stored *stored)
{
	const char *name;
	json_t *value;

	json_object_foreach (stored->members, name, value)
		if (!is_known(name))
			return false;
	return bf_stored_empty(stored);
}

/* What stands in a header or on a line of a protocol later must not begin a new one there. */
static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return true;
	return false;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum bfabric_status take_secret(
	const json_t *object, const char *name, struct bf_secret *ret, struct bfabric_error *err)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!value || json_is_null(value))
		return BFABRIC_OK;
	if (!text || has_control(text, len))
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"\"%s\" is not a string of printable characters", name);
	bf_secret_put(ret, text, len);
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static enum bfabric_status from_json(
	json_t *object, struct bf_stored *ret, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored s = BF_STORED_INIT;
	enum bfabric_status status = bf_members_version(object, VERSION, err);

	if (status == BFABRIC_OK)
		status = bf_members_string(object, "login", &s.login, err);
	for (size_t i = 0; i < MEMBERS; i++)
		if (status == BFABRIC_OK)
			status = take_secret(
				object, members[i].name, secret_of(&s, &members[i]), err);
	if (status != BFABRIC_OK)
		return status;
	bf_members_digest(object, "predecessor", s.predecessor);
	s.members = json_incref(object);
	bf_stored_release(ret);
	*ret = s;
	s = (struct bf_stored)BF_STORED_INIT;
	return BFABRIC_OK;
}

enum bfabric_status bf_stored_parse(
	const char *text, size_t len, struct bf_stored *ret, struct bfabric_error *err)
{
	json_t *object = NULL;
	enum bfabric_status status = len ? bf_json_read(text, len, &object, err)
					 : bf_fail(err, BFABRIC_BAD_REPLY, "it is empty");

	if (status == BFABRIC_OK)
		status = from_json(object, ret, err);
	json_decref(object);
	return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* jansson says NULL for want of memory too: so it is asked twice, and once without looking. */
static bool is_text(const char *text, size_t len)
{
	json_t *unchecked = json_stringn_nocheck(text, len);
	json_t *checked = json_stringn(text, len);
	bool wrong = unchecked && !checked;

	json_decref(unchecked);
	json_decref(checked);
	return !wrong;
}

/* BAD_CALL: it could not be read again. */
static enum bfabric_status put_secret(
	json_t *object, const char *name, const struct bf_secret *secret, struct bfabric_error *err)
{
	const char *text = bf_secret_reveal(secret);
	json_t *value = NULL;

	if (secret->failed)
		return bf_fail_nomem(err);
	if (bf_secret_empty(secret)) {
		(void)json_object_del(object, name); /* absent is as good */
		return BFABRIC_OK;
	}
	if (!has_control(text, secret->len))
		value = json_stringn(text, secret->len);
	if (!value && (has_control(text, secret->len) || !is_text(text, secret->len)))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"\"%s\" has characters that are not printable text in UTF-8", name);
	return bf_members_set(object, name, value) ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status fill(
	json_t *object, const struct bf_stored *stored, struct bfabric_error *err)
{
	const char *predecessor = *stored->predecessor ? stored->predecessor : NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (!bf_members_set(object, "version", json_integer(VERSION)) ||
		!bf_members_set_string(object, "login", stored->login) ||
		!bf_members_set_string(object, "predecessor", predecessor))
		return bf_fail_nomem(err);
	for (size_t i = 0; i < MEMBERS; i++)
		if (status == BFABRIC_OK)
			status = put_secret(
				object, members[i].name, its_secret(stored, &members[i]), err);
	return status;
}

enum bfabric_status bf_stored_encode(
	const struct bf_stored *stored, struct bf_secret *ret_line, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	json_t *object = bf_members_copy(stored->members);
	enum bfabric_status status = object ? fill(object, stored, err) : bf_fail_nomem(err);

	if (status == BFABRIC_OK)
		status = bf_json_write_line(object, &line, err);
	json_decref(object);
	if (status != BFABRIC_OK)
		return status;
	if (line.len > BF_STORED_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the secrets are larger than a store takes (%zu bytes)", BF_STORED_MAX);
	bf_secret_move(ret_line, &line);
	return BFABRIC_OK;
}
