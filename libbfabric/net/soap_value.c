/* soap_value.c - see net/soap_value.h. */
#include "soap_value.h"
#include "../base/ascii.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ----------------------------------------------------------------------------------- */

#define NUMBER_MAX 400 /* characters: the longest that says something */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* XML Schema, part 2, section 4.3.6: all but strings are without the space around them. */
static void collapse(const char **text, size_t *len)
{
	for (; *len && is_space(**text); ++*text)
		--*len;
	while (*len && is_space((*text)[*len - 1]))
		--*len;
}

static const char *skip_digits(const char *c)
{
	while (bf_is_digit(*c))
		c++;
	return c;
}

static const char *skip_sign(const char *c)
{
	return *c == '+' || *c == '-' ? c + 1 : c;
}

static bool is_integer(const char *text)
{
	const char *digits = skip_sign(text);
	const char *end = skip_digits(digits);

	return end > digits && !*end;
}

/* Without hexadecimal digits and words, which strtod reads, too. */
static bool is_number(const char *text)
{
	const char *digits = skip_sign(text);
	const char *end = skip_digits(digits);
	size_t count = (size_t)(end - digits);

	if (*end == '.') {
		digits = end + 1;
		end = skip_digits(digits);
		count += (size_t)(end - digits);
	}
	if (*end == 'e' || *end == 'E') {
		digits = skip_sign(end + 1);
		end = skip_digits(digits);
		count = end > digits ? count : 0;
	}
	return count && !*end;
}

/* These say whether it is one; *ret stays NULL where memory ran out. */
static bool integer(const char *text, json_t **ret)
{
	long long value;

	errno = 0;
	value = is_integer(text) ? strtoll(text, NULL, 10) : 0;
	if (!is_integer(text) || errno)
		return false;
	*ret = json_integer(value);
	return true;
}

/* The locale decides about the decimal point; XML does not know it. */
static bool number(const char *text, json_t **ret)
{
	locale_t plain = (locale_t)0;
	double value;

	if (!is_number(text))
		return false;
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!plain)
		return true;
	value = strtod_l(text, NULL, plain);
	freelocale(plain);
	if (!isfinite(value))
		return false;
	*ret = json_real(value);
	return true;
}

static bool boolean(const char *text, json_t **ret)
{
	const bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return false;
	*ret = json_boolean(yes);
	return true;
}

static bool convert(enum bf_soap_kind kind, const char *text, json_t **ret)
{
	switch (kind) {
	case BF_SOAP_INTEGER:
		return integer(text, ret);
	case BF_SOAP_NUMBER:
		return number(text, ret);
	case BF_SOAP_BOOLEAN:
		return boolean(text, ret);
	case BF_SOAP_TEXT:
	case BF_SOAP_COMPLEX:
		break;
	}
	return false;
}

json_t *bf_soap_scalar(enum bf_soap_kind kind, const char *text, size_t len)
{
	const char *bare = text;
	size_t bare_len = len;
	char word[NUMBER_MAX];
	json_t *value = NULL;

	collapse(&bare, &bare_len);
	if (bare_len < sizeof(word)) {
		memcpy(word, bare, bare_len);
		word[bare_len] = '\0';
		if (convert(kind, word, &value))
			return value;
	}
	return json_stringn_nocheck(text, len); /* libxml2 hands out UTF-8 only */
}

/* ---- the pile -------------------------------------------------------------------------------- */

#define FIRST_ROOM 64

struct bf_soap_member {
	size_t name; /* where it begins in `names` */
	size_t order;
	json_t *value;
	bool many;
};

static void drop(struct bf_soap_pile *pile, size_t mark, size_t names)
{
	while (pile->count > mark)
		json_decref(pile->members[--pile->count].value);
	bf_secret_cut(&pile->names, names);
}

void bf_soap_pile_release(struct bf_soap_pile *pile)
{
	drop(pile, 0, 0);
	free(pile->members);
	bf_secret_release(&pile->names);
	*pile = (struct bf_soap_pile){0};
}

static bool make_room(struct bf_soap_pile *pile)
{
	const size_t room = pile->room ? 2 * pile->room : FIRST_ROOM;
	struct bf_soap_member *members = NULL;

	if (pile->count < pile->room)
		return true;
	members = reallocarray(pile->members, room, sizeof(*members));
	if (!members)
		return false;
	pile->members = members;
	pile->room = room;
	return true;
}

enum bfabric_status bf_soap_pile_put(struct bf_soap_pile *pile, const char *name, json_t *value,
	bool many, struct bfabric_error *err)
{
	const size_t underscores = strspn(name, "_");
	const size_t at = pile->names.len;

	name += name[underscores] ? underscores : 0;
	bf_secret_put(&pile->names, name, strlen(name) + 1);
	if (!value || pile->names.failed || !make_room(pile)) {
		json_decref(value);
		return bf_fail_nomem(err);
	}
	pile->members[pile->count] = (struct bf_soap_member){
		.name = at, .order = pile->count, .value = value, .many = many};
	pile->count++;
	return BFABRIC_OK;
}

static int by_name(const void *a, const void *b, void *data)
{
	const struct bf_soap_pile *pile = data;
	const char *names = bf_secret_reveal(&pile->names);
	const struct bf_soap_member *left = a, *right = b;
	const int order = strcmp(names + left->name, names + right->name);

	return order ? order : left->order < right->order ? -1 : 1;
}

/* The members that have one name, as one value; NULL: no memory. */
static json_t *together(const struct bf_soap_member *first, size_t count)
{
	json_t *array = NULL;

	if (count == 1 && !first->many)
		return json_incref(first->value);
	array = json_array();
	for (size_t i = 0; array && i < count; i++) {
		if (i == 0 && first->many && json_is_null(first->value))
			continue;
		if (json_array_append(array, first[i].value) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *sorted_object(struct bf_soap_pile *pile, size_t mark)
{
	const char *names = bf_secret_reveal(&pile->names);
	struct bf_soap_member *members = pile->members + mark;
	const size_t count = pile->count - mark;
	json_t *object = json_object();

	qsort_r(members, count, sizeof(*members), by_name, pile);
	for (size_t i = 0, n; object && i < count; i += n) {
		const char *name = names + members[i].name;

		for (n = 1; i + n < count && strcmp(names + members[i + n].name, name) == 0;)
			n++;
		if (json_object_set_new_nocheck(object, name, together(&members[i], n)) < 0) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

enum bfabric_status bf_soap_pile_take(
	struct bf_soap_pile *pile, size_t mark, json_t **ret, struct bfabric_error *err)
{
	/* lowest before they are sorted: names lie in the order in which they came */
	const size_t names = pile->count > mark ? pile->members[mark].name : pile->names.len;
	json_t *object = pile->count > mark ? sorted_object(pile, mark) : json_object();

	drop(pile, mark, names);
	if (!object)
		return bf_fail_nomem(err);
	*ret = object;
	return BFABRIC_OK;
}
