/* jwk.c - see jwk.h. */
#include "jwk.h"

#include <stdlib.h>
#include <string.h>

static const struct row {
	const char *name;
	enum bf_jwk_type type;
} rows[] = {
	[BF_JWT_RS256] = {"RS256", BF_JWK_RSA},
	[BF_JWT_RS384] = {"RS384", BF_JWK_RSA},
	[BF_JWT_RS512] = {"RS512", BF_JWK_RSA},
	[BF_JWT_PS256] = {"PS256", BF_JWK_RSA},
	[BF_JWT_ES256] = {"ES256", BF_JWK_P256},
	[BF_JWT_ES384] = {"ES384", BF_JWK_P384},
	[BF_JWT_EDDSA] = {"EdDSA", BF_JWK_ED25519},
};

void bf_jwk_release(struct bf_jwk *jwk)
{
	free(jwk->kid);
	bf_secret_release(&jwk->n);
	bf_secret_release(&jwk->e);
	bf_secret_release(&jwk->x);
	bf_secret_release(&jwk->y);
	*jwk = (struct bf_jwk){0};
}

const char *bf_jwt_alg_name(enum bf_jwt_alg alg)
{
	return rows[alg].name;
}

bool bf_jwt_alg_parse(const char *name, enum bf_jwt_alg *ret)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(name, rows[i].name) == 0) {
			*ret = (enum bf_jwt_alg)i;
			return true;
		}
	return false;
}

enum bf_jwk_type bf_jwt_alg_type(enum bf_jwt_alg alg)
{
	return rows[alg].type;
}
