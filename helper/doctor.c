#include "doctor.h"
#include "program.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/sys.h"
#include "../libbfabric/local/token.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL_MS       15000 /* for all sections together */
#define REQUEST_S    10
#define FINDINGS_MAX ((size_t)1 << 20)
#define TEXT_MAX     1024

static const struct bf_section sections[] = {
	{"config", "Configuration", bf_checks_config},
	{"files", "Folders and files", bf_checks_files},
	{"login", "Login", bf_checks_login},
	{"store", "Store of secrets", bf_checks_store},
	{"server", "Server", bf_checks_server},
	{"git", "git", bf_checks_git},
	{"tools", "Programs and variables", bf_checks_tools},
};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static const struct bf_section pam_sections[] = {
	{"pam-config", "PAM: configuration", bf_checks_pam_config},
	{"pam-place", "PAM: programs, account and folder", bf_checks_pam_place},
	{"pam-stack", "PAM: stacks", bf_checks_pam_stack},
	{"pam-applications", "PAM: sshd and login", bf_checks_pam_applications},
	{"pam-server", "PAM: server", bf_checks_pam_server},
};
#define PAM_SECTIONS (sizeof(pam_sections) / sizeof(pam_sections[0]))
#define SECTIONS_MAX 16
_Static_assert(SECTIONS <= SECTIONS_MAX && PAM_SECTIONS <= SECTIONS_MAX, "room for all of them");

/* A section at work. */
struct ward {
	pid_t pid;
	int fd; /* -1: it has finished */
	struct bf_secret said;
};

const char *bf_section_title(const char *name)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (strcmp(sections[i].name, name) == 0)
			return sections[i].title;
	for (size_t i = 0; i < PAM_SECTIONS; i++)
		if (strcmp(pam_sections[i].name, name) == 0)
			return pam_sections[i].title;
	return name;
}

/* ---- in the process of a section ------------------------------------------------------------- */

static const char *result_name(enum bf_found result)
{
	switch (result) {
	case BF_FOUND_OK:
		return "ok";
	case BF_FOUND_WARNING:
		return "warning";
	case BF_FOUND_ERROR:
		return "error";
	}
	return "error";
}

static json_t *finding(const char *section, const char *check, enum bf_found result,
	const char *text, const char *advice)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s?}", "section", section, "check", check, "result",
		result_name(result), "text", text, "advice", advice);
}

void bf_found(
	struct bf_doctor *doctor, enum bf_found result, const char *advice, const char *fmt, ...)
{
	char raw[TEXT_MAX], text[TEXT_MAX];
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;
	json_t *object = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	bf_show(text, sizeof(text), raw, n < 0 ? 0 : strlen(raw));
	object = finding(doctor->section, doctor->check, result, text, advice);
	/* Records end with a NUL. A section that cannot say anything is reported as a whole. */
	if (!object || bf_json_write(object, &line, NULL) != BFABRIC_OK ||
		!bf_write_all(doctor->fd, bf_secret_reveal(&line), line.len + 1))
		_exit(1);
	json_decref(object);
}

/* The environment, without what must not be seen. */
static void look(struct bf_doctor *doctor)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_environment *env = &doctor->environment;
	enum bfabric_status status =
		bf_config_load(doctor->call->config_file, &config, &doctor->trouble);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, doctor->call->environment, &doctor->chosen_by,
			env, &doctor->trouble);
	doctor->known = status == BFABRIC_OK;
	bf_secret_release(&env->password);
	bf_secret_release(&env->pat);
	bf_secret_release(&env->client_secret);
	bf_secret_release(&env->registration_access_token);
}

static void examine(const struct bf_section *section, const struct bf_command_line *call, int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct bf_doctor doctor = {
		.call = call,
		.section = section->name,
		.deadline = bfabric_deadline_in(REQUEST_S),
		.key_log = bf_child_guard ? bf_child_guard->key_log : NULL,
		.fd = fd,
	};

	/* A group of its own is killed with what it started; it does not outlive us either. */
	if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || null < 0 ||
		dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
		dup2(null, STDERR_FILENO) < 0)
		_exit(1);
	if (!call->pam)
		look(&doctor);
	for (const struct bf_check *check = section->checks; check->name; check++) {
		doctor.check = check->name;
		if (!(check->network && call->offline) &&
			!(check->needs_environment && !doctor.known))
			check->run(&doctor);
	}
	bf_environment_release(&doctor.environment);
	_exit(0);
}

/* ---- in ours --------------------------------------------------------------------------------- */

static enum bfabric_status begin(struct ward *ward, const struct bf_section *section,
	const struct bf_command_line *call, struct bfabric_error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a pipe: %m");
	ward->pid = fork();
	if (ward->pid == 0)
		examine(section, call, ends[1]);
	close(ends[1]);
	ward->fd = ends[0];
	ward->said.max = FINDINGS_MAX;
	return ward->pid < 0 ? bf_fail(err, BFABRIC_SYSTEM, "cannot start a process: %m")
			     : BFABRIC_OK;
}

static void hear(struct ward *ward)
{
	char buf[4096];
	ssize_t n = read(ward->fd, buf, sizeof(buf));

	if (n > 0)
		bf_secret_put(&ward->said, buf, (size_t)n);
	if (n > 0 || (n < 0 && errno == EINTR))
		return;
	close(ward->fd);
	ward->fd = -1;
}

static void wait_for_all(struct ward *wards, size_t count)
{
	const int64_t end = bf_boot_ms(&bf_sys_real) + ALL_MS;
	size_t open = count;

	while (open > 0) {
		struct pollfd ends[SECTIONS_MAX];
		int64_t left = end - bf_boot_ms(&bf_sys_real);

		for (size_t i = 0; i < count; i++)
			ends[i] = (struct pollfd){.fd = wards[i].fd, .events = POLLIN};
		if (left <= 0 || poll(ends, count, (int)left) == 0)
			return;
		open = 0;
		for (size_t i = 0; i < count; i++) {
			if (ends[i].revents)
				hear(&wards[i]);
			open += wards[i].fd >= 0;
		}
	}
}

/* Whether it got to its end; what hangs in the kernel is not waited for. */
static bool finish(struct ward *ward)
{
	int how = 0;

	if (ward->pid <= 0)
		return false;
	if (ward->fd >= 0) {
		(void)kill(-ward->pid, SIGKILL); /* gone already: as good */
		(void)kill(ward->pid, SIGKILL);
		close(ward->fd);
		(void)waitpid(ward->pid, NULL, WNOHANG);
		return false;
	}
	return waitpid(ward->pid, &how, 0) == ward->pid && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static enum bfabric_status collect(
	struct ward *ward, const struct bf_section *section, json_t *all, struct bfabric_error *err)
{
	bool late = ward->fd >= 0, whole = finish(ward) && !ward->said.failed;
	const char *said = bf_secret_reveal(&ward->said);

	for (size_t at = 0; at < ward->said.len;) {
		size_t len = strnlen(said + at, ward->said.len - at);
		json_t *one = NULL;

		/* a record that was cut by the end of its writer */
		if (bf_json_read(said + at, len, &one, NULL) == BFABRIC_OK &&
			json_array_append_new(all, one) != 0)
			return bf_fail_nomem(err);
		at += len + 1;
	}
	if (!whole &&
		json_array_append_new(all,
			finding(section->name, "time", BF_FOUND_ERROR,
				late ? "did not finish in 15 seconds: something hangs"
				     : "ended early",
				late ? "look for a network file system or program that does not "
				       "answer"
				     : "run it again; if it stays so, report it")) != 0)
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

enum bfabric_status bf_doctor_run(
	const struct bf_command_line *call, json_t **ret_findings, struct bfabric_error *err)
{
	const struct bf_section *const chosen = call->pam ? pam_sections : sections;
	const size_t count = call->pam ? PAM_SECTIONS : SECTIONS;
	struct ward wards[SECTIONS_MAX];
	enum bfabric_status status = BFABRIC_OK;
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		wards[i] = (struct ward){.fd = -1};
	if (!all)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < count && status == BFABRIC_OK; i++)
		status = begin(&wards[i], &chosen[i], call, err);
	if (status == BFABRIC_OK)
		wait_for_all(wards, count);
	for (size_t i = 0; i < count; i++) {
		if (status == BFABRIC_OK)
			status = collect(&wards[i], &chosen[i], all, err);
		else
			(void)finish(&wards[i]); /* the failure is told already */
		bf_secret_release(&wards[i].said);
	}
	if (status == BFABRIC_OK)
		*ret_findings = all;
	else
		json_decref(all);
	return status;
}
