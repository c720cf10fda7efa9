/*
 * bfabric-pam-sweep [PAM.CONF]: gives back the tokens of the stash that no session came for
 * (sweep.h). For root, by bfabric-pam-sweep.timer: on a machine on which nobody logs in any more,
 * no call of the module does it. What it did goes to stderr.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "build_paths.h"
#include "spawn.h"
#include "stash.h"
#include "sweep.h"

#define SWEEP_MS 60000

static enum bfabric_status run(const char *config, struct bfabric_error *err)
{
	const struct bf_pam_call call = {.arguments = {.config = config}};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	BF_AUTO_CLOSE int dir = -1;
	enum bfabric_status status = bf_pam_conf_load(config, /* note= */ NULL, NULL, &conf, err);

	if (status == BFABRIC_OK)
		status = bf_stash_open(&conf, &dir, err);
	if (status == BFABRIC_OK)
		bf_pam_sweep(&call, dir, UINT32_MAX, bf_pam_now() + SWEEP_MS);
	return status;
}

int main(int argc, char **argv)
{
	struct bfabric_error err = {0};
	enum bfabric_status status;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("bfabric-pam-sweep " BF_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] != '/')) {
		fputs("usage: bfabric-pam-sweep [/PATH/OF/pam.conf]\n", stderr);
		return 2;
	}
	status = run(argc == 2 ? argv[1] : BF_PAM_CONF_PATH, &err);
	if (status != BFABRIC_OK)
		fprintf(stderr, "bfabric-pam-sweep: %s\n", err.text);
	return status == BFABRIC_OK ? 0 : 1;
}
