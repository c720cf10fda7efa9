/*
 * person.h - whose approval counts for a user of this machine.
 *
 * The server says who approved, by one claim (`claim`, "sub" where the configuration names none).
 * Which user that is, is decided here, by `map_file` where there is one, else by `same_names`: then
 * the value of the claim is the name of the user as the password database has it, in full.
 */
#ifndef PAM_BFABRIC_PERSON_H
#define PAM_BFABRIC_PERSON_H

#include "../libbfabric/base/secret.h"
#include "call.h"

/* People of one user: each is a line of the request, which has at most 1,000 (base/kv.h). */
#define BF_PAM_PEOPLE_MAX 900

/* Can it be told who is who? Else everybody may approve in a session, and nobody authenticate. */
BF_MUST_USE bool bf_pam_person_decided(const struct bf_pam_conf *conf);

/*
 * Append to a request which claim names the person, and who may approve; nothing where that is not
 * decided. DENIED: the map has nobody for this user; BAD_CONFIG, SYSTEM: it cannot be used, or has
 * too many people for the user; NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_pam_person_expect(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_secret *request, struct bfabric_error *err);

/*
 * Is `name`, who approved, this user? DENIED: no, or it is not decided; BAD_CONFIG, SYSTEM,
 * NO_MEMORY as above.
 */
BF_MUST_USE enum bfabric_status bf_pam_person_check(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const char *name, struct bfabric_error *err);

/* Is the account used by several people? */
BF_MUST_USE bool bf_pam_is_shared(const struct bf_pam_conf *conf, const struct bf_pam_user *user);

#endif
