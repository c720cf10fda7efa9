/*
 * example.h - what the examples have in common beside the library: a secret from standard input,
 * and an end that says what went wrong.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <bfabric.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of standard input: secrets belong neither into argv nor into the environment. */
static inline char *example_secret(char *buf, size_t size)
{
	if (!fgets(buf, (int)size, stdin))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

/* Programs end with the exit code that belongs to the status. */
static inline int example_end(enum bfabric_status status, const struct bfabric_error *err)
{
	if (status != BFABRIC_OK)
		fprintf(stderr, "%s: %s\n", bfabric_status_name(status), err->text);
	return bfabric_status_exit_code(status);
}

/* What a client is for: a token that is valid now. Its length is shown, never itself. */
static inline int example_use(struct bfabric *client)
{
	struct bfabric_error err;
	struct bfabric_token token = {0};
	enum bfabric_status status =
		bfabric_session_token(bfabric_session(client), /* min_ttl= */ 60, 0, &token, &err);

	if (status == BFABRIC_OK)
		printf("token of %zu bytes, expires at %lld, scope %s\n", token.length,
			(long long)token.expires_at, token.scope ? token.scope : "not said");
	bfabric_token_clear(&token);
	return example_end(status, &err);
}

#endif
