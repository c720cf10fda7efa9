/*
 * format.h - the forms in which `bfabric token` prints a token.
 */
#ifndef BF_FORMAT_H
#define BF_FORMAT_H

#include "../libbfabric/base/secret.h"

/* What no shell and no configuration file of git takes for anything but itself. */
#define BF_PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,"

/* In the order of BF_FORMATS. */
enum bf_format {
	BF_FORMAT_PLAIN,  /* the token */
	BF_FORMAT_HEADER, /* Authorization: Bearer ... (RFC 6750, section 2.1) */
	BF_FORMAT_JSON,   /* one object, `version` 1 */
	BF_FORMAT_ENV,    /* an assignment to BFABRIC_TOKEN for a shell to evaluate */
	BF_FORMAT_CURL,   /* a line of a curl configuration file (curl -K) */
};
#define BF_FORMATS "plain|header|json|env|curl"

/* In the order of BF_SHELLS. */
enum bf_shell { BF_SHELL_SH, BF_SHELL_CSH, BF_SHELL_FISH };
#define BF_SHELLS "sh|csh|fish"

/* What there is to print; strings are borrowed. */
struct bf_printable {
	const char *token;
	size_t token_len;
	int64_t expires_at; /* 0: unknown */
	const char *environment;
	const char *base_url;
};

/*
 * Printable ASCII without space (RFC 6749, appendix A.12, less the space): what may stand in a
 * header line. Anything else could end the line and start another.
 */
bool bf_token_is_safe(const char *token, size_t len);

/* Append the form, with its newline, to `out`. BAD_REPLY: the token has characters it must not. */
BF_MUST_USE enum bfabric_status bf_format_token(enum bf_format format, enum bf_shell shell,
	const struct bf_printable *what, struct bf_secret *out, struct bfabric_error *err);

/* Append a word quoted for a shell. The text has no control characters. */
void bf_shell_quote(enum bf_shell shell, const char *text, size_t len, struct bf_secret *out);
/* The same for sh, and only where it is needed: a command that a person copies. */
void bf_shell_word(const char *text, struct bf_secret *out);

#endif
