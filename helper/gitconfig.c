#include "gitconfig.h"
#include "format.h"
#include "faces.h"
#include "instance.h"
#include "build_paths.h"
#include "program.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void bf_git_hosts_release(struct bf_git_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		free(hosts->keys[i]);
		free(hosts->urls[i]);
	}
	free(hosts->keys);
	free(hosts->urls);
	*hosts = (struct bf_git_hosts){0};
}

static bool add(struct bf_git_hosts *hosts, const char *scheme_and_host)
{
	char *key = NULL, *url = strdup(scheme_and_host);

	if (asprintf(&key, "credential.%s.helper", scheme_and_host) < 0)
		key = NULL;
	if (!key || !url) {
		free(key);
		free(url);
		return false;
	}
	hosts->keys[hosts->count] = key;
	hosts->urls[hosts->count++] = url;
	return true;
}

enum bfabric_status bf_git_hosts_of(const struct bf_environment *environment,
	struct bf_git_hosts *ret, struct bfabric_error *err)
{
	BF_AUTO_GIT_HOSTS struct bf_git_hosts hosts = {0};
	BF_AUTO_FREE char *origin = NULL;
	enum bfabric_status status = bf_origin(&environment->url, &origin, err);

	if (status != BFABRIC_OK)
		return status;
	hosts.keys = calloc(environment->host_count + 1, sizeof(*hosts.keys));
	hosts.urls = calloc(environment->host_count + 1, sizeof(*hosts.urls));
	if (!hosts.keys || !hosts.urls || !add(&hosts, origin))
		return bf_fail_nomem(err);
	for (size_t i = 0; i < environment->host_count; i++) {
		BF_AUTO_FREE char *url = NULL;

		if (asprintf(&url, "https://%s", environment->hosts[i]) < 0) {
			url = NULL;
			return bf_fail_nomem(err);
		}
		if (!add(&hosts, url))
			return bf_fail_nomem(err);
	}
	*ret = hosts;
	hosts = (struct bf_git_hosts){0};
	return BFABRIC_OK;
}

/* In a build tree both programs lie in the folder that BFABRIC_LIBEXEC names. */
enum bfabric_status bf_git_helper_path(char **ret_path, struct bfabric_error *err)
{
	const char *dirs[] = {secure_getenv("BFABRIC_LIBEXEC"), BF_BINDIR};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		BF_AUTO_FREE char *path = NULL;

		if (!dirs[i] || dirs[i][0] != '/')
			continue;
		if (asprintf(&path, "%s/%s", dirs[i], BF_GIT_PROGRAM) < 0) {
			path = NULL;
			return bf_fail_nomem(err);
		}
		if (access(path, X_OK) == 0) {
			*ret_path = BF_TAKE(path);
			return BFABRIC_OK;
		}
	}
	return bf_find_program(BF_GIT_PROGRAM, ret_path, err);
}

static bool put_escaped(const char *text, struct bf_secret *out)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
		if (!strchr(BF_PLAIN, *c))
			bf_secret_putc(out, '\\');
		bf_secret_putc(out, *c);
	}
	return true;
}

/* git runs the helper in whatever directory: a relative name would mean another file there. */
static enum bfabric_status put_file_option(
	const char *file, struct bf_secret *out, struct bfabric_error *err)
{
	BF_AUTO_FREE char *path = realpath(file, NULL);

	if (!path)
		return bf_fail(err, BFABRIC_SYSTEM, "%s: %m", file);
	bf_secret_puts(out, " --config-file ");
	if (!put_escaped(path, out))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the name of the configuration file has a "
			"control character");
	return BFABRIC_OK;
}

enum bfabric_status bf_git_helper_value(const char *path, const struct bf_command_line *call,
	struct bf_secret *ret_value, struct bfabric_error *err)
{
	bool good = put_escaped(path, ret_value);

	if (good && call->environment) {
		bf_secret_puts(ret_value, " --env ");
		good = put_escaped(call->environment, ret_value);
	}
	if (!good)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the path of the helper or --env has a control character");
	if (call->config_file)
		return put_file_option(call->config_file, ret_value, err);
	return ret_value->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

void bf_git_put_lines(const char *url, const char *value, struct bf_secret *out)
{
	bf_secret_puts(out, "[credential \"");
	bf_secret_puts(out, url); /* a URL of ours has neither quote nor backslash */
	bf_secret_puts(out, "\"]\n\thelper =\n\thelper = \"");
	for (const char *c = value; *c; c++) {
		if (*c == '"' || *c == '\\')
			bf_secret_putc(out, '\\');
		bf_secret_putc(out, *c);
	}
	bf_secret_puts(out, "\"\n");
}

static enum bfabric_status git_config(
	const char *const argv[], struct bf_secret *out, int *ret_code, struct bfabric_error *err)
{
	enum bfabric_status status = bf_spawn(argv, out, ret_code, err);

	/* 1: the key is not there. */
	if (status == BFABRIC_OK && *ret_code != 0 && (!out || *ret_code != 1))
		return bf_fail(
			err, BFABRIC_SYSTEM, "%s config failed (exit code %d)", argv[0], *ret_code);
	return status;
}

/* One line of `git config -z --get-regexp`: key, LF, value; a key without value has no LF. */
static bool is_line(const char *line, const char *key, const char *value)
{
	size_t len = strlen(key);

	return !strncmp(line, key, len) && line[len] == '\n' && !strcmp(line + len + 1, value);
}

/*
 * git asks the helpers in the order of the file, so the empty value takes off only those above it.
 * Does a helper of somebody else stand below ours? Which hosts it is for does not matter here: to
 * move ours to the end once does no harm.
 */
static enum bfabric_status is_followed(const char *git, const char *key, const char *value,
	bool *ret_followed, struct bfabric_error *err)
{
	const char *const get[] = {git, "config", "--global", "-z", "--get-regexp",
		"^credential\\.(.*\\.)?helper$", NULL};
	BF_AUTO_SECRET struct bf_secret all = BF_SECRET_INIT;
	bool seen = false, followed = false;
	int code = 0;
	enum bfabric_status status = git_config(get, &all, &code, err);

	if (status != BFABRIC_OK)
		return status;
	for (size_t at = 0; at < all.len; at += strlen(bf_secret_reveal(&all) + at) + 1) {
		const char *line = bf_secret_reveal(&all) + at;
		const char *other = strchr(line, '\n');

		if (is_line(line, key, value)) {
			seen = true;
			followed = false;
		} else if (seen && other && other[1] && !strstr(other, BF_GIT_PROGRAM)) {
			followed = true;
		}
	}
	*ret_followed = followed;
	return BFABRIC_OK;
}

static enum bfabric_status write_both(
	const char *git, const char *key, const char *value, bool afresh, struct bfabric_error *err)
{
	const char *const drop[] = {git, "config", "--global", "--unset-all", key, NULL};
	const char *const reset[] = {git, "config", "--global", "--replace-all", key, "", NULL};
	const char *const put[] = {git, "config", "--global", "--add", key, value, NULL};
	enum bfabric_status status = BFABRIC_OK;
	int code = 0;

	if (afresh) /* the section goes too, and comes back at the end of the file */
		status = git_config(drop, NULL, &code, err);
	if (status == BFABRIC_OK)
		status = git_config(reset, NULL, &code, err);
	if (status == BFABRIC_OK)
		status = git_config(put, NULL, &code, err);
	return status;
}

enum bfabric_status bf_git_write(const char *git, const char *key, const char *value,
	enum bf_git_change *ret_change, bool *ret_followed, struct bfabric_error *err)
{
	const char *const get[] = {git, "config", "--global", "-z", "--get-all", key, NULL};
	BF_AUTO_SECRET struct bf_secret now = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret wanted = BF_SECRET_INIT;
	bool followed = false;
	int code = 0;
	enum bfabric_status status = git_config(get, &now, &code, err);

	if (status == BFABRIC_OK)
		status = is_followed(git, key, value, &followed, err);
	if (status != BFABRIC_OK)
		return status;
	bf_secret_put(&wanted, "", 1);
	bf_secret_put(&wanted, value, strlen(value) + 1);
	if (!wanted.failed && bf_secret_equal(&now, &wanted) && !followed) {
		*ret_change = BF_GIT_UNCHANGED;
		*ret_followed = false;
		return BFABRIC_OK;
	}
	status = write_both(git, key, value, followed, err);
	if (status == BFABRIC_OK)
		status = is_followed(git, key, value, ret_followed, err);
	if (status == BFABRIC_OK)
		*ret_change = bf_secret_empty(&now) ? BF_GIT_WRITTEN
			      : followed            ? BF_GIT_MOVED
						    : BF_GIT_REPLACED;
	return status;
}
