/*
 * api.h - what the verbs of `bfabric api` share: the client, the person at the terminal, the answer
 * in the form that was asked for.
 */
#ifndef BF_HELPER_API_H
#define BF_HELPER_API_H

#include "../libbfabric/bfabric.h"
#include "api_format.h"
#include "screen.h"
#include "verb.h"

struct bf_environment;
struct bf_records_pack;

struct bf_records {
	const struct bf_command_line *call;
	const char *endpoint;
	struct bfabric *client;
	const struct bf_environment *environment; /* the client's */
	struct bf_screen screen;
};

#define BF_AUTO_RECORDS BF_CLEANUP(bf_records_release)
void bf_records_release(struct bf_records *api);

/* ENDPOINT, and the client of the environment; nothing is sent. Ctrl-C is a wish from here on. */
BF_MUST_USE enum bfabric_status bf_records_open(
	struct bf_records *api, const struct bf_command_line *call, struct bfabric_error *err);

/* The absolute deadline of --timeout; 0: not given. */
int64_t bf_records_deadline(const struct bf_records *api);

/* What reading asks for, with a line on the terminal that tells how far it is. */
struct bfabric_read bf_records_reading(struct bf_records *api);

/* Read; the line is gone afterwards, a failure says which command mends it. */
BF_MUST_USE enum bfabric_status bf_records_read(struct bf_records *api,
	const struct bfabric_read *read, struct bf_records_pack *pack, struct bfabric_error *err);

/* The records with these ids, however many; those that do not exist are missing. */
BF_MUST_USE enum bfabric_status bf_records_read_ids(struct bf_records *api, const int64_t *ids,
	size_t count, json_t **ret_records, struct bfabric_error *err);

/* Put records into the answer. `columns` may be NULL. */
BF_MUST_USE enum bfabric_status bf_records_show(struct bf_records *api,
	enum bf_records_format format, json_t *records, json_t *columns, struct bf_secret *out,
	struct bfabric_error *err);

/* The same for a view that says which records, which columns, and who takes the text. */
BF_MUST_USE enum bfabric_status bf_records_show_view(struct bf_records *api,
	enum bf_records_format format, struct bf_records_view *view, struct bf_secret *out,
	struct bfabric_error *err);

/* Create or change one object; *ret_records is an array with what the server made of it. */
BF_MUST_USE enum bfabric_status bf_records_save(struct bf_records *api, const json_t *object,
	json_t **ret_records, struct bfabric_error *err);

/* On stderr: "sample 5 was created". */
void bf_records_tell(const struct bf_records *api, json_t *record, const char *what);

/* An answer may become long, and `| head` may read only its beginning. */
void bf_records_expect(struct bf_answer *answer);

/* Needs a person at a terminal. BAD_CALL: there is none, and --no-confirm says it is wanted. */
BF_MUST_USE enum bfabric_status bf_records_need_person(
	const struct bf_records *api, const char *what, struct bfabric_error *err);

/* Show `preview` and ask. CANCELLED: no. */
BF_MUST_USE enum bfabric_status bf_records_confirm(
	const struct bf_secret *preview, const char *question, struct bfabric_error *err);

/* "->", as an arrow where the terminal has one. */
const char *bf_records_arrow(const struct bf_records *api);

/* Rows that several of the verbs have. */
#define BF_ROW_API_JSON                                                                            \
	{                                                                                          \
		.name = "json", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(json_text),            \
		.argument = "OBJECT",                                                              \
		.help = "Keys and values as a JSON object, besides the pairs; values may be "      \
			"nested."                                                                  \
	}
#define BF_ROW_API_JSON_FILE                                                                       \
	{                                                                                          \
		.name = "json-file", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(json_file),       \
		.argument = "FILE",                                                                \
		.help = "The same from a file; - is stdin. --json wins where both have a key."     \
	}
#define BF_ROW_API_NO_CHECK                                                                        \
	{                                                                                          \
		.name = "no-check", .kind = BF_OPTION_SET, .member = BF_MEMBER(no_check),          \
		.value = 1,                                                                        \
		.help = "Do not compare keys with the service's description first. The server "    \
			"ignores keys that it does not know."                                      \
	}
#define BF_ROW_API_NO_CONFIRM                                                                      \
	{                                                                                          \
		.name = "no-confirm", .kind = BF_OPTION_SET, .member = BF_MEMBER(no_confirm),      \
		.value = 1, .help = "Do not ask. Needed where there is no terminal."               \
	}
#define BF_ROW_API_FORMAT_SAVED                                                                    \
	{                                                                                          \
		.name = "format", .kind = BF_OPTION_CHOICE, .member = BF_MEMBER(format),           \
		.argument = "FORM", .choices = BF_RECORDS_FORMATS_SAVED,                           \
		.help = "How the saved record is printed: json (default), table, yaml or tsv."     \
	}
#define BF_ROW_API_TIMEOUT                                                                         \
	{                                                                                          \
		.name = "timeout", .kind = BF_OPTION_SECONDS, .member = BF_MEMBER(timeout),        \
		.argument = "SECONDS", .value = 1, .limit = 86400,                                 \
		.help = "Give up after this time (default: 120 for each request)."                 \
	}

/* For the end of a help text. */
#define BF_RECORDS_EXIT_CODES                                                                      \
	"\n\nExit codes: 0 done; 1 B-Fabric did not do it, or cannot be understood; 2 usage, as "  \
	"a "                                                                                       \
	"key that does not exist; 3 not logged in; 4 the login ended; 5 unreachable, try later; "  \
	"8 not permitted, or the scope of the login is too small; 130 interrupted, or not "        \
	"confirmed."

#endif
