/*
 * doctor_pam.h - what the checks of `bfabric doctor --pam` share.
 *
 * Paths are those that the module and libpam use; with --pam-root they are looked up below that
 * folder as if it were the root, links included (openat2(2), RESOLVE_IN_ROOT). Findings name them
 * as they are on this machine.
 */
#ifndef BF_DOCTOR_PAM_H
#define BF_DOCTOR_PAM_H

#include "../pam_bfabric/pam_conf.h"
#include "doctor.h"
#include "pam_stack.h"
#include <sys/stat.h>

/* What a line of ours is for. */
enum bf_pam_role {
	BF_PAM_ROLE_NONE, /* not ours, or it cannot be understood */
	BF_PAM_ROLE_MARK,
	BF_PAM_ROLE_ACQUIRE,
	BF_PAM_ROLE_FACTOR,
	BF_PAM_ROLE_ACCOUNT,
	BF_PAM_ROLE_SESSION,
	BF_PAM_ROLE_PASSWORD, /* which we do not do */
};
#define BF_PAM_ROLES 7

/* A service whose stack was read. */
struct bf_pam_service {
	const char *name;
	struct bf_stack stack;
	const char *config; /* what its lines name, else BF_PAM_CONF_PATH; borrowed */
	struct bf_pam_conf conf;
	bool configured; /* conf is there */
	size_t count[BF_PAM_ROLES];
};

bool bf_pam_is_image(const struct bf_doctor *d);

/* `path` as it is called here: below --pam-root. Owned; NULL without memory. */
char *bf_pam_here(const struct bf_doctor *d, const char *path);
/* open(2) with the flags and O_CLOEXEC; -1 and errno. */
int bf_pam_open(const struct bf_doctor *d, const char *path, int flags);
/* stat(2) or, without `follow`, lstat(2); false and errno. */
bool bf_pam_stat(const struct bf_doctor *d, const char *path, bool follow, struct stat *ret);
/* Root's (in an image that somebody else prepares: theirs), and nobody else may write it. */
bool bf_pam_is_safe(const struct bf_doctor *d, const struct stat *st);

enum bf_pam_role bf_pam_role_of(const struct bf_stack_line *line);

/* How a text names a line: "FILE, line N". */
#define BF_PAM_AT            "%s, line %u"
#define BF_PAM_AT_ARGS(line) (line)->file, (line)->number

/* bf_pam_conf_load, of `path` below the root that is looked at. */
BF_MUST_USE enum bfabric_status bf_pam_look_config(const struct bf_doctor *d, const char *path,
	bf_pam_note *note, void *data, struct bf_pam_conf *ret, struct bfabric_error *err);

/*
 * Each service that is looked at and has a stack: the one that was named, else those of the
 * configuration. What cannot be read is left out: "stack" tells of it.
 */
typedef void bf_pam_look(struct bf_doctor *d, const struct bf_pam_service *service, void *data);
void bf_pam_each_service(struct bf_doctor *d, bf_pam_look *look, void *data);
/* One of them. False: there is none, or `err` says why it cannot be read. */
bool bf_pam_read_service(const struct bf_doctor *d, const char *name, struct bf_pam_service *ret,
	struct bfabric_error *err);
/* Each line of a role in it. */
void bf_pam_each_line(struct bf_doctor *d, const struct bf_pam_service *service,
	enum bf_pam_role role,
	void (*look)(struct bf_doctor *d, const struct bf_pam_service *service,
		const struct bf_stack_line *line));
void bf_pam_release_service(struct bf_pam_service *service);

/* How many lines of these roles all of them have together. */
size_t bf_pam_count(struct bf_doctor *d, enum bf_pam_role role);

/* The services to look at, separated by blanks; owned. */
char *bf_pam_names(const struct bf_doctor *d);

/* uid and gid of an account of the machine (or image); false: there is none. */
bool bf_pam_account(const struct bf_doctor *d, const char *name, uid_t *ret_uid, gid_t *ret_gid);
/* The account of the network part. */
const char *bf_pam_net_user(const struct bf_pam_conf *conf);

/* Does the line that authenticates by B-Fabric let people in without anything else of PAM's? */
bool bf_pam_factor_is_alone(const struct bf_pam_service *service);

/* Checks of the section of stacks that have a file of their own. */
void bf_pam_check_mark(struct bf_doctor *d);
void bf_pam_check_acquire(struct bf_doctor *d);
void bf_pam_check_factor(struct bf_doctor *d);
void bf_pam_check_account(struct bf_doctor *d);

#endif
