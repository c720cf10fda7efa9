#include "flow_request.h"

#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include "../libbfabric/base/concat.h"
#include "../libbfabric/base/kv.h"
#include "close.h"
#include "person.h"

#define SSHD_SECONDS 60 /* half of LoginGraceTime's default, which counts the password too */
#define ALARM_MARGIN 10 /* seconds that are left to an application with an alarm */
#define SHORTEST     10 /* seconds in which a person can still enter a code */

/* ---- how ------------------------------------------------------------------------------------- */

unsigned bf_pam_flow_seconds(const struct bf_pam_call *call, const struct bf_pam_conf *conf)
{
	struct itimerval alarm = {0};
	unsigned seconds = conf->timeout;
	int64_t left;

	if (strncmp(bf_pam_item(call, PAM_SERVICE), "sshd", 4) == 0 && seconds > SSHD_SECONDS)
		seconds = SSHD_SECONDS;
	if (getitimer(ITIMER_REAL, &alarm) != 0)
		return 0;
	if (alarm.it_value.tv_sec == 0 && alarm.it_value.tv_usec == 0)
		return seconds;
	left = (int64_t)alarm.it_value.tv_sec - ALARM_MARGIN;
	if (left < SHORTEST)
		return 0;
	return left < seconds ? (unsigned)left : seconds;
}

enum bf_pam_show bf_pam_flow_show(
	const struct bf_pam_call *call, const struct bf_pam_conf *conf, bool in_session)
{
	if (in_session)
		return BF_PAM_SHOW_INFO; /* a question fails there, or is answered by nobody */
	switch (conf->prompt) {
	case BF_PAM_PROMPT_INFO:
		return BF_PAM_SHOW_INFO;
	case BF_PAM_PROMPT_ENTER:
		return BF_PAM_SHOW_ENTER;
	case BF_PAM_PROMPT_AUTO:
		break;
	}
	return strcmp(bf_pam_item(call, PAM_SERVICE), "login") == 0 ? BF_PAM_SHOW_INFO
								    : BF_PAM_SHOW_ENTER;
}

/* ---- the request ----------------------------------------------------------------------------- */

static void put_optional(struct bf_secret *out, const char *key, const char *value)
{
	if (value && *value)
		bf_kv_put(out, key, value);
}

static void put_groups(struct bf_secret *out, const char *list)
{
	while (list && *list) {
		size_t n = strcspn(list, " \t");

		if (n > 0) {
			bf_secret_puts(out, "group[]=");
			bf_secret_put(out, list, n);
			bf_secret_putc(out, '\n');
		}
		list += n;
		list += strspn(list, " \t");
	}
}

enum bfabric_status bf_pam_flow_request(const struct bf_pam_flow *flow,
	const struct bf_pam_room *room, struct bf_secret *out, struct bfabric_error *err)
{
	const struct bf_pam_conf *conf = flow->conf;
	char digits[BF_DECIMAL_SIZE];
	char host[BF_PAM_QUOTED];
	enum bfabric_status status;

	bf_kv_put(out, "mode", flow->for_session ? "session" : "auth");
	bf_kv_put(out, "base_url", conf->base_url);
	bf_kv_put(out, "client_id", conf->client_id);
	put_optional(out, "client_secret_file", conf->client_secret_file);
	put_optional(out, "scope", conf->scope);
	if (flow->for_session)
		put_optional(out, "env", conf->env);
	put_optional(out, "issuer", conf->issuer);
	put_optional(out, "ca_file", conf->ca_file);
	put_optional(out, "proxy", conf->proxy);
	status = bf_pam_person_expect(conf, flow->user, out, err);
	if (status != BFABRIC_OK)
		return status;
	if (!flow->for_session)
		put_groups(out, conf->allowed_groups);
	if (flow->for_session)
		bf_pam_put_session(conf, out);
	bf_kv_put(out, "timeout", bf_decimal(flow->seconds, digits));
	if (room->rows) {
		bf_kv_put(out, "qr_columns", bf_decimal(room->columns, digits));
		bf_kv_put(out, "qr_rows", bf_decimal(room->rows, digits));
	}
	bf_kv_put(out, "user", flow->user->name);
	bf_kv_put(out, "service", bf_pam_item(flow->call, PAM_SERVICE));
	put_optional(out, "host", bf_pam_clean(host, bf_pam_item(flow->call, PAM_RHOST)));
	bf_secret_putc(out, '\n');
	return BFABRIC_OK;
}
