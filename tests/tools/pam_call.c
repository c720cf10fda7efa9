/*
 * pam_call.c - an application of PAM: it makes these calls as whoever runs it, and says how each
 *ended.
 *
 *	pam_call SERVICE USER MOOD CALL...
 *
 * A screen locker calls `authenticate acct reinitialize` with the user's own ids; a display manager
 * drops what it is told (MOOD `drop`: each message is answered with success and nothing). MOOD
 * `type` shows messages on stdout and answers questions with lines of stdin; `fail` cannot talk.
 * Each call prints `CALL=NUMBER`. The environment that a session would get is printed by `env`.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int answer(const char *text, int style, struct pam_response *ret)
{
	char line[256] = "";

	printf("%s: %s\n", style == PAM_TEXT_INFO || style == PAM_ERROR_MSG ? "told" : "asked",
		text);
	if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG)
		return PAM_SUCCESS;
	if (!fgets(line, sizeof(line), stdin))
		return PAM_CONV_ERR;
	line[strcspn(line, "\n")] = '\0';
	ret->resp = strdup(line);
	return ret->resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int converse(
	int n, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	const char *mood = data;
	struct pam_response *responses = NULL;

	if (strcmp(mood, "fail") == 0)
		return PAM_CONV_ERR;
	responses = calloc((size_t)n, sizeof(*responses));
	if (!responses)
		return PAM_BUF_ERR;
	for (int i = 0; i < n && strcmp(mood, "type") == 0; i++) {
		int rc = answer(messages[i]->msg, messages[i]->msg_style, &responses[i]);

		if (rc != PAM_SUCCESS) {
			free(responses);
			return rc;
		}
	}
	*ret = responses;
	return PAM_SUCCESS;
}

static int print_environment(pam_handle_t *pamh)
{
	char **list = pam_getenvlist(pamh);

	for (char **one = list; one && *one; one++) {
		printf("env: %s\n", *one);
		free(*one);
	}
	free(list);
	return PAM_SUCCESS;
}

static int call(pam_handle_t *pamh, const char *name)
{
	if (strcmp(name, "authenticate") == 0)
		return pam_authenticate(pamh, 0);
	if (strcmp(name, "acct") == 0)
		return pam_acct_mgmt(pamh, 0);
	if (strcmp(name, "establish") == 0)
		return pam_setcred(pamh, PAM_ESTABLISH_CRED);
	if (strcmp(name, "reinitialize") == 0)
		return pam_setcred(pamh, PAM_REINITIALIZE_CRED);
	if (strcmp(name, "refresh") == 0)
		return pam_setcred(pamh, PAM_REFRESH_CRED);
	if (strcmp(name, "delete") == 0)
		return pam_setcred(pamh, PAM_DELETE_CRED);
	if (strcmp(name, "open") == 0)
		return pam_open_session(pamh, 0);
	if (strcmp(name, "close") == 0)
		return pam_close_session(pamh, 0);
	if (strcmp(name, "env") == 0)
		return print_environment(pamh);
	return PAM_SYMBOL_ERR;
}

int main(int argc, char **argv)
{
	struct pam_conv conv = {.conv = converse};
	pam_handle_t *pamh = NULL;
	int rc;

	if (argc < 4)
		return 2;
	conv.appdata_ptr = argv[3];
	rc = pam_start(argv[1], argv[2], &conv, &pamh);
	printf("start=%d\n", rc);
	if (rc != PAM_SUCCESS)
		return 1;
	for (int i = 4; i < argc; i++) {
		rc = call(pamh, argv[i]);
		printf("%s=%d\n", argv[i], rc);
		fflush(stdout);
	}
	return pam_end(pamh, rc) == PAM_SUCCESS ? 0 : 1;
}
