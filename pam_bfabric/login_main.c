/*
 * bfabric-pam-login: a device login for pam_bfabric.so, which must not link what talks to a server.
 *
 * Its standard input is a socket; what is said there is in line.h. There is nothing to be started
 * by hand: no option, no argument, no output.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_paths.h"
#include "line.h"
#include "login_harden.h"
#include "login_revoke.h"
#include "login_run.h"

#include "../libbfabric/base/file.h"

static void cancel_freep(struct bfabric_cancel **cancel)
{
	bfabric_cancel_free(*cancel);
}

static enum bfabric_status run(struct bfabric_error *err)
{
	BF_AUTO_LOGIN_REQUEST struct bf_login_request request = {0};
	BF_CLEANUP(cancel_freep) struct bfabric_cancel *cancel = NULL;
	enum bfabric_status status = bf_login_check_ids(err);

	if (status == BFABRIC_OK)
		status = bf_login_request_read(STDIN_FILENO, &request, err);
	if (status == BFABRIC_OK && request.mode == BF_LOGIN_REVOKE)
		return bf_login_revoke(&request, STDIN_FILENO, err);
	if (status == BFABRIC_OK)
		status = bfabric_cancel_new(&cancel, err);
	if (status != BFABRIC_OK)
		return status;
	bf_login_stop_on_signals(cancel);
	status = bf_login_run(&request, STDIN_FILENO, cancel, err);
	bf_login_stop_on_signals(NULL);
	return status;
}

static void tell(const struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

	bf_line_put(
		&line, &(struct bf_line){
			       .verb = BF_LINE_FAILED, .status = err->status, .text = err->text});
	/* Who does not listen any more learns it from the exit code. */
	if (!line.failed)
		(void)!bf_write_all(STDIN_FILENO, bf_secret_reveal(&line), line.len);
}

int main(int argc, char **argv)
{
	struct bfabric_error err = {0};
	struct stat st = {0};
	enum bfabric_status status;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("bfabric-pam-login " BF_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc != 1 || fstat(STDIN_FILENO, &st) != 0 || !S_ISSOCK(st.st_mode)) {
		fputs("bfabric-pam-login: this is run by pam_bfabric, not by hand\n", stderr);
		return bfabric_status_exit_code(BFABRIC_BAD_CALL);
	}
	bf_login_harden();
	status = run(&err);
	if (status != BFABRIC_OK)
		tell(&err);
	return bfabric_status_exit_code(status);
}
