/* What the checks of --pam share: files below a root, accounts, services. */
#include "doctor_pam.h"
#include "../libbfabric/base/concat.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool bf_pam_is_image(const struct bf_doctor *d)
{
	return d->call->pam_root != NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

static char *with_root(const char *root, size_t len, const char *path)
{
	BF_AUTO_FREE char *cut = strndup(root, len);

	return cut ? bf_concat(cut, path, (char *)NULL) : NULL;
}

char *bf_pam_here(const struct bf_doctor *d, const char *path)
{
	const char *root = bf_pam_is_image(d) ? d->call->pam_root : "";
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	return with_root(root, len, path);
}

int bf_pam_open(const struct bf_doctor *d, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};
	BF_AUTO_CLOSE int root = -1;

	if (!bf_pam_is_image(d))
		return open(path, flags | O_CLOEXEC);
	root = open(d->call->pam_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

bool bf_pam_stat(const struct bf_doctor *d, const char *path, bool follow, struct stat *ret)
{
	BF_AUTO_CLOSE int fd = bf_pam_open(d, path, O_PATH | (follow ? 0 : O_NOFOLLOW));

	return fd >= 0 && fstat(fd, ret) == 0;
}

bool bf_pam_is_safe(const struct bf_doctor *d, const struct stat *st)
{
	const bool owner = st->st_uid == 0 || (bf_pam_is_image(d) && st->st_uid == geteuid());

	return owner && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static enum bfabric_status read_file(void *data, const char *path, bool *ret_found,
	struct bf_secret *content, struct bfabric_error *err)
{
	const struct bf_doctor *d = data;
	BF_AUTO_CLOSE int fd = bf_pam_open(d, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st = {0};

	*ret_found = fd >= 0;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return BFABRIC_OK;
	if (fd < 0 || fstat(fd, &st) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot open %s: %m", path);
	if (!S_ISREG(st.st_mode))
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is not a regular file", path);
	while (content->len <= BF_STACK_FILE_MAX) { /* more is refused by who reads */
		char *room = bf_secret_room(content, 4096);
		ssize_t n = room ? read(fd, room, 4096) : -1;

		if (!room)
			return bf_fail_nomem(err);
		if (n < 0)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot read %s: %m", path);
		if (n == 0)
			break;
		bf_secret_added(content, (size_t)n);
	}
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_look_config(const struct bf_doctor *d, const char *path,
	bf_pam_note *note, void *data, struct bf_pam_conf *ret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *here = bf_pam_here(d, path);

	return here ? bf_pam_conf_load(here, note, data, ret, err) : bf_fail_nomem(err);
}

/* ---- accounts -------------------------------------------------------------------------------- */

static bool find_in_image(
	const struct bf_doctor *d, const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	int fd = bf_pam_open(d, "/etc/passwd", O_RDONLY | O_NONBLOCK);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool found = false;

	if (!file) {
		bf_closep(&fd);
		return false;
	}
	for (struct passwd *entry; !found && (entry = fgetpwent(file));)
		if (strcmp(entry->pw_name, name) == 0) {
			*ret_uid = entry->pw_uid;
			*ret_gid = entry->pw_gid;
			found = true;
		}
	(void)fclose(file); /* was only read */
	return found;
}

bool bf_pam_account(const struct bf_doctor *d, const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *entry = NULL;

	if (bf_pam_is_image(d))
		return find_in_image(d, name, ret_uid, ret_gid);
	entry = getpwnam(name);
	if (!entry)
		return false;
	*ret_uid = entry->pw_uid;
	*ret_gid = entry->pw_gid;
	return true;
}

const char *bf_pam_net_user(const struct bf_pam_conf *conf)
{
	return conf->net_user ? conf->net_user : "_bfabric";
}

/* ---- services -------------------------------------------------------------------------------- */

enum bf_pam_role bf_pam_role_of(const struct bf_stack_line *line)
{
	if (!bf_stack_is_module(line, "pam_bfabric"))
		return BF_PAM_ROLE_NONE;
	switch (line->type) {
	case BF_STACK_AUTH:
		/* With a wrong argument it is still the one that it is meant to be. */
		if (bf_stack_has_argument(line, "mark"))
			return BF_PAM_ROLE_MARK;
		if (bf_stack_has_argument(line, "acquire"))
			return BF_PAM_ROLE_ACQUIRE;
		return BF_PAM_ROLE_FACTOR;
	case BF_STACK_ACCOUNT:
		return BF_PAM_ROLE_ACCOUNT;
	case BF_STACK_PASSWORD:
		return BF_PAM_ROLE_PASSWORD;
	case BF_STACK_SESSION:
		return BF_PAM_ROLE_SESSION;
	}
	return BF_PAM_ROLE_NONE;
}

void bf_pam_release_service(struct bf_pam_service *service)
{
	bf_stack_release(&service->stack);
	bf_pam_conf_release(&service->conf);
}

bool bf_pam_read_service(const struct bf_doctor *d, const char *name, struct bf_pam_service *ret,
	struct bfabric_error *err)
{
	static const char config[] = "config=";
	const struct bf_stack_files files = {
		.read = read_file, .data = (void *)(uintptr_t)d}; /* which is only looked at */
	bool found = false;

	*ret = (struct bf_pam_service){.name = name, .config = BF_PAM_CONF_PATH};
	if (bf_stack_read(name, &files, &found, &ret->stack, err) != BFABRIC_OK || !found)
		return false;
	for (size_t i = 0; i < ret->stack.count; i++) {
		const struct bf_stack_line *line = &ret->stack.lines[i];
		enum bf_pam_role role = bf_pam_role_of(line);

		ret->count[role]++;
		for (size_t k = 0; role != BF_PAM_ROLE_NONE && k < line->argc; k++)
			if (strncmp(line->argv[k], config, sizeof(config) - 1) == 0)
				ret->config = line->argv[k] + sizeof(config) - 1;
	}
	ret->configured =
		bf_pam_look_config(d, ret->config, NULL, NULL, &ret->conf, NULL) == BFABRIC_OK;
	return true;
}

void bf_pam_each_line(struct bf_doctor *d, const struct bf_pam_service *service,
	enum bf_pam_role role,
	void (*look)(struct bf_doctor *d, const struct bf_pam_service *service,
		const struct bf_stack_line *line))
{
	for (size_t i = 0; i < service->stack.count; i++)
		if (bf_pam_role_of(&service->stack.lines[i]) == role)
			look(d, service, &service->stack.lines[i]);
}

char *bf_pam_names(const struct bf_doctor *d)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	if (d->call->argument_count)
		return strdup(d->call->arguments[0]);
	if (bf_pam_look_config(d, BF_PAM_CONF_PATH, NULL, NULL, &conf, NULL) == BFABRIC_OK &&
		conf.services)
		return BF_TAKE(conf.services);
	return strdup(BF_PAM_SERVICES);
}

void bf_pam_each_service(struct bf_doctor *d, bf_pam_look *look, void *data)
{
	BF_AUTO_FREE char *names = bf_pam_names(d);
	char *rest = names;

	for (char *name; rest && (name = strsep(&rest, " \t"));) {
		struct bf_pam_service service = {0};

		if (*name && bf_pam_read_service(d, name, &service, NULL))
			look(d, &service, data);
		bf_pam_release_service(&service);
	}
}

struct tally {
	enum bf_pam_role role;
	size_t count;
};

static void add(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	struct tally *tally = data;

	(void)d; /* nothing is found here */
	tally->count += service->count[tally->role];
}

size_t bf_pam_count(struct bf_doctor *d, enum bf_pam_role role)
{
	struct tally tally = {.role = role};

	bf_pam_each_service(d, add, &tally);
	return tally.count;
}
