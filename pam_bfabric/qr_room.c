#include "qr_room.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "line.h"

#define ROWS_BESIDE     6 /* of text, one of which is wrapped */
#define ROWS_MAX        64u
#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT    50

/* PAM_TTY is "tty1", "/dev/tty1" or "pts/0", and in some services no file at all. */
static int open_terminal(const char *name)
{
	char path[64];
	int n;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	if (!*name || *name == '/' || strstr(name, ".."))
		return -1;
	n = snprintf(path, sizeof(path), "/dev/%s", name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

static bool measure(int fd, bool *ret_utf8, struct bf_pam_room *ret)
{
	struct winsize size = {0};
	struct termios modes;

	if (fd < 0 || tcgetattr(fd, &modes) != 0 || ioctl(fd, TIOCGWINSZ, &size) != 0 ||
		size.ws_col == 0 || size.ws_row <= ROWS_BESIDE)
		return false;
	*ret_utf8 = modes.c_iflag & IUTF8;
	*ret = (struct bf_pam_room){.columns = size.ws_col, .rows = size.ws_row - ROWS_BESIDE};
	return true;
}

static bool is_auto(const struct bf_pam_call *call, const struct bf_pam_conf *conf)
{
	return conf->qr == BF_PAM_QR_AUTO && strcmp(bf_pam_item(call, PAM_SERVICE), "login") == 0;
}

bool bf_pam_qr_room(
	const struct bf_pam_call *call, const struct bf_pam_conf *conf, struct bf_pam_room *ret)
{
	struct bf_pam_room room = {.columns = COLUMNS_DEFAULT, .rows = ROWS_DEFAULT};
	BF_AUTO_CLOSE int fd = -1;
	bool utf8 = false;
	bool known;

	if (conf->qr != BF_PAM_QR_ON && !is_auto(call, conf))
		return false;
	fd = open_terminal(bf_pam_item(call, PAM_TTY));
	known = measure(fd, &utf8, &room);
	if (conf->qr != BF_PAM_QR_ON && !(known && utf8))
		return false;
	if (room.columns > BF_LINE_COLUMNS_MAX)
		room.columns = BF_LINE_COLUMNS_MAX;
	if (room.rows > ROWS_MAX)
		room.rows = ROWS_MAX;
	*ret = room;
	return true;
}
