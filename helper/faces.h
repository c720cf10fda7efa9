/*
 * faces.h - the two hot faces: what front and full program both know about them.
 */
#ifndef BF_FACES_H
#define BF_FACES_H

#include "verb.h"

#define BF_GIT_PROGRAM "git-credential-bfabric"

extern const struct bf_verb bf_verb_token;
extern const struct bf_verb bf_verb_git;

#endif
