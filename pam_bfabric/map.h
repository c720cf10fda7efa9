/*
 * map.h - which person is which user: the file that `map_file` names.
 *
 * Equal names are not equal people: whoever registers accounts on either side would decide who is
 * who. Here root does, a line for each person:
 *
 *	# claim value = users
 *	alice@example.org = alice
 *	bob               = bob bob-admin
 *	Carol Example     = ms1
 *
 * The last '=' of a line separates, because names of users have none. Before it stands the whole
 * value of the claim, printable UTF-8, which may contain blanks and is compared byte by byte;
 * behind it the users whom this person may log in as, separated by blanks. A person stands once. A
 * user has one person; only a shared account has several.
 *
 * A mistake anywhere makes the whole file unusable: half a map is another one than was meant.
 */
#ifndef PAM_BFABRIC_MAP_H
#define PAM_BFABRIC_MAP_H

#include <stddef.h>
#include "../libbfabric/base/error.h"

#define BF_PAM_MAP_MAX ((size_t)1 << 20)
/* Bytes of the value of a claim; what a child can say of one (line.h) is not much longer. */
#define BF_PAM_PERSON_MAX ((size_t)512)

struct bf_pam_map {
	struct bf_pam_person {
		char *name;  /* value of the claim */
		char *users; /* separated by blanks (bf_pam_list_has) */
		unsigned line;
	} * people;
	size_t count;
};

#define BF_AUTO_PAM_MAP BF_CLEANUP(bf_pam_map_release)
void bf_pam_map_release(struct bf_pam_map *map); /* a zeroed one is fine */

/*
 * Read `path` (absolute; trusted.h). `shared` are the accounts that may have several people, NULL:
 * none. SYSTEM: it cannot be opened or read; BAD_CONFIG: it may not be trusted, or its content is
 * wrong; the text names file and line. NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_pam_map_load(
	const char *path, const char *shared, struct bf_pam_map *ret, struct bfabric_error *err);

/* The same for a content in memory; `path` is for texts. */
BF_MUST_USE enum bfabric_status bf_pam_map_parse(const char *path, const char *content, size_t len,
	const char *shared, struct bf_pam_map *ret, struct bfabric_error *err);

#endif
