/*
 * The front: `bfabric` and, by another name, `git-credential-bfabric`.
 *
 * Nearly every call finds a fresh token in the cache. Answering that takes a few small files and no
 * network, so this program links nothing that is slow to load; for everything else it becomes the
 * program that does it (dispatch.h). It reports no trouble of its own: what it cannot answer, the
 * full program tries again and explains.
 */
#include "faces.h"
#include "format.h"
#include "git.h"
#include "guard.h"
#include "handover.h"
#include "say.h"
#include "trace.h"
#include "../libbfabric/base/sys.h"
#include "../libbfabric/local/cache.h"
#include <string.h>
#include <unistd.h>

enum outcome { ANSWERED, HAND_OVER };

/* One run of the program. */
struct front {
	struct bf_command_line call;
	struct bf_kv request; /* read from stdin; to be handed over */
	bool has_request;
	struct bf_secret out;
	enum bfabric_status status; /* of the answer */
};

/* A fresh token of this environment, if the cache has one. */
static bool serve(const struct bf_environment *environment, const struct bf_command_line *call,
	struct bf_token *ret_token)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	int64_t min_ttl = call->min_ttl >= 0 ? call->min_ttl : environment->min_ttl;
	bool served = false;

	if ((environment->method != BFABRIC_AUTH_OAUTH &&
		    environment->method != BFABRIC_AUTH_CLIENT_CREDENTIALS) ||
		bf_environment_disarmed(environment))
		return false;
	return bf_paths_init(&environment->url, environment->client_id, environment->name,
		       /* with_runtime= */ false, &paths, NULL) == BFABRIC_OK &&
	       bf_cache_serve(&paths, bf_wall(&bf_sys_real), min_ttl, &served, ret_token, NULL) ==
		       BFABRIC_OK &&
	       served;
}

static enum outcome front_token(struct front *front)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment environment = {0};
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	const struct bf_command_line *call = &front->call;
	struct bf_printable what = {0};

	if (call->force_refresh || bf_config_load(call->config_file, &config, NULL) != BFABRIC_OK ||
		bf_config_select(config, call->environment, NULL, &environment, NULL) !=
			BFABRIC_OK ||
		!serve(&environment, call, &token))
		return HAND_OVER;
	what.token = bf_secret_reveal(&token.access);
	what.token_len = token.access.len;
	what.expires_at = token.expires_at;
	what.environment = environment.name;
	what.base_url = environment.url.text;
	if (bf_format_token((enum bf_format)call->format, (enum bf_shell)call->shell, &what,
		    &front->out, NULL) != BFABRIC_OK)
		return HAND_OVER;
	return ANSWERED;
}

/* The environment for the request on stdin, unless the answer is already known. */
static enum outcome find(struct front *front, struct bf_git_request *request,
	struct bf_environment *environment, bool *ret_matched)
{
	struct bfabric_error err = {0};

	*ret_matched = false;
	front->status = bf_kv_read(STDIN_FILENO, &front->request, &err);
	if (front->status == BFABRIC_OK)
		front->status = bf_git_request_read(&front->request, request, &err);
	if (front->status != BFABRIC_OK) {
		bf_say("%s", err.text);
		return ANSWERED;
	}
	front->has_request = true;
	if (bf_git_find(request, &front->call, ret_matched, environment, &err) != BFABRIC_OK)
		return HAND_OVER;
	if (!*ret_matched && err.text[0])
		bf_say("%s", err.text);
	return *ret_matched ? HAND_OVER : ANSWERED;
}

static enum outcome front_get(struct front *front, bool may_serve)
{
	BF_AUTO_GIT_REQUEST struct bf_git_request request = BF_GIT_REQUEST_INIT;
	BF_AUTO_ENVIRONMENT struct bf_environment environment = {0};
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	bool matched = false;
	enum outcome outcome = find(front, &request, &environment, &matched);

	if (!matched || !may_serve || !serve(&environment, &front->call, &token))
		return outcome;
	if (bf_git_put_answer(&request, bf_secret_reveal(&token.access), token.access.len,
		    token.expires_at, &front->out, NULL) != BFABRIC_OK)
		return HAND_OVER;
	return ANSWERED;
}

static enum outcome front_git(struct front *front)
{
	const struct bf_command_line *call = &front->call;

	if (call->argument_count != 1)
		return HAND_OVER;
	switch (bf_git_operation(call->arguments[0])) {
	case BF_GIT_GET:
		return front_get(front, /* may_serve= */ true);
	case BF_GIT_ERASE:
		return front_get(front, /* may_serve= */ false);
	case BF_GIT_STORE:
		/* Taken off the pipe, so that whoever writes it does not die of SIGPIPE. */
		if (bf_kv_read(STDIN_FILENO, &front->request, NULL) != BFABRIC_OK)
			return ANSWERED;
		return ANSWERED;
	case BF_GIT_CAPABILITY:
		bf_git_put_capability(&front->out);
		return ANSWERED;
	case BF_GIT_OTHER:
		return ANSWERED;
	}
	return HAND_OVER;
}

/* What the front can answer. A face is a program's name, or the first argument of `bfabric`. */
static const struct face {
	const char *program;
	const struct bf_verb *verb;
	enum outcome (*answer)(struct front *front);
} faces[] = {
	{BF_GIT_PROGRAM, &bf_verb_git, front_git},
	{NULL, &bf_verb_token, front_token},
};

static const struct face *find_face(int argc, char *const argv[], int *ret_skip)
{
	const char *program = bf_program_name(argv[0]);

	for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
		const struct face *face = &faces[i];

		*ret_skip = face->program ? 1 : 2;
		if (face->program ? strcmp(program, face->program) == 0
				  : argc > 1 && strcmp(argv[1], face->verb->name) == 0)
			return face;
	}
	return NULL;
}

static enum outcome answer(struct front *front, int argc, char *const argv[])
{
	int skip = 0;
	const struct face *face = find_face(argc, argv, &skip);

	if (!face)
		return HAND_OVER;
	/* A bad command line is the full program's to explain, so are help and version. */
	if (bf_options_parse(face->verb->options, face->verb->max_arguments, argc - skip,
		    argv + skip, &front->call, NULL) != BFABRIC_OK ||
		front->call.help || front->call.version || bf_trace_wanted(&front->call))
		return HAND_OVER;
	return face->answer(front);
}

/* The full program would find it, too, but costs a start. */
static const char *program_for(int argc, char *const argv[])
{
	return argc > 1 && strcmp(argv[1], "api") == 0 ? BF_API_PROGRAM : BF_FULL_PROGRAM;
}

int main(int argc, char *argv[])
{
	struct front front = {.call = BF_COMMAND_LINE_INIT};
	struct bf_guard guard = {0};
	struct bfabric_error err = {0};

	bf_guard_init(&guard);
	if (answer(&front, argc, argv) == HAND_OVER) {
		bf_secret_release(&front.out);
		front.status = bf_hand_over(program_for(argc, argv), argv,
			front.has_request ? &front.request : NULL, &guard, &err);
		bf_say("%s", err.text);
	} else if (bf_answer_write(&front.out, &err) != BFABRIC_OK) {
		bf_say("%s", err.text);
		front.status = err.status;
	}
	bf_secret_release(&front.out);
	bf_kv_release(&front.request);
	return bfabric_status_exit_code(front.status);
}
