#include "libexec.h"

#include <stdlib.h>
#include "build_paths.h"
#include "concat.h"

enum bfabric_status bf_libexec_path(const char *program, char **ret_path, struct bfabric_error *err)
{
	const char *dir = secure_getenv("BFABRIC_LIBEXEC");
	char *path = NULL;

	if (!dir || dir[0] != '/')
		dir = BF_LIBEXECDIR;
	path = bf_concat(dir, "/", program, (char *)NULL);
	if (!path)
		return bf_fail_nomem(err);
	*ret_path = path;
	return BFABRIC_OK;
}
