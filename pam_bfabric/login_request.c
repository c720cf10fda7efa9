/* login_request.c - see login_request.h. */
#include "login_request.h"

#include <string.h>

#include "../libbfabric/base/ascii.h"

void bf_login_request_release(struct bf_login_request *request)
{
	bf_kv_release(&request->kv);
	*request = (struct bf_login_request){0};
}

static const char *value(const struct bf_login_request *request, const char *key)
{
	const char *text = bf_kv_get(&request->kv, key);

	return text && *text ? text : NULL;
}

static enum bfabric_status read_mode(struct bf_login_request *request, struct bfabric_error *err)
{
	const char *mode = value(request, "mode");

	if (mode && strcmp(mode, "auth") == 0)
		request->mode = BF_LOGIN_AUTH;
	else if (mode && strcmp(mode, "session") == 0)
		request->mode = BF_LOGIN_SESSION;
	else if (mode && strcmp(mode, "revoke") == 0)
		request->mode = BF_LOGIN_REVOKE;
	else
		return bf_fail(
			err, BFABRIC_BAD_CALL, "the mode is neither auth nor session nor revoke");
	return BFABRIC_OK;
}

/* Room for a picture; 0 where it makes no sense, which is no reason to let nobody in. */
static unsigned read_room(const struct bf_login_request *request, const char *key)
{
	const char *text = value(request, key);
	unsigned room = 0;

	for (; text && *text; text++) {
		if (!bf_is_digit(*text) || room > BF_LOGIN_ROOM_MAX / 10)
			return 0;
		room = room * 10 + (unsigned)(*text - '0');
	}
	return room < BF_LOGIN_ROOM_MAX ? room : BF_LOGIN_ROOM_MAX;
}

static enum bfabric_status read_timeout(struct bf_login_request *request, struct bfabric_error *err)
{
	const char *text = value(request, "timeout");
	int64_t seconds = 0;

	for (const char *p = text; p && *p && seconds <= BF_LOGIN_TIMEOUT_MAX; p++) {
		if (!bf_is_digit(*p)) {
			seconds = 0;
			break;
		}
		seconds = seconds * 10 + (*p - '0');
	}
	if (seconds < 1 || seconds > BF_LOGIN_TIMEOUT_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "the timeout is not 1 to %d seconds",
			BF_LOGIN_TIMEOUT_MAX);
	request->timeout = seconds;
	return BFABRIC_OK;
}

static enum bfabric_status read_texts(struct bf_login_request *request, struct bfabric_error *err)
{
	const char *place = NULL;
	const struct {
		const char *key, **to;
		bool needed;
	} texts[] = {
		{"base_url", &request->base_url, true},
		{"client_id", &request->client_id, true},
		{"client_secret_file", &request->client_secret_file, false},
		{"scope", &request->scope, false},
		{"issuer", &request->issuer, false},
		{"ca_file", &request->ca_file, false},
		{"proxy", &request->proxy, false},
		{"env", &request->env, request->mode == BF_LOGIN_SESSION},
		{"claim", &request->claim, false},
		{"token", &request->token, request->mode == BF_LOGIN_REVOKE},
		{"session", &request->session, false},
		{"place", &place, false},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i].to = value(request, texts[i].key);
		if (texts[i].needed && !*texts[i].to)
			return bf_fail(err, BFABRIC_BAD_CALL, "no %s is given", texts[i].key);
	}
	if (!request->claim)
		request->claim = "sub";
	if (place && strcmp(place, "runtime") != 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "the place is another than runtime");
	request->stays = place;
	return BFABRIC_OK;
}

enum bfabric_status bf_login_request_read(
	int fd, struct bf_login_request *ret, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_REQUEST struct bf_login_request request = {0};
	enum bfabric_status status = bf_kv_read(fd, &request.kv, err);

	if (status == BFABRIC_OK)
		status = read_mode(&request, err);
	if (status == BFABRIC_OK)
		status = read_texts(&request, err);
	if (status == BFABRIC_OK)
		status = read_timeout(&request, err);
	if (status != BFABRIC_OK)
		return status;
	request.qr_columns = read_room(&request, "qr_columns");
	request.qr_rows = read_room(&request, "qr_rows");
	bf_login_request_release(ret);
	*ret = request;
	request = (struct bf_login_request){0};
	return BFABRIC_OK;
}

bool bf_login_request_has(const struct bf_login_request *request, const char *key)
{
	bool has = false;

	/* an empty value takes back what was before it */
	for (size_t i = 0; i < request->kv.count; i++)
		if (strcmp(request->kv.lines[i].key, key) == 0)
			has = *request->kv.lines[i].value != '\0';
	return has;
}
