/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

void sb_die(const char *format, ...)
{
	va_list ap;

	fputs("bfabric-sandbox: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void *sb_zalloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		sb_die("out of memory");
	return p;
}

char *sb_strndup(const char *s, size_t len)
{
	char *copy = strndup(s, len);

	if (!copy)
		sb_die("out of memory");
	return copy;
}

char *sb_strdup(const char *s)
{
	return sb_strndup(s, strlen(s));
}

bool sb_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (len >= size)
		return false;
	memcpy(dst, src, len + 1);
	return true;
}

void sb_text_add(struct sb_text *t, const void *data, size_t len)
{
	if (t->len + len + 1 > t->cap) {
		size_t cap = (t->len + len + 1) * 2;
		char *grown = realloc(t->data, cap);

		if (!grown)
			sb_die("out of memory");
		t->data = grown;
		t->cap = cap;
	}
	if (len)
		memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void sb_text_puts(struct sb_text *t, const char *s)
{
	sb_text_add(t, s, strlen(s));
}

void sb_text_printf(struct sb_text *t, const char *format, ...)
{
	SB_AUTOFREE char *line = NULL;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vasprintf(&line, format, ap);
	va_end(ap);
	if (len < 0) {
		line = NULL;
		sb_die("out of memory");
	}
	sb_text_add(t, line, (size_t)len);
}

void sb_text_html(struct sb_text *t, const char *s)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (; *s; s++) {
		const char *entity = NULL;

		for (size_t i = 0; i < SB_COUNTOF(entities); i++) {
			if (entities[i].c == *s)
				entity = entities[i].entity;
		}
		if (entity)
			sb_text_puts(t, entity);
		else
			sb_text_add(t, s, 1);
	}
}

void sb_text_url(struct sb_text *t, const char *s)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	for (; *s; s++) {
		if (strchr(unreserved, *s))
			sb_text_add(t, s, 1);
		else
			sb_text_printf(t, "%%%02X", (unsigned char)*s);
	}
}

void sb_text_free(struct sb_text *t)
{
	free(t->data);
	*t = (struct sb_text){0};
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool sb_url_decode(char *s)
{
	char *out = s;

	for (; *s; s++) {
		int high, low;

		if (*s != '%') {
			*out++ = *s == '+' ? ' ' : *s;
			continue;
		}
		high = hex_value(s[1]);
		low = high < 0 ? -1 : hex_value(s[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*out++ = (char)(high * 16 + low);
		s += 2;
	}
	*out = '\0';
	return true;
}

char *sb_base64url(const void *data, size_t len)
{
	char *out = sb_zalloc(len / 3 * 4 + 5);
	int written = EVP_EncodeBlock((unsigned char *)out, data, (int)len);

	while (written > 0 && out[written - 1] == '=')
		out[--written] = '\0';
	for (char *c = out; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
	}
	return out;
}

char *sb_base64_decode(const char *s)
{
	size_t len = strlen(s), padding = 0;
	char *out;
	int written;

	if (!len || len % 4 ||
		strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			  "0123456789+/=") != len)
		return NULL;
	while (padding < 2 && s[len - 1 - padding] == '=')
		padding++;
	out = sb_zalloc(len + 1);
	written = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)s, (int)len);
	if (written < 0 || strlen(out) != (size_t)written - padding) {
		free(out);
		return NULL;
	}
	return out;
}

void sb_sha256(const void *data, size_t len, unsigned char ret_digest[SB_DIGEST_LEN])
{
	if (EVP_Digest(data, len, ret_digest, NULL, EVP_sha256(), NULL) != 1)
		sb_die("SHA-256 failed");
}

void sb_token_id(const char *token, char ret_id[SB_ID_LEN + 1])
{
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(token, strlen(token), digest);
	snprintf(ret_id, SB_ID_LEN + 1, "%02x%02x%02x%02x", digest[0], digest[1], digest[2],
		digest[3]);
}

void sb_random_bytes(void *data, size_t len)
{
	ssize_t got;

	do {
		got = getrandom(data, len, 0);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)len)
		sb_die("no random numbers: %s", strerror(errno));
}

char *sb_random_token(const char *prefix, size_t bytes)
{
	unsigned char raw[64];
	SB_AUTOFREE char *encoded = NULL;
	struct sb_text token = {0};

	if (bytes > sizeof(raw))
		bytes = sizeof(raw);
	sb_random_bytes(raw, bytes);
	encoded = sb_base64url(raw, bytes);
	sb_text_puts(&token, prefix);
	sb_text_puts(&token, encoded);
	return token.data;
}

char *sb_printable(const char *s, size_t max)
{
	char *out = sb_strndup(s, max);

	for (char *c = out; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return out;
}
