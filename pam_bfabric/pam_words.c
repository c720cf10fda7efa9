#include "pam_words.h"

#include <string.h>
#include "../libbfabric/base/ascii.h"

/* The position in the list is the value. */
static bool find(const char *const words[], const char *value, int *ret)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

bool bf_pam_word_prompt(const char *value, int *ret)
{
	static const char *const words[] = {
		[BF_PAM_PROMPT_AUTO] = "auto",
		[BF_PAM_PROMPT_ENTER] = "enter",
		[BF_PAM_PROMPT_INFO] = "info",
		NULL,
	};

	return find(words, value, ret);
}

bool bf_pam_word_qr(const char *value, int *ret)
{
	static const char *const words[] = {
		[BF_PAM_QR_AUTO] = "auto",
		[BF_PAM_QR_ON] = "on",
		[BF_PAM_QR_OFF] = "off",
		NULL,
	};

	return find(words, value, ret);
}

bool bf_pam_word_remote(const char *value, int *ret)
{
	static const char *const words[] = {
		[BF_PAM_REMOTE_REFUSE] = "refuse",
		[BF_PAM_REMOTE_SECOND_FACTOR] = "second-factor",
		NULL,
	};

	return find(words, value, ret);
}

bool bf_pam_word_yes_no(const char *value, int *ret)
{
	static const char *const words[] = {"no", "yes", NULL};

	return find(words, value, ret);
}

bool bf_pam_number(const char *value, unsigned min, unsigned max, unsigned *ret)
{
	unsigned number = 0;

	if (!*value)
		return false;
	for (; *value; value++) {
		if (!bf_is_digit(*value) || number > max / 10)
			return false;
		number = number * 10 + (unsigned)(*value - '0');
	}
	if (number < min || number > max)
		return false;
	*ret = number;
	return true;
}
