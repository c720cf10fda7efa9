#include "pam_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../libbfabric/base/secret.h"
#include "../libbfabric/base/url.h"
#include "pam_words.h"

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
	*conf = (struct bf_pam_conf){0};
}

bool bf_pam_list_has(const char *list, const char *name)
{
	const size_t len = strlen(name);

	while (list && *list) {
		size_t n = strcspn(list, " \t");

		if (n == len && n > 0 && memcmp(list, name, n) == 0)
			return true;
		list += n;
		list += strspn(list, " \t");
	}
	return false;
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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < ' ' || text[i] > '~') && text[i] != '\t')
			return false;
	return true;
}

static void trim(char **text, char *end)
{
	while (*text < end && is_blank(**text))
		(*text)++;
	while (end > *text && is_blank(end[-1]))
		end--;
	*end = '\0';
}

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

/* `line` has room for a NUL behind its `len` bytes. */
static enum bfabric_status take_line(
	struct reader *reader, char *line, size_t len, struct bfabric_error *err)
{
	char *end = line + len;
	char *equals = NULL;
	char *value = NULL;

	while (line < end && is_blank(*line))
		line++;
	if (line == end || *line == '#')
		return BFABRIC_OK;
	if (!is_plain(line, (size_t)(end - line)))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u: only printable ASCII, and no carriage return, may stand here",
			reader->path, reader->line);
	equals = memchr(line, '=', (size_t)(end - line));
	if (!equals)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s, line %u is not: key = value",
			reader->path, reader->line);
	value = equals + 1;
	trim(&value, end);
	trim(&line, equals);
	return take_pair(reader, line, value, err);
}

static enum bfabric_status take_lines(
	struct reader *reader, struct bf_secret *content, struct bfabric_error *err)
{
	char *at = bf_secret_room(content, 0); /* its end; NULL: no memory */
	char *end = at;

	if (!at)
		return bf_fail_nomem(err);
	for (at -= content->len; at < end;) {
		char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((lf ? lf : end) - at);
		enum bfabric_status status = BFABRIC_OK;

		reader->line++;
		status = take_line(reader, at, n, err);
		if (status != BFABRIC_OK)
			return status;
		at += n + 1;
	}
	return BFABRIC_OK;
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
	BF_AUTO_SECRET struct bf_secret copy = BF_SECRET_INIT;
	enum bfabric_status status = BFABRIC_OK;

	if (len > BF_PAM_CONF_MAX)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is larger than %zu bytes", path,
			BF_PAM_CONF_MAX);
	bf_secret_put(&copy, content, len);
	status = take_lines(&reader, &copy, err);
	if (status != BFABRIC_OK)
		return status;
	if (!reader.conf.base_url || !reader.conf.client_id)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s does not say %s", path,
			reader.conf.base_url ? "client_id" : "base_url");
	*ret = reader.conf;
	reader.conf = (struct bf_pam_conf){0};
	return BFABRIC_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static enum bfabric_status check_trust(
	const char *path, const struct stat *st, struct bfabric_error *err)
{
	if (!S_ISREG(st->st_mode))
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is not a regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid()) /* ours is root's where we are root */
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s is owned by uid %u and must be root's: chown root %s", path,
			(unsigned)st->st_uid, path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s can be written by others: chmod go-w %s", path, path);
	return BFABRIC_OK;
}

/* Read to its end, or to what is too much, which parsing refuses. */
static enum bfabric_status read_content(
	int fd, const char *path, struct bf_secret *content, struct bfabric_error *err)
{
	while (content->len <= BF_PAM_CONF_MAX) {
		char *room = bf_secret_room(content, 4096);
		ssize_t n;

		if (!room)
			return bf_fail_nomem(err);
		n = read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot read %s: %m", path);
		if (n == 0)
			break;
		bf_secret_added(content, (size_t)n);
	}
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_conf_load(const char *path, bf_pam_note *note, void *data,
	struct bf_pam_conf *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	BF_AUTO_CLOSE int fd = -1;
	struct stat st = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (path[0] != '/')
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is not an absolute path", path);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ELOOP)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s is a symbolic link, which is not followed", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot open %s: %m", path);
	status = check_trust(path, &st, err);
	if (status == BFABRIC_OK)
		status = read_content(fd, path, &content, err);
	if (status != BFABRIC_OK)
		return status;
	return bf_pam_conf_parse(
		path, bf_secret_reveal(&content), content.len, note, data, ret, err);
}
