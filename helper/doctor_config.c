#include "doctor.h"
#include "../libbfabric/base/file.h"
#include "build_paths.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void about_file(struct bf_doctor *d, const char *what, const char *path, unsigned rule)
{
	struct bf_file_info file = {0};
	struct bfabric_error err = {0};

	if (bf_file_stat(path, rule, &file, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR, "mend the owner or mode of that file", "%s", err.text);
	else if (!file.found)
		bf_found(d, BF_FOUND_OK, NULL, "there is no %s (%s)", what, path);
	else if (rule == BF_FILE_FOLLOW && file.readable_by_others)
		bf_found(d, BF_FOUND_WARNING, "take the permission away: chmod go= FILE",
			"other users can read the %s %s", what, path);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s %s", what, path);
}

static void check_files(struct bf_doctor *d)
{
	const char *named = secure_getenv("BFABRIC_SITE_CONFIG");
	BF_AUTO_FREE char *home = NULL;
	BF_AUTO_FREE char *path = NULL;

	if (d->call->config_file)
		path = strdup(d->call->config_file);
	else if (bf_home(&home, NULL) != BFABRIC_OK ||
		 asprintf(&path, "%s/.bfabricpy.yml", home) < 0)
		path = NULL;
	if (path)
		about_file(d, "configuration", path, BF_FILE_FOLLOW);
	about_file(d, "site configuration", named ? named : BF_SITE_CONFIG, BF_FILE_ROOTS);
	if (getenv("BFABRICPY_CONFIG_OVERRIDE"))
		bf_found(d, BF_FOUND_WARNING,
			"unset BFABRICPY_CONFIG_OVERRIDE to use the files again",
			"BFABRICPY_CONFIG_OVERRIDE is set: no file is read");
}

static void check_syntax(struct bf_doctor *d)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bfabric_error err = {0};

	if (bf_config_load(d->call->config_file, &config, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR, "mend the place that is named; bfabricpy.yml(5)", "%s",
			err.text);
	else
		bf_found(d, BF_FOUND_OK, NULL, "well-formed; environments: %zu",
			bf_config_count(config));
}

static void check_environment(struct bf_doctor *d)
{
	const struct bf_environment *env = &d->environment;

	if (!d->known)
		bf_found(d, BF_FOUND_ERROR,
			d->trouble.status == BFABRIC_NOT_LOGGED_IN
				? "log in: bfabric login, or bfabric auth device-code"
				: "mend it, or choose another environment with --env",
			"%s", d->trouble.text);
	else if (env->method == BFABRIC_AUTH_NONE)
		bf_found(d, BF_FOUND_WARNING, "log in: bfabric login",
			"%s (%s) has no way to log in", env->name, d->chosen_by);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s (%s), %s, %s", env->name, d->chosen_by,
			env->url.text, bfabric_auth_method_name(env->method));
}

static void check_others(struct bf_doctor *d)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;

	if (bf_config_load(d->call->config_file, &config, NULL) != BFABRIC_OK)
		return;
	for (size_t i = 0; i < bf_config_count(config); i++) {
		BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
		struct bfabric_error err = {0};
		const char *name = bf_config_name(config, i);

		if (d->known && strcmp(name, d->environment.name) == 0)
			continue;
		if (bf_config_select(config, name, NULL, &env, &err) != BFABRIC_OK)
			bf_found(d, BF_FOUND_WARNING,
				"mend or remove it; bfabricPy may refuse the whole file", "%s",
				err.text);
	}
}

const struct bf_check bf_checks_config[] = {
	{.name = "files", .run = check_files},
	{.name = "syntax", .run = check_syntax},
	{.name = "environment", .run = check_environment},
	{.name = "other environments", .run = check_others},
	{.name = NULL},
};
