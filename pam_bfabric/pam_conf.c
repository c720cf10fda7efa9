#include "pam_conf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "../libbfabric/base/url.h"
#include "pam_words.h"
#include "trusted.h"

#define UID_LEAST   1000u
#define UID_MOST    2000000000u
#define TIMEOUT_NOW 90

/* What a value may be, and so how it is kept. */
enum kind { TEXT, NAMES, PATH, URL, YES_NO, UID, SECONDS, PROMPT, QR, REMOTE };

struct key {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct bf_pam_conf */
};

#define KEY(name, kind)                                                                            \
	{                                                                                          \
#name, kind, offsetof(struct bf_pam_conf, name)                                    \
	}

static const struct key keys[] = {
	KEY(base_url, URL),
	KEY(client_id, TEXT),
	KEY(client_secret_file, PATH),
	KEY(scope, TEXT),
	KEY(env, TEXT),
	KEY(issuer, URL),
	KEY(ca_file, PATH),
	KEY(proxy, TEXT),
	KEY(services, NAMES),
	KEY(claim, TEXT),
	KEY(map_file, PATH),
	KEY(same_names, YES_NO),
	KEY(allowed_groups, NAMES),
	KEY(min_uid, UID),
	KEY(timeout, SECONDS),
	KEY(prompt, PROMPT),
	KEY(qr, QR),
	KEY(remote, REMOTE),
	KEY(shared_accounts, NAMES),
	KEY(revoke_on_close, YES_NO),
	KEY(net_user, TEXT),
	KEY(libexec, PATH),
	KEY(run_dir, PATH),
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

struct reader {
	const char *path;
	unsigned line;
	struct bf_pam_conf conf;
	bool seen[KEYS];
	bf_pam_note *note;
	void *data;
};

static bool is_string(enum kind kind)
{
	return kind <= URL;
}

static void *member(struct bf_pam_conf *conf, const struct key *key)
{
	return (char *)conf + key->offset;
}

void bf_pam_conf_release(struct bf_pam_conf *conf)
{
	for (size_t i = 0; i < KEYS; i++)
		if (is_string(keys[i].kind))
			free(*(char **)member(conf, &keys[i]));
	free(conf->session);
	*conf = (struct bf_pam_conf){0};
}

const char *bf_pam_list_next(const char **list, size_t *ret_len)
{
	const char *word = *list ? *list + strspn(*list, " \t") : "";

	*ret_len = strcspn(word, " \t");
	*list = word + *ret_len;
	return word;
}

bool bf_pam_list_has(const char *list, const char *name)
{
	const size_t len = strlen(name);
	size_t n = 0;

	for (const char *word = bf_pam_list_next(&list, &n); n > 0;
		word = bf_pam_list_next(&list, &n))
		if (n == len && memcmp(word, name, n) == 0)
			return true;
	return false;
}

bool bf_pam_is_never_served(const char *service)
{
	static const char *const never[] = {"at", "atd", "cron", "crond", "polkit-1", "polkit",
		"runuser", "runuser-l", "su", "su-l", "sudo", "sudo-i", "systemd-user", NULL};
	static const char autologin[] = "-autologin";
	const size_t len = strlen(service);
	const size_t n = sizeof(autologin) - 1;

	for (size_t i = 0; never[i]; i++)
		if (strcmp(service, never[i]) == 0)
			return true;
	return len >= n && strcmp(service + len - n, autologin) == 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum bfabric_status fail(
	struct reader *reader, const struct key *key, const char *what, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_BAD_CONFIG, "%s, line %u: %s %s", reader->path, reader->line,
		key->name, what);
}

static enum bfabric_status keep_string(
	struct reader *reader, const struct key *key, const char *value, struct bfabric_error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return bf_fail_nomem(err);
	*(char **)member(&reader->conf, key) = copy;
	return BFABRIC_OK;
}

static enum bfabric_status keep_url(
	struct reader *reader, const struct key *key, const char *value, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	enum bfabric_status status = bf_url_parse(value, &url, err);

	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status != BFABRIC_OK)
		return bf_fail_context(err, BFABRIC_BAD_CONFIG, "%s, line %u: %s", reader->path,
			reader->line, key->name);
	return keep_string(reader, key, url.text, err);
}

static enum bfabric_status keep_number(struct reader *reader, const struct key *key,
	const char *value, unsigned min, unsigned max, struct bfabric_error *err)
{
	unsigned number = 0;

	if (!bf_pam_number(value, min, max, &number))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u: %s must be a number from %u to %u", reader->path,
			reader->line, key->name, min, max);
	*(unsigned *)member(&reader->conf, key) = number;
	return BFABRIC_OK;
}

static enum bfabric_status keep_word(
	struct reader *reader, const struct key *key, const char *value, struct bfabric_error *err)
{
	struct bf_pam_conf *conf = &reader->conf;
	int word = 0;

	if (key->kind == YES_NO) {
		if (!bf_pam_word_yes_no(value, &word))
			return fail(reader, key, "must be yes or no", err);
		*(bool *)member(conf, key) = word;
	} else if (key->kind == PROMPT) {
		if (!bf_pam_word_prompt(value, &word))
			return fail(reader, key, "must be auto, enter or info", err);
		conf->prompt = (enum bf_pam_prompt)word;
	} else if (key->kind == QR) {
		if (!bf_pam_word_qr(value, &word))
			return fail(reader, key, "must be auto, on or off", err);
		conf->qr = (enum bf_pam_qr)word;
	} else {
		if (!bf_pam_word_remote(value, &word))
			return fail(reader, key, "must be refuse or second-factor", err);
		conf->remote = (enum bf_pam_remote)word;
	}
	return BFABRIC_OK;
}

static enum bfabric_status keep(
	struct reader *reader, const struct key *key, const char *value, struct bfabric_error *err)
{
	switch (key->kind) {
	case PATH:
		if (value[0] != '/')
			return fail(reader, key, "must be an absolute path", err);
		return keep_string(reader, key, value, err);
	case TEXT:
	case NAMES:
		return keep_string(reader, key, value, err);
	case URL:
		return keep_url(reader, key, value, err);
	case UID:
		return keep_number(reader, key, value, UID_LEAST, UID_MOST, err);
	case SECONDS:
		return keep_number(reader, key, value, BF_PAM_TIMEOUT_MIN, BF_PAM_TIMEOUT_MAX, err);
	case YES_NO:
	case PROMPT:
	case QR:
	case REMOTE:
		return keep_word(reader, key, value, err);
	}
	return BFABRIC_OK;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void tell_unknown(const struct reader *reader, const char *name)
{
	char shown[65];

	bf_show(shown, sizeof(shown), name, strlen(name));
	if (reader->note)
		reader->note(reader->data, reader->line, shown);
}

static enum bfabric_status take_pair(
	struct reader *reader, const char *name, const char *value, struct bfabric_error *err)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (reader->seen[i])
			return fail(reader, &keys[i], "is there for the second time", err);
		reader->seen[i] = true;
		if (!*value)
			return fail(reader, &keys[i], "has no value: remove the line", err);
		return keep(reader, &keys[i], value, err);
	}
	tell_unknown(reader, name);
	return BFABRIC_OK;
}

static enum bfabric_status take_line(
	void *data, unsigned line, char *text, size_t len, struct bfabric_error *err)
{
	struct reader *reader = data;
	char *equals = memchr(text, '=', len);
	char *value = NULL;

	reader->line = line;
	if (!bf_pam_is_plain(text, len))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u: only printable ASCII, and no carriage return, may stand here",
			reader->path, line);
	if (!equals)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s, line %u is not: key = value",
			reader->path, line);
	value = bf_pam_trim(equals + 1, text + len);
	return take_pair(reader, bf_pam_trim(text, equals), value, err);
}

static void release_reader(struct reader *reader)
{
	bf_pam_conf_release(&reader->conf);
}

enum bfabric_status bf_pam_conf_parse(const char *path, const char *content, size_t len,
	bf_pam_note *note, void *data, struct bf_pam_conf *ret, struct bfabric_error *err)
{
	struct reader reader __attribute__((cleanup(release_reader))) = {.path = path,
		.conf = {.min_uid = UID_LEAST, .timeout = TIMEOUT_NOW},
		.note = note,
		.data = data};
	enum bfabric_status status = BFABRIC_OK;

	if (len > BF_PAM_CONF_MAX)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is larger than %zu bytes", path,
			BF_PAM_CONF_MAX);
	status = bf_pam_trusted_lines(content, len, take_line, &reader, err);
	if (status != BFABRIC_OK)
		return status;
	if (!reader.conf.base_url || !reader.conf.client_id)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s does not say %s", path,
			reader.conf.base_url ? "client_id" : "base_url");
	*ret = reader.conf;
	reader.conf = (struct bf_pam_conf){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_conf_load(const char *path, bf_pam_note *note, void *data,
	struct bf_pam_conf *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	enum bfabric_status status = bf_pam_trusted_read(path, BF_PAM_CONF_MAX, &content, err);

	if (status != BFABRIC_OK)
		return status;
	return bf_pam_conf_parse(
		path, bf_secret_reveal(&content), content.len, note, data, ret, err);
}
