/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include "key.h"
#include "text.h"

#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum kind { FLAG, SWITCH, WHOLE, REAL, TEXT, OBJECT, CHOICE, FAULT };

struct option_row {
	const char *name;
	enum kind kind;
	bool runtime;
	size_t offset;
	const char
		*value; /* what --help shows; for a CHOICE the words, '|' between, in enum order */
	const char *fallback;
	const char *help;
	const char *section;
};

#define AT(member_) offsetof(struct sb_settings, member_)
#define SCOPES                                                                                     \
	"openid profile email api:read api:write tus download groups containers employee "         \
	"offline_access"

static const struct option_row rows[] = {
	{"port", WHOLE, false, AT(port), "N", "0", "port on 127.0.0.1; 0 takes a free one",
		"How it runs"},
	{"exit-with-parent", FLAG, false, AT(exit_with_parent), NULL, NULL,
		"end when the thread that started this program ends"},
	{"tls", FLAG, false, AT(tls), NULL, NULL,
		"https, with a CA and a certificate made at start (needs --ca-file)"},
	{"ca-file", TEXT, false, AT(ca_file), "FILE", "", "where the CA certificate is written"},
	{"tls-bad", CHOICE, false, AT(tls_bad), "no|expired|wrong-host|untrusted|self-signed", "no",
		"https with a certificate that must be refused"},
	{"key-file", TEXT, false, AT(key_file), "FILE", "",
		"keep the signing key here (made if missing); default: a new key each start"},
	{"log", TEXT, false, AT(log), "FILE", "", "append one JSON object a request"},
	{"git-root", TEXT, false, AT(git_root), "DIR", "", "serve the bare repositories in DIR"},
	{"client-secret-file", TEXT, false, AT(client_secret_file), "FILE", "",
		"secret of the client sandbox-service (made if missing); without it nobody knows "
		"it"},
	{"fault", FAULT, false, 0, "WHERE=KIND[:ARG][*COUNT]", NULL, "see Faults; may be repeated"},

	{"token-lifetime", WHOLE, true, AT(token_lifetime), "S", "28800", "access tokens",
		"Lifetimes in seconds"},
	{"refresh-lifetime", WHOLE, true, AT(refresh_lifetime), "S", "2592000", "refresh tokens"},
	{"device-lifetime", WHOLE, true, AT(device_lifetime), "S", "600", "device codes"},
	{"code-lifetime", WHOLE, true, AT(code_lifetime), "S", "60", "authorization codes"},
	{"launch-lifetime", WHOLE, true, AT(launch_lifetime), "S", "300", "launch tokens"},
	{"interval", WHOLE, true, AT(interval), "S", "5", "least time between two polls"},
	{"clock-skew", REAL, true, AT(clock_skew), "S", "0", "the server's clock is off by this"},
	{"reuse-grace", REAL, true, AT(reuse_grace), "S", "0",
		"a spent refresh token still works for so long"},

	{"user", TEXT, true, AT(user), "NAME", "scientist", "who approves logins", "Who"},
	{"service-user", TEXT, true, AT(service_user), "NAME", "sandbox-robot",
		"whom client_credentials act as"},
	{"client-scope", TEXT, true, AT(client_scope), "SCOPES", SCOPES,
		"what the clients are registered for; anything else is dropped silently"},

	{"rotation", CHOICE, true, AT(rotation), "off|on|same", "on",
		"each refresh gives a new refresh token (same: repeats the old one)", "Behaviour"},
	{"reuse-detection", SWITCH, true, AT(reuse_detection), "on|off", "on",
		"a spent refresh token kills its whole family"},
	{"refresh-auth", CHOICE, true, AT(refresh_auth), "either|empty-basic|body", "either",
		"how a public client must name itself on refresh"},
	{"cc-refresh-token", FLAG, true, AT(cc_refresh_token), NULL, NULL,
		"client_credentials replies carry a refresh token"},
	{"id-token-on-refresh", FLAG, true, AT(id_token_on_refresh), NULL, NULL,
		"refresh replies carry an id_token"},
	{"narrow-scope", FLAG, true, AT(narrow_scope), NULL, NULL,
		"grant no writing scope, silently"},
	{"issuer-slash", FLAG, true, AT(issuer_slash), NULL, NULL, "iss ends with a slash"},
	{"opaque-tokens", FLAG, true, AT(opaque_tokens), NULL, NULL, "access tokens are no JWT"},
	{"no-interval", FLAG, true, AT(no_interval), NULL, NULL, "device replies without interval"},
	{"no-complete-uri", FLAG, true, AT(no_complete_uri), NULL, NULL,
		"device replies without verification_uri_complete"},
	{"no-expires-in", FLAG, true, AT(no_expires_in), NULL, NULL,
		"token replies without expires_in"},
	{"discovery", CHOICE, true, AT(discovery), "full|no-revocation|no-none|absent", "full",
		"what the metadata document holds"},
	{"revoke", CHOICE, true, AT(revoke), "200|404|501|503", "200",
		"what the revocation endpoint does"},
	{"introspect-public", FLAG, true, AT(introspect_public), NULL, NULL,
		"a public client may introspect tokens"},
	{"context-ids", CHOICE, true, AT(context_ids), "number|string", "number",
		"entityId, applicationId and jobId of launch tokens and what they are exchanged "
		"for"},
	{"launch-single-use", FLAG, true, AT(launch_single_use), NULL, NULL,
		"a launch token can be exchanged once"},
	{"exchange-refresh-token", FLAG, true, AT(exchange_refresh_token), NULL, NULL,
		"token-exchange replies carry a refresh token"},
	{"subject-changes-on-refresh", FLAG, true, AT(subject_changes), NULL, NULL,
		"a refresh answers with another user's token"},
	{"auto-approve", REAL, true, AT(auto_approve), "S", "-1",
		"logins approve themselves after S seconds: device codes, and authorize without "
		"pages"},
	{"slow-down", WHOLE, true, AT(slow_down), "N", "0",
		"answer slow_down to the first N polls of a code"},

	{"signing-alg", CHOICE, true, AT(signing_alg), SB_ALGS, "RS256",
		"how tokens are signed (HS256: with the public RSA key as secret)", "Tokens"},
	{"signing-key", CHOICE, true, AT(signing_key), SB_KEY_ROLES, "current",
		"by which key: enc has use=enc, short 1024 bits, retired and unknown are not "
		"published"},
	{"jwks-enc-key", FLAG, true, AT(jwks_enc_key), NULL, NULL,
		"publish a key with use=enc as well"},
	{"audience", TEXT, true, AT(audience), "WORDS", "bfabric-api",
		"aud of access tokens; several words make a list"},
	{"issuer", TEXT, true, AT(issuer), "URL", "", "another issuer than the base URL"},
	{"access-claims", OBJECT, true, AT(access_claims), "JSON", "",
		"an object merged into every access token; null leaves a claim out"},
	{"foreign-endpoint", TEXT, true, AT(foreign_endpoint), "MEMBER", "",
		"this endpoint of the metadata document is on another server"},

	{"registration", CHOICE, true, AT(registration),
		"managed|unmanaged|invalid_redirect_uri|invalid_client_metadata|forbidden|absent",
		"managed", "what registering a client does", "Registration"},
	{"register-scope", TEXT, true, AT(register_scope), "SCOPES", "api:write",
		"what the access token that registers a client must hold"},
	{"registration-foreign-uri", FLAG, true, AT(registration_foreign_uri), NULL, NULL,
		"registration_client_uri names another server"},
	{"registration-keeps-secret", FLAG, true, AT(registration_keeps_secret), NULL, NULL,
		"an update gives no new secret"},
	{"registration-takes-all", FLAG, true, AT(registration_takes_all), NULL, NULL,
		"an update may hold what only the server decides, as bfabricPy sends it"},

	{"warm-session", SWITCH, true, AT(warm_session), "on|off", "on",
		"a browser that approved a client before returns at once", "Authorization"},
	{"callback", CHOICE, true, AT(callback),
		"right|wrong-state|no-state|no-code|two-codes|code-and-error", "right",
		"what the browser carries back"},
	{"callback-iss", CHOICE, true, AT(callback_iss), "none|right|wrong", "none",
		"iss in what it carries back"},
	{"iss-supported", FLAG, true, AT(iss_supported), NULL, NULL,
		"the metadata promise iss (authorization_response_iss_parameter_supported)"},
	{"no-two-factor", FLAG, true, AT(no_two_factor), NULL, NULL,
		"approving ends in access_denied: no second factor is enrolled"},
	{"authorize-error", TEXT, true, AT(authorize_error), "ERROR", "",
		"approving ends in this error"},
	{"authorize-error-text", TEXT, true, AT(authorize_error_text), "TEXT", "",
		"its error_description"},

	{"soap-records", WHOLE, false, AT(soap_records), "N", "0", "so many resources more",
		"Web services"},
	{"soap-namespace", CHOICE, true, AT(soap_namespace), "new|old", "new", "of messages"},
	{"soap-prefix", CHOICE, true, AT(soap_prefix), "soap|S|SOAP-ENV|none", "soap",
		"of the envelope in replies"},
	{"soap-types", CHOICE, true, AT(soap_types), "flat|extended", "flat",
		"whether types in descriptions have base types"},
	{"soap-strict", FLAG, true, AT(soap_strict), NULL, NULL,
		"a query with an unknown field fails instead of returning everything"},
	{"guests", TEXT, true, AT(guests), "USERS", "guest", "who may not use web services"},
	{"ws-password", TEXT, true, AT(ws_password), "TEXT", "made-up-web-service-password-032",
		"web-service password of every user in the data"},
};

static const struct option_row *find_row(const char *name)
{
	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

static void *member(struct sb_settings *s, const struct option_row *row)
{
	return (char *)s + row->offset;
}

static const void *const_member(const struct sb_settings *s, const struct option_row *row)
{
	return (const char *)s + row->offset;
}

static const char *set_switch(bool *at, const char *value)
{
	static const char *const on[] = {"on", "true", "1", "yes"};
	static const char *const off[] = {"off", "false", "0", "no"};

	for (size_t i = 0; i < SB_COUNTOF(on); i++) {
		if (!strcmp(value, on[i]) || !strcmp(value, off[i])) {
			*at = !strcmp(value, on[i]);
			return NULL;
		}
	}
	return "must be on or off";
}

static const char *set_whole(int *at, const char *value)
{
	char *end = NULL;
	long number = strtol(value, &end, 10);

	if (end == value || *end || number < 0 || number > INT_MAX)
		return "must be a whole number, not negative";
	*at = (int)number;
	return NULL;
}

static const char *set_real(double *at, const char *value)
{
	char *end = NULL;
	double number = strtod(value, &end);

	if (end == value || *end || !isfinite(number) || fabs(number) > 1e11)
		return "must be a number";
	*at = number;
	return NULL;
}

static const char *set_object(char *at, const char *value)
{
	json_t *object = *value ? json_loads(value, 0, NULL) : json_object();
	bool good = json_is_object(object);

	json_decref(object);
	if (!good)
		return "must be a JSON object";
	return sb_copy(at, SB_SETTING_MAX, value) ? NULL : "is too long";
}

static const char *set_row(struct sb_settings *s, const struct option_row *row, const char *value)
{
	int index;

	switch (row->kind) {
	case FLAG:
		return set_switch(member(s, row), value ? value : "on");
	case SWITCH:
		return set_switch(member(s, row), value ? value : "");
	case WHOLE:
		return set_whole(member(s, row), value ? value : "");
	case REAL:
		return set_real(member(s, row), value ? value : "");
	case TEXT:
		return sb_copy(member(s, row), SB_SETTING_MAX, value ? value : "") ? NULL
										   : "is too long";
	case OBJECT:
		return set_object(member(s, row), value ? value : "");
	case CHOICE:
		index = sb_word_number(row->value, value ? value : "");
		if (index < 0)
			return "is none of the words allowed; see --help";
		*(int *)member(s, row) = index;
		return NULL;
	case FAULT:
		break;
	}
	return "cannot be set here";
}

void sb_settings_defaults(struct sb_settings *s)
{
	*s = (struct sb_settings){0};
	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		const char *wrong =
			rows[i].fallback ? set_row(s, &rows[i], rows[i].fallback) : NULL;

		if (wrong)
			sb_die("default of %s %s", rows[i].name, wrong);
	}
}

const char *sb_settings_set(
	struct sb_settings *s, const char *name, const char *value, bool running)
{
	const struct option_row *row = find_row(name);

	if (!row)
		return "is no option";
	if (running && !row->runtime)
		return "is fixed at start";
	return set_row(s, row, value);
}

static json_t *row_json(const struct sb_settings *s, const struct option_row *row)
{
	const void *at = const_member(s, row);
	const char *word = row->value;

	switch (row->kind) {
	case FLAG:
	case SWITCH:
		return json_boolean(*(const bool *)at);
	case WHOLE:
		return json_integer(*(const int *)at);
	case REAL:
		return json_real(*(const double *)at);
	case TEXT:
	case OBJECT:
		return json_string(at);
	case CHOICE:
		for (int i = *(const int *)at; i > 0; i--)
			word = strchr(word, '|') + 1;
		return json_stringn(word, strcspn(word, "|"));
	case FAULT:
		break;
	}
	return json_null();
}

json_t *sb_settings_json(const struct sb_settings *s)
{
	json_t *object = json_object();

	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		if (rows[i].runtime)
			json_object_set_new(object, rows[i].name, row_json(s, &rows[i]));
	}
	return object;
}

void sb_settings_help(FILE *out)
{
	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		char left[96];
		const char *fallback = rows[i].fallback;
		bool show = fallback && *fallback && strlen(fallback) < 32;

		if (rows[i].section)
			fprintf(out, "\n%s:\n", rows[i].section);
		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
			rows[i].value ? rows[i].value : "");
		if (strlen(left) > 32)
			fprintf(out, "  %s\n  %-32s", left, "");
		else
			fprintf(out, "  %-32s", left);
		fprintf(out, "  %s%s%s%s\n", rows[i].help, show ? " (" : "", show ? fallback : "",
			show ? ")" : "");
	}
	fprintf(out, "\nDefault of --client-scope: " SCOPES "\n");
}

static void usage_error(const char *name, const char *value, const char *wrong)
{
	fprintf(stderr, "bfabric-sandbox: --%s%s%s %s\n", name, value ? " " : "",
		value ? value : "", wrong);
	exit(2);
}

static void parse_one(struct sb_settings *s, const struct option_row *row, const char *value,
	const char *(*fault_fn)(void *ctx, const char *spec), void *ctx)
{
	const char *wrong = row->kind == FAULT ? fault_fn(ctx, value) : set_row(s, row, value);

	if (wrong)
		usage_error(row->name, value, wrong);
}

void sb_settings_parse(struct sb_settings *s, int argc, char **argv,
	const char *(*fault_fn)(void *ctx, const char *spec), void *ctx, void (*help_fn)(FILE *out))
{
	struct option options[SB_COUNTOF(rows) + 2] = {0};
	int c;

	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		options[i].name = rows[i].name;
		options[i].has_arg = rows[i].kind == FLAG ? optional_argument : required_argument;
		options[i].val = 256 + (int)i;
	}
	options[SB_COUNTOF(rows)] = (struct option){"help", no_argument, NULL, 'h'};
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			help_fn(stdout);
			exit(0);
		}
		if (c < 256)
			exit(2); /* getopt has said why */
		parse_one(s, &rows[c - 256], optarg, fault_fn, ctx);
	}
	if (optind < argc) {
		fprintf(stderr, "bfabric-sandbox: unexpected argument: %s\n", argv[optind]);
		exit(2);
	}
	if (s->tls_bad != SB_TLS_GOOD)
		s->tls = true;
	if (s->tls && !*s->ca_file)
		usage_error("tls", NULL, "needs --ca-file FILE");
}
