/*
 * full.h - the verbs of the full program and what they share.
 */
#ifndef BF_FULL_H
#define BF_FULL_H

#include "faces.h"
#include "../libbfabric/session.h"

enum bfabric_status bf_run_token(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_git(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_status(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_device(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_pkce(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_configure_git(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_doctor(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_exec(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);

enum bfabric_status bf_run_logout(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_list(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_activate(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_remove(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_pat(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_service(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_store(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_unlock(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_refresh(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_register(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_register_webapp(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_client_show(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_client_update(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_client_delete(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_api_read(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_api_create(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_api_update(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_api_delete(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);
enum bfabric_status bf_run_api_inspect(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);

enum bfabric_status bf_run_pam_store(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err);

extern const struct bf_verb bf_verb_api_read;
extern const struct bf_verb bf_verb_api_create;
extern const struct bf_verb bf_verb_api_update;
extern const struct bf_verb bf_verb_api_delete;
extern const struct bf_verb bf_verb_api_inspect;
extern const struct bf_verb bf_verb_pam_store;
extern const struct bf_verb bf_verb_register;
extern const struct bf_verb bf_verb_register_webapp;
extern const struct bf_verb bf_verb_client_show;
extern const struct bf_verb bf_verb_client_update;
extern const struct bf_verb bf_verb_client_delete;
extern const struct bf_verb bf_verb_logout;
extern const struct bf_verb bf_verb_list;
extern const struct bf_verb bf_verb_activate;
extern const struct bf_verb bf_verb_remove;
extern const struct bf_verb bf_verb_pat;
extern const struct bf_verb bf_verb_service;
extern const struct bf_verb bf_verb_store;
extern const struct bf_verb bf_verb_unlock;
extern const struct bf_verb bf_verb_refresh;
extern const struct bf_verb bf_verb_status;
extern const struct bf_verb bf_verb_device;
extern const struct bf_verb bf_verb_pkce;
extern const struct bf_verb bf_verb_configure_git;
extern const struct bf_verb bf_verb_exec;
extern const struct bf_verb bf_verb_doctor;

/* The verb that logs in by this method: "login", "auth pat", ... A constant. */
const char *bf_login_verb(enum bfabric_auth_method method);

/*
 * Add the command that mends the failure in `err` to its text, where there is one: "...; run:
 * bfabric login --env NAME". Returns the status of `err`.
 */
enum bfabric_status bf_fail_with_hint(const struct bf_environment *environment,
	const struct bf_command_line *call, struct bfabric_error *err);

/* The deadline of --timeout, or of `seconds` when it was not given. */
static inline int64_t bf_command_deadline(const struct bf_command_line *call, int64_t seconds)
{
	return bfabric_deadline_in(call->timeout ? call->timeout : seconds);
}

#define BF_AUTO_BFABRIC_TOKEN BF_CLEANUP(bfabric_token_clear)

#endif
