/*
 * The full program: every verb, and the git helper, complete without the front.
 */
#include "full.h"

#include "dispatch.h"
#include "handover.h"

/* In the order of help. */
static const struct bf_command commands[] = {
	{&bf_verb_token, bf_run_token},
	{&bf_verb_status, bf_run_status},
	{&bf_verb_pkce, bf_run_pkce},
	{&bf_verb_device, bf_run_device},
	{&bf_verb_pat, bf_run_pat},
	{&bf_verb_service, bf_run_service},
	{&bf_verb_list, bf_run_list},
	{&bf_verb_activate, bf_run_activate},
	{&bf_verb_logout, bf_run_logout},
	{&bf_verb_remove, bf_run_remove},
	{&bf_verb_refresh, bf_run_refresh},
	{&bf_verb_store, bf_run_store},
	{&bf_verb_unlock, bf_run_unlock},
	{&bf_verb_register, bf_run_register},
	{&bf_verb_register_webapp, NULL, BF_API_PROGRAM},
	{&bf_verb_client_show, bf_run_client_show},
	{&bf_verb_client_update, bf_run_client_update},
	{&bf_verb_client_delete, bf_run_client_delete},
	{&bf_verb_api_read, NULL, BF_API_PROGRAM},
	{&bf_verb_api_create, NULL, BF_API_PROGRAM},
	{&bf_verb_api_update, NULL, BF_API_PROGRAM},
	{&bf_verb_api_delete, NULL, BF_API_PROGRAM},
	{&bf_verb_api_inspect, NULL, BF_API_PROGRAM},
	{&bf_verb_configure_git, bf_run_configure_git},
	{&bf_verb_exec, bf_run_exec},
	{&bf_verb_doctor, bf_run_doctor},
	{NULL},
};

static const struct bf_command hidden[] = {
	{&bf_verb_git, bf_run_git},
	{&bf_verb_pam_store, bf_run_pam_store},
	{NULL},
};

static const struct bf_program program = {commands, hidden};

int main(int argc, char *argv[])
{
	return bf_dispatch(&program, argc, argv);
}
