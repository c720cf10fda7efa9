#include "flow_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "../libbfabric/base/ascii.h"
#include "stash.h"

#define FLOWS_FILE "flows"
#define HOSTS      ((off_t)1 << 20) /* where the places of hosts begin: behind those of the machine */

enum place { PLACE_TAKEN, PLACE_FULL, PLACE_UNKNOWN };

static enum bfabric_status open_file(
	const struct bf_pam_conf *conf, int *ret, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int dir = -1;
	BF_AUTO_CLOSE int fd = -1;
	struct stat st = {0};
	enum bfabric_status status = bf_stash_open(conf, &dir, err);

	if (status != BFABRIC_OK)
		return status;
	fd = openat(dir, FLOWS_FILE,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot open the file of pending logins: %m");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		return bf_fail(err, BFABRIC_SYSTEM,
			"the file of pending logins is not one that pam_bfabric made");
	/* not in the place of a closed standard stream, into which the application would print */
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return *ret >= 0
		       ? BFABRIC_OK
		       : bf_fail(err, BFABRIC_SYSTEM, "cannot hold the file of pending logins: %m");
}

/* One of `count` bytes from `first` on. A lock belongs to what was opened, not to the process. */
static enum place take(int fd, off_t first, int count)
{
	for (int i = 0; i < count; i++) {
		struct flock lock = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = first + i, .l_len = 1};
		int rc;

		do
			rc = fcntl(fd, F_OFD_SETLK, &lock);
		while (rc != 0 && errno == EINTR);
		if (rc == 0)
			return PLACE_TAKEN;
		if (errno != EAGAIN && errno != EACCES)
			return PLACE_UNKNOWN;
	}
	return PLACE_FULL;
}

/*
 * FNV-1a. Two hosts with the same number share their places; who looks for such a number gets
 * nothing that four logins from anywhere would not get them.
 */
static off_t place_of(const char *host)
{
	uint32_t hash = 2166136261u;

	for (; *host; host++)
		hash = (hash ^ (unsigned char)bf_lower(*host)) * 16777619u;
	return HOSTS + (off_t)hash * BF_PAM_FLOWS_PER_HOST;
}

static bool judge(const struct bf_pam_call *call, enum place place, const char *whose)
{
	switch (place) {
	case PLACE_TAKEN:
		return true;
	case PLACE_FULL:
		bf_pam_log(call, LOG_WARNING, "device login: too many are pending already for %s",
			whose);
		return false;
	case PLACE_UNKNOWN:
		bf_pam_log(call, LOG_ERR, "device login: pending ones cannot be counted: %m");
		return false;
	}
	return false;
}

int bf_pam_limit_take(const struct bf_pam_call *call, const struct bf_pam_conf *conf)
{
	const char *host = bf_pam_item(call, PAM_RHOST);
	char quoted[BF_PAM_QUOTED];
	BF_AUTO_CLOSE int fd = -1;
	struct bfabric_error err = {0};
	int taken;

	if (open_file(conf, &fd, &err) != BFABRIC_OK) {
		bf_pam_log(call, LOG_ERR, "%s", err.text);
		return -1;
	}
	/* the host first, so that a host with too many takes no place of the machine for a moment
	 */
	if (*host && !judge(call, take(fd, place_of(host), BF_PAM_FLOWS_PER_HOST),
			     bf_pam_quote(quoted, host)))
		return -1;
	if (!judge(call, take(fd, 0, BF_PAM_FLOWS), "this machine"))
		return -1;
	taken = fd;
	fd = -1;
	return taken;
}
