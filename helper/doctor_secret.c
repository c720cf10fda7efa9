#include "doctor.h"
#include "../libbfabric/base/hash.h"
#include "../libbfabric/local/cache.h"
#include <stdio.h>
#include <string.h>

#define MENTIONS_MAX ((size_t)1 << 20)

void bf_secret_digest(const struct bf_paths *paths, char ret_digest[13])
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info file = {0};
	char hex[BF_SHA256_HEX];

	ret_digest[0] = '\0';
	if (bf_cache_read(paths, &token, &file, NULL) != BFABRIC_OK || !file.found)
		return;
	bf_sha256_hex(bf_secret_reveal(&token.access), token.access.len, hex);
	snprintf(ret_digest, 13, "%.12s", hex);
}

bool bf_file_mentions(const char *path, const char *word, const char *delimiters)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info file = {0};
	size_t len = strlen(word);
	const char *text = NULL;

	if (bf_file_read(path, BF_FILE_FOLLOW, MENTIONS_MAX, &content, &file, NULL) != BFABRIC_OK)
		return false;
	text = bf_secret_reveal(&content);
	for (const char *at = text; (at = strcasestr(at, word)); at += len)
		if ((at == text || strchr(delimiters, at[-1])) &&
			(!at[len] || strchr(delimiters, at[len])))
			return true;
	return false;
}
