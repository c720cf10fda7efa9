#include "harden.h"
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opened the wrong way round, so that use of it fails as that of a closed one does. */
static void fill_standard_descriptors(void)
{
	struct pollfd ends[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (poll(ends, 3, 0) <= 0)
		return;
	for (int i = 0; i < 3; i++)
		if (ends[i].revents & POLLNVAL &&
			open("/dev/null", i == 0 ? O_WRONLY : O_RDONLY) != i)
			_exit(1);
}

/* The service that is asked is the real one, and what is said to it is printed nowhere. */
static void clean_environment(void)
{
	static const char *const unwanted[] = {
		"G_DBUS_DEBUG", "G_MESSAGES_DEBUG", "G_DEBUG", "SECRET_SERVICE_BUS_NAME"};

	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		(void)unsetenv(unwanted[i]); /* fails for an empty name only */
}

static GLogWriterOutput say_nothing(
	GLogLevelFlags level, const GLogField *fields, gsize count, void *data)
{
	(void)level, (void)fields, (void)count, (void)data;
	return G_LOG_WRITER_HANDLED;
}

/* Failing to harden is no reason to leave a person without a login: results are ignored. */
void bf_harden(void)
{
	struct rlimit core;

	fill_standard_descriptors();
	(void)umask(077);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &core);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	clean_environment();
	/* GLib has read G_DEBUG before main; a warning must not end us all the same. */
	(void)g_log_set_always_fatal(G_LOG_FATAL_MASK);
	g_log_set_writer_func(say_nothing, /* data= */ NULL, /* free= */ NULL);
}
