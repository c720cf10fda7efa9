/*
 * registering.h - what `auth register` and `auth register-webapp` share: the secrets of a client
 * that is registered are where they belong before anything else happens.
 */
#ifndef BF_REGISTERING_H
#define BF_REGISTERING_H

#include "../libbfabric/base/file.h"
#include "../libbfabric/manage.h"
#include "client_view.h"
#include "verb.h"

#define BF_REGISTER_SCOPE "api:read api:write openid profile email groups"

#define BF_ROW_REGISTER_SERVICE_USER                                                               \
	{                                                                                          \
		.name = "service-user", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(service_user), \
		.argument = "LOGIN",                                                               \
		.help = "Let the client log in by itself (client_credentials), as this user."      \
	}
#define BF_ROW_REGISTER_NO_SERVICE_USER                                                            \
	{                                                                                          \
		.name = "no-service-user", .kind = BF_OPTION_SET,                                  \
		.member = BF_MEMBER(no_service_user), .value = 1,                                  \
		.help = "Only people log in by this client. One of the two has to be given."       \
	}
#define BF_ROW_REGISTER_SAVE_ENV                                                                   \
	{                                                                                          \
		.name = "save-env", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(save_env),         \
		.argument = "NAME",                                                                \
		.help = "Write the client, its secret and what manages it into this new "          \
			"environment."                                                             \
	}
#define BF_ROW_REGISTER_FORCE                                                                      \
	{                                                                                          \
		.name = "force", .kind = BF_OPTION_SET, .member = BF_MEMBER(force), .value = 1,    \
		.help = "Replace what an environment or a file that exists holds."                 \
	}
#define BF_ROW_REGISTER_SECRET_FILE                                                                \
	{                                                                                          \
		.name = "secret-file", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(secret_file),   \
		.argument = "FILE",                                                                \
		.help = "Without --save-env: write the client secret into this file, which only "  \
			"you can read. What manages the client is not kept."                       \
	}
#define BF_ROW_REGISTER_SHOW_SECRET                                                                \
	{                                                                                          \
		.name = "show-secret", .kind = BF_OPTION_SET, .member = BF_MEMBER(show_secret),    \
		.value = 1, .help = "Print the client secret and what manages the client, too."    \
	}
#define BF_ROW_REGISTER_SCOPE                                                                      \
	{                                                                                          \
		.name = "scope", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(scope),               \
		.argument = "SCOPE",                                                               \
		.help = "What the client may ask for: read-only, read-write, upload, or a scope "  \
			"(default: \"" BF_REGISTER_SCOPE "\")."                                    \
	}

/*
 * Is there a name and an address (`what` says which), a service user or none, and a place for the
 * secret?
 */
BF_MUST_USE enum bfabric_status bf_registering_check(
	const struct bf_command_line *call, const char *what, struct bfabric_error *err);

/* What the command line says; session and deadline are missing. */
static inline struct bf_registering bf_registering_of(
	const struct bf_command_line *call, const struct bf_secret *token)
{
	return (struct bf_registering){.token = token,
		.config_file = call->config_file,
		.save_env = call->save_env,
		.store = call->store,
		.overwrite = call->force != 0};
}

/* The store of --save-env, unlocked before a person is asked for anything. `env`: any. */
BF_MUST_USE enum bfabric_status bf_registering_ready(const struct bf_command_line *call,
	const struct bf_environment *env, struct bfabric_cancel *cancel,
	const struct bf_terminal *terminal, struct bfabric_error *err);

/* The token of who is logged in there. */
BF_MUST_USE enum bfabric_status bf_registering_own_token(const struct bf_command_line *call,
	struct bfabric_session *session, int64_t deadline, struct bf_secret *ret,
	struct bfabric_error *err);

/* A client that was registered, until its secrets are where they belong. */
struct bf_registered {
	struct bf_client_registration client;
	struct bf_slot slot; /* for --secret-file */
	char *rescue;        /* file with the server's answer; NULL: it is in the configuration */
	json_t *application; /* of a web application, owned; NULL: none */
};

#define BF_REGISTERED_INIT                                                                         \
	{                                                                                          \
		.slot = BF_SLOT_INIT                                                               \
	}
#define BF_AUTO_REGISTERED BF_CLEANUP(bf_registered_release)
void bf_registered_release(struct bf_registered *registered);

/* Register it; room for its secret file is made before. */
BF_MUST_USE enum bfabric_status bf_registering_run(const struct bf_command_line *call,
	struct bf_registering *r, struct bf_registered *ret, struct bfabric_error *err);

/*
 * Everything is where it belongs, stdout included, before the server's answer is thrown away; then
 * the person is told.
 */
BF_MUST_USE enum bfabric_status bf_registering_keep(const struct bf_command_line *call,
	const struct bf_registering *r, struct bf_registered *made, struct bf_answer *answer,
	struct bfabric_error *err);

#endif
