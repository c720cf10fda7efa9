/* connect_pkce BASE_URL SCOPE - in the person's browser; Ctrl-C ends it. */
#include "example.h"
#include <signal.h>

static struct bfabric_cancel *cancel;

static void stop(int number)
{
	(void)number;
	bfabric_cancel_now(cancel);
}

/* A program with a window would open the browser here. */
static bool open_url(void *data, const char *url)
{
	(void)data;
	fprintf(stderr, "Open in a browser on this machine:\n%s\n", url);
	return true;
}

int main(int argc, char *argv[])
{
	struct bfabric_ui ui = {.open_url = open_url};
	struct bfabric_error err;
	struct bfabric *client = NULL;
	enum bfabric_status status = bfabric_cancel_new(&cancel, &err);
	int code;

	if (argc != 3)
		return 2;
	signal(SIGINT, stop);
	if (status == BFABRIC_OK)
		status = bfabric_connect_pkce(
			&(struct bfabric_login){
				.server = {.base_url = argv[1], .cancel = cancel},
				.scope = argv[2],
				.environment = "EXAMPLE", /* the next run needs no browser */
			},
			&ui, &client, &err);
	code = status == BFABRIC_OK ? example_use(client) : example_end(status, &err);
	bfabric_free(client);
	bfabric_cancel_free(cancel);
	return code;
}
