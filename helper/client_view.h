/*
 * client_view.h - what the verbs share that manage a registered client: opening it, showing it, and
 * telling the person about it.
 */
#ifndef BF_CLIENT_VIEW_H
#define BF_CLIENT_VIEW_H

#include "../libbfabric/manage.h"
#include "options.h"
#include "screen.h"

#define BF_CLIENT_TIMEOUT 60 /* seconds */

#define BF_ROW_CLIENT_TIMEOUT                                                                      \
	{                                                                                          \
		.name = "timeout", .kind = BF_OPTION_SECONDS, .member = BF_MEMBER(timeout),        \
		.argument = "SECONDS", .value = 1, .limit = 3600,                                  \
		.help = "Give up after this time (default: 60)."                                   \
	}
#define BF_ROW_CLIENT_JSON                                                                         \
	{                                                                                          \
		.name = "json", .kind = BF_OPTION_SET, .member = BF_MEMBER(json), .value = 1,      \
		.help = "Print an object for programs."                                            \
	}

/* Signals become the wish to stop; the environment of the command line is locked and settled. */
BF_MUST_USE enum bfabric_status bf_client_open(const struct bf_command_line *call,
	struct bf_screen *screen, struct bf_manager **ret, struct bfabric_error *err);

/* A client, and what belongs to it. All borrowed. */
struct bf_client_shown {
	const struct bf_client_registration *client;
	const char *environment;   /* NULL: none */
	const json_t *application; /* record of a web application; NULL: none */
	bool json;
	bool secrets; /* its two secrets, too */
};

/* What the server says about the client: "name: value" lines, or with `json` an object. */
BF_MUST_USE enum bfabric_status bf_client_view(
	const struct bf_client_shown *shown, struct bf_secret *out, struct bfabric_error *err);

/* Lines for the person, wrapped, on stderr. */
void bf_client_tell(const char *text);

#endif
