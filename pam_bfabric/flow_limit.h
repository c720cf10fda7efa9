/*
 * flow_limit.h - how many people may be waited for at the same time, so that a stranger cannot fill
 * the machine, or B-Fabric, with logins that nobody approves: four on the machine, two for one
 * remote host. Never by user: a stranger could lock out whom they choose.
 *
 * Counted are living processes: each holds a place by locks of the kernel on a file of root's
 * in the directory of stash.h, which go with the process, however it ends. The file stays empty.
 */
#ifndef PAM_BFABRIC_FLOW_LIMIT_H
#define PAM_BFABRIC_FLOW_LIMIT_H

#include "call.h"

#define BF_PAM_FLOWS          4 /* at the same time */
#define BF_PAM_FLOWS_PER_HOST 2

/*
 * A place, to be closed when nobody is waited for any more (BF_AUTO_CLOSE). -1: there is none, or
 * it cannot be told; that was logged, and nobody may be asked for anything.
 */
BF_MUST_USE int bf_pam_limit_take(const struct bf_pam_call *call, const struct bf_pam_conf *conf);

#endif
