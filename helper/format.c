#include "format.h"
#include "../libbfabric/local/token.h"
#include <string.h>

bool bf_token_is_safe(const char *token, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	return len > 0;
}

/* Inside '...': what each shell wants for a quote, and what else it reads there. */
static const char *quoted(enum bf_shell shell, char c)
{
	switch (shell) {
	case BF_SHELL_SH:
		return c == '\'' ? "'\\''" : NULL;
	case BF_SHELL_CSH:
		return c == '\'' ? "'\\''" : c == '!' ? "\\!" : NULL;
	case BF_SHELL_FISH:
		return c == '\'' ? "\\'" : c == '\\' ? "\\\\" : NULL;
	}
	return NULL;
}

void bf_shell_quote(enum bf_shell shell, const char *text, size_t len, struct bf_secret *out)
{
	bf_secret_putc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		const char *instead = quoted(shell, text[i]);

		if (instead)
			bf_secret_puts(out, instead);
		else
			bf_secret_putc(out, text[i]);
	}
	bf_secret_putc(out, '\'');
}

void bf_shell_word(const char *text, struct bf_secret *out)
{
	if (*text && text[strspn(text, BF_PLAIN)] == '\0')
		bf_secret_puts(out, text);
	else
		bf_shell_quote(BF_SHELL_SH, text, strlen(text), out);
}

static void put_env(enum bf_shell shell, const struct bf_printable *what, struct bf_secret *out)
{
	switch (shell) {
	case BF_SHELL_SH:
		bf_secret_puts(out, "export BFABRIC_TOKEN=");
		break;
	case BF_SHELL_CSH:
		bf_secret_puts(out, "setenv BFABRIC_TOKEN ");
		break;
	case BF_SHELL_FISH:
		bf_secret_puts(out, "set -gx BFABRIC_TOKEN ");
		break;
	}
	bf_shell_quote(shell, what->token, what->token_len, out);
}

/* curl(1), --config: inside quotes a backslash takes the next character literally. */
static void put_curl(const struct bf_printable *what, struct bf_secret *out)
{
	bf_secret_puts(out, "header = \"Authorization: Bearer ");
	for (size_t i = 0; i < what->token_len; i++) {
		if (what->token[i] == '"' || what->token[i] == '\\')
			bf_secret_putc(out, '\\');
		bf_secret_putc(out, what->token[i]);
	}
	bf_secret_putc(out, '"');
}

static enum bfabric_status put_json(
	const struct bf_printable *what, struct bf_secret *out, struct bfabric_error *err)
{
	json_t *object = json_pack("{s:i, s:s%, s:s, s:o, s:s, s:s}", "version", 1, "access_token",
		what->token, what->token_len, "token_type", "Bearer", "expires_at",
		what->expires_at ? json_integer(what->expires_at) : json_null(), "environment",
		what->environment, "base_url", what->base_url);
	enum bfabric_status status = object ? bf_json_write(object, out, err) : bf_fail_nomem(err);

	json_decref(object);
	return status;
}

enum bfabric_status bf_format_token(enum bf_format format, enum bf_shell shell,
	const struct bf_printable *what, struct bf_secret *out, struct bfabric_error *err)
{
	if (!bf_token_is_safe(what->token, what->token_len))
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"the token of %s has characters that no access token may have",
			what->environment);
	switch (format) {
	case BF_FORMAT_HEADER:
		bf_secret_puts(out, "Authorization: Bearer ");
		bf_secret_put(out, what->token, what->token_len);
		break;
	case BF_FORMAT_PLAIN:
		bf_secret_put(out, what->token, what->token_len);
		break;
	case BF_FORMAT_JSON:
		return put_json(what, out, err);
	case BF_FORMAT_ENV:
		put_env(shell, what, out);
		break;
	case BF_FORMAT_CURL:
		put_curl(what, out);
		break;
	}
	bf_secret_putc(out, '\n');
	return out->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}
