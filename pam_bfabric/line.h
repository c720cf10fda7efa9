/*
 * line.h - what pam_bfabric.so and its children say to each other, over a socket pair.
 *
 * The module speaks once, first: key=value lines that an empty line ends (base/kv.h).
 *
 *   mode            auth | session | revoke
 *   base_url        of the B-Fabric
 *   client_id       of the client that asks
 *   client_secret_file   path of its secret, if it has one
 *   scope           what is asked for besides openid, which is always added
 *   env             session: the environment whose login it becomes
 *   issuer          what the tokens must name; without it, what discovery names
 *   ca_file, proxy  as in the configuration; nothing comes from the environment
 *   claim           which one names the person: "sub", "email", ...; "sub" without it
 *   expect[]        session: who may approve, by that claim; without any, everybody may
 *   group[]         auth: one of them must be in the claim `groups` of who approved
 *   token           revoke: what is given back, the reply of a token endpoint (JSON)
 *   place           session: "runtime", it stays in the runtime directory
 *   session         session: what it is called by whoever ends it (libbfabric/login_stay.h)
 *   timeout         seconds for the whole of it
 *   qr_columns, qr_rows   room for a picture of the code; none without both
 *   user, service, host   for the module's own text and log
 *
 * The child has the socket as its descriptor 0, for both directions; 1 and 2 are not used. It
 * answers in lines: a verb and its fields, separated by TAB, ended by LF. Fields are printable
 * UTF-8 (bf_show would leave them as they are) and not empty; a line with its LF has at most 1 KiB,
 * only a `token` line up to 64 KiB. Whatever breaks that ends the talk: the other side is not ours.
 *
 *   code USER_CODE URI URI_COMPLETE|- EXPIRES_S   to be shown; once
 *   qr ROW                        of a picture of the code, before it; blanks and half blocks
 *   wait SECONDS_LEFT             about once a second while somebody has to act
 *   identity NAME EVIDENCE_KIND   who approved, and by what that is known
 *   token JSON                    the reply of the token endpoint; printable ASCII
 *   stored NAME|-                 it is saved; -: nobody said whose it is
 *   valid yes|no                  can the login that is there be used? revoke: no, not any more
 *   note TEXT                     for the log, not for the person; anywhere
 *   failed STATUS TEXT            the end; STATUS as bfabric_status_name has it
 *
 * A talk ends well with `token`, `stored` or `valid`, badly with `failed` (also after `identity`,
 * when who approved is known and may not log in); one that ends without any of them has lost its
 * child.
 */
#ifndef PAM_BFABRIC_LINE_H
#define PAM_BFABRIC_LINE_H

#include "libbfabric/base/secret.h"

/* Bytes of a line, its LF among them. */
#define BF_LINE_MAX       ((size_t)1 << 10)
#define BF_LINE_TOKEN_MAX ((size_t)64 << 10)

#define BF_LINE_SECONDS_MAX 1000000000 /* of EXPIRES_S and SECONDS_LEFT */

enum bf_line_verb {
	BF_LINE_CODE,
	BF_LINE_QR,
	BF_LINE_WAIT,
	BF_LINE_IDENTITY,
	BF_LINE_TOKEN,
	BF_LINE_STORED,
	BF_LINE_VALID,
	BF_LINE_NOTE,
	BF_LINE_FAILED,
};

/* One line; the verb says which members mean something. Strings are borrowed. */
struct bf_line {
	enum bf_line_verb verb;
	const char *user_code, *uri; /* code */
	const char *row;             /* qr; bf_line_is_row() */
	const char *uri_complete;    /* code; NULL: the server sent none */
	int64_t seconds;             /* code: until it expires; wait: that are left */
	const char *name;            /* identity, stored (there NULL: nobody said) */
	const char *evidence;        /* identity: "id_token", "access_token", "introspection" */
	const char *token;           /* token; a secret */
	bool valid;                  /* valid */
	enum bfabric_status status;  /* failed; never OK */
	const char *text;            /* note, failed */
};

/* Nothing but spaces and half blocks (U+2580, U+2584, U+2588), at most 128 of them. */
#define BF_LINE_COLUMNS_MAX 128
bool bf_line_is_row(const char *text);

/*
 * Append a line. A field that is not what it has to be, or a line that would be too long, sets
 * out->failed; only the text of `note` and `failed` is cleaned and cut instead, because it has to
 * arrive.
 */
void bf_line_put(struct bf_secret *out, const struct bf_line *line);

/*
 * Bytes in, lines out. A zeroed struct is a fresh one. What is fed is held until the line it
 * belongs to was taken: take all there are after each feeding.
 */
struct bf_line_decoder {
	struct bf_secret held; /* not taken yet; may be a token: erased with the decoder */
	struct bf_secret line; /* the one that was taken last, cut at its TABs */
	bool broken;
};

#define BF_AUTO_LINE_DECODER BF_CLEANUP(bf_line_decoder_release)
void bf_line_decoder_release(struct bf_line_decoder *decoder);

/* At most 64 KiB at a time. BAD_REPLY: the lines of before were not taken. NO_MEMORY. */
BF_MUST_USE enum bfabric_status bf_line_feed(
	struct bf_line_decoder *decoder, const void *bytes, size_t len, struct bfabric_error *err);

/*
 * The next line, if there is a whole one (*ret_found). Its strings live in the decoder until the
 * next call. BAD_REPLY: it is none of the above, for good: later calls answer the same.
 */
BF_MUST_USE enum bfabric_status bf_line_next(struct bf_line_decoder *decoder, struct bf_line *ret,
	bool *ret_found, struct bfabric_error *err);

/* Bytes that wait for the end of their line: at the end of input there must be none. */
bool bf_line_incomplete(const struct bf_line_decoder *decoder);

#endif
