/* The device flow of session.h: a child asks and stores, we show and wait. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include "../libbfabric/base/ascii.h"
#include "../libbfabric/base/kv.h"
#include "person.h"
#include "session.h"
#include "spawn.h"

#define GRACE_MS 3000 /* from the end of the child's own time: it may be saving */

struct flow {
	const struct bf_pam_call *call;
	const struct bf_pam_conf *conf;
	const struct bf_pam_user *user;
	unsigned seconds;
	bool shown;
};

bool bf_pam_same_place(const char *base, const char *url)
{
	const char *host = strstr(base, "://");
	size_t n;

	if (!host)
		return false;
	n = (size_t)(host - base) + 3;
	n += strcspn(base + n, "/");
	for (size_t i = 0; i < n; i++) /* a shorter one ends with a NUL, which differs */
		if (bf_lower(url[i]) != base[i])
			return false;
	return url[n] == '/' || url[n] == '?' || url[n] == '\0';
}

static void put_optional(struct bf_secret *out, const char *key, const char *value)
{
	if (value && *value)
		bf_kv_put(out, key, value);
}

static enum bfabric_status put_request(
	const struct flow *flow, struct bf_secret *out, struct bfabric_error *err)
{
	const struct bf_pam_conf *conf = flow->conf;
	enum bfabric_status status;
	char number[16];

	snprintf(number, sizeof(number), "%u", flow->seconds);
	bf_kv_put(out, "mode", "session");
	bf_kv_put(out, "base_url", conf->base_url);
	bf_kv_put(out, "client_id", conf->client_id);
	put_optional(out, "client_secret_file", conf->client_secret_file);
	put_optional(out, "scope", conf->scope);
	bf_kv_put(out, "env", conf->env);
	put_optional(out, "issuer", conf->issuer);
	put_optional(out, "ca_file", conf->ca_file);
	put_optional(out, "proxy", conf->proxy);
	status = bf_pam_person_expect(conf, flow->user, out, err);
	bf_kv_put(out, "timeout", number);
	bf_kv_put(out, "user", flow->user->name);
	bf_kv_put(out, "service", bf_pam_item(flow->call, PAM_SERVICE));
	bf_secret_putc(out, '\n');
	return status;
}

/* Not even spaces: what is shown here is typed by somebody. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* The address and the code stand in messages of their own, so that they can be copied. */
static bool show_code(struct flow *flow, const struct bf_line *line)
{
	const int64_t seconds = line->seconds < flow->seconds ? line->seconds : flow->seconds;
	const struct bf_pam_call *call = flow->call;
	char quoted[BF_PAM_QUOTED];

	if (flow->shown || !is_plain(line->uri) || !is_plain(line->user_code) ||
		!bf_pam_same_place(flow->conf->base_url, line->uri)) {
		bf_pam_log(call, LOG_ERR, "device login refused: the page for the code is %s",
			bf_pam_quote(quoted, line->uri));
		return false;
	}
	flow->shown = bf_pam_tell(call,
			      "B-Fabric login for %s: open this page on any device, for instance a "
			      "phone,",
			      flow->user->name) &&
		      bf_pam_tell(call, "  %s", line->uri) &&
		      bf_pam_tell(call, "and enter this code: %s", line->user_code) &&
		      bf_pam_tell(call,
			      "Waiting for at most %lld seconds; the session opens in any case.",
			      (long long)seconds);
	bf_pam_log(call, LOG_INFO,
		flow->shown ? "device login: code shown to user %s"
			    : "device login: no code could be shown to user %s",
		bf_pam_quote(quoted, flow->user->name));
	return flow->shown;
}

static void tell_stored(const struct flow *flow, const char *name)
{
	char quoted[2][BF_PAM_QUOTED];

	bf_pam_log(flow->call, LOG_NOTICE, "device login: stored for user %s, B-Fabric knows %s",
		bf_pam_quote(quoted[0], flow->user->name),
		bf_pam_quote(quoted[1], name ? name : "nobody by name"));
	if (name)
		(void)bf_pam_tell(flow->call, "B-Fabric login stored: %s.", quoted[1]);
	else
		(void)bf_pam_tell(
			flow->call, "B-Fabric login stored."); /* it is there unsaid too */
}

static void tell_failed(const struct flow *flow, enum bfabric_status status, const char *text)
{
	char quoted[2][BF_PAM_QUOTED];

	bf_pam_log(flow->call, LOG_NOTICE, "device login: not stored for user %s: %s %s",
		bf_pam_quote(quoted[0], flow->user->name), bfabric_status_name(status),
		bf_pam_quote(quoted[1], text));
	if (status == BFABRIC_TIMEOUT) /* nobody there: as good */
		(void)bf_pam_tell(flow->call, "The time for the B-Fabric login is over.");
	else
		(void)bf_pam_tell(flow->call, "No B-Fabric login was made: %s", quoted[1]);
}

static void note(const struct flow *flow, const char *text)
{
	char quoted[BF_PAM_QUOTED];

	bf_pam_log(flow->call, LOG_INFO, "device login: %s", bf_pam_quote(quoted, text));
}

/* True: go on listening. *ret_done: it is stored. */
static bool take(struct flow *flow, const struct bf_line *line, bool *ret_done)
{
	switch (line->verb) {
	case BF_LINE_CODE:
		return show_code(flow, line);
	case BF_LINE_WAIT:
	case BF_LINE_IDENTITY:
		return true;
	case BF_LINE_NOTE:
		note(flow, line->text);
		return true;
	case BF_LINE_STORED:
		*ret_done = true;
		tell_stored(flow, line->name);
		return false;
	case BF_LINE_FAILED:
		tell_failed(flow, line->status, line->text);
		return false;
	case BF_LINE_TOKEN:
	case BF_LINE_VALID:
		break;
	}
	tell_failed(flow, BFABRIC_BAD_REPLY, "the child said what it was not asked");
	return false;
}

static bool listen(struct flow *flow, struct bf_pam_child *child)
{
	struct bfabric_error err = {0};
	bool done = false;

	for (;;) {
		struct bf_line line = {0};
		bool found = false;
		enum bfabric_status status = bf_pam_hear(child, &line, &found, &err);

		if (status == BFABRIC_OK && !found)
			status = bf_fail(&err, BFABRIC_SYSTEM, "the child ended without a word");
		if (status != BFABRIC_OK) {
			tell_failed(flow, status, err.text);
			return false;
		}
		if (!take(flow, &line, &done))
			return done;
	}
}

bool bf_pam_device_login(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, unsigned seconds)
{
	struct flow flow = {.call = call, .conf = conf, .user = user, .seconds = seconds};
	const int64_t deadline = bf_pam_now() + (int64_t)seconds * 1000 + GRACE_MS;
	struct bf_pam_child child = BF_PAM_CHILD_INIT;
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	enum bfabric_status status;
	bool done = false;

	status = put_request(&flow, &request, &err);
	if (status != BFABRIC_OK)
		bf_pam_log(call, LOG_ERR, "%s", err.text); /* uncut: it names file and line */
	else
		status = bf_pam_spawn(conf, user, "bfabric-pam-login", /* verb= */ NULL, &request,
			deadline, &child, &err);
	if (status == BFABRIC_OK)
		done = listen(&flow, &child);
	else
		tell_failed(&flow, status, err.text);
	if (done)
		bf_pam_child_done(call, &child);
	else
		bf_pam_child_stop(call, &child);
	return done;
}
