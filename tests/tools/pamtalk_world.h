/*
 * pamtalk_world.h - what the module finds around it in pamtalk: a password database, a log, a
 * person.
 */
#ifndef TESTS_PAMTALK_WORLD_H
#define TESTS_PAMTALK_WORLD_H

#include <jansson.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdint.h>

#define PAMTALK_LINE 8192

enum mood { SHOWS, DROPS, FAILS, NOBODY };

struct world {
	const char *name, *home;
	enum mood mood;
	char answer[PAMTALK_LINE]; /* a command that says how to; "ask": it is asked for */
	bool quiet;                /* nothing is said */
	int64_t began;             /* the call that runs, now_us() */
};
extern struct world world;

/* Says why, and ends the program. */
__attribute__((noreturn)) void die(const char *what);

/* Takes the line over, also when it is NULL (no memory, or not UTF-8), which is a failure. */
void say(json_t *line);

int64_t now_us(void);

/* The next command, without its LF; false: there is none any more. */
bool read_line(char line[PAMTALK_LINE]);

int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data);

#endif
