#include "value.h"
#include "libbfabric/base/kv.h"
#include <string.h>

/* What may stand below git's password. */
static const char *const further[] = {"password_expiry_utc", "oauth_refresh_token"};

static void put_further(struct bf_secret *value, const char *key, const char *text)
{
	if (!text)
		return;
	bf_secret_putc(value, '\n');
	bf_secret_puts(value, key);
	bf_secret_putc(value, '=');
	bf_secret_puts(value, text);
}

void bf_value_make(const struct bf_request *request, struct bf_secret *ret_value)
{
	bf_secret_puts(ret_value, request->password);
	if (request->ours)
		return;
	put_further(ret_value, further[0], request->password_expiry_utc);
	put_further(ret_value, further[1], request->oauth_refresh_token);
}

/* A line ends with LF or at the end. */
static size_t line_length(const char *line)
{
	return strcspn(line, "\n");
}

static void put_line(struct bf_answer *answer, const char *key, const char *line, size_t len)
{
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;

	bf_secret_put(&value, line, len);
	if (value.failed)
		answer->lines.failed = true;
	bf_kv_put(&answer->lines, key, bf_secret_reveal(&value));
}

static void answer_git(const char *user, const char *text, struct bf_answer *answer)
{
	size_t len = line_length(text);

	if (user)
		bf_kv_put(&answer->lines, "username", user);
	put_line(answer, "password", text, len);
	while (text[len]) {
		text += len + 1;
		len = line_length(text);
		for (size_t i = 0; i < sizeof(further) / sizeof(further[0]); i++) {
			const size_t key = strlen(further[i]);

			if (len > key && memcmp(text, further[i], key) == 0 && text[key] == '=')
				put_line(answer, further[i], text + key + 1, len - key - 1);
		}
	}
}

enum bf_outcome bf_value_answer(const struct bf_request *request, const char *user,
	const struct bf_secret *value, struct bf_answer *answer)
{
	const char *text = bf_secret_reveal(value);

	if (strlen(text) != value->len || (request->ours && strpbrk(text, "\r\n")))
		return bf_end(
			answer, BF_OUT_ERROR, "the item holds something else than a line of text");
	if (request->ours) {
		bf_kv_put(&answer->lines, "username", request->username);
		bf_kv_put(&answer->lines, "password", text);
	} else {
		answer_git(user, text, answer);
	}
	return BF_OUT_OK;
}

bool bf_value_has_password(const struct bf_request *request, const struct bf_secret *value)
{
	BF_AUTO_SECRET struct bf_secret kept = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret wanted = BF_SECRET_INIT;
	const char *text = bf_secret_reveal(value);

	bf_secret_put(&kept, text, request->ours ? value->len : line_length(text));
	bf_secret_puts(&wanted, request->password ? request->password : "");
	return request->password && !kept.failed && !wanted.failed &&
	       bf_secret_equal(&kept, &wanted);
}
