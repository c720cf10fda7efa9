#include "trace.h"
#include <stdlib.h>
#include <string.h>

bool bf_trace_wanted(const struct bf_command_line *call)
{
	const char *wish = secure_getenv("BFABRIC_TRACE");

	return call->verbose || (wish && *wish && strcmp(wish, "0") != 0);
}
