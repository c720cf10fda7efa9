/* Who approved is somebody else, or the child lies, or something fails: never yes. */
#include "unit.h"
#include "pam_factor_scene.h"
#include "pam_fault_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_lies(void **state)
{
	static const struct {
		const char *body;
		int wanted;
	} cases[] = {
		{CODE IDENTITY("bob") TOKEN, PAM_AUTH_ERR},
		{CODE IDENTITY("'\"$me\"'x") TOKEN, PAM_AUTH_ERR},
		{CODE IDENTITY(" '\"$me\"'") TOKEN, PAM_AUTH_ERR},
		{CODE IDENTITY("root") TOKEN, PAM_AUTH_ERR},
		{CODE TOKEN, PAM_AUTH_ERR},
		{CODE TOKEN US, PAM_AUTH_ERR},
		{APPROVED, PAM_AUTH_ERR}, /* nobody saw a code */
		{US CODE TOKEN, PAM_AUTH_ERR},
		{CODE US US TOKEN, PAM_AUTH_ERR},
		{CODE IDENTITY("bob") US TOKEN, PAM_AUTH_ERR},
		{CODE US IDENTITY("bob") TOKEN, PAM_AUTH_ERR},
		{CODE CODE APPROVED, PAM_AUTH_ERR},
		{CODE US, PAM_AUTH_ERR},
		{CODE US "printf 'stored\\t%%s\\n' \"$me\"; ", PAM_AUTH_ERR},
		{CODE US "printf 'valid\\tyes\\n'; ", PAM_AUTH_ERR},
		{CODE "printf 'stored\\t%%s\\n' \"$me\"; ", PAM_AUTH_ERR},
		{CODE US FAILED("DENIED", "no") TOKEN, PAM_AUTH_ERR},
		{CODE US "printf 'token\\t{}'", PAM_AUTH_ERR},
		{CODE US "printf 'token\\n'", PAM_AUTH_ERR},
		{CODE US "printf 'failed\\tOK\\tfine\\n'", PAM_AUTH_ERR},
		{CODE US "kill -9 $$", PAM_AUTH_ERR},
		{CODE US "exit 0", PAM_AUTH_ERR},
		{"exit 0", PAM_AUTH_ERR},
		{"printf 'code\\tWDJB\\thttps://evil.org/\\t-\\t60\\n'; " APPROVED, PAM_AUTH_ERR},
		{CODE FAILED("DENIED", "somebody else"), PAM_AUTH_ERR},
		{CODE FAILED("TIMEOUT", "over"), PAM_AUTH_ERR},
		{CODE FAILED("FORBIDDEN", "in no group"), PAM_AUTH_ERR},
		{CODE FAILED("CANCELLED", "no"), PAM_AUTH_ERR},
		{FAILED("SYSTEM", "no"), PAM_AUTH_ERR},
		{FAILED("NO_MEMORY", "no"), PAM_AUTH_ERR},
		{FAILED("BAD_REPLY", "no"), PAM_AUTH_ERR},
		{FAILED("LOCK_TIMEOUT", "no"), PAM_AUTH_ERR},
		{FAILED("RETRY_LATER", "no"), PAM_AUTHINFO_UNAVAIL},
		{FAILED("BAD_CONFIG", "no"), PAM_SERVICE_ERR},
		{FAILED("BAD_CALL", "no"), PAM_SERVICE_ERR},
		{FAILED("UNSUPPORTED", "no"), PAM_SERVICE_ERR},
	};
	static const char *const services[] = {"gdm-password", "login"};

	(void)state;
	factor_conf("");
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const char *service = services[i % 2];

		factor_child(cases[i / 2].body);
		scene_alone(service, "");
		if (factor_ask(service, NULL, 0) != cases[i / 2].wanted)
			fail_msg("%s, case %zu: %s", service, i / 2, scene.log);
		assert_lacks(scene.log, "CANARY");
		assert_lacks(scene.log, "WDJB");
		assert_lacks(scene.shown, "CANARY");
	}
}

/* What somebody else approved is given back. */
static void test_another_person(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE IDENTITY("bob") TOKEN);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "because \"bob\" approved");
	assert_int_equal(factor_revoked(), 1);
	assert_has(scene_asked("bfabric-pam-login"), "token={\"access_token\":\"CANARY\"}\n");
	assert_has(scene.log, "was revoked");
	/* and so is what came, and could not be used */
	factor_child(CODE TOKEN);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_int_equal(factor_revoked(), 1);
	/* who may approve is not decided */
	scene_conf("timeout = 5\n");
	factor_child(CODE APPROVED);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SERVICE_ERR);
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

/* An answer counts once: what this handle was told before does not. */
static void test_a_yes_is_forgotten(void **state)
{
	(void)state;
	factor_conf("allowed_groups = lab\n");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED);
	scene_start("gdm-password", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(scene.pamh, 0), PAM_SUCCESS);
	factor_child(CODE FAILED("DENIED", "no"));
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_AUTH_ERR);
	assert_int_equal(pam_acct_mgmt(scene.pamh, 0), PAM_PERM_DENIED);
	scene_end();
}

/* ---- each call fails once -------------------------------------------------------------------- */

#define KINDS                                                                                      \
	(FAULT_MEMORY | FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_READ) | FAULT_BIT(FAULT_WRITE) |   \
		FAULT_BIT(FAULT_STAT) | FAULT_BIT(FAULT_PROCESS) | FAULT_BIT(FAULT_LOCK))
#define ROUNDS_MAX 300

static unsigned yes_count;

static int authenticate(void)
{
	remove(scratch("out/bfabric-pam-login"));
	return pam_authenticate(scene.pamh, 0);
}

static void judge(int rc)
{
	assert_lacks(scene.log, "CANARY");
	yes_count += rc == PAM_SUCCESS;
	/* whoever exhausts a machine must not lead its stack on to a password */
	if (rc == PAM_IGNORE || rc == PAM_AUTHINFO_UNAVAIL || rc == PAM_SERVICE_ERR ||
		rc == PAM_USER_UNKNOWN || rc == PAM_PERM_DENIED)
		fail_msg("%d, where call %u failed: %s", rc, pam_fault_round(), scene.log);
}

/* Rounds in which something failed; how often the answer was yes. */
static unsigned try_all(unsigned kinds, unsigned *ret_yes)
{
	unsigned rounds = 0;

	yes_count = 0;
	rounds = pam_fault_calls("gdm-password", kinds, ENOMEM, authenticate, judge);
	*ret_yes = yes_count;
	return rounds;
}

static void test_faults(void **state)
{
	unsigned yes = 0;

	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE IDENTITY("bob") TOKEN);
	assert_in_range(try_all(KINDS, &yes), 30, ROUNDS_MAX);
	assert_int_equal(yes, 0);
	factor_child(CODE FAILED("DENIED", "no"));
	assert_in_range(try_all(KINDS | FAULT_STAYS, &yes), 30, ROUNDS_MAX);
	assert_int_equal(yes, 0);
	/* the right person: yes is the answer without a fault, and with one that does not matter */
	factor_child(CODE APPROVED);
	assert_in_range(try_all(KINDS, &yes), 30, ROUNDS_MAX);
	assert_in_range(yes, 1, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_lies),
		unit_in_scene(test_another_person),
		unit_in_scene(test_a_yes_is_forgotten),
		unit_in_scene(test_faults),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, pam_fault_load, NULL);
}
