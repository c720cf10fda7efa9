/* login_harden.c - see login_harden.h. */
#include "login_harden.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bfabric_cancel *stop; /* for the signal handler; set once */

static void erase_and_free(void *memory)
{
	if (!memory)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* Nothing but the socket; whatever a library prints goes nowhere. */
static void keep_one_descriptor(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 ||
		(fcntl(STDERR_FILENO, F_GETFD) < 0 && dup2(null, STDERR_FILENO) < 0) ||
		close_range(STDERR_FILENO + 1, ~0u, 0) < 0)
		_exit(1);
}

/* No proxy, certificate, configuration or library setting that somebody else chose. */
static void clean_environment(void)
{
	static const char *const kept[] = {"HOME", "XDG_RUNTIME_DIR"};
	char *values[sizeof(kept) / sizeof(kept[0])] = {0};
	const size_t count = sizeof(kept) / sizeof(kept[0]);

	for (size_t i = 0; i < count; i++) {
		const char *value = secure_getenv(kept[i]);

		values[i] = value ? strdup(value) : NULL;
		if (value && !values[i])
			_exit(1);
	}
	if (clearenv() != 0)
		_exit(1);
	for (size_t i = 0; i < count; i++) {
		if (values[i] && setenv(kept[i], values[i], /* overwrite= */ 1) != 0)
			_exit(1);
		free(values[i]);
	}
}

void bf_login_harden(void)
{
	const struct rlimit none = {0};
	sigset_t nothing;

	(void)umask(077);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		_exit(1);
	keep_one_descriptor();
	clean_environment();
	json_set_alloc_funcs(malloc, erase_and_free);
	/* These four fail for a wrong number only. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&nothing);
	(void)sigprocmask(SIG_SETMASK, &nothing, NULL);
}

enum bfabric_status bf_login_check_ids(struct bfabric_error *err)
{
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;

	if (getresuid(&uid, &euid, &suid) != 0 || getresgid(&gid, &egid, &sgid) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot read my own user id: %m");
	if (uid == 0 || uid != euid || uid != suid || gid != egid || gid != sgid)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"bfabric-pam-login runs as the user who logs in, or as an account of its "
			"own, never with the rights of root");
	return BFABRIC_OK;
}

static void on_signal(int number)
{
	const int saved = errno;

	(void)number;
	bfabric_cancel_now(stop);
	errno = saved;
}

void bf_login_stop_on_signals(struct bfabric_cancel *cancel)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	stop = cancel;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &action, NULL); /* valid numbers: cannot fail */
	/* A parent that ended before this has closed its end of the socket, which is noticed. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
}
