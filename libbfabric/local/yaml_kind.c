#include "yaml_tree.h"
#include <string.h>

#define DIGITS "0123456789"

/* One or more of `set`, and nothing else. */
static bool only(const char *s, const char *set)
{
	size_t n = strspn(s, set);

	return n > 0 && s[n] == '\0';
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Past ":59:59 ..." of a number to the base of 60; NULL if malformed. */
static const char *skip_sixties(const char *s)
{
	while (*s == ':') {
		size_t n = strspn(++s, DIGITS);

		if (n != 1 && !(n == 2 && *s <= '5'))
			return NULL;
		s += n;
	}
	return s;
}

static bool is_integer(const char *s)
{
	s += *s == '+' || *s == '-';
	if (s[0] == '0' && s[1] == 'b')
		return only(s + 2, "01_");
	if (s[0] == '0' && s[1] == 'x')
		return only(s + 2, DIGITS "abcdefABCDEF_");
	if (s[0] == '0')
		return s[1] == '\0' || only(s + 1, "01234567_");
	if (!is_digit(*s))
		return false;
	s = skip_sixties(s + strspn(s, DIGITS "_"));
	return s && *s == '\0';
}

static bool is_fraction(const char *s)
{
	s += strspn(s, DIGITS "_");
	if (*s == 'e' || *s == 'E')
		return (s[1] == '+' || s[1] == '-') && only(s + 2, DIGITS);
	return *s == '\0';
}

static bool is_float(const char *s)
{
	static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nan[] = {".nan", ".NaN", ".NAN", NULL};
	const char *unsigned_ = s + (*s == '+' || *s == '-');

	if (is_one_of(unsigned_, infinite) || is_one_of(s, nan))
		return true;
	if (*s == '.')
		return is_digit(s[1]) && is_fraction(s + 1);
	if (!is_digit(*unsigned_))
		return false;
	s = unsigned_ + strspn(unsigned_, DIGITS "_");
	if (*s == '.')
		return is_fraction(s + 1);
	s = *s == ':' ? skip_sixties(s) : NULL;
	return s && *s == '.' && s[1 + strspn(s + 1, DIGITS "_")] == '\0';
}

/* `min` to `max` digits after `before` (0: nothing); false if they are not there. */
static bool take_digits(const char **s, char before, size_t min, size_t max)
{
	size_t n;

	if (before && *(*s)++ != before)
		return false;
	n = strspn(*s, DIGITS);
	*s += n;
	return n >= min && n <= max;
}

static bool is_zone(const char *s)
{
	if (*s == 'Z')
		return s[1] == '\0';
	if (*s != '+' && *s != '-')
		return *s == '\0';
	return take_digits(&s, *s, 1, 2) && (*s == '\0' || take_digits(&s, ':', 2, 2)) &&
	       *s == '\0';
}

static bool is_time_of_day(const char *s)
{
	if (!take_digits(&s, 0, 1, 2) || !take_digits(&s, ':', 2, 2) || !take_digits(&s, ':', 2, 2))
		return false;
	if (*s == '.')
		s += 1 + strspn(s + 1, DIGITS);
	if (*s != ' ' && *s != '\t')
		return is_zone(s);
	s += strspn(s, " \t");
	return *s != '\0' && is_zone(s);
}

static bool is_timestamp(const char *s)
{
	const char *p = s;

	if (!take_digits(&p, 0, 4, 4) || !take_digits(&p, '-', 1, 2) || !take_digits(&p, '-', 1, 2))
		return false;
	if (*p == '\0')
		return p - s == 10; /* a date alone has two digits everywhere */
	if (*p == 'T' || *p == 't')
		return is_time_of_day(p + 1);
	return (*p == ' ' || *p == '\t') && is_time_of_day(p + strspn(p, " \t"));
}

enum bf_yaml_kind bf_yaml_plain_kind(const char *s)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const bools[] = {"yes", "Yes", "YES", "no", "No", "NO", "true", "True",
		"TRUE", "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF", NULL};
	static const char *const special[] = {"<<", "=", NULL};

	if (!strchr("~nNyYtTfFoO<=+-.0123456789", *s)) /* matches the empty string too */
		return BF_YAML_STRING;
	if (is_one_of(s, nulls))
		return BF_YAML_NULL;
	if (is_one_of(s, bools))
		return BF_YAML_BOOL;
	if (!strchr("<=+-.0123456789", *s)) /* the rest is no word */
		return BF_YAML_STRING;
	if (is_integer(s) || is_float(s))
		return BF_YAML_NUMBER;
	return is_one_of(s, special) || is_timestamp(s) ? BF_YAML_OTHER : BF_YAML_STRING;
}

enum bf_yaml_kind bf_yaml_kind(const struct bf_yaml *tree, const struct bf_yaml_node *node)
{
	const char *text = bf_yaml_text(tree, node);

	if (node->foreign)
		return BF_YAML_OTHER;
	if (node->type != BF_YAML_SCALAR)
		return BF_YAML_COLLECTION;
	return node->plain && strlen(text) == node->length ? bf_yaml_plain_kind(text)
							   : BF_YAML_STRING;
}
