/* cache_path BASE_URL CLIENT_ID ENVIRONMENT - where a login is kept, for bfabricPy too. */
#include "example.h"

int main(int argc, char *argv[])
{
	struct bfabric_error err;
	char *path = NULL;
	enum bfabric_status status;

	if (argc != 4)
		return 2;
	status = bfabric_token_cache_path(argv[1], argv[2], argv[3], &path, &err);
	if (status == BFABRIC_OK)
		puts(path);
	free(path);
	return example_end(status, &err);
}
