/*
 * The login by a browser, from its first request to its files; every allocation fails once.
 */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fault.h"
#include "libbfabric/login_page.h"

/* The person, and their browser. */
struct person {
	struct world *w;
	char url[1024], notice[128];
	char code[32], state[128]; /* to answer with; an empty state: ours */
	bool pastes, passes_time, refuses;
	unsigned ticks, opened;
	int browser, paste[2];
};

static const char *part(const char *url, const char *name, char *buf, size_t size)
{
	const char *at = strstr(url, name);

	assert_non_null(at);
	at += strlen(name);
	snprintf(buf, size, "%.*s", (int)strcspn(at, "&"), at);
	return buf;
}

static bool open_url(void *data, const char *url)
{
	struct person *p = data;

	p->opened++;
	snprintf(p->url, sizeof(p->url), "%s", url);
	return !p->refuses;
}

static unsigned port_of(const struct person *p)
{
	char digits[16];

	return (unsigned)atoi(part(p->url, "127.0.0.1%3A", digits, sizeof(digits)));
}

static void query_of(const struct person *p, char *buf, size_t size)
{
	char state[128];

	part(p->url, "&state=", state, sizeof(state));
	snprintf(buf, size, "/callback?code=%s&state=%s", p->code, *p->state ? p->state : state);
}

static void come_back(struct person *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port_of(p))};
	char query[300], request[512];

	query_of(p, query, sizeof(query));
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", query,
		port_of(p));
	p->browser = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(p->browser, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(p->browser, request, strlen(request), 0), strlen(request));
}

static void paste(struct person *p)
{
	char query[300], line[400];

	query_of(p, query, sizeof(query));
	snprintf(line, sizeof(line), "\nno address\nhttp://127.0.0.1:%u%s\n", port_of(p), query);
	assert_int_equal(write(p->paste[1], line, strlen(line)), strlen(line));
}

static void waiting(void *data, int64_t left_ms)
{
	struct person *p = data;

	fault_hold(true);
	assert_true(left_ms >= 0);
	if (p->passes_time)
		world_pass(p->w, 60);
	else if (++p->ticks == 1)
		p->pastes ? paste(p) : come_back(p);
	else if (p->ticks > 3) /* nothing comes of it */
		world_pass(p->w, 60);
	fault_hold(false);
}

static void notice(void *data, const char *text)
{
	struct person *p = data;

	snprintf(p->notice, sizeof(p->notice), "%s", text);
}

static enum bfabric_status log_in(struct person *p, struct bf_login_result *ret)
{
	struct bfabric_ui ui = {.data = p,
		.open_url = open_url,
		.waiting = waiting,
		.notice = notice,
		.paste_fd = p->pastes ? &p->paste[0] : NULL};

	p->ticks = 0;
	return bf_login_browser(p->w->s, &ui, 0, 0, ret, &p->w->err);
}

static void begin(struct person *p, struct world *w, const char *code)
{
	*p = (struct person){.w = w, .browser = -1};
	snprintf(p->code, sizeof(p->code), "%s", code);
	assert_int_equal(pipe(p->paste), 0);
}

static const char *page(struct person *p)
{
	static char text[8192];
	size_t used = 0;
	ssize_t n;

	while ((n = recv(p->browser, text + used, sizeof(text) - 1 - used, 0)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return text;
}

static void end(struct person *p)
{
	if (p->browser >= 0)
		close(p->browser);
	close(p->paste[0]);
	close(p->paste[1]);
}

static void test_browser(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person p;

	begin(&p, w, "good");
	assert_int_equal(log_in(&p, &result), BFABRIC_OK);
	assert_string_equal(result.subject, "alice");
	assert_non_null(strstr(page(&p), "<strong>alice</strong>"));
	assert_int_equal(p.opened, 1);
	assert_non_null(strstr(w->server->last_body, "&code_verifier="));
	assert_int_equal(world_get(w), BFABRIC_OK);
	end(&p);
}

static void test_refused_code(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person p;

	begin(&p, w, "bad");
	assert_int_equal(log_in(&p, &result), BFABRIC_LOGIN_REQUIRED);
	assert_non_null(strstr(page(&p), "invalid_grant"));
	assert_int_equal(w->server->requests, 1);
	assert_false(world_exists(w->paths.cache));
	end(&p);
}

static void test_pasted(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person p;

	begin(&p, w, "good");
	p.pastes = true;
	assert_int_equal(log_in(&p, &result), BFABRIC_OK);
	assert_non_null(strstr(p.notice, "still waiting"));
	end(&p);
}

static void test_endings(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person p;
	struct bfabric_cancel *cancel = NULL;

	begin(&p, w, "good");
	p.passes_time = true;
	assert_int_equal(log_in(&p, &result), BFABRIC_TIMEOUT);
	p.refuses = true;
	assert_int_equal(log_in(&p, &result), BFABRIC_UNSUPPORTED);
	p.refuses = p.passes_time = false;
	w->clock->no_random = true;
	assert_int_equal(log_in(&p, &result), BFABRIC_SYSTEM);
	w->clock->no_random = false;
	assert_int_equal(bfabric_cancel_new(&cancel, &w->err), BFABRIC_OK);
	w->s->cancel = cancel;
	bfabric_cancel_now(cancel);
	assert_int_equal(log_in(&p, &result), BFABRIC_CANCELLED);
	w->s->cancel = NULL;
	bfabric_cancel_free(cancel);
	assert_int_equal(w->server->requests, 0);
	assert_false(world_exists(w->paths.cache));
	end(&p);
}

/* Whatever runs out of memory, the login succeeds or says so, and the next one works. */
static void test_memory(void **state)
{
	struct world *w = *state;
	struct person p;
	unsigned failures = 0;

	begin(&p, w, "good");
	p.pastes = true;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
		enum bfabric_status status = log_in(&p, &result);

		bool failed = fault_disarm();

		failures += failed;
		if (status != BFABRIC_OK)
			assert_int_equal(w->err.status, status);
		assert_true(failed || status == BFABRIC_OK);
		/* What was pasted and not read must not reach the next round. */
		end(&p);
		assert_int_equal(pipe(p.paste), 0);
	}
	assert_true(failures > 50);
	end(&p);
}

static void test_pages(void **state)
{
	(void)state;
	for (int which = BF_PAGE_DONE; which <= BF_PAGE_NOTHING; which++) {
		BF_AUTO_SECRET struct bf_secret reply = BF_SECRET_INIT;
		const char *text, *body;
		size_t length = 0;

		bf_login_page((enum bf_login_page)which,
			which <= BF_PAGE_ASKED ? "<b>\"A&B'\x1b[2J" : NULL, &reply);
		text = bf_secret_reveal(&reply);
		body = strstr(text, "\r\n\r\n");
		assert_non_null(body);
		assert_int_equal(
			sscanf(strstr(text, "Content-Length:"), "Content-Length: %zu", &length), 1);
		assert_int_equal(strlen(body + 4), length);
		assert_non_null(strstr(text, "frame-ancestors 'none'"));
		assert_null(strstr(text, "<b>"));
		assert_null(strstr(text, "\x1b"));
		assert_null(strstr(text, "<script"));
		if (which <= BF_PAGE_ASKED)
			assert_non_null(strstr(body, "&lt;b&gt;&quot;A&amp;B&#39;"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_browser),
		world_test(test_refused_code),
		world_test(test_pasted),
		world_test(test_endings),
		world_test(test_memory),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
