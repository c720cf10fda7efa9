#include "unfinished.h"
#include "format.h"
#include "../libbfabric/manage_rescue.h"

void bf_unfinished_put(const char *config_file, const char *environment, struct bf_secret *out)
{
	BF_AUTO_FREE char *path = NULL;
	struct bfabric_error err = {0};
	enum bf_rescue_kind kind = BF_RESCUE_CHANGE;
	enum bfabric_status status =
		bf_rescue_pending(config_file, environment, &path, &kind, &err);

	if (status == BFABRIC_BAD_REPLY)
		bf_secret_printf(out, "%s\n", err.text);
	if (status != BFABRIC_OK || !path)
		return; /* a configuration or home that cannot be read is told by others */
	bf_secret_printf(out,
		"what the server said to an interrupted run about this client is in %s; finish it: "
		"bfabric auth %s --env ",
		path, kind == BF_RESCUE_DELETE ? "client-delete" : "client-show");
	bf_shell_word(environment, out);
	if (config_file) {
		bf_secret_puts(out, " --config-file ");
		bf_shell_word(config_file, out);
	}
	bf_secret_puts(out, "\n");
}
