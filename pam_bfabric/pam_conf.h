/*
 * pam_conf.h - what the administrator decided: /etc/bfabric/pam.conf and the arguments of the
 * module.
 *
 * Server, client, CA, proxy and the name of the environment come from here only: a module that runs
 * inside sshd or login must not let the user's files or environment choose them.
 *
 * The file is believed when it is root's (or, where we do not run as root, ours), a regular file,
 * reached without following a link, and nobody else may write it.
 *
 *	# comment
 *	base_url  = https://fgcz-bfabric.uzh.ch/bfabric/
 *	client_id = CLI
 *
 * A line is `key = value` or a comment; a value runs to the end of its line, without the blanks
 * around it, and is printable ASCII. A key stands once. Unknown keys are told to the caller and
 * skipped, so that one file serves machines with different versions.
 *
 * The module arguments `prompt`, `qr`, `timeout`, `services` and `remote` say the same as the keys,
 * for one line of one stack, and win.
 */
#ifndef PAM_BFABRIC_PAM_CONF_H
#define PAM_BFABRIC_PAM_CONF_H

#include "../libbfabric/base/error.h"

#define BF_PAM_CONF_PATH "/etc/bfabric/pam.conf"
#define BF_PAM_RUN_DIR   "/run/bfabric/pam" /* root's, 0700 (tmpfiles.d) */
/* Services in front of which a person may sit; the configuration replaces them. */
#define BF_PAM_SERVICES "login sshd gdm-password lightdm sddm"
#define BF_PAM_CONF_MAX ((size_t)64 << 10)

/* Where a person is asked or told something. */
enum bf_pam_prompt { BF_PAM_PROMPT_AUTO, BF_PAM_PROMPT_ENTER, BF_PAM_PROMPT_INFO };
enum bf_pam_qr { BF_PAM_QR_AUTO, BF_PAM_QR_ON, BF_PAM_QR_OFF };
/* May B-Fabric admit somebody from another machine? */
enum bf_pam_remote { BF_PAM_REMOTE_REFUSE, BF_PAM_REMOTE_SECOND_FACTOR };

/* Strings are owned, NULL where the file says nothing. Lists hold names separated by blanks. */
struct bf_pam_conf {
	char *base_url;  /* canonical (base/url.h), without trailing slash; always there */
	char *client_id; /* always there */
	char *client_secret_file;
	char *scope;
	char *env;
	char *issuer; /* canonical, as base_url */
	char *ca_file;
	char *proxy;
	char *services;
	char *claim;
	char *map_file;
	char *allowed_groups;
	char *shared_accounts;
	char *net_user;
	char *libexec; /* directory of our programs, where they were installed elsewhere */
	char *run_dir; /* where calls leave something for others; NULL: BF_PAM_RUN_DIR */
	bool same_names, revoke_on_close;
	unsigned min_uid; /* at least 1000 */
	unsigned timeout; /* seconds */
	enum bf_pam_prompt prompt;
	enum bf_pam_qr qr;
	enum bf_pam_remote remote;
	/* of this call, and of no file (close.h): */
	char *session;
	bool stays;
};

#define BF_AUTO_PAM_CONF BF_CLEANUP(bf_pam_conf_release)

/* Told about what is not known; `name` is cleaned and cut, and borrowed. `line` 0: an argument. */
typedef void bf_pam_note(void *data, unsigned line, const char *name);

/*
 * Read `path` (absolute). SYSTEM: it cannot be opened or read; BAD_CONFIG: it may not be trusted,
 * or its content is wrong; the text names file and line. `note` may be NULL.
 */
BF_MUST_USE enum bfabric_status bf_pam_conf_load(const char *path, bf_pam_note *note, void *data,
	struct bf_pam_conf *ret, struct bfabric_error *err);

/* The same for a content in memory; `path` is for texts. */
BF_MUST_USE enum bfabric_status bf_pam_conf_parse(const char *path, const char *content, size_t len,
	bf_pam_note *note, void *data, struct bf_pam_conf *ret, struct bfabric_error *err);

void bf_pam_conf_release(struct bf_pam_conf *conf); /* a zeroed one is fine */

/* Is `name` one of the words of `list`? NULL holds none. */
bool bf_pam_list_has(const char *list, const char *name);
/* The next word of *list, which moves on; *ret_len 0: there is none. Borrowed, not terminated. */
const char *bf_pam_list_next(const char **list, size_t *ret_len);

/* Nobody sits there, or they are about another account than the one that logged in: whatever a file
 * says. */
bool bf_pam_is_never_served(const char *service);

/* The arguments of one line of a stack; strings are borrowed from argv. */
struct bf_pam_arguments {
	const char *config; /* NULL: BF_PAM_CONF_PATH */
	bool debug, mark, acquire, unprivileged;
	bool has_prompt, has_qr, has_remote;
	enum bf_pam_prompt prompt;
	enum bf_pam_qr qr;
	enum bf_pam_remote remote;
	unsigned timeout;     /* 0: as the file says */
	const char *services; /* NULL: as the file says; separated by commas */
};

/* BAD_CONFIG: a value is wrong. Unknown arguments are told to `note` (may be NULL) and skipped. */
BF_MUST_USE enum bfabric_status bf_pam_arguments(int argc, const char *const *argv,
	bf_pam_note *note, void *data, struct bf_pam_arguments *ret, struct bfabric_error *err);

/* Let the arguments win over what the file said. NO_MEMORY. */
BF_MUST_USE enum bfabric_status bf_pam_conf_override(struct bf_pam_conf *conf,
	const struct bf_pam_arguments *arguments, struct bfabric_error *err);

#endif
