/* connect_device_code BASE_URL SCOPE - with a code, entered on any device. */
#include "example.h"

static void show_code(void *data, const struct bfabric_device_code *code)
{
	(void)data;
	fprintf(stderr, "Open %s and enter %s\n", code->verification_uri, code->user_code);
}

static void waiting(void *data, int64_t left_ms)
{
	(void)data;
	fprintf(stderr, "\r%lld s left ", (long long)left_ms / 1000);
}

int main(int argc, char *argv[])
{
	struct bfabric_ui ui = {.show_code = show_code, .waiting = waiting};
	struct bfabric_error err;
	struct bfabric *client = NULL;
	enum bfabric_status status;
	int code;

	if (argc != 3)
		return 2;
	status = bfabric_connect_device_code(
		&(struct bfabric_login){.server.base_url = argv[1], .scope = argv[2]}, &ui, &client,
		&err);
	fputc('\n', stderr);
	code = status == BFABRIC_OK ? example_use(client) : example_end(status, &err);
	bfabric_free(client);
	return code;
}
