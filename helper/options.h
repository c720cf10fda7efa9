/*
 * options.h - the command line of every program and verb, read from tables.
 *
 * An option is a row: its names, what it takes, what help says about it, and which member of
 * struct bf_command_line it fills. `--name=value` and `--name value` are the same, so are options
 * before and after arguments; `--` ends the options. Names are not abbreviated (a script that
 * relied on it would break with the next option), but an unknown name gets the nearest known one as
 * a hint.
 */
#ifndef BF_OPTIONS_H
#define BF_OPTIONS_H

#include "../libbfabric/base/error.h"

#define BF_ARGUMENTS_MAX 4
/* No argument of ours, but a command of the caller's behind "--": nothing of it is read here. */
#define BF_ARGUMENTS_COMMAND SIZE_MAX
/* As many as there are: bf_options_parse puts them into `many`, not into `arguments`. */
#define BF_ARGUMENTS_MANY (SIZE_MAX - 1)
#define BF_LIST_MAX       32

/* What an option collects that may be given several times; NULL at the end. */
struct bf_option_list {
	const char *items[BF_LIST_MAX + 1];
	size_t count;
};

/* What a command line said, for all verbs. Strings are borrowed from argv. */
struct bf_command_line {
	const char *environment; /* --env */
	const char *config_file; /* --config-file, -f */
	const char *client_id;
	const char *scope;
	const char *secret_file; /* --pat-file, --secret-file; "-": stdin */
	const char *token_file;  /* of an access token */
	const char *name;        /* of a client */
	const char *service_user;
	const char *save_env;
	const char *store;    /* "file", "keyring" or an absolute path; NULL: the environment's */
	const char *pam_root; /* folder that is looked at as the root; NULL: this machine */
	const char *limit;    /* "all" or a number; NULL: the verb's own */
	const char *output_file; /* instead of stdout */
	const char *json_text;   /* an object */
	const char *description;
	const char *json_file; /* where such a one lies; "-": stdin */
	struct bf_option_list redirect_uris, grant_types, columns;
	int64_t min_ttl; /* seconds, -1: the environment's */
	int64_t timeout; /* seconds, 0: the verb's own */
	int64_t port;    /* 0: any */
	int64_t offset;
	int64_t max_columns;                   /* 0: the verb's own */
	int64_t max_depth;                     /* -1: the verb's own */
	int64_t application_id, technology_id; /* 0: none */
	int no_browser;
	int force_refresh; /* flags: 0 or 1 */
	int json;
	int print;
	int global;
	int all;
	int pending;
	int no_confirm;
	int inline_secret;
	int override;
	int offline;
	int no_service_user;
	int show_secret;
	int force;
	int ids_only;
	int hidden;
	int no_check;
	int pam; /* doctor */
	int help;
	int version;
	int verbose;
	int format;      /* enum bf_format */
	int shell;       /* enum bf_shell */
	int set_default; /* enum bf_set_default */
	const char *arguments[BF_ARGUMENTS_MAX];
	size_t argument_count;
	const char **many; /* with BF_ARGUMENTS_MANY: the caller's, with room for all of argv */
	size_t many_count;
	char *const *command; /* what follows "--", with BF_ARGUMENTS_COMMAND; NULL: no "--" */
};

#define BF_COMMAND_LINE_INIT                                                                       \
	{                                                                                          \
		.min_ttl = -1, .max_depth = -1                                                     \
	}

enum bf_option_kind {
	BF_OPTION_SET,     /* takes nothing; stores `value` in an int */
	BF_OPTION_TEXT,    /* const char *; not empty */
	BF_OPTION_SECONDS, /* int64_t, `value`..`limit` */
	BF_OPTION_NUMBER,  /* int64_t, `value`..`limit` */
	BF_OPTION_CHOICE,  /* int: the position in `choices` */
	BF_OPTION_LIST,    /* struct bf_option_list; not empty, may be given again */
	BF_OPTION_STORE,   /* const char *; "file", "keyring" or an absolute path */
	BF_OPTION_REFUSED, /* takes a value but is an error, `help`; not in the help */
};

struct bf_option {
	const char *name;  /* without dashes; NULL ends the table */
	const char *alias; /* another name for the same, or NULL */
	char letter;       /* 'f' for -f, or 0 */
	enum bf_option_kind kind;
	size_t member;        /* offset in struct bf_command_line */
	const char *argument; /* what help calls the value: "NAME" */
	const char *choices;  /* "plain|header|json" */
	int64_t value, limit;
	const char *help; /* one sentence */
};

#define BF_MEMBER(m) offsetof(struct bf_command_line, m)

/* Rows that several verbs share. */
#define BF_ROW_ENVIRONMENT                                                                         \
	{                                                                                          \
		.name = "env", .alias = "config-env", .kind = BF_OPTION_TEXT,                      \
		.member = BF_MEMBER(environment), .argument = "NAME",                              \
		.help = "Use this environment instead of BFABRICPY_CONFIG_ENV or the default."     \
	}
#define BF_ROW_CONFIG_FILE                                                                         \
	{                                                                                          \
		.name = "config-file", .letter = 'f', .kind = BF_OPTION_TEXT,                      \
		.member = BF_MEMBER(config_file), .argument = "FILE",                              \
		.help = "Read this configuration instead of ~/.bfabricpy.yml."                     \
	}
#define BF_ROW_MIN_TTL                                                                             \
	{                                                                                          \
		.name = "min-ttl", .kind = BF_OPTION_SECONDS, .member = BF_MEMBER(min_ttl),        \
		.argument = "SECONDS", .value = 0, .limit = 86400,                                 \
		.help = "Refresh a token that lives shorter than this (default: the "              \
			"environment's min_ttl, or 60)."                                           \
	}
#define BF_ROW_VERBOSE                                                                             \
	{                                                                                          \
		.name = "verbose", .letter = 'v', .kind = BF_OPTION_SET,                           \
		.member = BF_MEMBER(verbose), .value = 1,                                          \
		.help = "Tell on stderr what happens, without secrets (also BFABRIC_TRACE=1)."     \
	}
#define BF_ROW_HELP                                                                                \
	{                                                                                          \
		.name = "help", .letter = 'h', .kind = BF_OPTION_SET, .member = BF_MEMBER(help),   \
		.value = 1, .help = "Show this help."                                              \
	}
#define BF_ROW_STORE                                                                               \
	{                                                                                          \
		.name = "store", .kind = BF_OPTION_STORE, .member = BF_MEMBER(store),              \
		.argument = "keyring|file|PROGRAM",                                                \
		.help = "Where secrets that live long are kept: in the keyring of the desktop, "   \
			"in our own files, or by the credential helper at this absolute path "     \
			"(default: where the environment has them, else file)."                    \
	}
#define BF_ROW_END                                                                                 \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * Read `argv` (`argc` strings, program and verb already taken off) into `call`, which the caller
 * initialised. BAD_CALL names the option. Once --help was seen nothing further can fail.
 */
BF_MUST_USE enum bfabric_status bf_options_parse(const struct bf_option *options,
	size_t max_arguments, int argc, char *const argv[], struct bf_command_line *call,
	struct bfabric_error *err);

/*
 * Does `text` name a store: "file", "keyring", or an absolute path? BAD_CALL says what it is not,
 * and begins with `what` ("--store"). Nothing is looked at.
 */
BF_MUST_USE enum bfabric_status bf_check_store_name(
	const char *what, const char *text, struct bfabric_error *err);

/* Is `text` one of "a|b|c"? Its position, or -1. */
int bf_choice(const char *choices, const char *text);

/* Whole seconds, digits only. False when malformed or outside low..high. */
BF_MUST_USE bool bf_parse_seconds(const char *text, int64_t low, int64_t high, int64_t *ret);

#endif
