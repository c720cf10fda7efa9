/* SPDX-License-Identifier: MIT */
/*
 * What an option changes. One row of the table in settings.c is one option: its name, its kind, the
 * member it fills, whether it may be changed while the server runs, and its line of --help.
 */
#ifndef SB_SETTINGS_H
#define SB_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define SB_SETTING_MAX 1024

enum sb_rotation { SB_ROTATION_OFF, SB_ROTATION_ON, SB_ROTATION_SAME };
enum sb_refresh_auth { SB_AUTH_EITHER, SB_AUTH_EMPTY_BASIC, SB_AUTH_BODY };
enum sb_discovery {
	SB_DISCOVERY_FULL,
	SB_DISCOVERY_NO_REVOCATION,
	SB_DISCOVERY_NO_NONE,
	SB_DISCOVERY_ABSENT
};
enum sb_tls_bad {
	SB_TLS_GOOD,
	SB_TLS_EXPIRED,
	SB_TLS_WRONG_HOST,
	SB_TLS_UNTRUSTED,
	SB_TLS_SELF_SIGNED
};
/* What is wrong with the answer that a browser carries back to the client. */
enum sb_callback {
	SB_CALLBACK_RIGHT,
	SB_CALLBACK_WRONG_STATE,
	SB_CALLBACK_NO_STATE,
	SB_CALLBACK_NO_CODE,
	SB_CALLBACK_TWO_CODES,
	SB_CALLBACK_CODE_AND_ERROR
};
enum sb_callback_iss { SB_ISS_NONE, SB_ISS_RIGHT, SB_ISS_WRONG };
enum sb_revoke { SB_REVOKE_200, SB_REVOKE_404, SB_REVOKE_501, SB_REVOKE_503 };
enum sb_registering {
	SB_REGISTER_MANAGED,
	SB_REGISTER_UNMANAGED,
	SB_REGISTER_BAD_REDIRECT,
	SB_REGISTER_BAD_METADATA,
	SB_REGISTER_FORBIDDEN,
	SB_REGISTER_ABSENT
};
enum sb_ids { SB_IDS_NUMBER, SB_IDS_STRING };
enum sb_namespace { SB_NAMESPACE_NEW, SB_NAMESPACE_OLD };
enum sb_prefix { SB_PREFIX_SOAP, SB_PREFIX_S, SB_PREFIX_ENV, SB_PREFIX_NONE };
enum sb_types { SB_TYPES_FLAT, SB_TYPES_EXTENDED };

struct sb_settings {
	/* how it runs; fixed at start */
	int port;
	bool exit_with_parent;
	bool tls;
	int tls_bad; /* enum sb_tls_bad */
	char ca_file[SB_SETTING_MAX];
	char key_file[SB_SETTING_MAX];
	char log[SB_SETTING_MAX];
	char git_root[SB_SETTING_MAX];
	char client_secret_file[SB_SETTING_MAX];
	/* lifetimes, in seconds */
	int token_lifetime;
	int refresh_lifetime;
	int device_lifetime;
	int code_lifetime;
	int launch_lifetime;
	int interval;
	double clock_skew;
	double reuse_grace;
	/* who */
	char user[SB_SETTING_MAX];
	char service_user[SB_SETTING_MAX];
	char client_scope[SB_SETTING_MAX];
	/* how the server behaves */
	int rotation; /* enum sb_rotation */
	bool reuse_detection;
	int refresh_auth; /* enum sb_refresh_auth */
	bool cc_refresh_token;
	bool id_token_on_refresh;
	bool narrow_scope;
	bool issuer_slash;
	bool opaque_tokens;
	bool no_interval;
	bool no_complete_uri;
	bool no_expires_in;
	int discovery; /* enum sb_discovery */
	int revoke;    /* enum sb_revoke */
	bool introspect_public;
	int registration; /* enum sb_registering */
	char register_scope[SB_SETTING_MAX];
	bool registration_foreign_uri;
	bool registration_keeps_secret;
	bool registration_takes_all;
	int context_ids; /* enum sb_ids */
	bool launch_single_use;
	bool exchange_refresh_token;
	bool subject_changes;
	double auto_approve; /* seconds; negative: never */
	/* signatures and claims */
	int signing_alg; /* in SB_ALGS */
	int signing_key; /* enum sb_key_role */
	bool jwks_enc_key;
	char audience[SB_SETTING_MAX];
	char issuer[SB_SETTING_MAX];
	char access_claims[SB_SETTING_MAX]; /* a JSON object or empty */
	char foreign_endpoint[SB_SETTING_MAX];
	/* the authorization endpoint */
	bool warm_session;
	int callback;     /* enum sb_callback */
	int callback_iss; /* enum sb_callback_iss */
	bool iss_supported;
	bool no_two_factor;
	char authorize_error[SB_SETTING_MAX];
	char authorize_error_text[SB_SETTING_MAX];
	int slow_down; /* so many polls of each device code are answered slow_down first */
	/* the web services */
	int soap_records;
	int soap_namespace; /* enum sb_namespace */
	int soap_prefix;    /* enum sb_prefix */
	int soap_types;     /* enum sb_types */
	bool soap_strict;
	char guests[SB_SETTING_MAX];
	char ws_password[SB_SETTING_MAX];
};

void sb_settings_defaults(struct sb_settings *s);
/*
 * Sets one option by its name ("token-lifetime", "5"). A flag without value is given as NULL.
 * running: refuse what is fixed at start. NULL on success, else what is wrong, as a literal.
 */
const char *sb_settings_set(
	struct sb_settings *s, const char *name, const char *value, bool running);
/* Every option that may be changed while the server runs, by name. A new reference. */
json_t *sb_settings_json(const struct sb_settings *s);
void sb_settings_help(FILE *out);
/*
 * Reads the command line. fault_fn takes each --fault SPEC and answers what is wrong with it or
 * NULL. Ends the program on --help and on a mistake (exit 2).
 */
void sb_settings_parse(struct sb_settings *s, int argc, char **argv,
	const char *(*fault_fn)(void *ctx, const char *spec), void *ctx,
	void (*help_fn)(FILE *out));

#endif
