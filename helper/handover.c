#include "handover.h"
#include "../libbfabric/base/file.h"
#include <sys/mman.h>
#include <unistd.h>

static enum bfabric_status request_to_stdin(const struct bf_kv *request, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_CLOSE int fd = -1;

	for (size_t i = 0; i < request->count; i++)
		bf_kv_put(&text, request->lines[i].key, request->lines[i].value);
	bf_secret_putc(&text, '\n');
	if (text.failed)
		return bf_fail_nomem(err);
	fd = memfd_create("bfabric-request", 0);
	if (fd < 0 || !bf_write_all(fd, bf_secret_reveal(&text), text.len) ||
		lseek(fd, 0, SEEK_SET) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot keep the request in memory: %m");
	if (fd == STDIN_FILENO) /* stdin was closed */
		fd = -1;
	else if (dup2(fd, STDIN_FILENO) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot pass the request on: %m");
	return BFABRIC_OK;
}

enum bfabric_status bf_hand_over(const char *program, char *const argv[],
	const struct bf_kv *request, const struct bf_guard *guard, struct bfabric_error *err)
{
	BF_AUTO_FREE char *path = NULL;
	enum bfabric_status status = bf_libexec_path(program, &path, err);

	if (status == BFABRIC_OK && request)
		status = request_to_stdin(request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_guard_lift_all(guard);
	execv(path, argv);
	return bf_fail(err, BFABRIC_SYSTEM,
		"cannot run %s: %m; is bfabric-auth installed completely?", path);
}
