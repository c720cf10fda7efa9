/*
 * fuzz_config.c - any content of the configuration file: read it, select and match every
 * environment, and add one. What must hold is what the callers rely on without looking again, and
 * for the writer that nothing of the file is lost. A plain file is the same without libyaml.
 */
#include "fuzz.h"
#include "../unit/yaml_same.h"
#include "libbfabric/local/config_private.h"
#include <string.h>

#define LOOKED_AT 50 /* environments; a file may have thousands */

static void must_be_clean(const char *text)
{
	FUZZ_MUST(!text || fuzz_one_line(text));
}

static void must_be_usable(const struct bf_environment *env)
{
	FUZZ_MUST(*env->name && env->line > 0 && *env->url.text && env->store);
	FUZZ_MUST(env->min_ttl >= 0 && env->min_ttl <= 86400);
	FUZZ_MUST((env->method == BFABRIC_AUTH_OAUTH ||
			  env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS) ==
		  (env->client_id && *env->client_id));
	FUZZ_MUST(env->method == BFABRIC_AUTH_PASSWORD || bf_secret_empty(&env->password));
	FUZZ_MUST(env->method == BFABRIC_AUTH_PAT || bf_secret_empty(&env->pat));
	FUZZ_MUST(!env->login || *env->login);
	FUZZ_MUST(!env->ca_file || *env->ca_file == '/');
	FUZZ_MUST(!env->client_secret_file || *env->client_secret_file == '/');
	must_be_clean(env->client_id);
	must_be_clean(env->scope);
	must_be_clean(env->login);
	must_be_clean(env->proxy);
	must_be_clean(bf_secret_reveal(&env->pat));
	must_be_clean(bf_secret_reveal(&env->password));
	if (env->login && strcmp(env->login, "__oauth__") != 0)
		FUZZ_MUST(bf_config_characters(bf_secret_reveal(&env->password)) == 32);
}

/* An environment answers its own host by name; never a host that only looks like it. */
static void must_match(const struct bf_config *config, const struct bf_environment *env)
{
	BF_AUTO_ENVIRONMENT struct bf_environment found = {0}, none = {0};
	struct bf_host_request request = {
		.username = env->name, .protocol = env->url.scheme, .host = NULL};
	struct bfabric_error err = {0};
	char host[600];
	bool matched = false;

	if (strcmp(env->name, "__oauth__") == 0 || strlen(env->url.host) > 500)
		return;
	snprintf(host, sizeof(host), "%s:%u", env->url.host, env->url.port);
	request.host = host;
	FUZZ_MUST(bf_config_match(config, &request, &matched, &found, &err) == BFABRIC_OK);
	FUZZ_MUST(matched && strcmp(found.name, env->name) == 0);
	snprintf(host, sizeof(host), "%s.evil.example:%u", env->url.host, env->url.port);
	if (env->host_count == 0) {
		FUZZ_MUST(bf_config_match(config, &request, &matched, &none, &err) == BFABRIC_OK);
		FUZZ_MUST(!matched);
	}
}

static void read_all(const struct bf_config *config)
{
	for (size_t i = 0; i < bf_config_count(config) && i < LOOKED_AT; i++) {
		BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
		struct bfabric_error err = {0};
		const char *name = bf_config_name(config, i);

		if (bf_config_select(config, name, NULL, &env, &err) == BFABRIC_OK) {
			/* the empty name asks for the default */
			FUZZ_MUST(!*name || strcmp(env.name, name) == 0);
			must_be_usable(&env);
			must_match(config, &env);
		} else {
			FUZZ_MUST(*err.text && fuzz_one_line(err.text));
		}
	}
}

static void match_some(const struct bf_config *config)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_host_request request = {.protocol = "https", .host = "a.example.org"};
	struct bfabric_error err = {0};
	bool matched = false;
	enum bfabric_status status = bf_config_match(config, &request, &matched, &env, &err);

	FUZZ_MUST(!matched || status == BFABRIC_OK);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (matched)
		must_be_usable(&env);
}

static void extend(const struct bf_secret *before, const struct bf_config *old)
{
	static const struct bf_config_value values[] = {
		{"base_url", "https://new.example.org/bfabric"}, {"auth_method", "oauth"},
		{"client_id", "CLI"}, {"scope", "api:write"}};
	const struct bf_config_change entry = {.name = "NEW",
		.values = values,
		.value_count = 4,
		.set_default = (enum bf_set_default)(before->len % 3)};
	BF_AUTO_SECRET struct bf_secret after = BF_SECRET_INIT, again = BF_SECRET_INIT;
	BF_AUTO_CONFIG struct bf_config *new = NULL;
	struct bfabric_error err = {0};
	bool changed = false;

	if (bf_config_edit("f", before, NULL, &entry, &after, &changed, &err) != BFABRIC_OK) {
		FUZZ_MUST(*err.text && fuzz_one_line(err.text));
		return;
	}
	if (!changed)
		return;
	/* shorter only where the environment was there, or the default had a longer name */
	FUZZ_MUST(after.len > before->len || bf_config_find(old, "NEW") ||
		  entry.set_default == BF_DEFAULT_YES);
	FUZZ_MUST(bf_config_parse("f", &after, &new, &err) == BFABRIC_OK);
	for (size_t i = 0; i < bf_config_count(old) && i < LOOKED_AT; i++)
		FUZZ_MUST(bf_config_find(new, bf_config_name(old, i)));
	FUZZ_MUST(bf_config_find(new, "NEW"));
	FUZZ_MUST(bf_config_edit("f", &after, NULL, &entry, &again, &changed, &err) == BFABRIC_OK);
	FUZZ_MUST(!changed);
}

static void must_read_the_same(const char *bytes, size_t len)
{
	struct bf_yaml plain = BF_YAML_INIT, any = BF_YAML_INIT;

	if (!bf_yaml_parse_plain(bytes, len, &plain))
		return;
	FUZZ_MUST(bf_yaml_parse_any(bytes, len, "f", &any, NULL) == BFABRIC_OK);
	FUZZ_MUST(yaml_same(&plain, &any));
	bf_yaml_release(&plain);
	bf_yaml_release(&any);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bfabric_error err = {0};

	must_read_the_same((const char *)data, size);
	bf_secret_put(&content, data, size);
	if (bf_config_parse("f", &content, &config, &err) != BFABRIC_OK) {
		FUZZ_MUST(*err.text && fuzz_one_line(err.text));
		return 0;
	}
	read_all(config);
	match_some(config);
	extend(&content, config);
	return 0;
}
