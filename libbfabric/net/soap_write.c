/* soap_write.c - requests of net/soap.h. */
#include "soap.h"
#include "soap_value.h"
#include "../base/ascii.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 32
#define BODY_MAX  BF_SECRET_MAX
#define ENVELOPE  "http://schemas.xmlsoap.org/soap/envelope/"

struct writer {
	struct bf_secret *body;
	size_t wanted; /* bytes so far, also those that found no room */
	/* Where we are, for a person: names from the parameters on. */
	const char *path[DEPTH_MAX];
	unsigned depth;
	struct bfabric_error *err;
};

static void put(struct writer *w, const char *bytes, size_t len)
{
	w->wanted += len;
	bf_secret_put(w->body, bytes, len);
}

static void puts_(struct writer *w, const char *text)
{
	put(w, text, strlen(text));
}

/* "query.name"; cut where it is very long. */
static const char *show_path(const struct writer *w, char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (unsigned i = 0; i < w->depth && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%s", i ? "." : "", w->path[i]);
	return to;
}

static enum bfabric_status refuse(const struct writer *w, const char *why)
{
	char path[200];

	return bf_fail(w->err, BFABRIC_BAD_CALL, "%s %s", show_path(w, path, sizeof(path)), why);
}

/* ---- characters ------------------------------------------------------------------------------ */

/* One character of UTF-8 (RFC 3629); returns its bytes, 0 when there is none. */
static size_t decode(const unsigned char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const size_t n = *s < 0x80 ? 1 : *s < 0xc0 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? *s : *s & (0x7fU >> n);

	if (n == 0 || n > len || *s >= 0xf8)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	*ret = c;
	return n == 1 || c >= least[n] ? n : 0;
}

/* XML 1.0, section 2.2. */
static bool is_char(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

/* What stands for it in a text or an attribute's value; NULL: itself. */
static const char *escape(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;"; /* for "]]>" */
	case '"':
		return "&quot;";
	case '\r':
		return "&#13;"; /* a reader makes a line feed of a bare one (section 2.11) */
	default:
		return NULL;
	}
}

static enum bfabric_status write_text(struct writer *w, const char *text, size_t len)
{
	uint32_t c = 0;
	char why[80];

	for (size_t i = 0, n; i < len; i += n) {
		n = decode((const unsigned char *)text + i, len - i, &c);
		if (n == 0)
			return refuse(w, "is not UTF-8");
		if (!is_char(c)) {
			(void)snprintf(why, sizeof(why),
				"has a character that XML cannot have (U+%04" PRIX32 ")", c);
			return refuse(w, why);
		}
		if (escape(c))
			puts_(w, escape(c));
		else
			put(w, text + i, n);
	}
	return BFABRIC_OK;
}

/* ---- elements -------------------------------------------------------------------------------- */

/* Every name of B-Fabric is ASCII. */
static bool is_name(const char *name)
{
	const char *c = name;

	if (!*c || bf_is_digit(*c) || *c == '-' || *c == '.')
		return false;
	while (bf_is_alnum(*c) || (*c && strchr("_-.", *c)))
		c++;
	return !*c;
}

static enum bfabric_status open_tag(struct writer *w, const char *name)
{
	if (w->depth == DEPTH_MAX)
		return refuse(w, "is nested too deep");
	w->path[w->depth++] = name;
	if (!is_name(name))
		return refuse(w, "is no name in XML");
	puts_(w, "<");
	puts_(w, name);
	puts_(w, ">");
	return BFABRIC_OK;
}

static void close_tag(struct writer *w)
{
	puts_(w, "</");
	puts_(w, w->path[--w->depth]);
	puts_(w, ">");
}

static enum bfabric_status write_members(struct writer *w, const json_t *object);

/* The shortest text that is read as this number again, whatever the locale. */
static enum bfabric_status write_real(struct writer *w, const json_t *value)
{
	char text[40] = "";
	bool same = false;

	for (size_t digits = 15; digits <= 17 && !same; digits++) {
		const size_t len = json_dumpb(
			value, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
		json_t *read = len ? bf_soap_scalar(BF_SOAP_NUMBER, text, len) : NULL;

		if (!read)
			return bf_fail_nomem(w->err);
		same = json_real_value(read) == json_real_value(value);
		json_decref(read);
		text[len] = '\0';
	}
	puts_(w, text);
	return BFABRIC_OK;
}

static enum bfabric_status write_content(struct writer *w, const json_t *value)
{
	char digits[40];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return write_members(w, value);
	case JSON_ARRAY:
		return refuse(w, "is a list in a list");
	case JSON_STRING:
		return write_text(w, json_string_value(value), json_string_length(value));
	case JSON_INTEGER:
		(void)snprintf(
			digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		puts_(w, digits);
		return BFABRIC_OK;
	case JSON_REAL:
		return write_real(w, value);
	case JSON_TRUE:
	case JSON_FALSE:
		puts_(w, json_is_true(value) ? "true" : "false");
		return BFABRIC_OK;
	case JSON_NULL:
		break; /* left out by whoever calls */
	}
	return BFABRIC_OK;
}

static enum bfabric_status write_one(struct writer *w, const char *name, const json_t *value)
{
	enum bfabric_status status;

	if (json_is_null(value))
		return BFABRIC_OK;
	status = open_tag(w, name);
	if (status == BFABRIC_OK)
		status = write_content(w, value);
	if (status == BFABRIC_OK)
		close_tag(w);
	return status;
}

static enum bfabric_status write_member(struct writer *w, const char *name, const json_t *value)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!json_is_array(value))
		return write_one(w, name, value);
	for (size_t i = 0; i < json_array_size(value) && status == BFABRIC_OK; i++)
		status = write_one(w, name, json_array_get(value, i));
	return status;
}

static enum bfabric_status write_members(struct writer *w, const json_t *object)
{
	enum bfabric_status status = BFABRIC_OK;
	const char *name = NULL;
	json_t *value = NULL;

	json_object_foreach (bf_json_iterable(object), name, value) {
		status = write_member(w, name, value);
		if (status != BFABRIC_OK)
			break;
	}
	return status;
}

/* ---- the request ----------------------------------------------------------------------------- */

static enum bfabric_status write_word(
	struct writer *w, const char *name, const char *text, size_t len)
{
	enum bfabric_status status = open_tag(w, name);

	if (status == BFABRIC_OK)
		status = write_text(w, text, len);
	if (status == BFABRIC_OK)
		close_tag(w);
	return status;
}

/* Other operations than "read" may not know idonly. */
static enum bfabric_status write_parameters(struct writer *w, const struct bf_soap_request *request)
{
	const bool reads = strcmp(request->operation, "read") == 0;
	const char *ids_only = request->ids_only ? "true" : "false";
	enum bfabric_status status = BFABRIC_OK;

	if (request->ids_only || reads)
		status = write_word(w, "idonly", ids_only, strlen(ids_only));
	if (status == BFABRIC_OK)
		status = write_word(w, "login", request->login, strlen(request->login));
	if (status == BFABRIC_OK)
		status = write_word(
			w, "password", bf_secret_reveal(request->password), request->password->len);
	return status == BFABRIC_OK ? write_members(w, request->parameters) : status;
}

static enum bfabric_status write_request(struct writer *w, const struct bf_soap_request *request)
{
	enum bfabric_status status;

	if (!is_name(request->operation))
		return bf_fail(w->err, BFABRIC_BAD_CALL, "the operation is no name in XML");
	puts_(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
		 "<s:Envelope xmlns:s=\"" ENVELOPE "\" xmlns:b=\"");
	status = write_text(w, request->ns, strlen(request->ns));
	if (status != BFABRIC_OK)
		return status;
	puts_(w, "\"><s:Body><b:");
	puts_(w, request->operation);
	puts_(w, "><parameters>");
	status = write_parameters(w, request);
	if (status != BFABRIC_OK)
		return status;
	puts_(w, "</parameters></b:");
	puts_(w, request->operation);
	puts_(w, "></s:Body></s:Envelope>");
	return BFABRIC_OK;
}

enum bfabric_status bf_soap_write(const struct bf_soap_request *request, struct bf_secret *ret_body,
	struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	struct writer w = {.body = &body, .err = err};
	enum bfabric_status status = write_request(&w, request);

	if (status != BFABRIC_OK)
		return status;
	if (w.wanted > BODY_MAX)
		return bf_fail(
			err, BFABRIC_BAD_CALL, "a request of more than %zu MiB", BODY_MAX >> 20);
	if (body.failed)
		return bf_fail_nomem(err);
	bf_secret_move(ret_body, &body);
	return BFABRIC_OK;
}
