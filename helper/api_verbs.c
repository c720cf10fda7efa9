/*
 * What help says of the verbs that work with records, and what they take. Apart from what they do,
 * which is another program's (dispatch.h): the full program lists and explains them, too.
 */
#include "api.h"
#include "full.h"
#include "registering.h"

static const struct bf_option read_options[] = {
	{.name = "format",
		.kind = BF_OPTION_CHOICE,
		.member = BF_MEMBER(format),
		.argument = "FORM",
		.choices = BF_RECORDS_FORMATS,
		.help = "table (default; also called table-rich), json, yaml or tsv."},
	{.name = "limit",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(limit),
		.argument = "N",
		.help = "At most so many records, the newest; all for all there are (default: "
			"100)."},
	{.name = "offset",
		.kind = BF_OPTION_NUMBER,
		.member = BF_MEMBER(offset),
		.argument = "N",
		.value = 0,
		.limit = 999999999,
		.help = "Leave out the newest N first."},
	{.name = "columns",
		.kind = BF_OPTION_LIST,
		.member = BF_MEMBER(columns),
		.argument = "NAME,...",
		.help = "Show these, in this order, instead of all."},
	{.name = "cli-max-columns",
		.kind = BF_OPTION_NUMBER,
		.member = BF_MEMBER(max_columns),
		.argument = "N",
		.value = 1,
		.limit = 10000,
		.help = "Show at most so many columns beside id in a table (default: 7)."},
	{.name = "return-id-only",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(ids_only),
		.value = 1,
		.help = "Ask for nothing but ids, which is faster."},
	{.name = "file",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(output_file),
		.argument = "FILE",
		.help = "Write json, yaml or tsv to this file instead of stdout. It is replaced "
			"when all has been read."},
	BF_ROW_API_JSON,
	BF_ROW_API_JSON_FILE,
	BF_ROW_API_NO_CHECK,
	BF_ROW_API_TIMEOUT,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_api_read = {
	.name = "api read",
	.summary = "read records: samples, workunits, datasets ...",
	.arguments = "ENDPOINT [KEY VALUE]...",
	.max_arguments = BF_ARGUMENTS_MANY,
	.options = read_options,
	.text = "Prints the records of ENDPOINT (sample, workunit, resource ...) that fit all "
		"KEY VALUE pairs; several values of the same key are alternatives. In texts % "
		"stands for any characters. The newest are read, and printed by ascending id. A "
		"table is made to fit the terminal; other forms have all there is. Where a later "
		"page cannot be read, nothing is printed at all. A VALUE that begins with - "
		"stands behind --." BF_RECORDS_EXIT_CODES,
	.examples = "bfabric api read workunit createdby jdoe status available\n"
		    "bfabric api read sample id 1 id 2 --format json\n"
		    "bfabric api read resource workunitid 5 --columns id,name --format tsv "
		    "--limit all",
};

static const struct bf_option create_options[] = {
	BF_ROW_API_FORMAT_SAVED,
	BF_ROW_API_JSON,
	BF_ROW_API_JSON_FILE,
	BF_ROW_API_NO_CHECK,
	BF_ROW_API_TIMEOUT,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_api_create = {
	.name = "api create",
	.summary = "create a record",
	.arguments = "ENDPOINT [KEY VALUE]...",
	.max_arguments = BF_ARGUMENTS_MANY,
	.options = create_options,
	.text = "Creates a record of ENDPOINT with these values and prints what the server made of "
		"it. A key is given once; a list of values is given with --json. The id is the "
		"server's to choose." BF_RECORDS_EXIT_CODES,
	.examples = "bfabric api create sample name \"Mouse 7\" containerid 12 type \"Biological "
		    "Sample\"\n"
		    "bfabric api create dataset --json-file dataset.json",
};

static const struct bf_option update_options[] = {
	BF_ROW_API_NO_CONFIRM,
	BF_ROW_API_FORMAT_SAVED,
	BF_ROW_API_JSON,
	BF_ROW_API_JSON_FILE,
	BF_ROW_API_NO_CHECK,
	BF_ROW_API_TIMEOUT,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_api_update = {
	.name = "api update",
	.summary = "change values of a record",
	.arguments = "ENDPOINT ID [KEY VALUE]...",
	.max_arguments = BF_ARGUMENTS_MANY,
	.options = update_options,
	.text = "Shows what would change, asks, changes it, and prints what the server made of it. "
		"A key is given once; a list of values is given with --json." BF_RECORDS_EXIT_CODES,
	.examples = "bfabric api update sample 5 name \"Mouse 8\"\n"
		    "bfabric api update workunit 17 status available --no-confirm",
};

static const struct bf_option delete_options[] = {
	BF_ROW_API_NO_CONFIRM,
	BF_ROW_API_TIMEOUT,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_api_delete = {
	.name = "api delete",
	.summary = "delete records",
	.arguments = "ENDPOINT ID...",
	.max_arguments = BF_ARGUMENTS_MANY,
	.options = delete_options,
	.text = "Shows the records, asks once for all of them, deletes them, and says on stderr "
		"what became of each. There is no transaction: where one cannot be deleted, the "
		"others are, and the exit code is 1." BF_RECORDS_EXIT_CODES,
	.examples = "bfabric api delete sample 5 6\nbfabric api delete sample 5 --no-confirm",
};

static const struct bf_option inspect_options[] = {
	{.name = "max-depth",
		.kind = BF_OPTION_NUMBER,
		.member = BF_MEMBER(max_depth),
		.argument = "N",
		.value = 0,
		.limit = 32,
		.help = "Look so deep into types that are made of others (default: 5)."},
	BF_ROW_API_TIMEOUT,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_api_inspect = {
	.name = "api inspect",
	.summary = "show the parameters of an endpoint's methods",
	.arguments = "ENDPOINT [METHOD]",
	.max_arguments = BF_ARGUMENTS_MANY,
	.options = inspect_options,
	.text = "Prints the methods of ENDPOINT, and the parameters of METHOD (default: read) as a "
		"tree: name and type, [] where there may be several, * where it is required. It "
		"is what the service's description (WSDL) says; what read and create take as KEY "
		"lies below query and below the endpoint's own name." BF_RECORDS_EXIT_CODES,
	.examples = "bfabric api inspect workunit\nbfabric api inspect workunit save --max-depth 1",
};

static const struct bf_option register_webapp_options[] = {
	{.name = "application-id",
		.kind = BF_OPTION_NUMBER,
		.member = BF_MEMBER(application_id),
		.argument = "ID",
		.value = 1,
		.limit = 999999999999999,
		.help = "Change this application instead of creating one."},
	{.name = "technology-id",
		.kind = BF_OPTION_NUMBER,
		.member = BF_MEMBER(technology_id),
		.argument = "ID",
		.value = 1,
		.limit = 999999999999999,
		.help = "The application's technology."},
	{.name = "description",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(description),
		.argument = "TEXT",
		.help = "The application's description."},
	{.name = "hidden",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(hidden),
		.value = 1,
		.help = "Only its supervisor sees the application."},
	BF_ROW_REGISTER_SERVICE_USER,
	BF_ROW_REGISTER_NO_SERVICE_USER,
	BF_ROW_REGISTER_SAVE_ENV,
	BF_ROW_REGISTER_FORCE,
	BF_ROW_REGISTER_SECRET_FILE,
	BF_ROW_REGISTER_SHOW_SECRET,
	BF_ROW_REGISTER_SCOPE,
	BF_ROW_CLIENT_JSON,
	BF_ROW_STORE,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CLIENT_TIMEOUT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_register_webapp = {
	.name = "auth register-webapp",
	.summary = "register a web application",
	.arguments = "NAME WEB_URL",
	.max_arguments = 2,
	.options = register_webapp_options,
	.text = "Registers a web application called NAME, which B-Fabric opens at WEB_URL: an "
		"OAuth client, as auth register does it, and the application record that belongs "
		"to it. Both are done as the employee who is logged in to the environment (--env), "
		"whose scope has to allow writing.\n\n"
		"The server tells the client secret once. It is where the options say also when "
		"the application cannot be saved after the client was registered.",
	.examples = "bfabric auth register-webapp Viewer https://viewer.example.org/ "
		    "--service-user robot --save-env VIEWER --technology-id 2\n"
		    "bfabric auth register-webapp Viewer https://viewer.example.org/ "
		    "--no-service-user --secret-file viewer.secret --application-id 314",
};
