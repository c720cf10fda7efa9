/* SPDX-License-Identifier: MIT */
#ifndef SB_CONTROL_H
#define SB_CONTROL_H

#include <stdio.h>

void sb_control_help(FILE *out);

#endif
