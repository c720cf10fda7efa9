#include "client_view.h"
#include "configured.h"
#include "full.h"
#include "help.h"
#include "say.h"
#include "trace.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum bfabric_status bf_client_open(const struct bf_command_line *call, struct bf_screen *screen,
	struct bf_manager **ret, struct bfabric_error *err)
{
	struct bf_session_seams seams = {0};
	struct bf_manage_options options = {
		.config_file = call->config_file,
		.environment = call->environment,
		.seams = &seams,
		.deadline = bf_command_deadline(call, BF_CLIENT_TIMEOUT),
		.trace = bf_trace_wanted(call) ? bf_trace_say : NULL,
	};
	enum bfabric_status status = bf_require_own_config(err);

	if (status == BFABRIC_OK)
		status = bf_screen_init(screen, &seams.cancel, err);
	return status == BFABRIC_OK ? bf_manage_open(&options, ret, err) : status;
}

void bf_client_tell(const char *text)
{
	BF_AUTO_SECRET struct bf_secret shown = BF_SECRET_INIT;

	bf_help_wrap(text, 0, bf_terminal_columns(STDERR_FILENO), &shown);
	bf_say_raw(bf_secret_reveal(&shown), shown.len);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void put_text(const char *text, struct bf_secret *out)
{
	char shown[1000];

	bf_show(shown, sizeof(shown), text, strlen(text));
	bf_secret_puts(out, shown);
}

static void put_value(const json_t *value, struct bf_secret *out)
{
	char *text = NULL;

	if (json_is_string(value)) {
		put_text(json_string_value(value), out);
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		put_text(text, out);
	else
		out->failed = true;
	free(text);
}

static void put_member(const char *name, const json_t *value, struct bf_secret *out)
{
	size_t i = 0;
	const json_t *item = NULL;

	put_text(name, out);
	bf_secret_puts(out, ":");
	if (!json_is_array(value)) {
		bf_secret_puts(out, " ");
		put_value(value, out);
	}
	json_array_foreach (value, i, item) {
		bf_secret_puts(out, i ? "\n  " : json_array_size(value) > 1 ? "\n  " : " ");
		put_value(item, out);
	}
	bf_secret_puts(out, "\n");
}

static void put_secret(const char *name, const struct bf_secret *value, struct bf_secret *out)
{
	if (bf_secret_empty(value))
		return;
	bf_secret_puts(out, name);
	bf_secret_puts(out, ": ");
	bf_secret_put_secret(out, value);
	bf_secret_puts(out, "\n");
}

static void put_lines(const struct bf_client_shown *shown, struct bf_secret *out)
{
	const struct bf_client_registration *client = shown->client;
	const json_t *application = json_object_get(shown->application, "id");
	const char *name = NULL;
	json_t *value = NULL;

	json_object_foreach (client->document, name, value)
		put_member(name, value, out);
	if (application)
		put_member("application", application, out);
	if (!shown->secrets)
		return;
	put_secret("client_secret", &client->client_secret, out);
	put_secret("registration_access_token", &client->registration_access_token, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static bool add_secret(json_t *object, const char *name, const struct bf_secret *value)
{
	return bf_secret_empty(value) ||
	       json_object_set_new(object, name, json_string(bf_secret_reveal(value))) == 0;
}

static int append(const char *bytes, size_t len, void *data)
{
	struct bf_secret *out = data;

	bf_secret_put(out, bytes, len);
	return out->failed ? -1 : 0;
}

static enum bfabric_status put_json(
	const struct bf_client_shown *shown, struct bf_secret *out, struct bfabric_error *err)
{
	const struct bf_client_registration *client = shown->client;
	json_t *copy = json_copy(client->document), *application = NULL;
	json_t *answer = NULL;
	bool good = copy && json_object_size(copy) == json_object_size(client->document);

	if (shown->application)
		application = json_deep_copy(shown->application);
	good = good && (application || !shown->application);
	if (good && shown->secrets)
		good = add_secret(copy, "client_secret", &client->client_secret) &&
		       add_secret(copy, "registration_access_token",
			       &client->registration_access_token);
	/* steals them, also when it fails */
	answer = json_pack("{s:i, s:s?, s:o, s:o*}", "version", 1, "environment",
		shown->environment, "client", copy, "application", application);
	good = good && answer && json_dump_callback(answer, append, out, JSON_INDENT(2)) == 0;
	json_decref(answer);
	bf_secret_puts(out, "\n");
	return good ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_client_view(
	const struct bf_client_shown *shown, struct bf_secret *out, struct bfabric_error *err)
{
	if (shown->json)
		return put_json(shown, out, err);
	put_lines(shown, out);
	return out->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}
