#include "token_glance.h"

#include <string.h>

#define MEMBERS_MAX 16 /* each name is compared with all before it */
#define DIGITS_MAX  15 /* below 2^53, so exact as a floating point number too */

struct span {
	const char *at;
	size_t len;
};

struct glance {
	const char *at, *end;
	struct span names[MEMBERS_MAX];
	size_t count;
	struct span access;
	int64_t expires_at, expires_in;
};

static void skip_space(struct glance *g)
{
	while (g->at < g->end &&
		(*g->at == ' ' || *g->at == '\n' || *g->at == '\r' || *g->at == '\t'))
		g->at++;
}

static bool next_is(struct glance *g, char c)
{
	skip_space(g);
	return g->at < g->end && *g->at == c;
}

static bool take(struct glance *g, char c)
{
	bool there = next_is(g, c);

	g->at += there;
	return there;
}

/* A string of printable ASCII that is written as it is. */
static bool take_string(struct glance *g, struct span *ret)
{
	if (!take(g, '"'))
		return false;
	ret->at = g->at;
	while (g->at < g->end && *g->at >= ' ' && *g->at <= '~' && *g->at != '"' && *g->at != '\\')
		g->at++;
	ret->len = (size_t)(g->at - ret->at);
	return g->at < g->end && *g->at++ == '"';
}

static bool take_number(struct glance *g, int64_t *ret)
{
	const char *first;
	int64_t number = 0;

	skip_space(g);
	for (first = g->at; g->at < g->end && *g->at >= '0' && *g->at <= '9'; g->at++) {
		if (g->at - first == DIGITS_MAX || (g->at > first && *first == '0'))
			return false;
		number = number * 10 + (*g->at - '0');
	}
	*ret = number;
	return g->at > first;
}

static bool same(const struct span *a, const struct span *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static bool is(const struct span *name, const char *text)
{
	return same(name, &(const struct span){text, strlen(text)});
}

static bool take_name(struct glance *g, struct span *ret)
{
	if (g->count == MEMBERS_MAX || !take_string(g, ret) || !take(g, ':'))
		return false;
	for (size_t i = 0; i < g->count; i++)
		if (same(&g->names[i], ret))
			return false;
	g->names[g->count++] = *ret;
	return true;
}

static bool take_member(struct glance *g)
{
	struct span name, ignored;
	int64_t number;

	if (!take_name(g, &name))
		return false;
	if (is(&name, "access_token"))
		return take_string(g, &g->access);
	if (is(&name, "expires_at"))
		return take_number(g, &g->expires_at);
	if (is(&name, "expires_in"))
		return take_number(g, &g->expires_in);
	if (next_is(g, '"') || is(&name, "refresh_token") || is(&name, "scope"))
		return take_string(g, &ignored);
	return take_number(g, &number);
}

static bool take_object(struct glance *g)
{
	if (!take(g, '{'))
		return false;
	do
		if (!take_member(g))
			return false;
	while (take(g, ','));
	if (!take(g, '}'))
		return false;
	skip_space(g);
	return g->at == g->end;
}

bool bf_token_glance(const char *text, size_t len, struct bf_token *ret)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct glance g = {.at = text, .end = text + len};

	if (!take_object(&g) || g.access.len == 0 || memchr(g.access.at, ' ', g.access.len) ||
		g.expires_at == 0)
		return false;
	bf_secret_put(&token.access, g.access.at, g.access.len);
	if (token.access.failed)
		return false;
	token.expires_at = g.expires_at;
	token.expires_in = g.expires_in;
	bf_token_move(ret, &token);
	return true;
}
