/*
 * bfabric-keyring: long-lived secrets in the desktop's secret store, asked as git asks a credential
 * helper. A program of its own because a call to the desktop may hang, and because GLib cannot be
 * unloaded again.
 */
#include "answer.h"
#include "budget.h"
#include "build_paths.h"
#include "harden.h"
#include "operation.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct operation {
	const char *name;
	enum bf_outcome (*run)(const struct bf_request *request, struct bf_answer *answer);
	enum bf_request_need need;
	unsigned budget_ms;
	const char *help;
} operations[] = {
	{"get", bf_operation_get, BF_NEED_PATTERN, BF_BUDGET_MS,
		"print the secret that is asked for"},
	{"store", bf_operation_store, BF_NEED_PASSWORD, BF_BUDGET_MS, "keep a secret"},
	{"erase", bf_operation_erase, BF_NEED_PATTERN, BF_BUDGET_MS, "forget it"},
	{"probe", bf_operation_probe, BF_NEED_NOTHING, BF_BUDGET_MS,
		"tell what there is on the way to the keyring, and how long each step takes"},
	{"unlock", bf_operation_unlock, BF_NEED_NOTHING, BF_BUDGET_UNLOCK_MS,
		"let the desktop ask a person for the keyring's password"},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void print_help(FILE *to)
{
	fputs("Usage: bfabric-keyring OPERATION <REQUEST\n"
	      "       bfabric-keyring --help | --version\n\n"
	      "Keeps secrets in the desktop's secret store. The request and the reply have the\n"
	      "format of git-credential(1); bfabric-keyring(8) says what they hold.\n\n",
		to);
	for (size_t i = 0; i < OPERATIONS; i++)
		fprintf(to, "  %-7s  %s\n", operations[i].name, operations[i].help);
}

static _Noreturn void usage(const char *problem)
{
	fprintf(stderr, "bfabric-keyring: %s\n", problem);
	print_help(stderr);
	_exit(bfabric_status_exit_code(BFABRIC_BAD_CALL));
}

static _Noreturn void done(void)
{
	_exit(fflush(stdout) == 0 ? 0 : 1);
}

/* git has helpers ignore operations that they do not know; a person is told. */
static const struct operation *find_operation(int argc, char **argv)
{
	if (argc < 2)
		usage("which operation?");
	if (argc > 2)
		usage("one operation at a time, and no further arguments");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		done();
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("bfabric-keyring " BF_VERSION);
		done();
	}
	for (size_t i = 0; i < OPERATIONS; i++)
		if (strcmp(argv[1], operations[i].name) == 0)
			return &operations[i];
	if (argv[1][0] == '-' || isatty(STDIN_FILENO))
		usage("there is no such operation");
	_exit(0);
}

/* A person at a terminal who probes or unlocks has nothing to say. */
static enum bfabric_status read_request(const struct operation *operation, struct bf_request *ret,
	struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	const char *protocol = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (operation->need != BF_NEED_NOTHING || !isatty(STDIN_FILENO))
		status = bf_kv_read(STDIN_FILENO, &kv, err);
	if (status != BFABRIC_OK)
		return status;
	protocol = bf_kv_get(&kv, "protocol");
	answer->to_git = protocol && strcmp(protocol, BF_OUR_PROTOCOL) != 0;
	return bf_request_take(&kv, operation->need, ret, err);
}

int main(int argc, char **argv)
{
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;
	struct bf_answer answer = BF_ANSWER_INIT;
	struct bfabric_error err = {0};
	const struct operation *operation;

	bf_harden();
	operation = find_operation(argc, argv);
	bf_budget_waits_for("the request on stdin has no end");
	bf_budget_start(operation->budget_ms);
	/* Whoever types it has time for it. */
	if (isatty(STDIN_FILENO))
		bf_budget_change(BF_BUDGET_MAX_MS);
	if (read_request(operation, &request, &answer, &err) != BFABRIC_OK)
		bf_answer_send(&answer, bf_end(&answer, BF_OUT_ERROR, "%s", err.text));
	if (answer.to_git)
		bf_budget_for_git();
	if (isatty(STDIN_FILENO))
		bf_budget_start(operation->budget_ms);
	else
		bf_budget_change(request.timeout ? request.timeout : operation->budget_ms);
	bf_answer_send(&answer, operation->run(&request, &answer));
}
