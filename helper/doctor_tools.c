#include "doctor.h"
#include "program.h"
#include "gitconfig.h"
#include "handover.h"
#include "build_paths.h"
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_version(struct bf_doctor *d)
{
	bf_found(d, BF_FOUND_OK, NULL, "bfabric-auth " BF_VERSION);
}

/* Each is needed only for its verbs, so that a missing one would show late. */
static void check_libexec(struct bf_doctor *d)
{
	static const char *const ours[] = {BF_FULL_PROGRAM, BF_API_PROGRAM};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		BF_AUTO_FREE char *path = NULL;
		struct bfabric_error err = {0};

		if (bf_libexec_path(ours[i], &path, &err) != BFABRIC_OK)
			bf_found(d, BF_FOUND_ERROR, "free some memory", "%s", err.text);
		else if (access(path, X_OK) != 0)
			bf_found(d, BF_FOUND_ERROR, "install bfabric-auth completely",
				"%s cannot be run: %s", path, strerror(errno));
	}
}

static void check_programs(struct bf_doctor *d)
{
	BF_AUTO_FREE char *front = NULL;
	BF_AUTO_FREE char *git = NULL;
	BF_AUTO_FREE char *self = realpath("/proc/self/exe", NULL);
	struct bfabric_error err = {0};

	if (bf_find_program("bfabric", &front, &err) == BFABRIC_OK)
		bf_found(d, BF_FOUND_OK, NULL, "%s, %s", front, self ? self : "");
	else
		bf_found(d, BF_FOUND_WARNING, "add the folder of bfabric to PATH", "%s", err.text);
	if (bf_git_helper_path(&git, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR, "install bfabric-auth completely", "%s", err.text);
	check_libexec(d);
	if (getenv("BFABRIC_LIBEXEC"))
		bf_found(d, BF_FOUND_WARNING, "unset BFABRIC_LIBEXEC: it is for tests",
			"BFABRIC_LIBEXEC chooses the programs that are run");
}

/* Beside its program lie the packages of its Python; nothing is started to ask. */
static void tell_version(struct bf_doctor *d, const char *program)
{
	BF_AUTO_FREE char *real = realpath(program, NULL);
	char pattern[PATH_MAX];
	glob_t found = {0};
	const char *name = NULL;
	int len = 0;

	snprintf(pattern, sizeof(pattern), "%.*s/../lib/python3*/site-packages/bfabric-*.dist-info",
		(int)(strrchr(real ? real : program, '/') - (real ? real : program)),
		real ? real : program);
	if (glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0)
		name = strstr(found.gl_pathv[0], "/bfabric-");
	if (name)
		len = (int)(strlen(name + 9) - strlen(".dist-info"));
	bf_found(d, BF_FOUND_OK, NULL, "%s%s%.*s", program, name ? ", version " : "", len,
		name ? name + 9 : "");
	globfree(&found);
}

static void check_bfabricpy(struct bf_doctor *d)
{
	BF_AUTO_FREE char *program = NULL;

	if (bf_find_program("bfabric-cli", &program, NULL) == BFABRIC_OK)
		tell_version(d, program);
	else
		bf_found(d, BF_FOUND_OK, NULL, "bfabricPy's bfabric-cli is not in PATH");
}

/* Only names are told: what these hold may be a password or a token. */
static void check_variables(struct bf_doctor *d)
{
	static const char *const harmless[] = {"BFABRICPY_CONFIG_ENV", "BFABRIC_SITE_CONFIG",
		"BFABRIC_TRACE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "http_proxy",
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
		"GIT_ASKPASS", "GIT_CONFIG_GLOBAL"};
	BF_AUTO_SECRET struct bf_secret names = BF_SECRET_INIT;

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (getenv(harmless[i]))
			bf_secret_printf(&names, "%s%s", names.len ? ", " : "", harmless[i]);
	if (names.len)
		bf_found(d, BF_FOUND_OK, NULL, "set: %s", bf_secret_reveal(&names));
	if (d->key_log)
		bf_found(d, BF_FOUND_WARNING,
			"unset SSLKEYLOGFILE: other programs write the keys of their connections "
			"there",
			"SSLKEYLOGFILE is set (we do not obey it)");
	if (getenv("BFABRICPY_CONFIG_OVERRIDE") || getenv("BEARER_TOKEN"))
		bf_found(d, BF_FOUND_WARNING,
			"unset it, or use BEARER_TOKEN_FILE (bfabric exec): programs of yours can "
			"read the environment",
			"%s may hold a token",
			getenv("BEARER_TOKEN") ? "BEARER_TOKEN" : "BFABRICPY_CONFIG_OVERRIDE");
}

const struct bf_check bf_checks_tools[] = {
	{.name = "version", .run = check_version},
	{.name = "programs", .run = check_programs},
	{.name = "bfabricPy", .run = check_bfabricpy},
	{.name = "variables", .run = check_variables},
	{.name = NULL},
};
