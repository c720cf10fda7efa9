#include "config_transcript.h"
#include "libbfabric/base/hash.h"
#include "libbfabric/local/config.h"
#include "libbfabric/local/yaml_tree.h"
#include <stdlib.h>
#include <string.h>

struct session {
	struct bf_config *config;
	const char *dir;
	char path[4096]; /* of the file that is loaded */
	FILE *out;
	struct bfabric_error load_error;
};

/* A failure, with the folder of the test taken out of the text. */
static void print_error(struct session *s, const struct bfabric_error *err)
{
	size_t n = strlen(s->dir);

	fprintf(s->out, "%s ", bfabric_status_name(err->status));
	for (const char *p = err->text; *p; p++) {
		if (n && strncmp(p, s->dir, n) == 0 && p[n] == '/')
			p += n + 1;
		fputc(*p, s->out);
	}
	fputc('\n', s->out);
}

static void print_secret(FILE *out, const char *key, const struct bf_secret *secret)
{
	char hex[BF_SHA256_HEX];

	if (bf_secret_empty(secret))
		return;
	bf_sha256_hex(bf_secret_reveal(secret), secret->len, hex);
	fprintf(out, "%s %zu bytes %.16s\n", key, secret->len, hex);
}

static void print_text(FILE *out, const char *key, const char *value)
{
	if (value)
		fprintf(out, "%s %s\n", key, value);
}

static const char *source_name(enum bf_config_source source)
{
	switch (source) {
	case BF_FROM_USER:
		return "user";
	case BF_FROM_SITE:
		return "site";
	case BF_FROM_OVERRIDE:
		return "override";
	}
	return "?";
}

static const char *method_name(enum bfabric_auth_method method)
{
	switch (method) {
	case BFABRIC_AUTH_NONE:
		return "none";
	case BFABRIC_AUTH_OAUTH:
		return "oauth";
	case BFABRIC_AUTH_CLIENT_CREDENTIALS:
		return "client_credentials";
	case BFABRIC_AUTH_PAT:
		return "pat";
	case BFABRIC_AUTH_PASSWORD:
		return "password";
	}
	return "?";
}

static void print_environment(FILE *out, const struct bf_environment *env)
{
	fprintf(out, "environment %s\n", env->name);
	fprintf(out, "from %s line %u\n", source_name(env->source), env->line);
	print_text(out, "url", env->url.text);
	print_text(out, "method", method_name(env->method));
	print_text(out, "client_id", env->client_id);
	print_text(out, "scope", env->scope);
	print_text(out, "login", env->login);
	print_secret(out, "password", &env->password);
	print_secret(out, "pat", &env->pat);
	print_secret(out, "client_secret", &env->client_secret);
	print_text(out, "client_secret_file", env->client_secret_file);
	if (strcmp(env->store, "file") != 0)
		print_text(out, "store", env->store);
	for (size_t i = 0; i < env->host_count; i++)
		print_text(out, "host", env->hosts[i]);
	print_text(out, "ca_file", env->ca_file);
	print_text(out, "proxy", env->proxy);
	if (env->min_ttl != 60)
		fprintf(out, "min_ttl %lld\n", (long long)env->min_ttl);
	if (env->serve_pat)
		fprintf(out, "serve_pat\n");
	if (env->readable_by_others)
		fprintf(out, "readable_by_others\n");
}

static void do_load(struct session *s, const char *name)
{
	bf_config_free(BF_TAKE(s->config));
	snprintf(s->path, sizeof(s->path), "%s/%s", s->dir, name);
	if (bf_config_load(s->path, &s->config, &s->load_error) == BFABRIC_OK)
		fprintf(s->out, "OK\n");
	else
		print_error(s, &s->load_error);
}

static void do_list(struct session *s)
{
	for (size_t i = 0; i < bf_config_count(s->config); i++)
		fprintf(s->out, "%s %s\n", source_name(bf_config_source(s->config, i)),
			bf_config_name(s->config, i));
	print_text(s->out, "default", bf_config_default(s->config));
}

static const char *given(const char *word)
{
	return word && strcmp(word, "-") != 0 ? word : NULL;
}

static void do_select(struct session *s, const char *name)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bfabric_error err = {0};
	const char *why = "";

	if (bf_config_select(s->config, given(name), &why, &env, &err) != BFABRIC_OK) {
		print_error(s, &err);
		return;
	}
	fprintf(s->out, "OK by %s\n", why);
	print_environment(s->out, &env);
}

static void do_match(struct session *s, char **rest)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bfabric_error err = {0};
	struct bf_host_request request = {0};
	bool matched = false;

	request.protocol = given(strtok_r(NULL, " ", rest));
	request.host = given(strtok_r(NULL, " ", rest));
	request.username = given(strtok_r(NULL, " ", rest));
	request.environment = given(strtok_r(NULL, " ", rest));
	if (bf_config_match(s->config, &request, &matched, &env, &err) != BFABRIC_OK)
		print_error(s, &err);
	else if (matched)
		fprintf(s->out, "answers %s\n", env.name);
	else
		fprintf(s->out, "silent%s%s\n", *err.text ? ": " : "", err.text);
}

static enum bf_set_default set_default(const char *word)
{
	if (strcmp(word, "yes") == 0)
		return BF_DEFAULT_YES;
	return strcmp(word, "no") == 0 ? BF_DEFAULT_NO : BF_DEFAULT_IF_FIRST;
}

/* The check first: it must say the same. */
static void write_change(struct session *s, const struct bf_config_change *change)
{
	struct bfabric_error err = {0}, check = {0};
	enum bfabric_status checked = bf_config_check_write(s->path, change, &check);
	enum bfabric_status status = bf_config_write(s->path, change, &err);

	if (checked != status || strcmp(check.text, err.text) != 0)
		fprintf(s->out, "the check said %s\n", check.text);
	if (status == BFABRIC_OK)
		fprintf(s->out, "OK\n");
	else
		print_error(s, &err);
}

/* write WHEN NAME BASE_URL AUTH_METHOD CLIENT_ID SCOPE: a login */
static void do_write(struct session *s, char **rest)
{
	struct bf_config_login login = {0};
	struct bf_config_value values[BF_CONFIG_LOGIN_VALUES];
	struct bf_config_change change = {.values = values};

	change.set_default = set_default(strtok_r(NULL, " ", rest));
	change.name = strtok_r(NULL, " ", rest);
	login.base_url = strtok_r(NULL, " ", rest);
	login.auth_method = strtok_r(NULL, " ", rest);
	login.client_id = strtok_r(NULL, " ", rest);
	login.scope = *rest;
	change.value_count = bf_config_login_values(&login, values);
	write_change(s, &change);
}

#define TAB "\t"

/* change WHEN|remove TAB NAME [TAB KEY=VALUE]...; an empty value: the key goes away */
static void do_change(struct session *s, char *words)
{
	struct bf_config_value values[20];
	struct bf_config_change change = {.values = values};
	char *rest = NULL;
	const char *when = strtok_r(words, TAB, &rest);

	change.remove = when && strcmp(when, "remove") == 0;
	change.set_default = set_default(when ? when : "");
	change.name = strtok_r(NULL, TAB, &rest);
	for (char *word; change.value_count < 20 && (word = strtok_r(NULL, TAB, &rest));) {
		char *equals = strchr(word, '=');

		if (equals)
			*equals = '\0';
		values[change.value_count].key = word;
		values[change.value_count++].text = equals ? equals + 1 : NULL;
	}
	write_change(s, &change);
}

static void do_show(struct session *s, const char *name)
{
	char path[4096];
	FILE *in;
	bool at_start = true;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	in = fopen(path, "re");
	if (!in) {
		fprintf(s->out, "no file\n");
		return;
	}
	for (int c; (c = fgetc(in)) != EOF; at_start = c == '\n') {
		fputs(at_start ? ": " : "", s->out);
		if (c == '\r')
			fputs("\\r", s->out);
		else
			fputc(c, s->out);
	}
	fputs(at_start ? "" : "\n(no line end)\n", s->out);
	fclose(in);
}

static void do_kind(struct session *s, const char *text)
{
	static const char *const names[] = {
		[BF_YAML_STRING] = "string",
		[BF_YAML_NULL] = "null",
		[BF_YAML_BOOL] = "bool",
		[BF_YAML_NUMBER] = "number",
		[BF_YAML_OTHER] = "other",
		[BF_YAML_COLLECTION] = "collection",
	};

	fprintf(s->out, "| %s\n%s\n", text, names[bf_yaml_plain_kind(text)]);
}

static void do_setenv(char **rest)
{
	const char *name = strtok_r(NULL, " ", rest), *value = *rest;

	if (value && *value)
		setenv(name, value, 1);
	else if (name)
		unsetenv(name);
}

static void answer(struct session *s, char *question)
{
	char *rest = NULL;
	const char *verb = strtok_r(question, " ", &rest);

	if (!verb)
		return;
	if (strcmp(verb, "load") == 0)
		do_load(s, rest);
	else if (strcmp(verb, "setenv") == 0)
		do_setenv(&rest);
	else if (strcmp(verb, "write") == 0)
		do_write(s, &rest);
	else if (strcmp(verb, "change") == 0)
		do_change(s, rest);
	else if (strcmp(verb, "show") == 0)
		do_show(s, rest);
	else if (!s->config)
		print_error(s, &s->load_error);
	else if (strcmp(verb, "list") == 0)
		do_list(s);
	else if (strcmp(verb, "select") == 0)
		do_select(s, rest);
	else if (strcmp(verb, "match") == 0)
		do_match(s, &rest);
}

void config_transcript(FILE *questions, FILE *answers, const char *dir)
{
	struct session s = {.dir = dir, .out = answers};
	char line[8192];

	while (fgets(line, sizeof(line), questions)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			fprintf(answers, "%s\n", line);
		if (strncmp(line, "| ", 2) == 0)
			do_kind(&s, line + 2);
		if (strncmp(line, "> ", 2) != 0)
			continue;
		fprintf(answers, "%s\n", line);
		answer(&s, line + 2);
	}
	bf_config_free(s.config);
}
