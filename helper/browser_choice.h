/*
 * browser_choice.h - which program opens a web page for this person, if any.
 *
 * $BROWSER (names or commands separated by ':', %s for the address), else, where the person sits at
 * a display of this machine, what the desktop opens addresses with. Never a browser of the
 * terminal: the terminal is ours, and it could not run in the background.
 */
#ifndef BF_BROWSER_CHOICE_H
#define BF_BROWSER_CHOICE_H

#include "../libbfabric/base/error.h"

#define BF_BROWSER_WORDS 16

struct bf_browser_choice {
	char *text;                          /* owned; the words lie in it */
	const char *words[BF_BROWSER_WORDS]; /* NULL at the end; the first is an absolute path */
	const char *variable;                /* to set for it, or NULL; a constant */
	bool confined; /* it cannot read files of ours: a container, a snap, Windows */
};

#define BF_AUTO_BROWSER_CHOICE BF_CLEANUP(bf_browser_choice_release)
void bf_browser_choice_release(struct bf_browser_choice *choice);

/* NULL: chosen. Else why there is none, as the end of "No browser is opened: ", a constant. */
const char *bf_browser_choose(struct bf_browser_choice *ret);

/* Is this the name or path of a browser that needs a terminal? */
bool bf_browser_is_textual(const char *program);

#endif
