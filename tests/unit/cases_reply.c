/* cases_reply.c - the reply format of the cases; on its own because the fuzz targets use it too. */
#include "cases.h"
#include <stdlib.h>
#include <string.h>

void cases_reply(const char *bytes, size_t len, struct bf_reply *ret_reply)
{
	const char *line_end = memchr(bytes, '\n', len);
	size_t skip = line_end ? (size_t)(line_end - bytes) + 1 : 0;
	char line[16] = "";

	if (line_end && skip <= sizeof(line))
		memcpy(line, bytes, skip - 1);
	*ret_reply = (struct bf_reply){.status = strtol(line, NULL, 10), .retry_after = -1};
	bf_secret_put(&ret_reply->body, bytes + skip, len - skip);
}
