/* The configuration of the PAM module: is it believed, complete, and does it fit what it is for? */
#include "doctor_pam.h"
#include "../pam_bfabric/map.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PATHS_MAX 8

static void check_rights(struct bf_doctor *d)
{
	if (geteuid() == 0)
		bf_found(d, BF_FOUND_OK, NULL, "root sees everything%s",
			bf_pam_is_image(d) ? "; programs of an image are not run" : "");
	else if (bf_pam_is_image(d))
		bf_found(d, BF_FOUND_WARNING,
			"as root, owners are compared with root, and the server is asked as the "
			"service account",
			"files of uid %u pass for root's, and the server is asked as that user",
			(unsigned)geteuid());
	else
		bf_found(d, BF_FOUND_ERROR, "run it as root: sudo bfabric doctor --pam",
			"not root: files and folders that only root reads, the settings of sshd "
			"and the server as the service account sees it are left out");
}

/* ---- every file that a stack names ----------------------------------------------------------- */

/* Borrowed strings in a struct that lives no longer are copied. */
struct paths {
	char *path[PATHS_MAX];
	size_t count;
};

static void release_paths(struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		bf_freep(&paths->path[i]);
}

static void add_path(struct paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++)
		if (strcmp(paths->path[i], path) == 0)
			return;
	if (paths->count < PATHS_MAX && (paths->path[paths->count] = strdup(path)))
		paths->count++;
}

static void note_path(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	(void)d; /* nothing is found here */
	if (service->count[BF_PAM_ROLE_NONE] < service->stack.count)
		add_path(data, service->config);
}

/* Those that stacks with a line of ours name; else the usual one. */
static void find_paths(struct bf_doctor *d, struct paths *ret)
{
	bf_pam_each_service(d, note_path, ret);
	if (ret->count == 0)
		add_path(ret, BF_PAM_CONF_PATH);
}

struct unknown {
	struct bf_doctor *d;
	const char *path;
};

static void tell_unknown(void *data, unsigned line, const char *name)
{
	const struct unknown *unknown = data;

	bf_found(unknown->d, BF_FOUND_WARNING, "see bfabric-pam.conf(5) for how it is spelt",
		"%s, line %u: nobody knows the key \"%s\"", unknown->path, line, name);
}

static void check_file(struct bf_doctor *d)
{
	struct paths paths __attribute__((cleanup(release_paths))) = {0};

	find_paths(d, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
		struct unknown unknown = {d, paths.path[i]};
		struct bfabric_error err = {0};
		enum bfabric_status status =
			bf_pam_look_config(d, paths.path[i], tell_unknown, &unknown, &conf, &err);

		if (status == BFABRIC_OK)
			bf_found(d, BF_FOUND_OK, NULL, "%s: %s, client %s", paths.path[i],
				conf.base_url, conf.client_id);
		else if (status == BFABRIC_SYSTEM && errno == ENOENT)
			bf_found(d, BF_FOUND_ERROR,
				"write it: bfabric-pam.conf(5); the example pam.conf is installed "
				"beside the documentation",
				"%s: until it is there, nothing is done", err.text);
		else
			bf_found(d, BF_FOUND_ERROR,
				"mend what is named: until then nothing is done", "%s", err.text);
	}
}

/* ---- what it names --------------------------------------------------------------------------- */

static void with_configs(struct bf_doctor *d,
	void (*look)(struct bf_doctor *d, const char *path, const struct bf_pam_conf *conf))
{
	struct paths paths __attribute__((cleanup(release_paths))) = {0};

	find_paths(d, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

		if (bf_pam_look_config(d, paths.path[i], NULL, NULL, &conf, NULL) == BFABRIC_OK)
			look(d, paths.path[i], &conf);
	}
}

static bool is_there(struct bf_doctor *d, const char *key, const char *path, struct stat *ret)
{
	if (!bf_pam_stat(d, path, /* follow= */ true, ret))
		bf_found(d, BF_FOUND_ERROR, "put the file there, or mend the key", "%s: %s: %m",
			key, path);
	else if (!S_ISREG(ret->st_mode))
		bf_found(d, BF_FOUND_ERROR, "name a file", "%s: %s is not a regular file", key,
			path);
	else
		return true;
	return false;
}

/* A file that decides whom we believe: whoever writes it is as good as root. */
static void tell_trusted(struct bf_doctor *d, const char *key, const char *path)
{
	struct stat st = {0};

	if (!path || !is_there(d, key, path, &st))
		return;
	if (!bf_pam_is_safe(d, &st))
		bf_found(d, BF_FOUND_ERROR, "chown root FILE; chmod go-w FILE",
			"%s: %s is uid %u's, mode %04o: others than root can write it", key, path,
			(unsigned)st.st_uid, (unsigned)st.st_mode & 07777u);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s: %s", key, path);
}

static void tell_secret(struct bf_doctor *d, const char *path)
{
	struct stat st = {0};

	if (!path || !is_there(d, "client_secret_file", path, &st))
		return;
	if (!bf_pam_is_safe(d, &st) || (st.st_mode & S_IRWXO))
		bf_found(d, BF_FOUND_ERROR, "chown root FILE; chmod go= FILE",
			"client_secret_file: %s is uid %u's, mode %04o: it is a secret", path,
			(unsigned)st.st_uid, (unsigned)st.st_mode & 07777u);
	else
		bf_found(d, BF_FOUND_OK, NULL, "client_secret_file: %s", path);
}

/* Read as the module reads it: who is who. */
static void tell_map(struct bf_doctor *d, const struct bf_pam_conf *conf)
{
	BF_AUTO_FREE char *here = conf->map_file ? bf_pam_here(d, conf->map_file) : NULL;
	BF_AUTO_PAM_MAP struct bf_pam_map map = {0};
	struct bfabric_error err = {0};

	if (!here)
		return;
	if (bf_pam_map_load(here, conf->shared_accounts, &map, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR, "mend what is named: until then nobody is anybody",
			"map_file: %s", err.text);
	else
		bf_found(d, BF_FOUND_OK, NULL, "map_file: %s, people: %zu", conf->map_file,
			map.count);
}

static void look_at_files(struct bf_doctor *d, const char *path, const struct bf_pam_conf *conf)
{
	(void)path; /* the keys name their own */
	tell_trusted(d, "ca_file", conf->ca_file);
	tell_secret(d, conf->client_secret_file);
	tell_map(d, conf);
}

static void check_named(struct bf_doctor *d)
{
	with_configs(d, look_at_files);
}

/* ---- services -------------------------------------------------------------------------------- */

static void look_at_services(struct bf_doctor *d, const char *path, const struct bf_pam_conf *conf)
{
	const char *list = conf->services ? conf->services : BF_PAM_SERVICES;

	if (d->call->argument_count == 0)
		bf_found(d, BF_FOUND_OK, NULL, "served: %s", list);
	else if (bf_pam_is_never_served(d->call->arguments[0]))
		bf_found(d, BF_FOUND_ERROR,
			"take our lines out of its stack: they do nothing there",
			"%s is never served, whatever a file says", d->call->arguments[0]);
	else if (!bf_pam_list_has(list, d->call->arguments[0]))
		bf_found(d, BF_FOUND_WARNING, "add it to services, or give services= in the stack",
			"%s serves %s: not %s", path, list, d->call->arguments[0]);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s serves %s", path, d->call->arguments[0]);
}

static void check_services(struct bf_doctor *d)
{
	with_configs(d, look_at_services);
}

const struct bf_check bf_checks_pam_config[] = {
	{.name = "rights", .run = check_rights},
	{.name = "pam.conf", .run = check_file},
	{.name = "files", .run = check_named},
	{.name = "services", .run = check_services},
	{.name = NULL},
};
