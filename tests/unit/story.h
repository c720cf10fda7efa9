/*
 * story.h - what can happen to a login, for tests that let it happen in any order: our own calls
 * and bfabricPy beside them (story.c), and a store of its own (story_store.c). Each function is one
 * event; what must hold after every request is checked inside.
 */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include "shelf.h"

#define PYTHONS 3 /* processes of bfabricPy */

/* cmocka cuts long messages: the last steps are what matters. */
#define MUST(t, condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("%s does not hold after ...%s", #condition,                       \
				(t)->trace + ((t)->traced > 600 ? (t)->traced - 600 : 0));         \
	} while (0)

struct story {
	struct world *w;
	uint64_t random;
	char *python[PYTHONS];             /* what each bfabricPy process has read */
	bool delivered[AUTHSERVER_TOKENS]; /* we exchanged it and could keep the answer */
	size_t sent;                       /* index of the token sent last, +1; 0: none */
	bool interfere;                    /* bfabricPy acts while our request is under way */
	int lose;                          /* 1: the promised record, 2: the cache, 3: both */
	bool logged_out;
	bool apart;                        /* the refresh token lies on the shelf */
	bool close;                        /* which is locked while our request is under way */
	char document[sizeof(shelf.line)]; /* as it was once */
	char trace[16384];
	size_t traced;
};

unsigned below(struct story *t, unsigned n);
void note(struct story *t, const char *what);
void load_record(struct story *t, struct bf_record *ret, bool *ret_found);
void files_are_whole(struct story *t);
void python_reads(struct story *t, unsigned who);
void python_writes_back(struct story *t, unsigned who);
void python_refreshes(struct story *t, unsigned who);
void python_logs_in(struct story *t, unsigned who);
bool login_was_cut_off(struct story *t);
void python_logs_out(struct story *t);
enum bfabric_status ask(struct story *t, bool force);
void we_ask(struct story *t, bool force);
void we_ask_in_trouble(struct story *t);
void we_ask_in_company(struct story *t);
void we_ask_and_lose_promises(struct story *t);
void we_reject(struct story *t);
void we_log_in(struct story *t);
void we_crash(struct story *t);
void time_passes(struct story *t);
void we_settle(struct story *t);
void we_log_out(struct story *t);
void happens_to_the_store(struct story *t);
/* For authserver->during; `data` is the story. */
void check_request(void *data);

#endif
