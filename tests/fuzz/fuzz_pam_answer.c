/*
 * fuzz_pam_answer.c - whatever the conversation of an application answers, and whoever its items
 * say is there: what we ask and show stays plain text, and an answer is only what was one.
 *
 * The first byte is what the conversation returns (0 is success), the second how it answers, the
 * third how long the name of the remote host is that follows; the rest is what was typed.
 */
#include "fuzz.h"
#include "pam_bfabric/prompt.h"
#include <stddef.h>
#include <string.h>

#define NO_ARRAY 1 /* of responses */
#define NO_TEXT  2
#define HUGE     4 /* a MiB of it */
#define TO_TEXT  8 /* an answer to what was no question */
#define HUGE_LEN ((size_t)1 << 20)

/* Nobody looks into it. */
static union {
	max_align_t align;
	char room[4096];
} handle;

static struct {
	int rc;
	unsigned how;
	char *host, *typed;
	bool asked;
} person;

int pam_get_item(const pam_handle_t *pamh, int type, const void **ret);

/* Nothing that a terminal would obey, and nothing that it could not show. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			return false;
	return true;
}

static char *typed(void)
{
	char *text = NULL;

	if (!(person.how & HUGE))
		return strdup(person.typed);
	text = malloc(HUGE_LEN);
	FUZZ_MUST(text);
	memset(text, *person.typed ? *person.typed : 'x', HUGE_LEN);
	text[HUGE_LEN - 1] = '\0';
	return text;
}

static int converse(
	int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	const bool question = messages[0]->msg_style == PAM_PROMPT_ECHO_ON;

	(void)data; /* there is one person */
	FUZZ_MUST(count == 1 && is_plain(messages[0]->msg));
	FUZZ_MUST(question || messages[0]->msg_style == PAM_TEXT_INFO);
	person.asked |= question;
	*ret = person.how & NO_ARRAY ? NULL : calloc(1, sizeof(**ret));
	if (*ret && !(person.how & NO_TEXT) && (question || (person.how & TO_TEXT)))
		(*ret)->resp = typed();
	return person.rc;
}

/* Instead of libpam's: an application that says about itself whatever it likes. */
int pam_get_item(const pam_handle_t *pamh, int type, const void **ret)
{
	static const struct pam_conv conv = {.conv = converse};

	(void)pamh; /* there is one application */
	*ret = type == PAM_CONV ? (const void *)&conv : person.host;
	return PAM_SUCCESS;
}

static void judge(enum bf_pam_answer answer, bool no)
{
	const bool line = !(person.how & (NO_ARRAY | NO_TEXT));

	switch (answer) {
	case BF_PAM_ANSWERED:
		FUZZ_MUST(person.rc == PAM_SUCCESS && line);
		FUZZ_MUST(no == (*person.typed == 'n' || *person.typed == 'N'));
		return;
	case BF_PAM_ABSENT:
		FUZZ_MUST(person.rc == PAM_SUCCESS && !line && !no);
		return;
	case BF_PAM_UNASKABLE:
		FUZZ_MUST(person.rc != PAM_SUCCESS && !no);
		return;
	}
	abort();
}

static void ask_and_show(void)
{
	char name[] = "ada", home[] = "/";
	const struct bf_pam_call call = {.pamh = (void *)&handle};
	const struct bf_pam_user user = {.name = name, .home = home, .uid = 1000};
	const struct bf_pam_code code = {.user_code = "WDJB-MJHT",
		.uri = "https://h.example.org/d",
		.picture = "",
		.seconds = 60};
	struct bf_pam_flow flow = {.call = &call, .user = &user, .show = BF_PAM_SHOW_ENTER};
	const bool there = person.rc == PAM_SUCCESS && !(person.how & (NO_ARRAY | NO_TEXT));
	enum bf_pam_answer answer;
	bool no = false;

	answer = bf_pam_ask(&call, "Again? ", &no);
	judge(answer, no);
	FUZZ_MUST(bf_pam_show_code(&flow, &code) == there);
	FUZZ_MUST(bf_pam_show_again(&flow) == there);
	FUZZ_MUST(person.asked);
	person.asked = false;
	flow.show = BF_PAM_SHOW_INFO;
	FUZZ_MUST(bf_pam_show_code(&flow, &code) == (person.rc == PAM_SUCCESS));
	FUZZ_MUST(!person.asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t host;

	if (size < 3)
		return 0;
	host = data[2] < size - 3 ? data[2] : size - 3;
	person.rc = data[0] % 32;
	person.how = data[1] % 16;
	person.asked = false;
	person.host = strndup((const char *)data + 3, host);
	person.typed = strndup((const char *)data + 3 + host, size - 3 - host);
	FUZZ_MUST(person.host && person.typed);
	ask_and_show();
	free(person.host);
	free(person.typed);
	return 0;
}
