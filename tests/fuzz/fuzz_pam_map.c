/* The PAM module's map of people: one person each, and the users have one unless they are shared.
 */
#include "fuzz.h"

#include "libbfabric/base/secret.h"
#include "pam_bfabric/map.h"
#include "pam_bfabric/pam_conf.h"

#include <string.h>

#define SHARED "ms1 s"
#define LOOKED 64 /* lines that are compared with each other */

static void check_line(const struct bf_pam_map *map, size_t i)
{
	const struct bf_pam_person *person = &map->people[i];
	char shown[BF_PAM_PERSON_MAX + 1];

	bf_show(shown, sizeof(shown), person->name, strlen(person->name));
	FUZZ_MUST(*person->name && strcmp(shown, person->name) == 0);
	FUZZ_MUST(*person->users && !strpbrk(person->users, "=\r\n"));
	for (size_t k = 0; k < i && k < LOOKED; k++) {
		FUZZ_MUST(strcmp(person->name, map->people[k].name) != 0);
		FUZZ_MUST(strcmp(person->users, map->people[k].users) != 0 ||
			  strpbrk(person->users, " \t") || bf_pam_list_has(SHARED, person->users));
	}
}

static void write_and_parse(const struct bf_pam_map *map)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_PAM_MAP struct bf_pam_map again = {0};

	for (size_t i = 0; i < map->count; i++) {
		bf_secret_puts(&text, map->people[i].name);
		bf_secret_puts(&text, " =\t");
		bf_secret_puts(&text, map->people[i].users);
		bf_secret_putc(&text, '\n');
	}
	if (text.len > BF_PAM_MAP_MAX)
		return;
	FUZZ_MUST(bf_pam_map_parse("/m", bf_secret_reveal(&text), text.len, SHARED, &again, NULL) ==
		  BFABRIC_OK);
	FUZZ_MUST(again.count == map->count);
	for (size_t i = 0; i < map->count; i++) {
		FUZZ_MUST(strcmp(map->people[i].name, again.people[i].name) == 0);
		FUZZ_MUST(strcmp(map->people[i].users, again.people[i].users) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_PAM_MAP struct bf_pam_map map = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status =
		bf_pam_map_parse("/m", (const char *)data, size, SHARED, &map, &err);

	if (status != BFABRIC_OK) {
		FUZZ_MUST(status == BFABRIC_BAD_CONFIG && err.status == status && err.text[0]);
		FUZZ_MUST(fuzz_one_line(err.text) && !map.people && map.count == 0);
		return 0;
	}
	for (size_t i = 0; i < map.count; i++)
		check_line(&map, i);
	write_and_parse(&map);
	return 0;
}
