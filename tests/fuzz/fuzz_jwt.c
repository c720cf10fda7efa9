/*
 * fuzz_jwt.c - any token: what is accepted is one of the algorithms, has all its parts and, given
 * its claims, everything that was demanded; what is refused says so in one line without the token.
 */
#include "fuzz.h"
#include "libbfabric/oauth/jwt.h"
#include <string.h>

#define ISSUER "https://bfabric.example.org/bfabric"
#define NOW    INT64_C(1800000000)
#define RUN    24 /* so many bytes of a token in a row are no coincidence */

/* Is a run of the token's signature (or of its only part) in the text? */
static bool tells(const char *text, const char *token, size_t len)
{
	const char *from = memrchr(token, '.', len);
	char run[RUN + 1] = "";

	from = from ? from + 1 : token;
	if ((size_t)(token + len - from) < RUN)
		return false;
	memcpy(run, from, RUN);
	return strlen(run) == RUN && strstr(text, run);
}

static void check(const struct bf_jwt *jwt)
{
	const struct bf_jwt_expected expected = {.issuer = ISSUER};
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_jwt_check(jwt, &expected, NOW, &claims, &err);

	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (status != BFABRIC_OK)
		return;
	FUZZ_MUST(claims.issuer && strncasecmp(claims.issuer, "https://", 8) == 0);
	FUZZ_MUST(json_object_get(claims.all, "aud"));
	FUZZ_MUST(claims.expires_at > NOW - BF_JWT_LEEWAY);
	FUZZ_MUST(claims.not_before <= NOW + BF_JWT_LEEWAY);
	FUZZ_MUST(claims.issued_at <= NOW + BF_JWT_LEEWAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	struct bfabric_error err = {0};
	const char *token = (const char *)data;
	const char *line;
	enum bfabric_status status;

	/* the cases have two lines before the token */
	for (int i = 0; i < 2 && (line = memchr(token, '\n', size)); i++) {
		size -= (size_t)(line + 1 - token);
		token = line + 1;
	}
	status = bf_jwt_parse(token, size, &jwt, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (status != BFABRIC_OK) {
		FUZZ_MUST(!tells(err.text, token, size));
		return 0;
	}
	FUZZ_MUST(size <= BF_JWT_MAX);
	FUZZ_MUST(jwt.input == token && jwt.input_len < size && token[jwt.input_len] == '.');
	FUZZ_MUST(!bf_secret_empty(&jwt.signature));
	FUZZ_MUST(json_is_object(jwt.header) && json_is_object(jwt.payload));
	FUZZ_MUST(strcmp(json_string_value(json_object_get(jwt.header, "alg")),
			  bf_jwt_alg_name(jwt.alg)) == 0);
	check(&jwt);
	return 0;
}
