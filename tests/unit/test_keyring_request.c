#include "unit.h"

#include "keyring/attributes.h"
#include "keyring/request.h"

static struct bfabric_error err;

static enum bfabric_status take(
	const char *text, enum bf_request_need need, struct bf_request *request)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	bf_request_release(request);
	assert_int_equal(bf_kv_parse(text, strlen(text), &kv, &err), BFABRIC_OK);
	return bf_request_take(&kv, need, request, &err);
}

static void assert_text(const char *found, const char *wanted)
{
	assert_string_equal(found ? found : "(none)", wanted ? wanted : "(none)");
}

#define OURS "protocol=bfabric\nhost=h.org\nusername=PROD\n"

static void test_reads_ours(void **state)
{
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	assert_int_equal(take(OURS "path=CLI\nbase_url=HTTPS://H.org:443/b/\ntimeout=500\n"
				   "password=p\n",
				 BF_NEED_PASSWORD, &request),
		BFABRIC_OK);
	assert_true(request.ours);
	assert_text(request.username, "PROD");
	assert_text(request.path, "CLI");
	assert_text(request.password, "p");
	assert_text(request.url.text, "https://h.org/b");
	assert_int_equal(request.timeout, 500);

	assert_int_equal(take(OURS "path=\nbase_url=\n", BF_NEED_PATTERN, &request), BFABRIC_OK);
	assert_null(request.path);
	assert_text(request.url.text, "https://h.org");
	assert_int_equal(request.timeout, 0);
	assert_int_equal(take("protocol=bfabric\nhost=localhost:80\nusername=S\nbase_url=http://"
			      "localhost/b\n",
				 BF_NEED_PATTERN, &request),
		BFABRIC_OK);
}

static void test_reads_gits(void **state)
{
	static const struct {
		const char *host, *server, *port;
	} cases[] = {
		{"h.org", "h.org", NULL},
		{"h.org:8443", "h.org", "8443"},
		{"h.org:", "h.org:", NULL},
		{"h.org:x", "h.org:x", NULL},
		{"[::1]", "[::1]", NULL},
		{"[::1]:80", "[::1]", "80"},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		g_autofree char *text = g_strdup_printf("protocol=https\nhost=%s\n", cases[i].host);

		assert_int_equal(take(text, BF_NEED_PATTERN, &request), BFABRIC_OK);
		assert_false(request.ours);
		assert_text(request.server, cases[i].server);
		assert_text(request.port, cases[i].port);
	}
	assert_int_equal(take("", BF_NEED_NOTHING, &request), BFABRIC_OK);
	assert_int_equal(take("protocol=cert\npath=/k\n", BF_NEED_PATTERN, &request), BFABRIC_OK);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text;
		enum bf_request_need need;
		const char *says;
	} cases[] = {
		{"", BF_NEED_PATTERN, "no protocol"},
		{"host=h\n", BF_NEED_PATTERN, "no protocol"},
		{"protocol=https\n", BF_NEED_PATTERN, "neither host nor path"},
		{"protocol=https\nhost=h\npassword=p\n", BF_NEED_PASSWORD, "no user"},
		{"protocol=https\nhost=h\nusername=u\n", BF_NEED_PASSWORD, "nothing to store"},
		{"protocol=bfabric\nusername=P\n", BF_NEED_PATTERN, "no host"},
		{"protocol=bfabric\nhost=h\n", BF_NEED_PATTERN, "no environment"},
		{"protocol=bfabric\nhost=h\nusername=\n", BF_NEED_PATTERN, "no environment"},
		{OURS, BF_NEED_PASSWORD, "nothing to store"},
		{OURS "password=\n", BF_NEED_PASSWORD, "nothing to store"},
		{OURS "base_url=https://other.org/b\n", BF_NEED_PATTERN, "another host"},
		{OURS "base_url=https://h.org:8443/b\n", BF_NEED_PATTERN, "another host"},
		{OURS "base_url=http://h.org/b\n", BF_NEED_PATTERN, "base_url="},
		{"protocol=bfabric\nhost=u@h.org\nusername=P\n", BF_NEED_PATTERN, "host="},
		{"protocol=bfabric\nhost=h.org/b\nusername=P\n", BF_NEED_PATTERN, "another host"},
		{"protocol=bfabric\nhost=h\nusername=\xff\n", BF_NEED_PATTERN, "not UTF-8"},
		{OURS "timeout=0\n", BF_NEED_PATTERN, "timeout="},
		{OURS "timeout=\n", BF_NEED_PATTERN, "timeout="},
		{OURS "timeout=1.5\n", BF_NEED_PATTERN, "timeout="},
		{OURS "timeout=600001\n", BF_NEED_PATTERN, "timeout="},
		{"timeout=-1\n", BF_NEED_NOTHING, "timeout="},
		{"timeout=99999999999999999999\n", BF_NEED_NOTHING, "timeout="},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(take(cases[i].text, cases[i].need, &request), BFABRIC_BAD_CALL, err,
			cases[i].says);
}

static void test_refuses_large_secrets(void **state)
{
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;
	g_autofree char *secret = g_strnfill(BF_SECRET_BYTES_MAX + 1, 'x');
	g_autofree char *text = g_strconcat(OURS "password=", secret, "\n", NULL);

	(void)state;
	assert_fails(take(text, BF_NEED_PASSWORD, &request), BFABRIC_BAD_CALL, err, "larger than");
	text[strlen(text) - 2] = '\n';
	assert_int_equal(take(text, BF_NEED_PASSWORD, &request), BFABRIC_OK);
}

static void test_every_failed_allocation(void **state)
{
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (int git = 0; git < 2; git++) {
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
			const char *text = git ? "protocol=https\nhost=h\n" : OURS;
			enum bfabric_status status = bf_kv_parse(text, strlen(text), &kv, &err);

			if (status == BFABRIC_OK)
				status = bf_request_take(&kv, BF_NEED_PATTERN, &request, &err);
			assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
			bf_request_release(&request);
		}
	}
}

/* Another host's item is never taken for ours, another client's only where that was asked for. */
static void test_owns(void **state)
{
	static const struct {
		const char *base_url, *client_id;
		bool own, own_any;
	} cases[] = {
		{"https://h.org/b", "CLI", true, true},
		{"https://h.org/elsewhere/", "CLI", true, true},
		{"https://H.ORG:443/b", NULL, true, true},
		{"https://h.org/b", "OTHER", false, true},
		{"https://h.org:8443/b", "CLI", false, false},
		{"https://h.org.evil.org/b", "CLI", false, false},
		{"https://h.org@evil.org/", "CLI", false, false},
		{"no URL", "CLI", false, false},
		{NULL, "CLI", false, false},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	assert_int_equal(take(OURS "path=CLI\n", BF_NEED_PATTERN, &request), BFABRIC_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			bf_request_owns(&request, cases[i].base_url, cases[i].client_id, false),
			cases[i].own);
		assert_int_equal(
			bf_request_owns(&request, cases[i].base_url, cases[i].client_id, true),
			cases[i].own_any);
	}
	assert_int_equal(take(OURS, BF_NEED_PATTERN, &request), BFABRIC_OK);
	assert_true(bf_request_owns(&request, "https://h.org/b", "ANY", false));
}

/* a{ss} as "name=value name=value". */
static char *show(GVariant *floating)
{
	g_autoptr(GVariant) attributes = g_variant_ref_sink(floating);
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	GVariantIter iter;
	const char *name, *value;

	g_variant_iter_init(&iter, attributes);
	while (g_variant_iter_next(&iter, "{&s&s}", &name, &value))
		g_ptr_array_add(words, g_strdup_printf("%s=%s", name, value));
	g_ptr_array_add(words, NULL);
	return g_strjoinv(" ", (char **)words->pdata);
}

static void test_attributes(void **state)
{
	static const struct {
		const char *text, *pattern, *full, *label;
	} cases[] = {
		{OURS "path=CLI\nbase_url=https://h.org/b/\n", "service=bfabric username=PROD",
			"xdg:schema=org.freedesktop.Secret.Generic service=bfabric username=PROD "
			"base_url=https://h.org/b client_id=CLI",
			"B-Fabric login PROD (h.org)"},
		{OURS, "service=bfabric username=PROD",
			"xdg:schema=org.freedesktop.Secret.Generic service=bfabric username=PROD "
			"base_url=https://h.org",
			"B-Fabric login PROD (h.org)"},
		{"protocol=https\nhost=h.org:8443\nusername=me\npath=a/b\n",
			"protocol=https server=h.org user=me port=8443 object=a/b",
			"xdg:schema=org.git.Password protocol=https server=h.org user=me "
			"port=8443 object=a/b",
			"Git: https://h.org:8443/a/b"},
		{"protocol=https\nhost=h.org\n", "protocol=https server=h.org",
			"xdg:schema=org.git.Password protocol=https server=h.org",
			"Git: https://h.org/"},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		g_autofree char *pattern = NULL;
		g_autofree char *full = NULL;
		g_autofree char *label = NULL;

		assert_int_equal(take(cases[i].text, BF_NEED_PATTERN, &request), BFABRIC_OK);
		pattern = show(bf_attributes_pattern(&request));
		full = show(bf_attributes_full(&request));
		label = bf_attributes_label(&request);
		assert_string_equal(pattern, cases[i].pattern);
		assert_string_equal(full, cases[i].full);
		assert_string_equal(label, cases[i].label);
	}
}

/* What a service adds does not count, what differs or is missing does. */
static void test_exact(void **state)
{
	static const struct {
		const char *attributes;
		bool exact;
	} cases[] = {
		{"{'service': 'bfabric', 'username': 'PROD', 'base_url': 'https://h.org/b', "
		 "'client_id': 'CLI', 'Uuid': 'added'}",
			true},
		{"{'service': 'bfabric', 'username': 'PROD', 'base_url': 'https://h.org/b'}",
			false},
		{"{'service': 'bfabric', 'username': 'PROD', 'base_url': 'https://h.org/c', "
		 "'client_id': 'CLI'}",
			false},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	assert_int_equal(
		take(OURS "path=CLI\nbase_url=https://h.org/b/\n", BF_NEED_PATTERN, &request),
		BFABRIC_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		g_autoptr(GVariant) attributes = g_variant_parse(
			G_VARIANT_TYPE("a{ss}"), cases[i].attributes, NULL, NULL, NULL);

		assert_non_null(attributes);
		assert_true(bf_attributes_own(&request, attributes, /* any_client= */ false));
		assert_int_equal(bf_attributes_exact(&request, attributes), cases[i].exact);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_ours),
		cmocka_unit_test(test_reads_gits),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_large_secrets),
		cmocka_unit_test(test_every_failed_allocation),
		cmocka_unit_test(test_owns),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
