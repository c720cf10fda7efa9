/*
 * browser.h - opening a login's address in the person's browser, and cleaning up after it.
 */
#ifndef BF_BROWSER_H
#define BF_BROWSER_H

#include "../libbfabric/base/error.h"
#include <sys/types.h>

struct bf_browser {
	pid_t pid;      /* of what was started, 0: nothing, or it has ended */
	char *redirect; /* the page that sends it on (redirect.h), or NULL */
};

#define BF_AUTO_BROWSER BF_CLEANUP(bf_browser_end)

/*
 * NULL: opened, as far as can be known. Else why not, as the end of "No browser is opened: ".
 * *ret_shown turns true when the address had to go on the command line, where other users can read
 * it.
 */
const char *bf_browser_open(struct bf_browser *browser, const char *url, bool *ret_shown);

/* False, once: what was started has failed. */
bool bf_browser_lives(struct bf_browser *browser);

/* Remove the page; the browser goes on. */
void bf_browser_end(struct bf_browser *browser);

#endif
