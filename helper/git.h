/*
 * git.h - the protocol between git and a credential helper (git-credential(1), "INPUT/OUTPUT
 * FORMAT"; gitcredentials(7), "CUSTOM HELPERS"), without files or sockets.
 *
 * A request says for which host git wants a login. Nothing of it is ever copied into an answer: an
 * answer consists of our own words, our token and a number, so that no request, however built, can
 * make us say something else (CVE-2020-5260, CVE-2024-50349, CVE-2024-52006).
 */
#ifndef BF_GIT_H
#define BF_GIT_H

#include "../libbfabric/base/kv.h"
#include "../libbfabric/local/config.h"
#include "options.h"

enum bf_git_operation {
	BF_GIT_GET,
	BF_GIT_STORE,      /* accepted and ignored: we know our tokens already */
	BF_GIT_ERASE,      /* a server refused this credential */
	BF_GIT_CAPABILITY, /* which extensions we know */
	BF_GIT_OTHER,      /* of a later git: ignored, as the protocol asks */
};

enum bf_git_operation bf_git_operation(const char *name);

struct bf_git_request {
	bool authtype;  /* git can take `authtype` and `credential` */
	char *protocol; /* NULL: not given */
	char *host;     /* host or host:port */
	char *username; /* of the user, as far as git knows it */
	char *secret;   /* password or credential that is to be erased */
};

#define BF_GIT_REQUEST_INIT                                                                        \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_GIT_REQUEST BF_CLEANUP(bf_git_request_release)
void bf_git_request_release(struct bf_git_request *request);

/*
 * Make a request of the lines. `url=` replaces everything that came before it, its parts are
 * percent-decoded; unknown keys are ignored. BAD_CALL: a URL that cannot be taken apart, or one
 * whose parts hide a control character.
 */
BF_MUST_USE enum bfabric_status bf_git_request_read(
	const struct bf_kv *kv, struct bf_git_request *ret, struct bfabric_error *err);

/*
 * Which environment answers: bf_config_match (config.h) for this request. No protocol or no host:
 * not ours.
 */
BF_MUST_USE enum bfabric_status bf_git_find(const struct bf_git_request *request,
	const struct bf_command_line *call, bool *ret_matched, struct bf_environment *ret,
	struct bfabric_error *err);

/* Append the answer of `capability`. */
void bf_git_put_capability(struct bf_secret *out);

/*
 * Append a login: `authtype`, `credential` and `ephemeral` for a git that announced the capability,
 * else login `__oauth__` with the token as password; `password_expiry_utc` when known (older ones
 * ignore it). BAD_REPLY: the token has characters it must not.
 */
BF_MUST_USE enum bfabric_status bf_git_put_answer(const struct bf_git_request *request,
	const char *token, size_t len, int64_t expires_at, struct bf_secret *out,
	struct bfabric_error *err);

/* Append `quit=1`: git neither asks another helper nor the person for what cannot work. */
void bf_git_put_quit(struct bf_secret *out);

#endif
