#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "start.h"
#include "file.h"

#define GRACE_MS   100                 /* from SIGTERM to SIGKILL */
#define FUNERAL_MS 1000                /* for the kernel to end what was killed */
#define STEP_MS    10                  /* to look again, where no descriptor tells */
#define LONGEST_MS ((int64_t)86400000) /* keeps what is added to it far from overflow */
#define READ_BLOCK 16384

struct run {
	const struct bf_child *child;
	pid_t pid;
	int process; /* readable once it ended; -1: the kernel has no such thing */
	int output;  /* -1: its end was seen */
	int64_t ask_at, kill_at;
	enum bfabric_status why; /* it is being ended for this reason */
	struct bf_secret text;
};

/* The clock of `sys` may be a test's; a child lives by the real one. */
static int64_t now(void)
{
	return bf_boot_ms(&bf_sys_real);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* Above 2, where posix_spawn's actions do not get into each other's way. */
static int lift(int fd)
{
	int lifted = fd;

	if (fd >= 0 && fd <= 2) {
		lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		bf_closep(&fd);
	}
	return lifted;
}

/*
 * The input as a file in memory: however much of it is read and when, nobody has to wait, and
 * nothing is written to where nobody reads.
 */
static int make_input(const struct bf_secret *input)
{
	int fd = lift(memfd_create("input", MFD_CLOEXEC));

	if (fd >= 0 && (!bf_write_all(fd, bf_secret_reveal(input), input->len) ||
			       lseek(fd, 0, SEEK_SET) != 0)) {
		bf_closep(&fd);
		return -1;
	}
	return fd;
}

static bool make_output(int ret_ends[2])
{
	if (pipe2(ret_ends, O_CLOEXEC) != 0)
		return false;
	ret_ends[0] = lift(ret_ends[0]);
	ret_ends[1] = lift(ret_ends[1]);
	return ret_ends[0] >= 0 && ret_ends[1] >= 0;
}

static enum bfabric_status start(struct run *run, struct bfabric_error *err)
{
	const struct bf_child *child = run->child;
	BF_AUTO_FREE const char **variables = bf_start_variables(NULL);
	BF_AUTO_CLOSE int input = -1;
	BF_AUTO_CLOSE int theirs = -1;
	int ends[2] = {-1, -1};
	bool made;

	if (!variables)
		return bf_fail_nomem(err);
	made = make_output(ends);
	run->output = ends[0];
	theirs = ends[1];
	if (!made)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a pipe: %m");
	if (child->input && (input = make_input(child->input)) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot keep the request in memory: %m");
	errno = bf_start_apart(child->argv, variables, input, theirs, &run->pid);
	if (errno != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot run %s: %m", child->argv[0]);
	run->process = (int)syscall(SYS_pidfd_open, run->pid, 0);
	return BFABRIC_OK;
}

/* ---- while it runs --------------------------------------------------------------------------- */

/* The whole session: its number is not given to anybody else before we have reaped the child. */
static void end_it(struct run *run, enum bfabric_status why)
{
	int64_t latest = now() + GRACE_MS;

	(void)kill(-run->pid, SIGTERM); /* none is left: as good */
	run->why = why;
	if (run->kill_at > latest)
		run->kill_at = latest;
}

/* Ended, but not reaped yet; or reaped by somebody else. */
static bool has_ended(const struct run *run)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		return info.si_pid == run->pid;
	return errno == ECHILD;
}

static void read_some(struct run *run)
{
	char *room = bf_secret_room(&run->text, READ_BLOCK);
	ssize_t n;

	if (!room) {
		end_it(run, BFABRIC_NO_MEMORY);
		bf_closep(&run->output);
		run->output = -1;
		return;
	}
	n = read(run->output, room, READ_BLOCK);
	if (n < 0 && errno == EINTR)
		return;
	if (n > 0)
		bf_secret_added(&run->text, (size_t)n);
	if (n <= 0 || run->text.len > BF_CHILD_OUTPUT_MAX) {
		bf_closep(&run->output);
		run->output = -1;
	}
	if (n < 0)
		end_it(run, BFABRIC_SYSTEM);
	else if (run->text.len > BF_CHILD_OUTPUT_MAX)
		end_it(run, BFABRIC_BAD_REPLY);
}

/* What it wrote before it ended is in the pipe; whoever else holds that is not waited for. */
static void drain(struct run *run)
{
	struct pollfd output = {.fd = run->output, .events = POLLIN};

	while (run->output >= 0 && poll(&output, 1, 0) > 0)
		read_some(run);
}

static void wait_a_little(struct run *run)
{
	const struct bfabric_cancel *cancel = run->why == BFABRIC_OK ? run->child->cancel : NULL;
	struct pollfd ready[] = {
		{.fd = run->output, .events = POLLIN},
		{.fd = run->process, .events = POLLIN},
		{.fd = bf_cancel_fd(cancel), .events = POLLIN},
	};
	int64_t left = (run->why == BFABRIC_OK ? run->ask_at : run->kill_at) - now();

	if (left < 0)
		left = 0;
	if (run->process < 0 && left > STEP_MS)
		left = STEP_MS;
	if (poll(ready, sizeof(ready) / sizeof(ready[0]), (int)left) <= 0)
		return; /* time passed, or a signal came: the caller looks at everything */
	if (ready[0].revents)
		read_some(run);
	if (ready[2].revents)
		end_it(run, BFABRIC_CANCELLED);
}

static void see_it_through(struct run *run)
{
	while (!has_ended(run)) {
		if (run->why == BFABRIC_OK && now() >= run->ask_at)
			end_it(run, BFABRIC_TIMEOUT);
		if (run->why != BFABRIC_OK && now() >= run->kill_at)
			break;
		wait_a_little(run);
	}
	drain(run);
	if (run->why != BFABRIC_OK)
		(void)kill(-run->pid, SIGKILL); /* none is left: as good */
}

/* ---- its end --------------------------------------------------------------------------------- */

/*
 * Nothing but a device that does not answer keeps a process that was killed: then it is left to
 * whoever comes after us, for the time of our caller is bounded.
 */
static struct bf_child_end reap(const struct run *run)
{
	const int64_t latest = now() + FUNERAL_MS;
	struct bf_child_end end = {.known = false};
	siginfo_t info = {0};

	while (!has_ended(run) && now() < latest) {
		struct pollfd process = {.fd = run->process, .events = POLLIN};

		(void)poll(&process, 1, STEP_MS); /* whatever it says, has_ended tells */
	}
	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG) != 0 || info.si_pid != run->pid)
		return end;
	end.known = true;
	end.code = info.si_code == CLD_EXITED ? info.si_status : -1;
	end.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	return end;
}

static enum bfabric_status fail(const struct run *run, struct bfabric_error *err)
{
	const char *program = run->child->argv[0];

	if (run->why == BFABRIC_TIMEOUT)
		return bf_fail(err, run->why, "%s did not end in time", program);
	if (run->why == BFABRIC_CANCELLED)
		return bf_fail(err, run->why, "interrupted while %s was running", program);
	if (run->why == BFABRIC_BAD_REPLY)
		return bf_fail(err, run->why, "%s printed more than %zu bytes", program,
			BF_CHILD_OUTPUT_MAX);
	if (run->why == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	return bf_fail(err, run->why, "cannot read what %s prints", program);
}

static enum bfabric_status run_it(
	struct run *run, struct bf_child_end *ret_end, struct bfabric_error *err)
{
	enum bfabric_status status = start(run, err);

	if (status != BFABRIC_OK)
		return status;
	see_it_through(run);
	*ret_end = reap(run);
	/* It was asked to end, and had just finished. */
	if (run->why == BFABRIC_TIMEOUT && ret_end->known && ret_end->code == 0)
		run->why = BFABRIC_OK;
	/*
	 * Ctrl-C reaches the whole session, and a child that has just begun is still in it. Where
	 * the child's time was over, too, before anybody looked, it is the person's wish that
	 * counts.
	 */
	if ((run->why == BFABRIC_TIMEOUT || run->why == BFABRIC_OK) &&
		(!ret_end->known || ret_end->code != 0) && bf_cancelled(run->child->cancel))
		run->why = BFABRIC_CANCELLED;
	return run->why == BFABRIC_OK ? BFABRIC_OK : fail(run, err);
}

static void release(struct run *run)
{
	bf_closep(&run->output);
	bf_closep(&run->process);
	bf_secret_release(&run->text);
}

enum bfabric_status bf_child_run(const struct bf_child *child, struct bf_secret *ret_output,
	struct bf_child_end *ret_end, struct bfabric_error *err)
{
	struct run run
		__attribute__((cleanup(release))) = {.child = child, .process = -1, .output = -1};
	int64_t budget = child->deadline - bf_boot_ms(child->sys);
	struct bf_child_end end = {0};
	enum bfabric_status status;

	if (budget <= 0)
		return bf_fail(err, BFABRIC_TIMEOUT, "no time is left to run %s", child->argv[0]);
	if (bf_cancelled(child->cancel))
		return bf_fail(err, BFABRIC_CANCELLED, "interrupted before %s was started",
			child->argv[0]);
	if (budget > LONGEST_MS)
		budget = LONGEST_MS;
	run.kill_at = now() + budget;
	run.ask_at = run.kill_at - (budget / 20 < GRACE_MS ? budget / 20 : GRACE_MS);
	status = run_it(&run, &end, err);
	if (status != BFABRIC_OK)
		return status;
	bf_secret_put_secret(ret_output, &run.text);
	if (ret_output->failed)
		return bf_fail_nomem(err);
	*ret_end = end;
	return BFABRIC_OK;
}
