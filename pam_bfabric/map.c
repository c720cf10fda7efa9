#include "map.h"

#include <stdlib.h>
#include <string.h>
#include "pam_conf.h"
#include "trusted.h"

struct reader {
	const char *path;
	struct bf_pam_map map;
	size_t room;
};

void bf_pam_map_release(struct bf_pam_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->people[i].name);
		free(map->people[i].users);
	}
	free(map->people);
	*map = (struct bf_pam_map){0};
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool grow(struct reader *reader)
{
	const size_t room = reader->room ? reader->room * 2 : 64;
	void *people = NULL;

	if (reader->map.count < reader->room)
		return true;
	people = reallocarray(reader->map.people, room, sizeof(*reader->map.people));
	if (!people)
		return false;
	reader->map.people = people;
	reader->room = room;
	return true;
}

static enum bfabric_status keep(struct reader *reader, unsigned line, const char *name,
	const char *users, struct bfabric_error *err)
{
	struct bf_pam_person person = {.line = line};

	if (grow(reader)) {
		person.name = strdup(name);
		person.users = strdup(users);
	}
	if (!person.name || !person.users) {
		free(person.name);
		free(person.users);
		return bf_fail_nomem(err);
	}
	reader->map.people[reader->map.count++] = person;
	return BFABRIC_OK;
}

/* UTF-8 that can be shown as it is, and so is what it looks like. */
static bool is_name(const char *text, size_t len)
{
	char shown[BF_PAM_PERSON_MAX + 1];

	if (len == 0 || len > BF_PAM_PERSON_MAX)
		return false;
	bf_show(shown, sizeof(shown), text, len);
	return strlen(shown) == len && memcmp(shown, text, len) == 0;
}

static enum bfabric_status take_line(
	void *data, unsigned line, char *text, size_t len, struct bfabric_error *err)
{
	struct reader *reader = data;
	char *equals = memrchr(text, '=', len);
	const char *name = NULL;
	const char *users = NULL;

	if (!equals)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s, line %u is not: person = user",
			reader->path, line);
	if (memchr(text, '\0', len) || !bf_pam_is_plain(equals, (size_t)(text + len - equals)))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u: names of users are printable ASCII, without carriage return",
			reader->path, line);
	users = bf_pam_trim(equals + 1, text + len);
	name = bf_pam_trim(text, equals);
	if (!is_name(name, strlen(name)))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u: before the = stands a person, in 1 to %zu bytes of printable "
			"UTF-8",
			reader->path, line, BF_PAM_PERSON_MAX);
	if (!*users)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s, line %u names no user behind the =", reader->path, line);
	return keep(reader, line, name, users, err);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* A name that must be there once, and where it is. */
struct place {
	const char *name;
	size_t len;
	unsigned line;
};

static int compare(const void *a, const void *b)
{
	const struct place *one = a;
	const struct place *two = b;
	const size_t least = one->len < two->len ? one->len : two->len;
	const int order = memcmp(one->name, two->name, least);

	if (order != 0)
		return order;
	if (one->len != two->len)
		return one->len < two->len ? -1 : 1;
	return one->line < two->line ? -1 : one->line > two->line;
}

static bool same(const struct place *a, const struct place *b)
{
	return a->len == b->len && memcmp(a->name, b->name, a->len) == 0;
}

static bool in_list(const char *list, const struct place *word)
{
	size_t n = 0;

	for (const char *at = bf_pam_list_next(&list, &n); n > 0; at = bf_pam_list_next(&list, &n))
		if (n == word->len && memcmp(at, word->name, n) == 0)
			return true;
	return false;
}

static enum bfabric_status check_people(
	const struct reader *reader, struct place *places, struct bfabric_error *err)
{
	const struct bf_pam_map *map = &reader->map;

	for (size_t i = 0; i < map->count; i++)
		places[i] = (struct place){
			map->people[i].name, strlen(map->people[i].name), map->people[i].line};
	qsort(places, map->count, sizeof(*places), compare);
	for (size_t i = 1; i < map->count; i++)
		if (same(&places[i - 1], &places[i]))
			return bf_fail(err, BFABRIC_BAD_CONFIG,
				"%s, line %u: %.64s is there already, in line %u", reader->path,
				places[i].line, places[i].name, places[i - 1].line);
	return BFABRIC_OK;
}

static size_t list_users(const struct bf_pam_map *map, struct place *places)
{
	size_t count = 0;

	for (size_t i = 0; i < map->count; i++) {
		const char *rest = map->people[i].users;
		struct place place = {.line = map->people[i].line};

		for (place.name = bf_pam_list_next(&rest, &place.len); place.len > 0;
			place.name = bf_pam_list_next(&rest, &place.len)) {
			if (places)
				places[count] = place;
			count++;
		}
	}
	return count;
}

static enum bfabric_status check_users(const struct reader *reader, const char *shared,
	struct place *places, size_t count, struct bfabric_error *err)
{
	qsort(places, count, sizeof(*places), compare);
	for (size_t i = 1; i < count; i++)
		if (same(&places[i - 1], &places[i]) && places[i - 1].line != places[i].line &&
			!in_list(shared, &places[i]))
			return bf_fail(err, BFABRIC_BAD_CONFIG,
				"%s, line %u: user %.*s has somebody already, in line %u, and is "
				"not in shared_accounts",
				reader->path, places[i].line,
				(int)(places[i].len < 64 ? places[i].len : 64), places[i].name,
				places[i - 1].line);
	return BFABRIC_OK;
}

/* There are at least as many users as people. */
static enum bfabric_status check(
	const struct reader *reader, const char *shared, struct bfabric_error *err)
{
	const size_t count = list_users(&reader->map, /* places= */ NULL);
	BF_AUTO_FREE struct place *places = calloc(count + 1, sizeof(*places));
	enum bfabric_status status = BFABRIC_OK;

	if (!places)
		return bf_fail_nomem(err);
	status = check_people(reader, places, err);
	if (status != BFABRIC_OK)
		return status;
	list_users(&reader->map, places);
	return check_users(reader, shared, places, count, err);
}

static void release_reader(struct reader *reader)
{
	bf_pam_map_release(&reader->map);
}

enum bfabric_status bf_pam_map_parse(const char *path, const char *content, size_t len,
	const char *shared, struct bf_pam_map *ret, struct bfabric_error *err)
{
	struct reader reader __attribute__((cleanup(release_reader))) = {.path = path};
	enum bfabric_status status = BFABRIC_OK;

	if (len > BF_PAM_MAP_MAX)
		return bf_fail(err, BFABRIC_BAD_CONFIG, "%s is larger than %zu bytes", path,
			BF_PAM_MAP_MAX);
	status = bf_pam_trusted_lines(content, len, take_line, &reader, err);
	if (status == BFABRIC_OK)
		status = check(&reader, shared, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = reader.map;
	reader.map = (struct bf_pam_map){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_map_load(
	const char *path, const char *shared, struct bf_pam_map *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	enum bfabric_status status = bf_pam_trusted_read(path, BF_PAM_MAP_MAX, &content, err);

	if (status != BFABRIC_OK)
		return status;
	return bf_pam_map_parse(path, bf_secret_reveal(&content), content.len, shared, ret, err);
}
