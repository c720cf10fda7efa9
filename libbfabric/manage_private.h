/* manage_private.h - what the files of manage.h share; for manage*.c and register.c only. */
#ifndef BF_MANAGE_PRIVATE_H
#define BF_MANAGE_PRIVATE_H

#include "document.h"
#include "login_flow.h"
#include "manage.h"
#include "manage_rescue.h"
#include "policy.h"

#define BF_MANAGE_MS 60000

/* One exchange with a registration endpoint whose reply must not be lost. */
struct bf_exchange {
	const char *config_file;
	const char *rescue_path;
	struct bf_login_flow *flow;
	struct bf_rescue_head head;
	const struct bf_environment *env; /* what is changed, filled; NULL: a new environment */
	const struct bf_client_registration *before; /* NULL: a registration */
	bool save; /* into the configuration, and a store of its own */
	const struct bf_sys *sys;
	struct bf_rescue rescue;
	struct bf_slot secret_file; /* of env->client_secret_file, where that is used */
	struct bf_secret *notes;
	long http_status; /* of the reply, 0: none came */
};

#define BF_AUTO_EXCHANGE BF_CLEANUP(bf_exchange_release)
void bf_exchange_release(struct bf_exchange *x);

/* ---- manage_exchange.c ---- */

/* Promise everything, send, rescue, accept, save, remove the rescue file. `ret` as
 * bf_registration_accept. */
BF_MUST_USE enum bfabric_status bf_exchange_run(struct bf_exchange *x, struct bf_request *request,
	struct bf_client_registration *ret, struct bfabric_error *err);

/* Send: as bf_login_perform, but once the request may have left its reply is waited for. */
BF_MUST_USE enum bfabric_status bf_exchange_send(struct bf_exchange *x, struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err);

/* bf_registration_accept, without a management URI that leads away: a line in `notes` tells. */
BF_MUST_USE enum bfabric_status bf_exchange_accept(const struct bf_url *base,
	const struct bf_client_registration *before, const struct bf_reply *reply,
	struct bf_client_registration *ret, struct bf_secret *notes, struct bfabric_error *err);

/* ---- manage_save.c ---- */

/* Could it be saved, whatever the server is going to say? */
BF_MUST_USE enum bfabric_status bf_exchange_check(struct bf_exchange *x, struct bfabric_error *err);
/* What the server said, where the configuration does not say it yet. */
BF_MUST_USE enum bfabric_status bf_exchange_save(struct bf_exchange *x,
	const struct bf_client_registration *client, struct bfabric_error *err);

/* ---- manage_settle.c ---- */

/*
 * Finish what a rescue file says. *ret_deleting: a DELETE may have been carried out, and the
 * configuration does not know.
 */
BF_MUST_USE enum bfabric_status bf_manage_settle(const char *config_file, const char *environment,
	const char *rescue_path, const struct bf_document_call *call, bool *ret_deleting,
	struct bf_secret *notes, struct bfabric_error *err);

/*
 * Is there such an environment? Then it is loaded, and filled with what its store holds. BAD_CONFIG
 * where it is not valid.
 */
BF_MUST_USE enum bfabric_status bf_manage_find(const char *config_file, const char *environment,
	const struct bf_document_call *call, bool *ret_found, struct bf_environment *ret,
	struct bfabric_error *err);

/* What an environment knows of its client: the reply before. */
BF_MUST_USE enum bfabric_status bf_manage_known(const struct bf_environment *env,
	struct bf_client_registration *ret, struct bfabric_error *err);

#endif
