/*
 * What B-Fabric's words mean. Most of what it does not do it says with HTTP 200 in an errorreport,
 * a sentence without a code: the few that lead to something else than reading it are known by how
 * they begin.
 */
#include "api.h"

#include "base/ascii.h"
#include <stdio.h>
#include <string.h>

static const struct {
	const char *beginning; /* in lower case */
	enum bf_api_verdict verdict;
} sentences[] = {
	{"invalid login or password", BF_API_BAD_LOGIN}, {"invalid token", BF_API_BAD_LOGIN},
	{"token expired", BF_API_BAD_LOGIN}, {"token has expired", BF_API_BAD_LOGIN},
	{"insufficient scope", BF_API_SCOPE},
	{"invalid login:", BF_API_NOT_ALLOWED}, /* who may use this service follows */
};

#define WHITE " \t\r\n"

enum bf_api_verdict bf_api_judge(const char *words)
{
	if (!words)
		return BF_API_TAKEN;
	words += strspn(words, WHITE);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (bf_starts_with(words, sentences[i].beginning))
			return sentences[i].verdict;
	return *words ? BF_API_REFUSED : BF_API_TAKEN;
}

/* ---- several sentences ----------------------------------------------------------------------- */

/* In place; the result is no longer. */
static void squeeze(char *text)
{
	char *to = text;

	for (const char *from = text + strspn(text, WHITE); *from;) {
		size_t white = strspn(from, WHITE);

		if (!white) {
			*to++ = *from++;
			continue;
		}
		from += white;
		if (*from)
			*to++ = ' ';
	}
	*to = '\0';
}

void bf_api_words_add(struct bf_api_words *words, const char *sentence)
{
	const size_t room = sizeof(words->text) - sizeof("; and 18446744073709551615 more");
	char copy[1024];
	char shown[sizeof(words->text)];
	size_t joint = words->used ? 2 : 0;

	(void)snprintf(copy, sizeof(copy), "%s", sentence); /* longer than what is shown */
	squeeze(copy);
	bf_show(shown, room, copy, strlen(copy)); /* so that the first one always fits */
	if (words->left_out || words->used + joint + strlen(shown) >= room) {
		words->left_out++;
		return;
	}
	(void)snprintf(words->text + words->used, sizeof(words->text) - words->used, "%s%s",
		joint ? "; " : "", shown); /* fits, see above */
	words->used += joint + strlen(shown);
}

const char *bf_api_words_end(struct bf_api_words *words)
{
	if (words->left_out)
		(void)snprintf(words->text + words->used, sizeof(words->text) - words->used,
			"; and %zu more", words->left_out); /* its room was kept */
	return words->text;
}

/* ---- what went out --------------------------------------------------------------------------- */

#define TELLING 8 /* characters of a secret: fewer may be anybody's */

void bf_api_hide(char *text, const char *secret)
{
	static const char instead[] = "***";
	char *to = text;

	if (!text || !secret || strlen(secret) < TELLING)
		return;
	for (const char *from = text; *from;) {
		size_t same = 0;

		while (secret[same] && from[same] == secret[same])
			same++;
		if (same < TELLING) {
			*to++ = *from++;
			continue;
		}
		memcpy(to, instead, sizeof(instead) - 1);
		to += sizeof(instead) - 1;
		from += same;
	}
	*to = '\0';
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

enum bfabric_status bf_api_fail_http(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err)
{
	long status = reply->status;

	if (status == 403)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"%.300s may not be used with this login (HTTP 403)", what);
	if (status >= 300 && status < 400)
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"%.300s answers with a redirection (HTTP %ld), which is not followed: "
			"compare base_url with the address that a browser shows",
			what, status);
	if (status == 404)
		return bf_fail(err, BFABRIC_RETRY_LATER,
			"%.300s is not there (HTTP 404): B-Fabric is being restarted, or base_url "
			"is not its address",
			what);
	if ((status == 429 || status >= 500) && reply->retry_after > 0)
		return bf_fail(err, BFABRIC_RETRY_LATER,
			"%.300s cannot answer now (HTTP %ld): try again in %lld s", what, status,
			(long long)reply->retry_after);
	if (status == 408 || status == 429 || status >= 500)
		return bf_fail(err, BFABRIC_RETRY_LATER,
			"%.300s cannot answer now (HTTP %ld): try again later", what, status);
	return bf_fail(err, BFABRIC_BAD_REPLY, "%.300s answers with HTTP %ld", what, status);
}

/* ---- who one is ------------------------------------------------------------------------------ */

/* Is the word in a list with spaces (RFC 6749, section 3.3)? */
static bool scope_has(const char *scope, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = scope; at && (at = strstr(at, word)); at += len)
		if ((at == scope || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

/* A word for sh(1); cut off where it is longer than any name that is not made up to be. */
static void shell_word(const char *text, char *dst, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:@%+,";
	static const char quote[] = "'\\''"; /* ends the quoting, a quote, begins it again */
	size_t used = 0;

	if (*text && !text[strspn(text, plain)]) {
		(void)snprintf(dst, size, "%s", text);
		return;
	}
	dst[used++] = '\'';
	for (; *text && used + sizeof(quote) + 1 < size; text++)
		if (*text == '\'')
			used += (size_t)snprintf(dst + used, size - used, "%s", quote);
		else
			dst[used++] = *text;
	dst[used++] = '\'';
	dst[used] = '\0';
}

/* What gets a larger scope, into `dst`; "" where no command does. */
static void scope_remedy(const struct bf_environment *env, bool in_memory, const char *needed,
	char *dst, size_t size)
{
	const char *scope = env->scope ? env->scope : "";
	const char *verb = env->method == BFABRIC_AUTH_OAUTH                ? "login"
			   : env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS ? "auth service-account"
									    : NULL;
	char name[100];

	shell_word(env->name, name, sizeof(name));
	dst[0] = '\0';
	if (env->method == BFABRIC_AUTH_PAT)
		(void)snprintf(dst, size,
			"; make a personal access token that has it in B-Fabric%s%s",
			in_memory ? "" : ", then run: bfabric auth pat --env ",
			in_memory ? "" : name);
	else if (scope_has(scope, needed))
		(void)snprintf(dst, size,
			"; it was asked for: have it added to client %.60s, or ask for rights in "
			"B-Fabric",
			env->client_id ? env->client_id : "");
	else if (verb && in_memory)
		(void)snprintf(dst, size, "; log in with the scope \"%.120s%s%s\"", scope,
			*scope ? " " : "", needed);
	else if (verb)
		(void)snprintf(dst, size, "; run: bfabric %s --env %s --scope \"%.120s%s%s\"", verb,
			name, scope, *scope ? " " : "", needed);
}

enum bfabric_status bf_api_fail_scope(const struct bf_environment *env, bool in_memory, bool writes,
	const char *words, struct bfabric_error *err)
{
	const char *needed = writes ? "api:write" : "api:read";
	struct bf_api_words said = {0};
	char remedy[300];

	bf_api_words_add(&said, words);
	scope_remedy(env, in_memory, needed, remedy, sizeof(remedy));
	return bf_fail(err, BFABRIC_FORBIDDEN, "the login of %.60s lacks the scope %s (%.100s)%s",
		env->name, needed, bf_api_words_end(&said), remedy);
}

enum bfabric_status bf_api_fail_login(
	const struct bf_environment *env, const char *words, struct bfabric_error *err)
{
	struct bf_api_words said = {0};

	bf_api_words_add(&said, words);
	if (env->method == BFABRIC_AUTH_PASSWORD)
		return bf_fail(err, BFABRIC_DENIED,
			"the server does not take login and password of environment %.60s "
			"(%.200s): correct them in %.150s",
			env->name, bf_api_words_end(&said), env->file);
	return bf_fail(err, BFABRIC_LOGIN_REQUIRED,
		"the server does not take the token of environment %.60s (%.300s)", env->name,
		bf_api_words_end(&said));
}
