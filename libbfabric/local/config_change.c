#include "config_private.h"
#include <string.h>

/* What may be written, before any file is looked at: one row a key. */

enum form { TEXT, ASCII, URL, METHOD, PASSWORD, NUMBER, TRUTH };

static const struct rule {
	const char *key;
	enum form form;
	const char *placeholder; /* of a secret */
} rules[] = {
	{"base_url", URL, NULL},
	{"auth_method", METHOD, NULL},
	{"client_id", ASCII, NULL}, /* RFC 6749, appendix A */
	{"scope", ASCII, NULL},
	{"login", TEXT, NULL},
	{"password", PASSWORD, "<the password>"},
	{"pat", TEXT, "<the token>"},
	{"client_secret", TEXT, "<the client secret>"},
	{"registration_access_token", TEXT, "<the registration token>"},
	{"registration_client_uri", ASCII, NULL},
	{"job_notification_emails", TEXT, NULL},
	{"libbfabric.store", TEXT, NULL},
	{"libbfabric.client_secret_file", TEXT, NULL},
	{"libbfabric.ca_file", TEXT, NULL},
	{"libbfabric.proxy", ASCII, "<the proxy>"}, /* may hold a password */
	{"libbfabric.min_ttl", NUMBER, NULL},
	{"libbfabric.serve_pat", TRUTH, NULL},
};

static const struct rule *find_rule(const char *key)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].key, key) == 0)
			return &rules[i];
	return NULL;
}

const char *bf_config_placeholder(const char *key)
{
	const struct rule *rule = find_rule(key);

	return rule ? rule->placeholder : NULL;
}

bool bf_config_is_raw(const char *key)
{
	const struct rule *rule = find_rule(key);

	return rule && (rule->form == NUMBER || rule->form == TRUTH);
}

const char *bf_config_text(const struct bf_config_value *value)
{
	return value->text && *value->text ? value->text : NULL;
}

struct bf_yaml_edit bf_config_edit_of(
	const char *name, const struct bf_config_value *value, const char *path[2])
{
	static const char ours[] = BF_CONFIG_OURS ".";
	const bool is_ours = strncmp(value->key, ours, strlen(ours)) == 0;

	path[0] = name;
	path[1] = BF_CONFIG_OURS;
	return (struct bf_yaml_edit){
		.path = path,
		.depth = is_ours ? 2 : 1,
		.key = value->key + (is_ours ? strlen(ours) : 0),
		.text = bf_config_text(value),
		.raw = bf_config_is_raw(value->key),
	};
}

/* ---- characters ------------------------------------------------------------------------------ */

/* Bytes of the character, 0 when it is not valid UTF-8 (RFC 3629). */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *s < 0x80   ? 1
		   : *s < 0xc0 ? 0
		   : *s < 0xe0 ? 2
		   : *s < 0xf0 ? 3
		   : *s < 0xf8 ? 4
			       : 0;

	*ret = n == 1 ? *s : *s & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | (s[i] & 0x3f);
	}
	if (n > 1 && (*ret < least[n] || *ret > 0x10ffff || (*ret >= 0xd800 && *ret < 0xe000)))
		return 0;
	return n;
}

/* No control character, nothing that a YAML reader takes for a line break or refuses. */
static bool is_text(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		uint32_t c = 0;
		size_t n = decode(s, &c);

		if (n == 0 || c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
			c == 0xfeff || c == 0xfffe || c == 0xffff)
			return false;
		s += n;
	}
	return true;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static const char *given(const struct bf_config_change *change, const char *key)
{
	for (size_t i = 0; i < change->value_count; i++)
		if (strcmp(change->values[i].key, key) == 0)
			return bf_config_text(&change->values[i]);
	return NULL;
}

static bool is_method(const char *text)
{
	static const enum bfabric_auth_method methods[] = {BFABRIC_AUTH_OAUTH,
		BFABRIC_AUTH_CLIENT_CREDENTIALS, BFABRIC_AUTH_PAT, BFABRIC_AUTH_PASSWORD};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(text, bfabric_auth_method_name(methods[i])) == 0)
			return true;
	return false;
}

static bool is_password(const struct bf_config_change *change, const char *text)
{
	const char *login = given(change, "login");

	return is_text(text) &&
	       ((login && strcmp(login, BF_OAUTH_LOGIN) == 0) || bf_config_characters(text) == 32);
}

static bool is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 5 && text[n] == '\0' && (n == 1 || *text != '0');
}

/* What is wrong with a value; NULL: nothing. */
static const char *problem(const struct bf_config_change *change, enum form form, const char *text)
{
	switch (form) {
	case TEXT:
		return is_text(text) ? NULL : "must be printable text in UTF-8";
	case URL: /* looked at more closely elsewhere */
	case ASCII:
		return is_ascii(text) ? NULL : "must be printable ASCII";
	case METHOD:
		return is_method(text) ? NULL
				       : "must be oauth, client_credentials, pat or password";
	case PASSWORD:
		return is_password(change, text) ? NULL
						 : "must be exactly 32 printable characters "
						   "(the web service password)";
	case NUMBER:
		return is_number(text) ? NULL : "must be a number";
	case TRUTH:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0
			       ? NULL
			       : "must be true or false";
	}
	return NULL;
}

static enum bfabric_status check_url(const char *text, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	return bf_url_parse(text, &url, err);
}

static enum bfabric_status check_value(const struct bf_config_change *change,
	const struct bf_config_value *value, struct bfabric_error *err)
{
	const struct rule *rule = find_rule(value->key);
	const char *text = bf_config_text(value), *what = NULL;

	if (!rule)
		return bf_fail(err, BFABRIC_BAD_CALL, "'%.60s' is not a key that can be written",
			value->key);
	if (!text)
		return strcmp(value->key, "base_url") != 0
			       ? BFABRIC_OK
			       : bf_fail(err, BFABRIC_BAD_CALL,
					 "an environment cannot be without base_url");
	what = problem(change, rule->form, text);
	if (what)
		return bf_fail(err, BFABRIC_BAD_CALL, "%s %s", value->key, what);
	return rule->form == URL ? check_url(text, err) : BFABRIC_OK;
}

enum bfabric_status bf_config_check_change(
	const struct bf_config_change *change, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!change->name || !*change->name)
		return bf_fail(err, BFABRIC_BAD_CALL, "the environment has no name");
	for (size_t i = 0; status == BFABRIC_OK && i < change->value_count; i++)
		status = check_value(change, &change->values[i], err);
	return status;
}

enum bfabric_status bf_config_check_name(const char *name, struct bfabric_error *err)
{
	/* "environments" has a meaning of its own for bfabricPy */
	static const char *const reserved[] = {"default", "GENERAL", "environments"};
	const size_t length = strlen(name);
	char shown[128];
	bool good = length > 0 && length <= 100 && is_text(name) && *name != ' ' &&
		    name[length - 1] != ' ' && strcmp(name, "<<") != 0;

	bf_show(shown, sizeof(shown), name, length);
	good &= strcmp(shown, name) == 0; /* nothing invisible */
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		good &= strcmp(name, reserved[i]) != 0;
	if (good)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL,
		"'%s' cannot be the name of an environment: up to 100 bytes of printable text "
		"without spaces around it, not 'default', 'GENERAL' or 'environments'",
		shown);
}

/* ---- logins ---------------------------------------------------------------------------------- */

size_t bf_config_login_values(
	const struct bf_config_login *login, struct bf_config_value values[BF_CONFIG_LOGIN_VALUES])
{
	const struct bf_config_value all[BF_CONFIG_LOGIN_VALUES] = {
		{"base_url", login->base_url},
		{"auth_method", login->auth_method},
		{"client_id", login->client_id},
		{"scope", login->scope},
		{"login", login->login},
		{"password", login->password},
		{"pat", login->pat},
		{"client_secret", login->client_secret},
		{"registration_access_token", login->registration_access_token},
		{"registration_client_uri", login->registration_client_uri},
		{"libbfabric.client_secret_file", login->client_secret_file},
	};
	const size_t skip = login->base_url && *login->base_url ? 0 : 1;

	memcpy(values, all + skip, (BF_CONFIG_LOGIN_VALUES - skip) * sizeof(*all));
	return BF_CONFIG_LOGIN_VALUES - skip;
}

/* ---- the file afterwards --------------------------------------------------------------------- */

struct password {
	const struct bf_yaml *yaml;
	const struct bf_yaml_node *login, *password;
};

static void look(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct password *p = data;

	if (bf_yaml_is(p->yaml, key, "login"))
		p->login = value;
	if (bf_yaml_is(p->yaml, key, "password"))
		p->password = value;
}

bool bf_config_has_good_password(const struct bf_config_entry *entry)
{
	struct password p = {.yaml = &entry->file->yaml};

	if (bf_yaml_walk(p.yaml, entry->value, look, &p) != NULL || !p.login ||
		bf_yaml_kind(p.yaml, p.login) == BF_YAML_NULL ||
		bf_yaml_is(p.yaml, p.login, BF_OAUTH_LOGIN))
		return true;
	return p.password && bf_yaml_kind(p.yaml, p.password) == BF_YAML_STRING &&
	       bf_config_characters(bf_yaml_text(p.yaml, p.password)) == 32;
}
