/* SPDX-License-Identifier: MIT */
/* The kinds of faults: rows of fault.c, and those that only web services have, of fault_soap.c. */
#ifndef SB_FAULT_KIND_H
#define SB_FAULT_KIND_H

#include "fault.h"

#include <stddef.h>

enum sb_moment { SB_BEFORE_WORK, SB_INSTEAD, SB_AFTER_WORK };
enum sb_fault_arg { SB_NO_ARG, SB_NUMBER, SB_NUMBER_OR_NOT, SB_WORD, SB_WORD_OR_NOT };

struct sb_fault_kind {
	const char *name;
	enum sb_moment moment;
	enum sb_fault_arg arg;
	const char *form; /* of the argument, for --help */
	const char *help;
	void (*apply)(struct sb_request *rq, const struct sb_fault *fault);
};

/* By number from 0; NULL after the last. The first are all of them, the second those of web
 * services.
 */
const struct sb_fault_kind *sb_fault_kind_at(size_t number);
const struct sb_fault_kind *sb_soap_fault_at(size_t number);

#endif
