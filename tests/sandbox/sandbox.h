/* SPDX-License-Identifier: MIT */
/*
 * bfabric-sandbox: a B-Fabric-shaped server on a loopback port, for tests, for the demo, and for an
 * administrator who wants to rehearse. It is no product: users, tokens and keys in it are made up,
 * it binds 127.0.0.1 only and says what it is in every header and page.
 *
 * The parts: settings.c (options), endpoints.c (which path does what), one file per endpoint or
 * grant, fault.c (what may go wrong on purpose), control.c (steering it while it runs), server.c
 * (HTTP), log.c (one line a request), soap.h (the web services). To add an endpoint, grant, option,
 * fault or control action: write its function and add one row to the table of that file.
 *
 * Threads: libmicrohttpd gives each connection a thread. Handlers run with the lock held unless
 * their row says otherwise; nothing waits for a client, a child or a clock with the lock held.
 */
#ifndef SB_SANDBOX_H
#define SB_SANDBOX_H

#include "fault.h"
#include "key.h"
#include "log.h"
#include "params.h"
#include "settings.h"
#include "store.h"
#include "text.h"

#include <microhttpd.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/types.h>

#define SB_NAME        "bfabric-sandbox"
#define SB_BANNER      "This is a sandbox, not B-Fabric. Users, tokens and data in it are made up."
#define SB_BODY_MAX    ((size_t)64 * 1024)
#define SB_SOAP_MAX    ((size_t)16 * 1024 * 1024)
#define SB_SPOOL_MAX   ((size_t)1024 * 1024 * 1024)
#define SB_HEADERS_MAX 12
#define SB_PATH_MAX    2048

#define SB_SERVICES_MAX 8

struct sb_request;
struct sb_endpoint;
struct sb_device;
struct sb_code;
struct sb_browser;
struct sb_launch;
struct sb_call;

/* Records of the web services in ascending order of "id", each service at its number. */
struct sb_soap {
	json_t *records[SB_SERVICES_MAX];
	json_int_t next_id[SB_SERVICES_MAX];
};

struct sandbox {
	struct sb_settings set;
	struct sb_faults faults;
	struct sb_store store;
	struct sb_device *devices; /* newest first */
	size_t device_count;
	struct sb_code *codes;
	size_t code_count;
	struct sb_browser *browsers;
	size_t browser_count;
	struct sb_launch *launches;
	size_t launch_count;
	struct sb_keys keys;
	struct sb_soap soap;
	struct sb_log log;
	pthread_mutex_t lock;
	double advance;            /* seconds the control URL has moved the clock by */
	json_t *counters;          /* {what: {outcome: count}} */
	unsigned long last_number; /* of a request */
	unsigned in_flight;        /* requests whose log line is not written yet */
	unsigned answering;        /* those of them whose handler has ended */
	sem_t git_slots;
	int stop_fd; /* readable once the server ends: everything that waits polls it too */
	char root_url[64];
	char base_url[96];
};

enum sb_action {
	SB_SEND,  /* answer */
	SB_RESET, /* TCP reset instead of an answer */
	SB_CLOSE, /* close instead of an answer */
};

/* Where a body comes from that is not in memory. */
struct sb_stream {
	ssize_t (*read)(struct sb_request *rq, void *ctx, char *buffer, size_t max); /* 0: end */
	void (*free)(void *ctx);
	void *ctx;
};

struct sb_reply {
	enum sb_action action;
	unsigned status;
	const char *type; /* a literal */
	struct sb_text body;
	json_t *json; /* if set, becomes the body */
	struct sb_stream stream;
	struct {
		const char *name; /* a literal, or owned by value's allocation */
		char *value;
	} headers[SB_HEADERS_MAX];
	size_t header_count;
	double drip;         /* seconds between bytes, 0: at once */
	long long cut_after; /* so many bytes of the body leave, then the connection closes; -1: all
			      */
};

struct sb_request {
	struct sandbox *sb;
	struct MHD_Connection *connection;
	const struct sb_endpoint *endpoint;
	bool begun;
	bool answering;
	bool queued;
	char *uri; /* as it came, with query */
	char *path;
	char *method;
	struct sb_text body;
	int spool_fd; /* the body of an endpoint that takes large ones; -1: none */
	size_t body_len;
	bool too_large;
	struct sb_params query;
	struct sb_params form; /* form or JSON body */
	struct sb_call *call;  /* of a web service */
	const char *place;     /* another name of its endpoint, a literal; NULL: none */
	long page;             /* that it asks for; 0: none */
	struct sb_reply reply;
	struct sb_log_line log;
};

/* The server's idea of now: Unix seconds, skewed and advanced. */
double sb_now(const struct sandbox *sb);
/* The real time, for the log. */
double sb_real_now(void);
/* A request header, or NULL. */
const char *sb_header(const struct sb_request *rq, const char *name);
/* Waits; false as soon as the server ends or the client has gone. A negative time waits for ever.
 */
bool sb_pause(const struct sb_request *rq, double seconds);
/* Waits until fd can be read; false when the server ends. */
bool sb_wait_readable(const struct sandbox *sb, int fd);
/*
 * A log line is written after its reply has left, so a test could look too early: waits until every
 * request that was answered (or refused an answer) has its line, at most so long.
 */
void sb_settle(const struct sb_request *rq, double seconds);

/* Starts serving on the listening socket; NULL on failure. */
struct MHD_Daemon *sb_server_start(
	struct sandbox *sb, int listen_fd, const char *key_pem, const char *cert_pem);

#endif
