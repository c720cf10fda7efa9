/*
 * B-Fabric as a factor: what the stack makes of each answer, found out by trying it.
 *
 * The only factor, with the password behind it, has to let people in while B-Fabric is down; a
 * second factor must not. No line can serve both, and a word in a control makes one of the other.
 */
#include "doctor_pam_trial.h"
#include <string.h>

/* What a line is in its stack. */
struct part {
	bool alone;  /* it suffices, without a password */
	bool second; /* it is needed besides something else */
	bool admits; /* somebody gets in at all */
	bool reached;
	bool passed_by; /* a password that is right never gets there */
	unsigned ways;  /* in which way of the gates that was seen */
};

static bool run(struct bf_trial *trial, unsigned gates, int others, int ours)
{
	trial->gates = gates;
	trial->others = others;
	trial->ours = ours;
	return bf_trial_run(trial);
}

/* Do people get in with the right password when our line answers this? */
static bool passes(struct bf_trial *trial, const struct part *part, int ours)
{
	return run(trial, part->ways, BF_STACK_SUCCESS, ours);
}

static struct part find_part(struct bf_trial *trial)
{
	struct part part = {0};
	const unsigned ways = bf_trial_ways(trial->stack, BF_STACK_AUTH);

	for (unsigned gates = 0; gates < ways && !part.alone && !part.second; gates++) {
		bool both = run(trial, gates, BF_STACK_SUCCESS, BF_STACK_SUCCESS);
		bool reached = trial->reached;
		bool alone =
			run(trial, gates, BF_STACK_AUTH_ERR, BF_STACK_SUCCESS) && trial->reached;
		bool without = run(trial, gates, BF_STACK_SUCCESS, BF_STACK_AUTH_ERR);

		part.reached |= reached || alone;
		if (!reached && !alone)
			continue; /* this way leads around it */
		part.admits |= both;
		part.ways = gates;
		part.alone = alone;
		part.passed_by = !reached;
		part.second = both && !alone && !without;
	}
	return part;
}

/* Codes by which a line says that it has not proved anything, except what is judged by itself. */
static const struct {
	int code;
	const char *name, *when;
} failures[] = {
	{BF_STACK_AUTHINFO_UNAVAIL, "authinfo_unavail", "whoever pulls the cable"},
	{BF_STACK_SERVICE_ERR, "service_err", "a mistake in the configuration"},
	{BF_STACK_AUTH_ERR, "auth_err", "who is refused by B-Fabric"},
	{BF_STACK_PERM_DENIED, "perm_denied", "who is in no allowed group"},
	{4, "system_err", "a machine without memory or processes"},
	{5, "buf_err", "a machine without memory"},
	{10, "user_unknown", "a user whom the machine does not know"},
	{19, "conv_err", "a program that cannot ask"},
	{BF_STACK_MODULE_UNKNOWN, "module_unknown", "a module that is missing"},
};
#define FAILURES (sizeof(failures) / sizeof(failures[0]))

static bool tell_second(struct bf_doctor *d, struct bf_trial *trial, const struct part *part)
{
	const struct bf_stack_line *line = trial->watch;
	bool good = true;

	for (size_t i = 0; i < FAILURES; i++)
		if (passes(trial, part, failures[i].code)) {
			bf_found(d, BF_FOUND_ERROR,
				"a second factor is: auth [success=ok ignore=ignore default=die]",
				BF_PAM_AT ": %s=%s lets people in without this factor: %s takes it "
					  "away",
				BF_PAM_AT_ARGS(line), failures[i].name,
				bf_stack_action_name(line, (enum bf_stack_code)failures[i].code),
				failures[i].when);
			good = false;
		}
	return good;
}

static const char primary[] =
	"with the password behind it: auth [success=done authinfo_unavail=ignore "
	"service_err=ignore ignore=ignore user_unknown=ignore default=die]";

static bool tell_alone(struct bf_doctor *d, struct bf_trial *trial, const struct part *part)
{
	const struct bf_stack_line *line = trial->watch;
	bool good = true;

	if (part->passed_by) {
		bf_found(d, BF_FOUND_WARNING,
			"for a second factor let what stands before it skip only what denies "
			"([success=N ...]), not end the stack",
			BF_PAM_AT ": a right password never gets there, and suffices; so does "
				  "this line",
			BF_PAM_AT_ARGS(line));
		return false;
	}
	for (size_t i = 0; i < 2; i++) /* the server, the configuration */
		if (!passes(trial, part, failures[i].code)) {
			bf_found(d, BF_FOUND_ERROR, primary,
				BF_PAM_AT
				": %s=%s: %s locks everybody out, whatever their password",
				BF_PAM_AT_ARGS(line), failures[i].name,
				bf_stack_action_name(line, (enum bf_stack_code)failures[i].code),
				i == 0 ? "a B-Fabric that is down" : failures[i].when);
			good = false;
		}
	if (passes(trial, part, BF_STACK_AUTH_ERR)) {
		bf_found(d, BF_FOUND_WARNING, primary,
			BF_PAM_AT ": auth_err=%s: who is refused by B-Fabric may still use a "
				  "password",
			BF_PAM_AT_ARGS(line), bf_stack_action_name(line, BF_STACK_AUTH_ERR));
		good = false;
	}
	return good;
}

static bool tell_root(struct bf_doctor *d, struct bf_trial *trial, const struct part *part)
{
	const struct bf_stack_line *line = trial->watch;

	if (passes(trial, part, BF_STACK_IGNORE))
		return true;
	bf_found(d, BF_FOUND_ERROR, "add ignore=ignore to its control",
		BF_PAM_AT ": ignore=%s: root and system accounts, whom the module leaves to "
			  "others, are locked out",
		BF_PAM_AT_ARGS(line), bf_stack_action_name(line, BF_STACK_IGNORE));
	return false;
}

/* ---- what the configuration has to say for it ------------------------------------------------ */

static bool tell_config(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	const struct bf_pam_conf *conf = &service->conf;
	const bool remote = conf->remote == BF_PAM_REMOTE_SECOND_FACTOR ||
			    bf_stack_has_argument(line, "remote=second-factor");
	const bool ssh = strcmp(service->name, "sshd") == 0;
	bool good = true;

	if (service->configured && !conf->map_file && !conf->same_names) {
		bf_found(d, BF_FOUND_ERROR, "set map_file, or same_names = yes",
			BF_PAM_AT ": %s does not say whose approval counts for which user: nobody "
				  "is let in",
			BF_PAM_AT_ARGS(line), service->config);
		good = false;
	}
	if (ssh && service->configured && !remote) {
		bf_found(d, BF_FOUND_ERROR,
			"set remote = second-factor, and in sshd_config AuthenticationMethods "
			"publickey,keyboard-interactive",
			BF_PAM_AT ": over the network this factor is always refused",
			BF_PAM_AT_ARGS(line));
		good = false;
	}
	return good;
}

/* ---- authentication -------------------------------------------------------------------------- */

/* A wrong password and a refusal by B-Fabric: everybody? */
static bool lets_all_in(struct bf_trial *trial)
{
	const unsigned ways = bf_trial_ways(trial->stack, trial->type);

	for (unsigned gates = 0; gates < ways; gates++)
		if (run(trial, gates, BF_STACK_AUTH_ERR, BF_STACK_AUTH_ERR) && trial->reached)
			return true;
	return false;
}

static void tell_useless(struct bf_doctor *d, const struct bf_stack_line *line, const char *service,
	const struct part *part)
{
	if (!part->reached)
		bf_found(d, BF_FOUND_ERROR, "move it in front of what ends the stack",
			BF_PAM_AT ": %s never gets there", BF_PAM_AT_ARGS(line), service);
	else if (!part->admits)
		bf_found(d, BF_FOUND_ERROR,
			"a line that succeeds is missing: auth required pam_permit.so",
			"%s lets nobody in, even when everything succeeds", service);
	else
		bf_found(d, BF_FOUND_ERROR,
			"say what it is for: mark, acquire, or a control of pam_bfabric(8)",
			BF_PAM_AT ": %s decides nothing: people get in whatever it says, and "
				  "nobody by it",
			BF_PAM_AT_ARGS(line), line->control);
}

static const char second[] =
	"a second factor: while B-Fabric is down, only who is led around it gets in";
static const char alone[] = "suffices alone; while B-Fabric is down, the password counts";
static const char behind_key[] =
	"suffices for PAM: sshd has to want a key before it (AuthenticationMethods)";

static void look_at_factor_line(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	struct bf_trial trial = {.stack = &service->stack, .type = BF_STACK_AUTH, .watch = line};
	struct part part = find_part(&trial);
	/* what comes before it is sshd's: the settings tell (doctor_pam_sshd.c) */
	const bool keyed = part.alone && strcmp(service->name, "sshd") == 0;
	bool good = true;

	if (lets_all_in(&trial)) {
		bf_found(d, BF_FOUND_ERROR, "end it with: auth requisite pam_deny.so",
			"%s lets everybody in: wrong password, refused by B-Fabric (" BF_PAM_AT ")",
			service->name, BF_PAM_AT_ARGS(line));
		return;
	}
	if (!part.alone && !part.second) {
		tell_useless(d, line, service->name, &part);
		return;
	}
	if (part.second)
		good = tell_second(d, &trial, &part);
	else if (!keyed)
		good = tell_alone(d, &trial, &part);
	good &= tell_root(d, &trial, &part);
	good &= tell_config(d, service, line);
	if (good)
		bf_found(d, BF_FOUND_OK, NULL, "%s: " BF_PAM_AT ": %s", service->name,
			BF_PAM_AT_ARGS(line),
			part.second ? second
			: keyed     ? behind_key
				    : alone);
}

/* The first of its lines is what counts: a second one is told as a mistake. */
bool bf_pam_factor_is_alone(const struct bf_pam_service *service)
{
	for (size_t i = 0; i < service->stack.count; i++) {
		struct bf_trial trial = {.stack = &service->stack,
			.type = BF_STACK_AUTH,
			.watch = &service->stack.lines[i]};

		if (bf_pam_role_of(trial.watch) == BF_PAM_ROLE_FACTOR)
			return find_part(&trial).alone;
	}
	return false;
}

static void look_at_factor(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	(void)data; /* nothing to share */
	bf_pam_each_line(d, service, BF_PAM_ROLE_FACTOR, look_at_factor_line);
}

void bf_pam_check_factor(struct bf_doctor *d)
{
	bf_pam_each_service(d, look_at_factor, NULL);
}

/* ---- account --------------------------------------------------------------------------------- */

/* In one of the ways that get to the line, does the account stack go on when it answers this? */
static bool opens(const struct bf_pam_service *service, const struct bf_stack_line *line, int ours)
{
	struct bf_trial trial = {.stack = &service->stack, .type = BF_STACK_ACCOUNT, .watch = line};
	const unsigned ways = bf_trial_ways(trial.stack, trial.type);

	for (unsigned gates = 0; gates < ways; gates++)
		if (run(&trial, gates, BF_STACK_SUCCESS, ours) && trial.reached)
			return true;
	return false;
}

static void look_at_account_line(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	if (!bf_trial_reaches(&service->stack, line))
		bf_found(d, BF_FOUND_ERROR, "move it in front of what ends the stack",
			BF_PAM_AT ": %s never gets there: it denies nobody", BF_PAM_AT_ARGS(line),
			service->name);
	else if (!opens(service, line, BF_STACK_IGNORE))
		bf_found(d, BF_FOUND_ERROR,
			"make it: account [success=ok ignore=ignore default=die]",
			BF_PAM_AT ": ignore=%s: root and all whom another factor let in are locked "
				  "out",
			BF_PAM_AT_ARGS(line), bf_stack_action_name(line, BF_STACK_IGNORE));
	else if (opens(service, line, BF_STACK_PERM_DENIED))
		bf_found(d, BF_FOUND_ERROR,
			"make it: account [success=ok ignore=ignore default=die]",
			BF_PAM_AT ": perm_denied=%s: it denies nobody", BF_PAM_AT_ARGS(line),
			bf_stack_action_name(line, BF_STACK_PERM_DENIED));
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s: " BF_PAM_AT, service->name,
			BF_PAM_AT_ARGS(line));
}

static void look_at_account(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	(void)data; /* nothing to share */
	bf_pam_each_line(d, service, BF_PAM_ROLE_ACCOUNT, look_at_account_line);
	if (service->configured && service->conf.allowed_groups &&
		service->count[BF_PAM_ROLE_FACTOR] && !service->count[BF_PAM_ROLE_ACCOUNT])
		bf_found(d, BF_FOUND_WARNING,
			"add: account [success=ok ignore=ignore default=die] pam_bfabric.so",
			"%s has no account line: allowed_groups does not bind those who log in "
			"without this factor, as by a public key",
			service->name);
}

void bf_pam_check_account(struct bf_doctor *d)
{
	bf_pam_each_service(d, look_at_account, NULL);
}
