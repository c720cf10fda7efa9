/*
 * doctor.h - what may be wrong on this machine, check by check, and what to do about it.
 *
 * A check is a row: its section, its name, its function, which says what it found with bf_found.
 * The sections run at the same time, each in a process of its own that hands its findings over a
 * pipe as they are made: one that hangs (a dead server, a network file system, git) is killed when
 * the time is up and costs nothing but its own answers.
 *
 * Redacted by construction: a check sees the environment without its secrets, asks for the state of
 * a token through functions that return a digest or a yes, and shows no text of another program's
 * configuration.
 */
#ifndef BF_DOCTOR_H
#define BF_DOCTOR_H

#include "../libbfabric/local/config.h"
#include "../libbfabric/local/paths.h"
#include "options.h"
#include <jansson.h>

enum bf_found { BF_FOUND_OK, BF_FOUND_WARNING, BF_FOUND_ERROR };

/* What a check works on. */
struct bf_doctor {
	const struct bf_command_line *call;
	const char *section, *check;
	struct bf_environment environment; /* its secrets are empty */
	bool known;                        /* there is an environment */
	const char *chosen_by;
	struct bfabric_error trouble; /* why there is none */
	int64_t deadline;             /* for a request */
	const char *key_log;          /* SSLKEYLOGFILE, which main took away */
	bool no_variables;            /* proxies and certificates of the environment do not count */
	int fd;                       /* where findings go */
};

struct bf_check {
	const char *name;
	void (*run)(struct bf_doctor *doctor);
	bool network;           /* not with --offline */
	bool needs_environment; /* left out where there is none */
};

struct bf_section {
	const char *name; /* for programs */
	const char *title;
	const struct bf_check *checks; /* ended by an empty row */
};

extern const struct bf_check bf_checks_config[], bf_checks_files[], bf_checks_login[],
	bf_checks_server[], bf_checks_store[], bf_checks_tools[], bf_checks_git[];
/* For --pam, where the user's own configuration does not count (doctor_pam.h). */
extern const struct bf_check bf_checks_pam_config[], bf_checks_pam_place[], bf_checks_pam_stack[],
	bf_checks_pam_applications[], bf_checks_pam_server[];

/* A finding of the running check. `advice`, what to do, may be NULL; a sentence without end. */
void bf_found(struct bf_doctor *doctor, enum bf_found result, const char *advice, const char *fmt,
	...) BF_PRINTF(4, 5);

/* The findings of all sections: an array of objects {section, check, result, text, advice}. */
BF_MUST_USE enum bfabric_status bf_doctor_run(
	const struct bf_command_line *call, json_t **ret_findings, struct bfabric_error *err);

/* The title of a section, by its name. */
const char *bf_section_title(const char *name);

int bf_findings_count(const json_t *findings, const char *result);
void bf_findings_put_text(
	const json_t *findings, unsigned columns, bool utf8, struct bf_secret *out);
BF_MUST_USE enum bfabric_status bf_findings_put_json(
	json_t *findings, struct bf_secret *out, struct bfabric_error *err);

/* ---- what is secret, asked so that the answer is none (doctor_secret.c) ---------------------- */

/* First digits of the SHA-256 of the access token in the cache; "" when there is none. */
void bf_secret_digest(const struct bf_paths *paths, char ret_digest[13]);

/* Does a file of the user have this word between two of `delimiters` (or an end)? False when there
 * is no such file, or it cannot be read. */
bool bf_file_mentions(const char *path, const char *word, const char *delimiters);

#endif
