/*
 * store.h - what the module asks the child pam-store, which answers as the user and in key=value
 * lines (helper/verb_pam_store.c).
 */
#ifndef PAM_BFABRIC_STORE_H
#define PAM_BFABRIC_STORE_H

#include "../libbfabric/base/kv.h"
#include "call.h"

#define BF_PAM_STORE_MS 2000 /* so long is a session kept waiting by one question */

/*
 * Ask `operation` ("refresh", "valid", "adopt", "close"); `token` is NULL where it needs none.
 * TIMEOUT: the child goes on by itself. *ret_asked (may be NULL): the question was handed over
 * whole, so that something may have been done although no answer came.
 */
BF_MUST_USE enum bfabric_status bf_pam_store_ask(const struct bf_pam_call *call,
	const struct bf_pam_conf *conf, const struct bf_pam_user *user, const char *operation,
	const struct bf_secret *token, struct bf_kv *ret, bool *ret_asked,
	struct bfabric_error *err);

#endif
