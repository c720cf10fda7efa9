/* SPDX-License-Identifier: MIT */
/* HTTP by libmicrohttpd: collects a request, has it answered, logs it when the reply has left. */
#include "endpoints.h"
#include "reply.h"
#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_SIZE  65536
#define SETTLE_STEP 0.002

double sb_real_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double sb_now(const struct sandbox *sb)
{
	return sb_real_now() + sb->set.clock_skew + sb->advance;
}

const char *sb_header(const struct sb_request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

static int client_fd(const struct sb_request *rq)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

bool sb_pause(const struct sb_request *rq, double seconds)
{
	struct pollfd fds[] = {{.fd = rq->sb->stop_fd, .events = POLLIN},
		{.fd = client_fd(rq), .events = POLLRDHUP}};
	double until = sb_real_now() + seconds;

	for (;;) {
		double left = seconds < 0 ? 3600 : until - sb_real_now();
		int ready;

		if (left <= 0)
			return true;
		ready = poll(fds, SB_COUNTOF(fds), (int)((left < 3600 ? left : 3600) * 1000) + 1);
		if (ready > 0 || (ready < 0 && errno != EINTR))
			return false;
	}
}

bool sb_wait_readable(const struct sandbox *sb, int fd)
{
	struct pollfd fds[] = {{.fd = sb->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	while (poll(fds, SB_COUNTOF(fds), -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	return !fds[0].revents;
}

void sb_settle(const struct sb_request *rq, double seconds)
{
	bool waiting = true;

	for (double left = seconds; left > 0 && waiting; left -= SETTLE_STEP) {
		pthread_mutex_lock(&rq->sb->lock);
		waiting = rq->sb->answering > 0;
		pthread_mutex_unlock(&rq->sb->lock);
		waiting = waiting && sb_pause(rq, SETTLE_STEP);
	}
}

/* Called by libmicrohttpd with the request line: the one place where the query is seen unparsed. */
static void *request_new(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct sandbox *sb = cls;
	struct sb_request *rq = sb_zalloc(sizeof(*rq));

	rq->sb = sb;
	rq->connection = connection;
	rq->uri = sb_strdup(uri);
	rq->spool_fd = -1;
	rq->reply.cut_after = -1;
	rq->log.time = sb_real_now();
	pthread_mutex_lock(&sb->lock);
	rq->log.number = ++sb->last_number;
	sb->in_flight++;
	pthread_mutex_unlock(&sb->lock);
	return rq;
}

static void request_free(struct sb_request *rq)
{
	sb_reply_clear(&rq->reply);
	sb_params_free(&rq->query);
	sb_params_free(&rq->form);
	sb_text_free(&rq->body);
	if (rq->spool_fd >= 0)
		close(rq->spool_fd);
	free(rq->uri);
	free(rq->path);
	free(rq->method);
	sb_free_call(rq->call);
	free(rq->log.client_id);
	free(rq->log.user);
	free(rq->log.user_agent);
	free(rq);
}

static void request_done(void *cls, struct MHD_Connection *connection, void **con_cls,
	enum MHD_RequestTerminationCode code)
{
	struct sandbox *sb = cls;
	struct sb_request *rq = *con_cls;
	enum sb_sent sent = SB_REPLY_NONE;

	(void)connection;
	if (!rq)
		return;
	*con_cls = NULL;
	if (rq->queued)
		sent = code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? SB_REPLY_SENT : SB_REPLY_CUT;
	sb_log_write(&sb->log, rq, sent);
	pthread_mutex_lock(&sb->lock);
	sb->in_flight--;
	sb->answering -= rq->answering;
	pthread_mutex_unlock(&sb->lock);
	request_free(rq);
}

static void open_spool(struct sb_request *rq)
{
	const char *folder = getenv("TMPDIR");
	struct sb_text name SB_AUTOTEXT = {0};

	sb_text_printf(&name, "%s/bfabric-sandbox-XXXXXX", folder && *folder ? folder : "/tmp");
	rq->spool_fd = mkostemp(name.data, O_CLOEXEC);
	if (rq->spool_fd < 0)
		sb_die("cannot make a temporary file: %s", strerror(errno));
	unlink(name.data);
}

static void request_begin(struct sb_request *rq, const char *path, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *agent = sb_header(rq, "User-Agent");

	rq->begun = true;
	rq->path = sb_strdup(path);
	rq->method = sb_strdup(method);
	rq->endpoint = sb_endpoint_find(path);
	rq->log.user_agent = sb_strdup(agent ? agent : "");
	if (info && info->client_addr && info->client_addr->sa_family == AF_INET) {
		struct sockaddr_in address;

		memcpy(&address, info->client_addr, sizeof(address));
		rq->log.peer_port = ntohs(address.sin_port);
	}
	if (rq->endpoint->body == SB_BODY_SPOOL && !strcmp(method, "POST"))
		open_spool(rq);
}

static void collect(struct sb_request *rq, const char *data, size_t len)
{
	size_t max = rq->spool_fd >= 0                   ? SB_SPOOL_MAX
		     : rq->endpoint->body == SB_BODY_XML ? SB_SOAP_MAX
							 : SB_BODY_MAX;

	rq->body_len += len;
	if (rq->body_len > max)
		rq->too_large = true;
	if (rq->too_large)
		return;
	if (rq->spool_fd < 0) {
		sb_text_add(&rq->body, data, len);
		return;
	}
	while (len) {
		ssize_t written = write(rq->spool_fd, data, len);

		if (written < 0 && errno != EINTR) {
			rq->too_large = true;
			return;
		}
		if (written > 0) {
			data += written;
			len -= (size_t)written;
		}
	}
}

/* One piece of a body that does not leave in one go: dripping, cut off, or made while it is sent.
 */
static ssize_t read_piece(void *cls, uint64_t at, char *buffer, size_t max)
{
	struct sb_request *rq = cls;
	struct sb_reply *reply = &rq->reply;
	ssize_t len;

	if (reply->cut_after >= 0) {
		if (at >= (uint64_t)reply->cut_after)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (max > (uint64_t)reply->cut_after - at)
			max = (size_t)((uint64_t)reply->cut_after - at);
	}
	if (reply->drip > 0) {
		max = 1;
		if (!sb_pause(rq, reply->drip))
			return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (!reply->stream.read) {
		len = reply->body.len - at < max ? (ssize_t)(reply->body.len - at) : (ssize_t)max;
		memcpy(buffer, reply->body.data + at, (size_t)len);
		return len ? len : MHD_CONTENT_READER_END_OF_STREAM;
	}
	len = reply->stream.read(rq, reply->stream.ctx, buffer, max);
	if (len < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return len ? len : MHD_CONTENT_READER_END_OF_STREAM;
}

static struct MHD_Response *make_response(struct sb_request *rq)
{
	struct sb_reply *reply = &rq->reply;
	struct MHD_Response *response;

	if (reply->stream.read)
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_piece, rq, NULL);
	else if (reply->drip > 0 || reply->cut_after >= 0)
		response = MHD_create_response_from_callback(
			reply->body.len, BLOCK_SIZE, read_piece, rq, NULL);
	else
		response = MHD_create_response_from_buffer(
			reply->body.len, reply->body.data, MHD_RESPMEM_PERSISTENT);
	if (!response)
		sb_die("out of memory");
	MHD_add_response_header(response, "Server", SB_NAME " (not a product)");
	MHD_add_response_header(response, "X-Sandbox", SB_BANNER);
	if (reply->type)
		MHD_add_response_header(response, "Content-Type", reply->type);
	for (size_t i = 0; i < reply->header_count; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	return response;
}

static enum MHD_Result send_reply(struct sb_request *rq)
{
	struct sb_reply *reply = &rq->reply;
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (reply->json) {
		SB_AUTOFREE char *json = json_dumps(reply->json, JSON_COMPACT);

		sb_text_puts(&reply->body, json ? json : "");
	}
	rq->log.status = reply->status;
	response = make_response(rq);
	queued = MHD_queue_response(rq->connection, reply->status, response);
	rq->queued = queued == MHD_YES;
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result act(struct sb_request *rq)
{
	/* On a connected TCP socket, connect(AF_UNSPEC) sends a reset at once (Linux). */
	static const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	switch (rq->reply.action) {
	case SB_SEND:
		return send_reply(rq);
	case SB_RESET:
		if (connect(client_fd(rq), &nowhere, sizeof(nowhere)))
			perror("bfabric-sandbox: reset");
		return MHD_NO;
	case SB_CLOSE:
		break;
	}
	return MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *data_size,
	void **con_cls)
{
	struct sb_request *rq = *con_cls;

	(void)cls;
	(void)connection;
	(void)version;
	if (!rq->begun) {
		if (strlen(rq->uri) > SB_PATH_MAX)
			return MHD_NO;
		request_begin(rq, url, method);
		return MHD_YES;
	}
	if (*data_size) {
		collect(rq, data, *data_size);
		*data_size = 0;
		return MHD_YES;
	}
	sb_endpoint_run(rq);
	pthread_mutex_lock(&rq->sb->lock);
	rq->answering = true;
	rq->sb->answering++;
	pthread_mutex_unlock(&rq->sb->lock);
	return act(rq);
}

struct MHD_Daemon *sb_server_start(
	struct sandbox *sb, int listen_fd, const char *key_pem, const char *cert_pem)
{
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key_pem},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert_pem},
		{MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC;

	return MHD_start_daemon(flags | (key_pem ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, sb,
		MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT, 4000U,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(128 * 1024),
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)(1024 * 1024), MHD_OPTION_URI_LOG_CALLBACK,
		request_new, sb, MHD_OPTION_NOTIFY_COMPLETED, request_done, sb, MHD_OPTION_ARRAY,
		key_pem ? tls : plain, MHD_OPTION_END);
}
