/* device_start.c - the device authorization request and its reply (RFC 8628, sections 3.1, 3.2). */
#include "device.h"
#include "form.h"
#include "refusal.h"
#include "reply.h"
#include <string.h>
#include <strings.h>

#define WHAT               "the device authorization endpoint"
#define USER_CODE_MAX      64
#define URI_MAX            2000
#define EXPIRES_IN_DEFAULT 600
#define EXPIRES_IN_MAX     86400
#define INTERVAL_DEFAULT   5
#define INTERVAL_MAX       60

void bf_device_release(struct bf_device *device)
{
	bf_secret_release(&device->device_code);
	free(device->user_code);
	free(device->verification_uri);
	/* with the code in it, it is as good as the code, for as long as that lives */
	bf_free_secret_string(device->verification_uri_complete);
	*device = (struct bf_device){0};
}

enum bfabric_status bf_device_start_build(const char *endpoint, const char *client_id,
	const char *scope, struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (!endpoint || !client_id || !*client_id)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a device login needs a device authorization endpoint and a client id");
	status = bf_form_begin(endpoint, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put(&request.body, "client_id", client_id);
	bf_form_put(&request.body, "scope", scope);
	return bf_form_finish(&request, ret_request, err);
}

static enum bfabric_status bad(struct bfabric_error *err, const char *member)
{
	return bf_fail(err, BFABRIC_BAD_REPLY,
		WHAT " answered with a %s that is missing or cannot be one", member);
}

/*
 * http or https with a host, and no user information: a person reads the left end of a URI to see
 * where it leads.
 */
static bool web_uri(const char *text)
{
	const char *host = NULL;
	size_t len;

	if (!bf_printable(text, '!') || strlen(text) > URI_MAX)
		return false;
	if (strncasecmp(text, "https://", 8) == 0)
		host = text + 8;
	else if (strncasecmp(text, "http://", 7) == 0)
		host = text + 7;
	else
		return false;
	len = strcspn(host, "/?#");
	return len > 0 && *host != ':' && !memchr(host, '@', len) && !memchr(host, '\\', len);
}

static bool short_code(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return bf_printable(text, ' ') && len <= USER_CODE_MAX && text[0] != ' ' &&
	       text[len - 1] != ' ';
}

static enum bfabric_status read_strings(
	const json_t *object, struct bf_device *device, struct bfabric_error *err)
{
	const char *code = json_string_value(json_object_get(object, "device_code"));
	const char *user = json_string_value(json_object_get(object, "user_code"));
	const char *uri = json_string_value(json_object_get(object, "verification_uri"));
	const json_t *member = bf_member(object, "verification_uri_complete");
	const char *complete = json_string_value(member);

	if (!bf_printable(code, ' '))
		return bad(err, "device_code");
	if (!short_code(user))
		return bad(err, "user_code");
	if (!web_uri(uri))
		return bad(err, "verification_uri");
	if (member && !web_uri(complete))
		return bad(err, "verification_uri_complete");
	bf_secret_puts(&device->device_code, code);
	device->user_code = strdup(user);
	device->verification_uri = strdup(uri);
	device->verification_uri_complete = complete ? strdup(complete) : NULL;
	if (device->device_code.failed || !device->user_code || !device->verification_uri ||
		(complete && !device->verification_uri_complete))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

static int64_t seconds(const json_t *object, const char *name, int64_t otherwise, int64_t max)
{
	int64_t n = 0;

	if (!bf_member_seconds(object, name, &n))
		return otherwise;
	return n < max ? n : max;
}

static enum bfabric_status read_device(
	const json_t *object, struct bf_device *ret_device, struct bfabric_error *err)
{
	BF_AUTO_DEVICE struct bf_device device = {0};
	enum bfabric_status status = read_strings(object, &device, err);

	if (status != BFABRIC_OK)
		return status;
	device.expires_in = seconds(object, "expires_in", EXPIRES_IN_DEFAULT, EXPIRES_IN_MAX);
	device.interval = seconds(object, "interval", INTERVAL_DEFAULT, INTERVAL_MAX);
	*ret_device = device;
	device = (struct bf_device){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_device_start_accept(
	const struct bf_reply *reply, struct bf_device *ret_device, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *object = NULL;
	struct bfabric_error why = {0};

	if (bf_reply_object(WHAT, reply, &object, &why) == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (reply->status != 200)
		return bf_fail_refused(WHAT, reply, err);
	if (!object)
		return bf_fail(err, why.status, "%s", why.text);
	return read_device(object, ret_device, err);
}
