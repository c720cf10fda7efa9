/* client.c - see client.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "client.h"
#include "libbfabric/base/sys.h"
#include <stdio.h>
#include <stdlib.h>

void outcome_release(struct outcome *o)
{
	bf_reply_release(&o->reply);
}

void http_release(struct bf_http **http)
{
	bf_http_free(*http);
}

void client_clean_environment(void)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"CURL_CA_BUNDLE", "SSLKEYLOGFILE", "NETRC"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

struct bf_http *client(const struct bf_http_options *options)
{
	const struct bf_http_options defaults = {0};
	struct bfabric_error err = {0};
	struct bf_http *http = NULL;

	assert_int_equal(bf_http_new(options ? options : &defaults, &http, &err), BFABRIC_OK);
	return http;
}

struct bf_request client_request(const char *scheme, const char *host, unsigned port)
{
	struct bf_request request = {
		.method = "POST",
		.content_type = "application/x-www-form-urlencoded",
		.deadline = bf_boot_ms(&bf_sys_real) + 120000, /* under valgrind, too */
	};

	assert_true(asprintf(&request.url, "%s://%s:%u/bfabric/x", scheme, host, port) > 0);
	bf_secret_puts(&request.body, "a=b");
	return request;
}

struct outcome client_perform(struct bf_http *http, struct bf_request *request)
{
	struct bf_transport transport = bf_http_transport(http);
	struct outcome o = {.sent = true, .reply.retry_after = -1};

	o.status = transport.perform(transport.data, request, &o.reply, &o.sent, &o.err);
	assert_int_equal(o.status, o.err.status);
	if (o.status != BFABRIC_OK) {
		assert_true(*o.err.text);
		assert_int_equal(o.reply.status, 0);
		assert_true(bf_secret_empty(&o.reply.body));
	}
	bf_request_release(request);
	return o;
}

struct outcome client_post(const struct peer *peer)
{
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request = client_request("http", "127.0.0.1", peer->port);

	return client_perform(http, &request);
}
