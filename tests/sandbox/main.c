/* SPDX-License-Identifier: MIT */
/*
 * Starts and ends the sandbox server. See sandbox.h for what it is, --help for what it can do.
 *
 * Once it listens it prints one line of JSON that says where; SIGTERM, SIGINT or, with
 * --exit-with-parent, the end of the thread that started it end it, hung requests included.
 */
#include "browser.h"
#include "code.h"
#include "control.h"
#include "device.h"
#include "endpoints.h"
#include "launch.h"
#include "sandbox.h"
#include "soap.h"
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIT_PROCESSES 24
#define SECRET_MAX    256
#define STOP_SECONDS  2

static void help_endpoint(void *ctx, const struct sb_endpoint *endpoint)
{
	FILE *out = ctx;

	if (endpoint->methods)
		fprintf(out, "  %-22s %-14s %s%s\n", endpoint->name, endpoint->methods,
			endpoint->path, endpoint->place == SB_BELOW ? "…" : "");
}

static void help(FILE *out)
{
	fprintf(out,
		"Usage: bfabric-sandbox [options]\n\n"
		"A B-Fabric-shaped server on 127.0.0.1, for tests and for rehearsing. It is not a\n"
		"product: everything in it is made up. It prints one line of JSON that says where "
		"it\n"
		"listens, and runs until it gets SIGTERM or SIGINT.\n");
	sb_settings_help(out);
	fprintf(out, "\nEndpoints:\n");
	sb_endpoint_each(help_endpoint, out);
	sb_faults_help(out);
	sb_control_help(out);
	fprintf(out,
		"\nclient_auth in the log: none (client_id alone), basic, basic-empty (no secret), "
		"body (client_secret in the body), bearer.\n");
}

static const char *parse_fault(void *ctx, const char *spec)
{
	struct sandbox *sb = ctx;

	return sb_fault_parse(&sb->faults, spec);
}

/* The secret of sandbox-service: from the file, or a new one, written there if there is a file. */
static char *service_secret(const char *file)
{
	char *secret;
	FILE *io;
	int fd;

	if (*file && (io = fopen(file, "re"))) {
		char line[SECRET_MAX] = "";

		if (!fgets(line, sizeof(line), io) || !line[strcspn(line, "\r\n")])
			sb_die("%s holds no line with a secret", file);
		fclose(io);
		line[strcspn(line, "\r\n")] = '\0';
		return sb_strdup(line);
	}
	secret = sb_random_token("sandbox_cs_", 24);
	if (!*file)
		return secret;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	io = fd < 0 ? NULL : fdopen(fd, "w");
	if (!io || fprintf(io, "%s\n", secret) < 0 || fclose(io))
		sb_die("cannot write %s: %s", file, strerror(errno));
	return secret;
}

static int listen_on_loopback(int port, int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, 1024) ||
		getsockname(fd, (struct sockaddr *)&address, &len))
		sb_die("cannot listen on 127.0.0.1:%d: %s", port, strerror(errno));
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void exit_with_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		exit(0); /* it has already gone */
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		perror("bfabric-sandbox: file limit"); /* fewer connections, nothing worse */
}

/* One write: a reader that waits for the line gets all of it. If nobody reads it, nobody needs us.
 */
static void announce(const struct sandbox *sb)
{
	const char *ca = sb->set.tls ? sb->set.ca_file : NULL;
	json_t *ready = json_pack("{s:s, s:o, s:o, s:s?, s:i}", "base_url", sb->base_url,
		"control_url", json_sprintf("%s/sandbox", sb->root_url), "git_url",
		json_sprintf("%s/git", sb->root_url), "ca_file", ca, "pid", (int)getpid());
	SB_AUTOFREE char *line = json_dumps(ready, JSON_COMPACT);

	json_decref(ready);
	fprintf(stderr, "%s: %s\n", SB_NAME, SB_BANNER);
	if (!line || printf("%s\n", line) < 0 || fflush(stdout))
		sb_die("cannot say where I listen: %s", strerror(errno));
}

static void sandbox_init(struct sandbox *sb)
{
	sb_log_open(&sb->log, sb->set.log);
	sb_keys_start(&sb->keys, sb->set.key_file);
	sb_store_init(&sb->store, service_secret(sb->set.client_secret_file));
	sb_soap_init(&sb->soap, sb->set.soap_records);
	pthread_mutex_init(&sb->lock, NULL);
	sb->counters = json_object();
	sb->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (sb->stop_fd < 0 || sem_init(&sb->git_slots, 0, GIT_PROCESSES))
		sb_die("cannot start: %s", strerror(errno));
}

static void sandbox_release(struct sandbox *sb)
{
	sb_log_close(&sb->log);
	sb_keys_release(&sb->keys);
	sb_devices_release(sb);
	sb_codes_release(sb);
	sb_browsers_release(sb);
	sb_launches_release(sb);
	sb_store_release(&sb->store);
	sb_soap_release(&sb->soap);
	json_decref(sb->counters);
	close(sb->stop_fd);
	sem_destroy(&sb->git_slots);
	pthread_mutex_destroy(&sb->lock);
}

static struct MHD_Daemon *serve(struct sandbox *sb)
{
	SB_AUTOFREE char *key_pem = NULL;
	SB_AUTOFREE char *cert_pem = NULL;
	struct MHD_Daemon *daemon;
	int port, fd;

	if (sb->set.tls)
		sb_tls_make((enum sb_tls_bad)sb->set.tls_bad, sb->set.ca_file, &key_pem, &cert_pem);
	fd = listen_on_loopback(sb->set.port, &port);
	snprintf(sb->root_url, sizeof(sb->root_url), "%s://127.0.0.1:%d",
		sb->set.tls ? "https" : "http", port);
	snprintf(sb->base_url, sizeof(sb->base_url), "%s%s", sb->root_url, SB_BASE);
	daemon = sb_server_start(sb, fd, key_pem, cert_pem);
	if (!daemon)
		sb_die("cannot start the server");
	return daemon;
}

static void on_alarm(int signal)
{
	(void)signal;
	_exit(0);
}

static void stop(struct sandbox *sb, struct MHD_Daemon *daemon)
{
	const uint64_t one = 1;

	signal(SIGALRM, on_alarm);
	alarm(STOP_SECONDS); /* a client that does not read must not keep us */
	if (write(sb->stop_fd, &one, sizeof(one)) != sizeof(one))
		_exit(0);
	MHD_stop_daemon(daemon);
}

int main(int argc, char **argv)
{
	static struct sandbox sandbox; /* large, and threads hold it until the end */
	struct sandbox *sb = &sandbox;
	struct MHD_Daemon *daemon;
	pid_t parent = getppid();
	sigset_t ends;
	int got;

	sb_settings_defaults(&sb->set);
	sb_settings_parse(&sb->set, argc, argv, parse_fault, sb, help);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (sb->set.exit_with_parent)
		exit_with_parent(parent);
	umask(077);
	raise_file_limit();
	sandbox_init(sb);
	daemon = serve(sb);
	announce(sb);
	while (sigwait(&ends, &got))
		;
	stop(sb, daemon);
	sandbox_release(sb);
	return 0;
}
