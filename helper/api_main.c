/*
 * The program for records: `bfabric api`, and what saves a record beside something else.
 */
#include "dispatch.h"
#include "full.h"

static const struct bf_command commands[] = {
	{&bf_verb_api_read, bf_run_api_read},
	{&bf_verb_api_create, bf_run_api_create},
	{&bf_verb_api_update, bf_run_api_update},
	{&bf_verb_api_delete, bf_run_api_delete},
	{&bf_verb_api_inspect, bf_run_api_inspect},
	{&bf_verb_register_webapp, bf_run_register_webapp},
	{NULL},
};

static const struct bf_program program = {.commands = commands};

int main(int argc, char *argv[])
{
	return bf_dispatch(&program, argc, argv);
}
