/* http.c - see net/http.h. */
#include "http.h"
#include "body.h"
#include "request.h"
#include "route.h"
#include "sigpipe.h"
#include "../base/sys.h"
#include "build_paths.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MAX_MS  10000
#define RETRY_AFTER_MAX 86400

struct bf_http {
	char *ca_file, *proxy;
	bool ignore_environment;
	CURL *kept; /* its connections are reused; never for a request that spends */
};

/* One exchange in progress; what the callbacks work on. */
struct exchange {
	const struct bf_request *request;
	struct bf_route route;
	struct bf_url url;
	CURL *curl;
	struct curl_slist *headers;
	struct bf_reply reply;
	struct bf_body body;
	bool sent;
	int64_t end_ms, reply_end_ms; /* CLOCK_BOOTTIME: before and after the first byte left */
	char host[300];               /* for a person: "host" or "host:8443" */
	char why[CURL_ERROR_SIZE];
};

/* Process-wide in libcurl itself, hence once here; never undone: others may use it. */
static CURLcode global_status = CURLE_FAILED_INIT;

static void global_init(void)
{
	global_status = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void bf_http_free(struct bf_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->kept);
	bf_free_secret_string(http->proxy); /* may hold a password */
	free(http->ca_file);
	free(http);
}

static void http_freep(struct bf_http **http)
{
	bf_http_free(*http);
}

enum bfabric_status bf_http_new(
	const struct bf_http_options *options, struct bf_http **ret, struct bfabric_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BF_CLEANUP(http_freep) struct bf_http *http = NULL;

	if (pthread_once(&once, global_init) != 0 || global_status != CURLE_OK)
		return bf_fail(err, BFABRIC_SYSTEM, "libcurl cannot be started");
	http = calloc(1, sizeof(*http));
	if (!http)
		return bf_fail_nomem(err);
	http->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
	http->proxy = options->proxy ? strdup(options->proxy) : NULL;
	http->ignore_environment = options->ignore_environment;
	if ((options->ca_file && !http->ca_file) || (options->proxy && !http->proxy))
		return bf_fail_nomem(err);
	*ret = BF_TAKE(http);
	return BFABRIC_OK;
}

/* Known as soon as a body begins. These fail for an unknown name only. */
static void read_status(struct exchange *x)
{
	char *type = NULL;

	(void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &x->reply.status);
	(void)curl_easy_getinfo(x->curl, CURLINFO_CONTENT_TYPE, &type);
	bf_media_type(x->reply.content_type, sizeof(x->reply.content_type), type);
}

static size_t on_body(char *bytes, size_t one, size_t n, void *data)
{
	struct exchange *x = data;

	(void)one; /* always 1 */
	if (x->body.taken == 0)
		read_status(x);
	return bf_body_take(&x->body, x->request, &x->reply, bytes, n) ? n : CURL_WRITEFUNC_ERROR;
}

/* Informational replies, a proxy's headers and trailers come by here as well. */
static size_t on_header(char *bytes, size_t one, size_t n, void *data)
{
	struct exchange *x = data;

	(void)one; /* always 1 */
	bf_reply_note_header(&x->reply, bytes, n);
	return bf_body_count_header(&x->body, n) ? n : 0;
}

/* libcurl's own timers stand still while the machine sleeps; the deadline does not. */
static int on_progress(
	void *data, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	const struct exchange *x = data;

	(void)down_all, (void)down, (void)up_all, (void)up;
	return bf_request_cancelled(x->request, x->sent) ||
	       bf_boot_ms(&bf_sys_real) >= (x->sent ? x->reply_end_ms : x->end_ms);
}

/*
 * Called when the connection stands (handshake and tunnel included), before the first byte of the
 * request: from here on it may have arrived. libcurl's counters are no substitute: they are set
 * after the write, and count what was said to a proxy.
 */
static int on_ready(void *data, char *peer, char *local, int peer_port, int local_port)
{
	struct exchange *x = data;

	(void)peer, (void)local, (void)peer_port, (void)local_port;
	x->sent = true;
	return CURL_PREREQFUNC_OK;
}

#define SET(option, value) (bad |= curl_easy_setopt(x->curl, (option), (value)) != CURLE_OK)

static bool set_limits(struct exchange *x, int64_t now)
{
	int64_t left_ms = x->end_ms - now;
	int64_t most_ms = (x->end_ms > x->reply_end_ms ? x->end_ms : x->reply_end_ms) - now;
	bool bad = false;

	SET(CURLOPT_TIMEOUT_MS, (long)most_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(left_ms < CONNECT_MAX_MS ? left_ms : CONNECT_MAX_MS));
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, x);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_PREREQFUNCTION, on_ready);
	SET(CURLOPT_PREREQDATA, x);
	SET(CURLOPT_ERRORBUFFER, x->why);
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name lookup that hangs */
#endif
	return !bad;
}

/* What libcurl would do of itself and we do not want. HTTP/2 may send a request twice. */
static bool set_manners(struct exchange *x)
{
	bool bad = false;

	SET(CURLOPT_URL, x->request->url);
	SET(CURLOPT_PROTOCOLS_STR, x->url.scheme);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_CERTINFO, (long)x->request->wants_chain);
	SET(CURLOPT_USERAGENT, "bfabric-auth/" BF_VERSION);
	if (x->request->spends) {
		SET(CURLOPT_FRESH_CONNECT, 1L);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	return !bad;
}

static bool set_route(struct exchange *x)
{
	const struct bf_route *route = &x->route;
	bool bad = false;

	SET(CURLOPT_PROXY, route->proxy);
	SET(CURLOPT_NOPROXY, route->no_proxy);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (route->ca_file || route->ca_dir) {
		SET(CURLOPT_CAINFO, route->ca_file);
		SET(CURLOPT_CAPATH, route->ca_dir);
		SET(CURLOPT_PROXY_CAINFO, route->ca_file);
		SET(CURLOPT_PROXY_CAPATH, route->ca_dir);
	}
	return !bad;
}

static bool add_header(struct exchange *x, const char *line)
{
	struct curl_slist *longer = curl_slist_append(x->headers, line);

	if (longer)
		x->headers = longer;
	return longer != NULL;
}

static bool set_headers(struct exchange *x)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	bool bad = !add_header(x, "Expect:"); /* no pause before a body */

	bf_secret_puts(&line, "Content-Type: ");
	bf_secret_puts(&line, x->request->content_type ? x->request->content_type : "");
	bad |= line.failed || !add_header(x, bf_secret_reveal(&line));
	if (!bf_secret_empty(&x->request->authorization)) {
		bf_secret_clear(&line);
		bf_secret_puts(&line, "Authorization: ");
		bf_secret_put_secret(&line, &x->request->authorization);
		bad |= line.failed || !add_header(x, bf_secret_reveal(&line));
	}
	bad |= x->request->extra && !add_header(x, x->request->extra);
	SET(CURLOPT_HTTPHEADER, x->headers);
	return !bad;
}

static bool set_body(struct exchange *x)
{
	const struct bf_request *request = x->request;
	bool bad = false;

	if (!bf_secret_empty(&request->body) || strcmp(request->method, "POST") == 0) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		SET(CURLOPT_POSTFIELDS, bf_secret_reveal(&request->body)); /* not copied */
	}
	if (strcmp(request->method, "GET") != 0)
		SET(CURLOPT_CUSTOMREQUEST, request->method);
	return !bad;
}

/* ---- explaining ------------------------------------------------------------------------------ */

/* libcurl's words; where they quote a proxy with its password, only its constant text. */
static const char *reason(const struct exchange *x, CURLcode code)
{
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "the time is up";
	return *x->why && !strchr(x->why, '@') ? x->why : curl_easy_strerror(code);
}

static bool is_proxy_trouble(const struct exchange *x, CURLcode code)
{
	long connect_code = 0;

	if (!x->route.proxy_source || x->sent)
		return false;
	(void)curl_easy_getinfo(x->curl, CURLINFO_HTTP_CONNECTCODE, &connect_code); /* else 0 */
	return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY || connect_code != 0 ||
	       strstr(x->why, "proxy") || strstr(x->why, "CONNECT") ||
	       bf_route_names_proxy(&x->route, x->why);
}

static enum bfabric_status fail_network(
	const struct exchange *x, CURLcode code, struct bfabric_error *err)
{
	enum bfabric_status status = bf_request_late(x->request, x->sent, bf_boot_ms(&bf_sys_real))
					     ? BFABRIC_TIMEOUT
					     : BFABRIC_RETRY_LATER;

	if (is_proxy_trouble(x, code))
		return bf_route_fail_proxy(&x->route, status, x->host, reason(x, code), err);
	if (!x->sent)
		return bf_fail(err, status, "cannot reach %s: %s", x->host, reason(x, code));
	return bf_fail(err, status, "no whole answer from %s: %s", x->host, reason(x, code));
}

static enum bfabric_status explain(
	const struct exchange *x, CURLcode code, struct bfabric_error *err)
{
	if (x->reply.body.failed || code == CURLE_OUT_OF_MEMORY)
		return bf_fail_nomem(err);
	if (bf_request_cancelled(x->request, x->sent))
		return bf_fail(err, BFABRIC_CANCELLED, "cancelled while asking %s", x->host);
	if (*x->body.too_much)
		return bf_fail(
			err, BFABRIC_BAD_REPLY, "%s answered with %s", x->host, x->body.too_much);
	if (code == CURLE_SSL_CACERT_BADFILE)
		return bf_route_fail_store(&x->route, err);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR)
		return bf_route_fail_trust(&x->route, x->host, reason(x, code), err);
	if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ||
		code == CURLE_BAD_CONTENT_ENCODING)
		return bf_fail(err, BFABRIC_BAD_REPLY, "%s does not speak HTTP: %s", x->host,
			reason(x, code));
	return fail_network(x, code, err);
}

/* ---- one exchange ---------------------------------------------------------------------------- */

static void read_meta(struct exchange *x)
{
	curl_off_t wait = 0;
	struct curl_certinfo *chain = NULL;

	read_status(x);
	(void)curl_easy_getinfo(x->curl, CURLINFO_RETRY_AFTER, &wait); /* 0: not said */
	(void)curl_easy_getinfo(x->curl, CURLINFO_CERTINFO, &chain);
	x->reply.retry_after = wait <= 0 ? -1 : wait < RETRY_AFTER_MAX ? wait : RETRY_AFTER_MAX;
	for (int i = 0; chain && i < chain->num_of_certs; i++)
		for (struct curl_slist *item = chain->certinfo[i]; item; item = item->next)
			bf_reply_note_certificate(&x->reply, (size_t)i, item->data);
}

static enum bfabric_status exchange(
	struct exchange *x, struct bf_reply *ret_reply, struct bfabric_error *err)
{
	const int64_t now = bf_boot_ms(&bf_sys_real);
	struct bf_sigpipe guard;
	CURLcode code;

	x->end_ms = bf_request_end(x->request, /* sent= */ false, now);
	x->reply_end_ms = bf_request_end(x->request, /* sent= */ true, now);
	if (x->end_ms <= now)
		return bf_fail(err, BFABRIC_TIMEOUT, "no time left to ask %s", x->host);
	if (!set_limits(x, now) || !set_manners(x) || !set_route(x) || !set_headers(x) ||
		!set_body(x))
		return bf_fail_nomem(err);
	guard = bf_sigpipe_hold();
	code = curl_easy_perform(x->curl);
	bf_sigpipe_restore(&guard);
	if (code != CURLE_OK && !x->body.enough)
		return explain(x, code, err);
	read_meta(x);
	*ret_reply = x->reply;
	x->reply = (struct bf_reply){0};
	return BFABRIC_OK;
}

/* The list's copy of the Authorization header is ours to erase. */
static void free_headers(struct curl_slist *headers)
{
	for (struct curl_slist *item = headers; item; item = item->next)
		explicit_bzero(item->data, strlen(item->data));
	curl_slist_free_all(headers);
}

static void exchange_release(struct exchange *x)
{
	free_headers(x->headers);
	bf_reply_release(&x->reply);
	bf_url_release(&x->url);
}

/* A request that spends gets a handle of its own: nothing of another request is near it. */
static enum bfabric_status with_handle(struct bf_http *http, struct exchange *x,
	struct bf_reply *ret_reply, struct bfabric_error *err)
{
	enum bfabric_status status;

	x->curl = x->request->spends || !http->kept ? curl_easy_init() : http->kept;
	if (!x->curl)
		return bf_fail_nomem(err);
	status = exchange(x, ret_reply, err);
	if (x->request->spends) {
		curl_easy_cleanup(x->curl);
	} else {
		curl_easy_reset(x->curl); /* forget body, headers, buffers: they end here */
		http->kept = x->curl;
	}
	return status;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	BF_CLEANUP(exchange_release) struct exchange x = {.request = request};
	struct bf_http *http = data;
	enum bfabric_status status;

	x.reply.body.max = bf_body_max(request);
	*ret_sent = false;
	status = bf_request_check(request, &x.url, err);
	if (status != BFABRIC_OK)
		return status;
	bf_request_show_host(&x.url, x.host, sizeof(x.host));
	bf_route_choose(http->ca_file, http->proxy, http->ignore_environment, &x.url, &x.route);
	status = with_handle(http, &x, ret_reply, err);
	*ret_sent = x.sent;
	return status;
}

struct bf_transport bf_http_transport(struct bf_http *http)
{
	return (struct bf_transport){.perform = perform, .data = http};
}
