/*
 * unfinished.h - what an interrupted run of auth register, client-update or client-delete left
 * behind: until it is taken over, the configuration may hold a secret that is void, and whatever
 * fails by that should say what mends it.
 */
#ifndef BF_UNFINISHED_H
#define BF_UNFINISHED_H

#include "../libbfabric/base/secret.h"

/*
 * Add a line, ended by '\n', that names the file and the command that finishes it; nothing where
 * nothing was left behind. Changes nothing.
 */
void bf_unfinished_put(const char *config_file, const char *environment, struct bf_secret *out);

#endif
