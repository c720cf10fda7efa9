/*
 * pam_words.h - the values that configuration and arguments share; only these two include it.
 */
#ifndef PAM_BFABRIC_PAM_WORDS_H
#define PAM_BFABRIC_PAM_WORDS_H

#include "pam_conf.h"

#define BF_PAM_TIMEOUT_MIN 5
#define BF_PAM_TIMEOUT_MAX 600

/* False: not one of the words that are allowed. `ret` is an enum of pam_conf.h, as an int. */
bool bf_pam_word_prompt(const char *value, int *ret);
bool bf_pam_word_qr(const char *value, int *ret);
bool bf_pam_word_remote(const char *value, int *ret);
bool bf_pam_word_yes_no(const char *value, int *ret);

/* A decimal number without sign, from `min` to `max`. */
bool bf_pam_number(const char *value, unsigned min, unsigned max, unsigned *ret);

#endif
