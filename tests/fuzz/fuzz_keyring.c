/*
 * fuzz_keyring.c - any request to bfabric-keyring, and any secret that it may find.
 * Input: a message, and after its empty line what an item holds.
 * git's requests and ours never become each other's attributes, and no item adds a line to a reply.
 */
#include "fuzz.h"
#include "keyring/attributes.h"
#include "keyring/value.h"
#include <string.h>

static const char *attribute(GVariant *attributes, const char *name)
{
	const char *value = NULL;

	g_variant_lookup(attributes, name, "&s", &value);
	return value;
}

/* A new item is found again by who asks the same, and by nobody else. */
static void must_find_itself(const struct bf_request *request)
{
	g_autoptr(GVariant) full = g_variant_ref_sink(bf_attributes_full(request));
	g_autoptr(GVariant) pattern = g_variant_ref_sink(bf_attributes_pattern(request));
	g_autofree char *label = bf_attributes_label(request);
	GVariantIter iter;
	const char *name, *value;

	FUZZ_MUST(bf_attributes_own(request, full, false) && bf_attributes_exact(request, full));
	FUZZ_MUST(g_utf8_validate(label, -1, NULL));
	g_variant_iter_init(&iter, pattern);
	FUZZ_MUST(g_variant_n_children(pattern) >= 2);
	while (g_variant_iter_next(&iter, "{&s&s}", &name, &value))
		FUZZ_MUST(strcmp(attribute(full, name), value) == 0);
	FUZZ_MUST(!!attribute(pattern, "service") == request->ours);
	FUZZ_MUST(!!attribute(pattern, "protocol") == !request->ours);
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	while ((text = strchr(text, '\n'))) {
		lines++;
		text++;
	}
	return lines;
}

/* At most username, password and what git may keep below it; of each further one a line. */
static void must_answer_in_lines(const struct bf_request *request, const char *held, size_t len)
{
	struct bf_answer answer = BF_ANSWER_INIT;
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	enum bf_outcome outcome;

	bf_secret_put(&value, held, len);
	outcome = bf_value_answer(request, "user", &value, &answer);
	(void)bf_value_has_password(request, &value);
	if (outcome == BF_OUT_OK && !answer.lines.failed) {
		const char *reply = bf_secret_reveal(&answer.lines);

		FUZZ_MUST(count_lines(reply) <= 2 + count_lines(bf_secret_reveal(&value)));
		FUZZ_MUST(!request->ours || count_lines(reply) == 2);
		FUZZ_MUST(strncmp(reply, "username=", 9) == 0 && !strchr(reply, '\r'));
	} else {
		FUZZ_MUST(fuzz_one_line(answer.message));
	}
	bf_secret_release(&answer.lines);
}

/* What is stored is what is read again. */
static void must_come_back(const struct bf_request *request)
{
	struct bf_answer answer = BF_ANSWER_INIT;
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	bf_value_make(request, &value);
	FUZZ_MUST(!value.failed && bf_value_has_password(request, &value));
	FUZZ_MUST(bf_value_answer(request, request->username, &value, &answer) == BF_OUT_OK);
	if (!answer.lines.failed) {
		FUZZ_MUST(bf_kv_parse(bf_secret_reveal(&answer.lines), answer.lines.len, &kv,
				  NULL) == BFABRIC_OK);
		FUZZ_MUST(strcmp(bf_kv_get(&kv, "password"), request->password) == 0);
	}
	bf_secret_release(&answer.lines);
}

static size_t end_of_message(const char *data, size_t size)
{
	const char *end = memmem(data, size, "\n\n", 2);

	return end ? (size_t)(end - data) + 2 : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const size_t len = end_of_message(text, size);

	for (enum bf_request_need need = BF_NEED_NOTHING; need <= BF_NEED_PASSWORD; need++) {
		BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
		BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;
		struct bfabric_error err = {0};

		if (bf_kv_parse(text, len, &kv, &err) != BFABRIC_OK ||
			bf_request_take(&kv, need, &request, &err) != BFABRIC_OK) {
			FUZZ_MUST(fuzz_one_line(err.text) && err.text[0]);
			continue;
		}
		if (need == BF_NEED_NOTHING)
			continue;
		must_find_itself(&request);
		must_answer_in_lines(&request, text + len, size - len);
		if (need == BF_NEED_PASSWORD)
			must_come_back(&request);
	}
	return 0;
}
