/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "endpoints.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_MAX 300

void sb_log_open(struct sb_log *log, const char *file)
{
	log->fd = -1;
	if (!*file)
		return;
	log->fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log->fd < 0)
		sb_die("cannot open %s: %s", file, strerror(errno));
}

void sb_log_close(struct sb_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

static void set_text(json_t *line, const char *name, const char *value)
{
	SB_AUTOFREE char *clean = value && *value ? sb_printable(value, SHOWN_MAX) : NULL;

	json_object_set_new(line, name, clean ? json_string(clean) : json_null());
}

static void set_path(json_t *line, const struct sb_request *rq)
{
	const char *uri = rq->uri ? rq->uri : "";
	size_t len = strcspn(uri, "?");
	SB_AUTOFREE char *path = sb_strndup(uri, len);
	struct sb_text shown SB_AUTOTEXT = {0};

	sb_text_puts(&shown, path);
	if (uri[len] == '?')
		sb_text_puts(&shown, "?[redacted]");
	set_text(line, "path", shown.data);
}

static json_t *line_json(const struct sb_request *rq, enum sb_sent sent)
{
	static const char *const words[] = {"none", "cut", "sent"};
	const struct sb_log_line *log = &rq->log;
	json_t *line = json_object();

	json_object_set_new(line, "n", json_integer((json_int_t)log->number));
	json_object_set_new(line, "time", json_real(log->time));
	json_object_set_new(line, "end_time", json_real(sb_real_now()));
	set_text(line, "method", rq->method);
	set_path(line, rq);
	set_text(line, "endpoint", rq->endpoint ? rq->endpoint->name : NULL);
	json_object_set_new(line, "status", json_integer(log->status));
	set_text(line, "grant", log->grant);
	set_text(line, "client_id", log->client_id);
	set_text(line, "client_auth", log->client_auth);
	set_text(line, "refresh_token_id", log->refresh_token_id);
	set_text(line, "new_refresh_token_id", log->new_refresh_token_id);
	set_text(line, "access_token_id", log->access_token_id);
	set_text(line, "user", log->user);
	json_object_set_new(line, "page", rq->page ? json_integer(rq->page) : json_null());
	json_object_set_new(line, "cookie", json_boolean(log->cookie));
	json_object_set_new(
		line, "family", log->family ? json_sprintf("f%u", log->family) : json_null());
	set_text(line, "outcome", log->outcome);
	set_text(line, "reply", words[sent]);
	json_object_set_new(line, "peer_port", json_integer(log->peer_port));
	set_text(line, "user_agent", log->user_agent);
	set_text(line, "fault", log->fault);
	return line;
}

void sb_log_write(const struct sb_log *log, const struct sb_request *rq, enum sb_sent sent)
{
	SB_AUTOFREE char *json = NULL;
	struct sb_text text SB_AUTOTEXT = {0};
	json_t *line;
	ssize_t written;

	if (log->fd < 0)
		return;
	line = line_json(rq, sent);
	json = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	if (!json)
		sb_die("out of memory");
	sb_text_puts(&text, json);
	sb_text_puts(&text, "\n");
	do {
		written = write(log->fd, text.data, text.len);
	} while (written < 0 && errno == EINTR);
	if (written != (ssize_t)text.len)
		sb_die("cannot write the log: %s", written < 0 ? strerror(errno) : "disk full");
}
