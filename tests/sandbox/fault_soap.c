/* SPDX-License-Identifier: MIT */
/* Faults that only web services have: XML that harms, and answers that are none. */
#include "fault_kind.h"

#include "reply.h"
#include "soap.h"

#include <string.h>

#define NS_FOREIGN "http://example.org/somebody/else/"

static void set_xml(struct sb_request *rq, const char *text)
{
	rq->reply.status = 200;
	rq->reply.type = "text/xml;charset=UTF-8";
	sb_text_puts(&rq->reply.body, text);
}

static const char *operation(const struct sb_request *rq)
{
	return rq->call && rq->call->operation ? rq->call->operation->name : "read";
}

static const char *record_name(const struct sb_request *rq)
{
	return rq->call && rq->call->service ? rq->call->service->name : "workunit";
}

/* ---- what grows or fetches ---- */

static void apply_bomb(struct sb_request *rq, const struct sb_fault *fault)
{
	struct sb_text *t = &rq->reply.body;

	(void)fault;
	set_xml(rq, "<?xml version='1.0'?>\n<!DOCTYPE soap [<!ENTITY e0 \"boom\">");
	for (int i = 1; i < 12; i++) {
		sb_text_printf(t, "<!ENTITY e%d \"", i);
		for (int k = 0; k < 10; k++)
			sb_text_printf(t, "&e%d;", i - 1);
		sb_text_puts(t, "\">");
	}
	sb_text_puts(t, "]>\n<soap:Envelope xmlns:soap=\"" SB_SOAP_11 "\"><soap:Body>");
	sb_text_printf(t,
		"<n:%sResponse xmlns:n=\"%s\"><return><errorreport>&e11;</errorreport></return>"
		"</n:%sResponse></soap:Body></soap:Envelope>",
		operation(rq), sb_soap_namespace(rq), operation(rq));
}

static void apply_entity(struct sb_request *rq, const struct sb_fault *fault)
{
	struct sb_text *t = &rq->reply.body;

	set_xml(rq, "<?xml version='1.0'?>\n<!DOCTYPE soap [<!ENTITY secret SYSTEM \"");
	sb_text_xml(t, *fault->arg ? fault->arg : "file:///etc/hostname");
	sb_text_puts(t, "\">]>\n<soap:Envelope xmlns:soap=\"" SB_SOAP_11 "\"><soap:Body>");
	sb_text_printf(t,
		"<n:%sResponse xmlns:n=\"%s\"><return><errorreport>&secret;</errorreport></return>"
		"</n:%sResponse></soap:Body></soap:Envelope>",
		operation(rq), sb_soap_namespace(rq), operation(rq));
}

/* A reply with a middle part that is repeated until it has its size, made while it is sent. */
struct flood {
	struct sb_text head, part, tail;
	size_t left; /* of the repetitions, in bytes */
	size_t at;   /* within what is being sent */
	int stage;
};

static void flood_free(void *ctx)
{
	struct flood *flood = ctx;

	sb_text_free(&flood->head);
	sb_text_free(&flood->part);
	sb_text_free(&flood->tail);
	free(flood);
}

static ssize_t flood_read(struct sb_request *rq, void *ctx, char *buffer, size_t max)
{
	struct flood *flood = ctx;
	struct sb_text *texts[] = {&flood->head, &flood->part, &flood->tail};
	size_t done = 0;

	(void)rq;
	while (done < max && flood->stage < 3) {
		struct sb_text *text = texts[flood->stage];
		size_t len =
			text->len - flood->at < max - done ? text->len - flood->at : max - done;

		memcpy(buffer + done, text->data + flood->at, len);
		done += len;
		flood->at += len;
		if (flood->at < text->len)
			continue;
		flood->at = 0;
		if (flood->stage == 1 && flood->left > text->len)
			flood->left -= text->len;
		else
			flood->stage++;
	}
	return (ssize_t)done;
}

static void start_flood(struct sb_request *rq, struct flood *flood, const struct sb_fault *fault)
{
	flood->left = (size_t)fault->number;
	sb_return_begin(rq, operation(rq));
	flood->head = rq->reply.body;
	rq->reply.body = (struct sb_text){0};
	sb_return_end(rq, operation(rq));
	flood->tail = rq->reply.body;
	rq->reply.body = (struct sb_text){0};
	rq->reply.stream = (struct sb_stream){flood_read, flood_free, flood};
}

/* Very many records. */
static void apply_flood(struct sb_request *rq, const struct sb_fault *fault)
{
	struct flood *flood = sb_zalloc(sizeof(*flood));

	start_flood(rq, flood, fault);
	sb_text_puts(&flood->head, "<numberofpages>1</numberofpages><page>1</page>");
	for (int i = 0; i < 500; i++)
		sb_text_printf(&flood->part,
			"<%s classname=\"%s\" id=\"%d\"><name>One of very many.</name></%s>",
			record_name(rq), record_name(rq), 900000 - i, record_name(rq));
}

/* One very long text. */
static void apply_long_text(struct sb_request *rq, const struct sb_fault *fault)
{
	struct flood *flood = sb_zalloc(sizeof(*flood));
	struct sb_text tail = {0};

	start_flood(rq, flood, fault);
	sb_text_printf(&flood->head, "<%s id=\"1\"><name>", record_name(rq));
	for (int i = 0; i < 1000; i++)
		sb_text_puts(&flood->part, "All work and no play. ");
	sb_text_printf(&tail, "</name></%s>%s", record_name(rq), flood->tail.data);
	sb_text_free(&flood->tail);
	flood->tail = tail;
}

static void apply_deep(struct sb_request *rq, const struct sb_fault *fault)
{
	size_t levels = *fault->arg ? (size_t)fault->number : 100000;
	struct sb_text *t = &rq->reply.body;

	sb_return_begin(rq, operation(rq));
	for (size_t i = 0; i < levels; i++)
		sb_text_puts(t, "<a>");
	for (size_t i = 0; i < levels; i++)
		sb_text_puts(t, "</a>");
	sb_return_end(rq, operation(rq));
}

/* ---- what is no answer ---- */

static void apply_html(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_reply_page(&rq->reply, 200, "Maintenance", "The service will be back soon.");
}

static void apply_bad_char(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_return_begin(rq, operation(rq));
	sb_text_puts(&rq->reply.body, "<errorreport>\x01&#0;</errorreport>");
	sb_return_end(rq, operation(rq));
}

static void apply_fault(struct sb_request *rq, const struct sb_fault *fault)
{
	sb_return_fault(rq, *fault->arg ? fault->arg : "java.lang.NullPointerException",
		"java.lang.NullPointerException\n"
		"\tat org.bfabric.sandbox.MadeUp.read(MadeUp.java:42)\n"
		"\tat java.base/java.lang.Thread.run(Thread.java:840)\n");
}

static void apply_errorreport(struct sb_request *rq, const struct sb_fault *fault)
{
	sb_return_error(rq, operation(rq), fault->arg);
}

/* As it is, so that a client can be shown what no service of ours would write. */
static void apply_return(struct sb_request *rq, const struct sb_fault *fault)
{
	sb_return_begin(rq, operation(rq));
	sb_text_puts(&rq->reply.body, fault->arg);
	sb_return_end(rq, operation(rq));
}

static void apply_empty_return(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	sb_return_error(rq, operation(rq), NULL);
}

static void apply_expire(struct sb_request *rq, const struct sb_fault *fault)
{
	struct sb_call *call = rq->call;
	SB_AUTOFREE char *value =
		call ? sb_xml_text(sb_xml_child(call->parameters, "password")) : NULL;
	struct sb_token *token;

	(void)fault;
	pthread_mutex_lock(&rq->sb->lock);
	token = value ? sb_store_find(&rq->sb->store, SB_ACCESS, value) : NULL;
	if (token)
		token->revoked = true;
	pthread_mutex_unlock(&rq->sb->lock);
}

/* ---- the true reply, changed ---- */

/* Every `old` becomes `new`. */
static void replace(struct sb_text *t, const char *old, const char *new)
{
	struct sb_text out = {0};
	const char *at = t->data ? t->data : "", *found;

	while ((found = strstr(at, old))) {
		sb_text_add(&out, at, (size_t)(found - at));
		sb_text_puts(&out, new);
		at = found + strlen(old);
	}
	sb_text_puts(&out, at);
	sb_text_free(t);
	*t = out;
}

static void apply_foreign(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	replace(&rq->reply.body, sb_soap_namespace(rq), NS_FOREIGN);
}

static void apply_foreign_envelope(struct sb_request *rq, const struct sb_fault *fault)
{
	(void)fault;
	replace(&rq->reply.body, SB_SOAP_11, NS_FOREIGN);
}

static void apply_no_pages(struct sb_request *rq, const struct sb_fault *fault)
{
	struct sb_text *t = &rq->reply.body;
	char *from = t->data ? strstr(t->data, "<numberofpages>") : NULL;
	const char *end = "</numberofpages>";
	char *to = from ? strstr(from, end) : NULL;

	(void)fault;
	if (!to)
		return;
	to += strlen(end);
	memmove(from, to, t->len - (size_t)(to - t->data) + 1);
	t->len -= (size_t)(to - from);
}

static const struct sb_fault_kind kinds[] = {
	{"xml-bomb", SB_INSTEAD, SB_NO_ARG, "", "entities that grow to 400 GB", apply_bomb},
	{"xml-entity", SB_INSTEAD, SB_WORD_OR_NOT, "[:URL]", "an external entity", apply_entity},
	{"xml-flood", SB_INSTEAD, SB_NUMBER, ":BYTES", "so much of small records", apply_flood},
	{"xml-long", SB_INSTEAD, SB_NUMBER, ":BYTES", "a text of this length", apply_long_text},
	{"xml-deep", SB_INSTEAD, SB_NUMBER_OR_NOT, "[:LEVELS]", "elements within elements",
		apply_deep},
	{"bad-char", SB_INSTEAD, SB_NO_ARG, "", "characters that XML forbids", apply_bad_char},
	{"html", SB_INSTEAD, SB_NO_ARG, "", "200 with a page", apply_html},
	{"soap-fault", SB_INSTEAD, SB_WORD_OR_NOT, "[:TEXT]",
		"500 with a SOAP fault and a stack trace", apply_fault},
	{"errorreport", SB_INSTEAD, SB_WORD, ":TEXT", "200 with this errorreport",
		apply_errorreport},
	{"xml-return", SB_INSTEAD, SB_WORD, ":XML", "200 with this in <return>", apply_return},
	{"empty-return", SB_INSTEAD, SB_NO_ARG, "", "200 with nothing in it", apply_empty_return},
	{"expire-token", SB_BEFORE_WORK, SB_NO_ARG, "",
		"the access token of the request is dead from now on", apply_expire},
	{"wrong-namespace", SB_AFTER_WORK, SB_NO_ARG, "",
		"the true reply, its operation in another namespace", apply_foreign},
	{"wrong-envelope", SB_AFTER_WORK, SB_NO_ARG, "",
		"the true reply, its envelope in another namespace", apply_foreign_envelope},
	{"no-pages", SB_AFTER_WORK, SB_NO_ARG, "", "the true reply without numberofpages",
		apply_no_pages},
};

const struct sb_fault_kind *sb_soap_fault_at(size_t number)
{
	return number < SB_COUNTOF(kinds) ? &kinds[number] : NULL;
}
