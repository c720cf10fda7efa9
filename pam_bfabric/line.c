/* line.c - see line.h. */
#include "line.h"

#include "libbfabric/base/ascii.h"
#include "libbfabric/base/concat.h"

#include <string.h>

#define FIELDS_MAX 4
#define TOKEN_VERB "token"

/* How many fields belong to a verb; looked up in both directions. */
static const struct {
	const char *word;
	enum bf_line_verb verb;
	size_t fields;
} verbs[] = {
	{"code", BF_LINE_CODE, 4},
	{"qr", BF_LINE_QR, 1},
	{"wait", BF_LINE_WAIT, 1},
	{"identity", BF_LINE_IDENTITY, 2},
	{TOKEN_VERB, BF_LINE_TOKEN, 1},
	{"stored", BF_LINE_STORED, 1},
	{"valid", BF_LINE_VALID, 1},
	{"note", BF_LINE_NOTE, 1},
	{"failed", BF_LINE_FAILED, 2},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const enum bfabric_status failures[] = {BFABRIC_SYSTEM, BFABRIC_BAD_CONFIG,
	BFABRIC_BAD_REPLY, BFABRIC_NO_MEMORY, BFABRIC_UNSUPPORTED, BFABRIC_BAD_CALL,
	BFABRIC_NOT_LOGGED_IN, BFABRIC_LOGIN_REQUIRED, BFABRIC_DENIED, BFABRIC_RETRY_LATER,
	BFABRIC_TIMEOUT, BFABRIC_STORE_UNAVAILABLE, BFABRIC_LOCK_TIMEOUT, BFABRIC_FORBIDDEN,
	BFABRIC_CANCELLED};

/* ---- fields ---------------------------------------------------------------------------------- */

/* As a person would be shown it: then nothing in it can move a cursor or break a line. */
static bool printable(const char *field, size_t len)
{
	char shown[BF_LINE_MAX];

	if (len == 0 || len >= sizeof(shown))
		return false;
	bf_show(shown, sizeof(shown), field, len);
	return strlen(shown) == len && memcmp(shown, field, len) == 0;
}

static bool printable_ascii(const char *field, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (field[i] < ' ' || field[i] > '~')
			return false;
	return len > 0;
}

/* One spelling for each number. */
static bool read_seconds(const char *field, int64_t *ret)
{
	int64_t value = 0;

	if (field[0] == '0' && field[1])
		return false;
	for (const char *p = field; *p; p++) {
		if (!bf_is_digit(*p))
			return false;
		value = value * 10 + (*p - '0');
		if (value > BF_LINE_SECONDS_MAX)
			return false;
	}
	*ret = value;
	return *field != '\0';
}

static bool read_failure(const char *field, enum bfabric_status *ret)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (strcmp(field, bfabric_status_name(failures[i])) == 0) {
			*ret = failures[i];
			return true;
		}
	return false;
}

bool bf_line_is_row(const char *text)
{
	static const char *const cells[] = {" ", "\u2580", "\u2584", "\u2588"};
	size_t columns = 0;

	for (; *text; columns++) {
		size_t i = 0;

		while (i < 4 && strncmp(text, cells[i], strlen(cells[i])) != 0)
			i++;
		if (i == 4)
			return false;
		text += strlen(cells[i]);
	}
	return columns > 0 && columns <= BF_LINE_COLUMNS_MAX;
}

static bool is_dash(const char *field)
{
	return strcmp(field, "-") == 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_field(struct bf_secret *out, const char *field)
{
	if (!field || !printable(field, strlen(field)))
		out->failed = true;
	bf_secret_putc(out, '\t');
	bf_secret_puts(out, field ? field : "-");
}

static void put_seconds(struct bf_secret *out, int64_t seconds)
{
	char buf[BF_DECIMAL_SIZE];

	if (seconds < 0 || seconds > BF_LINE_SECONDS_MAX)
		out->failed = true;
	bf_secret_putc(out, '\t');
	bf_secret_puts(out, bf_decimal((uint64_t)seconds, buf));
}

static void put_token(struct bf_secret *out, const char *token)
{
	if (!token || !printable_ascii(token, strlen(token)))
		out->failed = true;
	bf_secret_putc(out, '\t');
	bf_secret_puts(out, token ? token : "");
}

/* Has to arrive, whatever it says. */
static void put_text(struct bf_secret *out, const char *text)
{
	char shown[sizeof(((struct bfabric_error *)0)->text)];

	bf_show(shown, sizeof(shown), text ? text : "", text ? strlen(text) : 0);
	put_field(out, *shown ? shown : "no reason was given");
}

static void put_failure(struct bf_secret *out, enum bfabric_status status, const char *text)
{
	put_field(out, bfabric_status_name(status));
	put_text(out, text);
	if (status == BFABRIC_OK)
		out->failed = true;
}

static void put_fields(struct bf_secret *out, const struct bf_line *line)
{
	switch (line->verb) {
	case BF_LINE_CODE:
		put_field(out, line->user_code);
		put_field(out, line->uri);
		put_field(out, line->uri_complete ? line->uri_complete : "-");
		put_seconds(out, line->seconds);
		break;
	case BF_LINE_QR:
		if (!line->row || !bf_line_is_row(line->row))
			out->failed = true;
		put_field(out, line->row);
		break;
	case BF_LINE_WAIT:
		put_seconds(out, line->seconds);
		break;
	case BF_LINE_IDENTITY:
		put_field(out, line->name);
		put_field(out, line->evidence);
		break;
	case BF_LINE_TOKEN:
		put_token(out, line->token);
		break;
	case BF_LINE_STORED:
		put_field(out, line->name ? line->name : "-");
		break;
	case BF_LINE_VALID:
		put_field(out, line->valid ? "yes" : "no");
		break;
	case BF_LINE_NOTE:
		put_text(out, line->text);
		break;
	case BF_LINE_FAILED:
		put_failure(out, line->status, line->text);
		break;
	}
}

void bf_line_put(struct bf_secret *out, const struct bf_line *line)
{
	const size_t before = out->len;
	const size_t max = line->verb == BF_LINE_TOKEN ? BF_LINE_TOKEN_MAX : BF_LINE_MAX;

	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].verb == line->verb)
			bf_secret_puts(out, verbs[i].word);
	put_fields(out, line);
	bf_secret_putc(out, '\n');
	if (out->len - before > max)
		out->failed = true;
}

/* ---- reading --------------------------------------------------------------------------------- */

void bf_line_decoder_release(struct bf_line_decoder *decoder)
{
	bf_secret_release(&decoder->held);
	bf_secret_release(&decoder->line);
	*decoder = (struct bf_line_decoder){0};
}

static enum bfabric_status fail(struct bf_line_decoder *decoder, struct bfabric_error *err)
{
	bf_line_decoder_release(decoder);
	decoder->broken = true;
	return bf_fail(
		err, BFABRIC_BAD_REPLY, "a child of pam_bfabric said what none of them says");
}

enum bfabric_status bf_line_feed(
	struct bf_line_decoder *decoder, const void *bytes, size_t len, struct bfabric_error *err)
{
	if (decoder->broken || len > BF_LINE_TOKEN_MAX || decoder->held.len >= BF_LINE_TOKEN_MAX)
		return fail(decoder, err);
	bf_secret_put(&decoder->held, bytes, len);
	if (!decoder->held.failed)
		return BFABRIC_OK;
	(void)fail(decoder, /* err= */ NULL); /* what is missing in the middle cannot be told */
	return bf_fail_nomem(err);
}

static size_t limit(const char *line, size_t len)
{
	const size_t prefix = sizeof(TOKEN_VERB "\t") - 1;

	return len >= prefix && memcmp(line, TOKEN_VERB "\t", prefix) == 0 ? BF_LINE_TOKEN_MAX
									   : BF_LINE_MAX;
}

/* Cut a line in memory of its own at its TABs; false when there are too many or it has a NUL. */
static bool split(char *line, size_t len, char *ret_parts[FIELDS_MAX + 1], size_t *ret_count)
{
	size_t count = 0;

	if (memchr(line, '\0', len))
		return false;
	for (char *part = line; part; count++) {
		char *tab = strchr(part, '\t');

		if (count > FIELDS_MAX)
			return false;
		if (tab)
			*tab++ = '\0';
		ret_parts[count] = part;
		part = tab;
	}
	*ret_count = count;
	return true;
}

static bool read_fields(struct bf_line *line, char *const *field)
{
	switch (line->verb) {
	case BF_LINE_CODE:
		line->user_code = field[0];
		line->uri = field[1];
		line->uri_complete = is_dash(field[2]) ? NULL : field[2];
		return read_seconds(field[3], &line->seconds);
	case BF_LINE_QR:
		line->row = field[0];
		return bf_line_is_row(field[0]);
	case BF_LINE_WAIT:
		return read_seconds(field[0], &line->seconds);
	case BF_LINE_IDENTITY:
		line->name = field[0];
		line->evidence = field[1];
		return true;
	case BF_LINE_TOKEN:
		line->token = field[0];
		return true;
	case BF_LINE_STORED:
		line->name = is_dash(field[0]) ? NULL : field[0];
		return true;
	case BF_LINE_VALID:
		line->valid = strcmp(field[0], "yes") == 0;
		return line->valid || strcmp(field[0], "no") == 0;
	case BF_LINE_NOTE:
		line->text = field[0];
		return true;
	case BF_LINE_FAILED:
		line->text = field[1];
		return read_failure(field[0], &line->status);
	}
	return false;
}

static bool read_line(char *text, size_t len, struct bf_line *ret)
{
	char *part[FIELDS_MAX + 1];
	size_t count = 0, i = 0;

	if (!split(text, len, part, &count))
		return false;
	while (i < VERBS && strcmp(verbs[i].word, part[0]) != 0)
		i++;
	if (i == VERBS || count != verbs[i].fields + 1)
		return false;
	*ret = (struct bf_line){.verb = verbs[i].verb};
	for (size_t k = 1; k < count; k++) {
		size_t n = strlen(part[k]);

		if (!(ret->verb == BF_LINE_TOKEN ? printable_ascii(part[k], n)
						 : printable(part[k], n)))
			return false;
	}
	return read_fields(ret, part + 1);
}

/* Move the first `len` bytes to decoder->line, whose bytes are returned; NULL: no memory. */
static char *take(struct bf_line_decoder *decoder, size_t len)
{
	BF_AUTO_SECRET struct bf_secret rest = BF_SECRET_INIT;
	const char *held = bf_secret_reveal(&decoder->held);
	char *line;

	bf_secret_clear(&decoder->line);
	bf_secret_put(&rest, held + len, decoder->held.len - len);
	line = bf_secret_room(&decoder->line, len);
	if (rest.failed || !line)
		return NULL;
	memcpy(line, held, len);
	line[len] = '\0';
	bf_secret_added(&decoder->line, len);
	bf_secret_move(&decoder->held, &rest);
	return line;
}

enum bfabric_status bf_line_next(struct bf_line_decoder *decoder, struct bf_line *ret,
	bool *ret_found, struct bfabric_error *err)
{
	struct bf_line line = {0};
	const char *held = bf_secret_reveal(&decoder->held);
	const char *lf = memchr(held, '\n', decoder->held.len);
	size_t len = lf ? (size_t)(lf - held) : decoder->held.len;
	char *text;

	if (decoder->broken || len >= limit(held, len))
		return fail(decoder, err);
	if (!lf) {
		*ret_found = false;
		return BFABRIC_OK;
	}
	text = take(decoder, len + 1);
	if (!text)
		return bf_fail_nomem(err);
	text[len] = '\0';
	if (!read_line(text, len, &line))
		return fail(decoder, err);
	*ret = line;
	*ret_found = true;
	return BFABRIC_OK;
}

bool bf_line_incomplete(const struct bf_line_decoder *decoder)
{
	return decoder->held.len > 0;
}
