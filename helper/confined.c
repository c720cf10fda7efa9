#include "confined.h"
#include "../libbfabric/base/error.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a file as text; "" when it cannot be read. */
static void head_of(const char *path, char *text, size_t size)
{
	BF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
}

bool bf_confined_program(const char *path)
{
	BF_AUTO_FREE char *real = realpath(path, NULL);
	char text[4096];

	if (!real)
		return false;
	if (strncmp(real, "/snap/", 6) == 0 || strstr(real, "/flatpak/") ||
		strcmp(real, "/usr/bin/snap") == 0)
		return true;
	head_of(real, text, sizeof(text));
	return strncmp(text, "#!", 2) == 0 &&
	       (strstr(text, "/snap/bin/") || strstr(text, "flatpak run"));
}

/* The first application that a list names for https. */
static bool handler_in(const char *path, char *id, size_t size)
{
	static const char key[] = "\nx-scheme-handler/https=";
	char text[16384] = "\n";
	const char *found = NULL;

	head_of(path, text + 1, sizeof(text) - 1);
	found = strstr(text, key);
	if (!found)
		return false;
	found += strlen(key);
	snprintf(id, size, "%.*s", (int)strcspn(found, ";\r\n"), found);
	return *id && !strchr(id, '/');
}

static bool find_handler(const char *home, char *id, size_t size)
{
	static const char *const places[] = {".config/mimeapps.list",
		".local/share/applications/mimeapps.list", "/etc/xdg/mimeapps.list",
		"/usr/local/share/applications/mimeapps.list",
		"/usr/share/applications/mimeapps.list"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s%s%s", places[i][0] == '/' ? "" : home,
			places[i][0] == '/' ? "" : "/", places[i]);
		if (handler_in(path, id, size))
			return true;
	}
	return false;
}

static bool offered_by(const char *root, const char *folder, const char *id)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s%s/%s", root, folder, id);
	return access(path, F_OK) == 0;
}

bool bf_confined_default(void)
{
	const char *home = getenv("HOME");
	char id[256] = "firefox_firefox.desktop"; /* Ubuntu's, where nothing else is said */

	if (!home)
		home = "/nonexistent";
	(void)find_handler(home, id, sizeof(id)); /* not found: the default of above */
	return offered_by("", "/var/lib/snapd/desktop/applications", id) ||
	       offered_by("", "/var/lib/flatpak/exports/share/applications", id) ||
	       offered_by(home, "/.local/share/flatpak/exports/share/applications", id);
}

bool bf_confined_wsl(void)
{
	char text[512];

	head_of("/proc/version", text, sizeof(text));
	return strcasestr(text, "microsoft") != NULL;
}
