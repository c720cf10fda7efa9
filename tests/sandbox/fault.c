/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include "endpoints.h"
#include "fault_kind.h"
#include "reply.h"

#include <math.h>
#include <string.h>

static void apply_delay(struct sb_request *rq, const struct sb_fault *fault)
{
	if (!sb_pause(rq, fault->number))
		rq->reply.action = SB_CLOSE;
}

static void apply_hang(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	(void)sb_pause(rq, -1); /* however it ends, there is no answer */
	rq->reply.action = SB_CLOSE;
}

static void apply_drip(struct sb_request *rq, const struct sb_fault *fault)
{
	rq->reply.drip = fault->number;
}

static void set_body(struct sb_request *rq, unsigned status, const char *type, const char *text)
{
	rq->reply.status = status;
	rq->reply.type = type;
	sb_text_puts(&rq->reply.body, text);
}

static void apply_status(struct sb_request *rq, const struct sb_fault *fault)
{
	set_body(rq, (unsigned)fault->number, "text/plain",
		"The sandbox was told to answer this.\n");
}

static void apply_retry_after(struct sb_request *rq, const struct sb_fault *fault)
{
	set_body(rq, 503, "text/plain", "The sandbox was told to be busy.\n");
	sb_reply_header(&rq->reply, "Retry-After", fault->arg);
}

static void apply_redirect(struct sb_request *rq, const struct sb_fault *fault)
{
	set_body(rq, 307, "text/plain", "The sandbox was told to send you elsewhere.\n");
	sb_reply_header(&rq->reply, "Location", fault->arg);
}

static void apply_html404(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_reply_page(&rq->reply, 404, "HTTP Status 404 – Not Found",
		"The requested resource is not available.");
}

static void apply_truncated(struct sb_request *rq, const struct sb_fault *fault)
{
	SB_AUTOFREE char *json = NULL;

	if (rq->reply.json) {
		json = json_dumps(rq->reply.json, JSON_COMPACT);
		json_decref(rq->reply.json);
		rq->reply.json = NULL;
		sb_text_puts(&rq->reply.body, json ? json : "");
	}
	rq->reply.cut_after =
		*fault->arg ? (long long)fault->number : (long long)(rq->reply.body.len / 2);
}

struct huge {
	size_t left;
	bool begun;
};

static ssize_t read_huge(struct sb_request *rq, void *ctx, char *buffer, size_t max)
{
	static const char head[] = "{\"access_token\":\"";
	struct huge *huge = ctx;
	size_t len = max < huge->left ? max : huge->left;

	(void)rq;
	memset(buffer, 'A', len);
	if (!huge->begun && len >= sizeof(head))
		memcpy(buffer, head, sizeof(head) - 1);
	huge->begun = true;
	huge->left -= len;
	return (ssize_t)len;
}

static void apply_huge(struct sb_request *rq, const struct sb_fault *fault)
{
	struct huge *huge = sb_zalloc(sizeof(*huge));

	huge->left = (size_t)fault->number;
	rq->reply.status = 200;
	rq->reply.type = "application/json";
	rq->reply.stream = (struct sb_stream){read_huge, free, huge};
}

static void apply_wrong_types(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_reply_json(&rq->reply, 200,
		json_pack("{s:[s], s:i, s:{}, s:b, s:i, s:s, s:n, s:[], s:i, s:s, s:i, s:i, s:{}, "
			  "s:s, s:i, "
			  "s:[], s:i}",
			"access_token", "a", "token_type", 7, "refresh_token", "expires_in", 1,
			"scope", 3, "interval", "five", "device_code", "user_code",
			"verification_uri", 12, "issuer", "", "token_endpoint", 0,
			"device_authorization_endpoint", 1, "keys", "active", "yes", "client_id", 5,
			"client_secret", "registration_access_token", 9));
}

static void apply_not_json(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	set_body(rq, 200, "application/json", "{\"access_token\": <html>oops</html>");
}

static void apply_empty(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	set_body(rq, 200, "application/json", "");
}

static void apply_nul(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	set_body(rq, 200, "application/json",
		"{\"access_token\":\"ey\\u0000Jx\",\"token_type\":\"Bearer\",\"expires_in\":3600,"
		"\"refresh_token\":\"r\\u0000r\",\"scope\":\"api:read\"}");
}

static void apply_invalid_grant(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_reply_oauth_error(
		rq, 400, "invalid_grant", "The sandbox was told to refuse this grant.");
}

static void apply_invalid_client(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_reply_oauth_error(
		rq, 401, "invalid_client", "The sandbox was told to refuse this client.");
}

static void apply_error(struct sb_request *rq, const struct sb_fault *fault)
{
	rq->log.outcome = "fault";
	sb_reply_oauth_error(rq, 400, fault->arg, "The sandbox was told to answer this error.");
}

static void apply_reset(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	rq->reply.action = SB_RESET;
}

static void apply_control_chars(struct sb_request *rq, const struct sb_fault *fault)
{
	struct sb_text text SB_AUTOTEXT = {0};

	sb_text_puts(&text, "\x1b[2J\x1b]0;owned\x07\x1b[31mred\r\nsecond line\tand \xe2\x80\xae"
			    "desrever\xe2\x80\xac \xe2\x81\xa6isolate\xe2\x81\xa9 \xc2\x9b"
			    "1m c1 \x7f ");
	for (int i = 0; i < 500; i++)
		sb_text_puts(&text, "long text ");
	rq->log.outcome = "fault";
	sb_reply_oauth_error(rq, 400, *fault->arg ? fault->arg : "invalid_request", text.data);
}

static void apply_no_token_type(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	json_object_del(rq->reply.json, "token_type");
}

static void apply_deep(struct sb_request *rq, const struct sb_fault *fault)
{
	size_t depth = *fault->arg ? (size_t)fault->number : 100000;
	struct sb_text *body = &rq->reply.body;

	set_body(rq, 200, "application/json", "{\"access_token\":");
	for (size_t i = 0; i < depth; i++)
		sb_text_add(body, "[", 1);
	for (size_t i = 0; i < depth; i++)
		sb_text_add(body, "]", 1);
	sb_text_add(body, "}", 1);
}

static const struct sb_fault_kind kinds[] = {
	{"delay", SB_BEFORE_WORK, SB_NUMBER, ":SECONDS", "late, then as usual", apply_delay},
	{"hang", SB_INSTEAD, SB_NO_ARG, "", "takes the request and never answers", apply_hang},
	{"reset", SB_INSTEAD, SB_NO_ARG, "", "TCP reset instead of an answer", apply_reset},
	{"status", SB_INSTEAD, SB_NUMBER, ":CODE",
		"this status with a plain text (CODE alone will do)", apply_status},
	{"retry-after", SB_INSTEAD, SB_NUMBER, ":SECONDS", "503 with Retry-After",
		apply_retry_after},
	{"redirect", SB_INSTEAD, SB_WORD, ":URL", "307 to there", apply_redirect},
	{"html404", SB_INSTEAD, SB_NO_ARG, "", "404 with a page, as during a redeploy",
		apply_html404},
	{"invalid_grant", SB_INSTEAD, SB_NO_ARG, "", "400 invalid_grant", apply_invalid_grant},
	{"error", SB_INSTEAD, SB_WORD, ":ERROR", "400 with this OAuth error", apply_error},
	{"invalid_client", SB_INSTEAD, SB_NO_ARG, "", "401 invalid_client", apply_invalid_client},
	{"control-chars", SB_INSTEAD, SB_WORD_OR_NOT, "[:ERROR]",
		"400, long error text with escapes, controls and bidi marks", apply_control_chars},
	{"huge", SB_INSTEAD, SB_NUMBER, ":BYTES", "200 with so large a body", apply_huge},
	{"deep", SB_INSTEAD, SB_NUMBER_OR_NOT, "[:LEVELS]", "200 with deeply nested JSON",
		apply_deep},
	{"wrong-types", SB_INSTEAD, SB_NO_ARG, "", "200, JSON members of wrong types",
		apply_wrong_types},
	{"not-json", SB_INSTEAD, SB_NO_ARG, "", "200, called JSON but none", apply_not_json},
	{"empty", SB_INSTEAD, SB_NO_ARG, "", "200 with an empty body", apply_empty},
	{"nul", SB_INSTEAD, SB_NO_ARG, "", "200, a token that holds \\u0000", apply_nul},
	{"no-token-type", SB_AFTER_WORK, SB_NO_ARG, "", "the true reply without token_type",
		apply_no_token_type},
	{"delay-after", SB_AFTER_WORK, SB_NUMBER, ":SECONDS", "the true reply, late", apply_delay},
	{"drip", SB_AFTER_WORK, SB_NUMBER, ":SECONDS", "the true reply, so long between two bytes",
		apply_drip},
	{"truncated", SB_AFTER_WORK, SB_NUMBER_OR_NOT, "[:BYTES]",
		"the true reply, closed after half (or BYTES)", apply_truncated},
	{"reset-after", SB_AFTER_WORK, SB_NO_ARG, "", "TCP reset instead of the true reply",
		apply_reset},
};

static const char *check_arg(const struct sb_fault_kind *kind, const char *arg, double *ret_number)
{
	char *end = NULL;
	bool given = arg && *arg;
	bool numeric = kind->arg == SB_NUMBER || kind->arg == SB_NUMBER_OR_NOT;

	if (!given)
		return kind->arg == SB_NUMBER || kind->arg == SB_WORD ? "needs an argument" : NULL;
	if (kind->arg == SB_NO_ARG)
		return "takes no argument";
	if (!numeric)
		return strpbrk(arg, "\r\n") ? "must be one line" : NULL;
	*ret_number = strtod(arg, &end);
	if (*end || !isfinite(*ret_number) || *ret_number < 0 || *ret_number > 1e10)
		return "needs a number that is not negative";
	if (kind->apply == apply_status && (*ret_number < 200 || *ret_number > 599))
		return "needs a status from 200 to 599";
	if (kind->apply == apply_deep && *ret_number > 1e7)
		return "is too deep";
	return NULL;
}

const struct sb_fault_kind *sb_fault_kind_at(size_t number)
{
	return number < SB_COUNTOF(kinds) ? &kinds[number]
					  : sb_soap_fault_at(number - SB_COUNTOF(kinds));
}

/* "any", an endpoint, or a part of one; "@2" behind it: only the second page. */
static const char *read_place(struct sb_fault *fault, const char *text)
{
	const struct sb_endpoint *where;
	char *page, *end = NULL;

	if (!sb_copy(fault->endpoint, sizeof(fault->endpoint), text))
		return "is too long";
	page = strchr(fault->endpoint, '@');
	if (page) {
		*page++ = '\0';
		fault->page = strtol(page, &end, 10);
		if (fault->page < 1 || *end)
			return "needs a page from 1";
	}
	where = sb_endpoint_by_name(fault->endpoint);
	return !strcmp(fault->endpoint, "any") || (where && !where->no_fault)
		       ? NULL
		       : "names no endpoint that can fail";
}

const char *sb_fault_add(struct sb_faults *faults, const char *endpoint, const char *kind,
	const char *arg, long count)
{
	struct sb_fault fault = {.left = count};
	const struct sb_fault_kind *known;
	const char *wrong = read_place(&fault, endpoint);

	if (wrong)
		return wrong;
	for (size_t i = 0; (known = sb_fault_kind_at(i)); i++) {
		if (!strcmp(known->name, kind))
			fault.kind = known;
	}
	if (!fault.kind && strspn(kind, "0123456789") == 3 && !kind[3] && !arg)
		return sb_fault_add(faults, endpoint, "status", kind, count); /* 503 for short */
	if (!fault.kind)
		return "names no kind of fault; see --help";
	wrong = check_arg(fault.kind, arg, &fault.number);
	if (wrong)
		return wrong;
	if (!sb_copy(fault.arg, sizeof(fault.arg), arg ? arg : ""))
		return "is too long";
	if (faults->count == SB_FAULTS_MAX)
		return "is one fault too many";
	if (count)
		faults->list[faults->count++] = fault;
	return NULL;
}

const char *sb_fault_parse(struct sb_faults *faults, const char *spec)
{
	SB_AUTOFREE char *copy = sb_strdup(spec);
	char *kind = strchr(copy, '=');
	char *star = strrchr(copy, '*');
	char *arg;
	long count = -1;

	if (!kind)
		return "must look like token=delay:2";
	*kind++ = '\0';
	if (star && star[1] && strspn(star + 1, "0123456789") == strlen(star + 1)) {
		count = strtol(star + 1, NULL, 10);
		*star = '\0';
	}
	arg = strchr(kind, ':');
	if (arg)
		*arg++ = '\0';
	return sb_fault_add(faults, copy, kind, arg, count);
}

static bool concerns(const struct sb_fault *fault, const struct sb_request *rq)
{
	if (fault->page && fault->page != rq->page)
		return false;
	return !strcmp(fault->endpoint, "any") || !strcmp(fault->endpoint, rq->endpoint->name) ||
	       (rq->place && !strcmp(fault->endpoint, rq->place));
}

bool sb_fault_take(
	struct sb_faults *faults, const struct sb_request *rq, struct sb_fault *ret_fault)
{
	for (size_t i = 0; i < faults->count; i++) {
		struct sb_fault *fault = &faults->list[i];

		if (!concerns(fault, rq))
			continue;
		*ret_fault = *fault;
		if (fault->left > 0 && --fault->left == 0) {
			faults->count--;
			memmove(fault, fault + 1, (faults->count - i) * sizeof(*fault));
		}
		return true;
	}
	return false;
}

bool sb_fault_before(struct sb_request *rq, const struct sb_fault *fault)
{
	if (fault->kind->moment == SB_AFTER_WORK)
		return true;
	fault->kind->apply(rq, fault);
	if (fault->kind->moment == SB_BEFORE_WORK)
		return rq->reply.action == SB_SEND;
	if (!rq->log.outcome)
		rq->log.outcome = "fault";
	return false;
}

void sb_fault_after(struct sb_request *rq, const struct sb_fault *fault)
{
	if (fault->kind->moment == SB_AFTER_WORK)
		fault->kind->apply(rq, fault);
}

const char *sb_fault_name(const struct sb_fault *fault)
{
	return fault->kind->name;
}
