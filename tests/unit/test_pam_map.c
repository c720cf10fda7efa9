/* Which person is which user: the map, and what is asked and judged by it. */
#include "unit.h"

#include "pam_bfabric/map.h"
#include "pam_bfabric/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bfabric_error err;

static enum bfabric_status parse(const char *text, struct bf_pam_map *ret)
{
	err = (struct bfabric_error){0};
	return bf_pam_map_parse("/etc/x.map", text, strlen(text), "ms1 ms2", ret, &err);
}

static void test_lines(void **state)
{
	BF_AUTO_PAM_MAP struct bf_pam_map map = {0};
	static const char *const wanted[][2] = {{"alice@example.org", "alice"},
		{"b=o=b==", "bob bob-admin"}, {"Carol  J\xc3\xbcrgens", "ms1\t ms2"},
		{"dave", "dave dave"}, {"e", "ms1"}};

	(void)state;
	assert_int_equal(parse("# who is who\n\nalice@example.org = alice\n\t# more\n"
			       "b=o=b===bob bob-admin\n"
			       " Carol  J\xc3\xbcrgens\t=  ms1\t ms2 \n"
			       "dave = dave dave\ne=ms1",
				 &map),
		BFABRIC_OK);
	assert_int_equal(map.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(map.people[i].name, wanted[i][0]);
		assert_string_equal(map.people[i].users, wanted[i][1]);
	}
	assert_int_equal(map.people[4].line, 8);
}

static void test_refusals(void **state)
{
	static const char *const cases[][2] = {
		{"alice\n", "/etc/x.map, line 1 is not: person = user"},
		{"\na =\n", "line 2 names no user behind the ="},
		{" = alice\n", "line 1: before the = stands a person"},
		{"a = b\xc3\xa4\n", "line 1: names of users are printable ASCII"},
		{"a = b\r\n", "line 1: names of users are printable ASCII"},
		{"a\r = b\n", "line 1: before the = stands a person"},
		{"a\tb = b\n", "line 1: before the = stands a person"},
		{"\xff = b\n", "line 1: before the = stands a person"},
		{"a\xe2\x80\xae = b\n", "line 1: before the = stands a person"}, /* bidirectional */
		{"alice = a\n#\nalice = b\n", "line 3: alice is there already, in line 1"},
		{"alice = a\nbob = b a\n",
			"line 2: user a has somebody already, in line 1, and is not in"},
		{"alice = ms10\nbob = ms10\n", "line 2: user ms10 has somebody already"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bf_pam_map map = {0};

		assert_fails(parse(cases[i][0], &map), BFABRIC_BAD_CONFIG, err, cases[i][1]);
		assert_null(map.people);
	}
}

static void test_limits(void **state)
{
	char *large = malloc(BF_PAM_MAP_MAX + 1);
	struct bf_pam_map map = {0};

	(void)state;
	assert_non_null(large);
	memset(large, '#', BF_PAM_MAP_MAX + 1);
	assert_fails(bf_pam_map_parse("/x", large, BF_PAM_MAP_MAX + 1, NULL, &map, &err),
		BFABRIC_BAD_CONFIG, err, "larger than");
	assert_fails(bf_pam_map_parse("/x", "a\0=b\n", 5, NULL, &map, &err), BFABRIC_BAD_CONFIG,
		err, "line 1");
	memset(large, 'a', BF_PAM_PERSON_MAX + 1);
	memcpy(large + BF_PAM_PERSON_MAX + 1, "=b", 2);
	assert_fails(bf_pam_map_parse("/x", large, BF_PAM_PERSON_MAX + 3, NULL, &map, &err),
		BFABRIC_BAD_CONFIG, err, "1 to 512 bytes");
	assert_int_equal(bf_pam_map_parse("/x", large + 1, BF_PAM_PERSON_MAX + 2, NULL, &map, &err),
		BFABRIC_OK);
	bf_pam_map_release(&map);
	free(large);
}

/* Every way of not being root's alone is refused where pam.conf is tested; here: the same code. */
static void test_trust(void **state)
{
	const char *path = scratch_file("map", "a = b\n", 0644);
	const char *link = scratch("link");
	struct bf_pam_map map = {0};

	(void)state;
	assert_int_equal(bf_pam_map_load(path, NULL, &map, &err), BFABRIC_OK);
	bf_pam_map_release(&map);
	assert_int_equal(chmod(path, 0664), 0);
	assert_fails(bf_pam_map_load(path, NULL, &map, &err), BFABRIC_BAD_CONFIG, err,
		"written by others");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_fails(
		bf_pam_map_load(link, NULL, &map, &err), BFABRIC_BAD_CONFIG, err, "symbolic link");
	assert_fails(bf_pam_map_load(scratch("none"), NULL, &map, &err), BFABRIC_SYSTEM, err,
		"cannot open");
}

/* ---- whose approval counts ------------------------------------------------------------------- */

static struct bf_pam_user alice = {.name = (char *)(uintptr_t) "alice"};
static struct bf_pam_user ms1 = {.name = (char *)(uintptr_t) "ms1"};

static const char *expected(const struct bf_pam_conf *conf, const struct bf_pam_user *user)
{
	static char text[1024];
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;

	assert_int_equal(bf_pam_person_expect(conf, user, &request, &err), BFABRIC_OK);
	snprintf(text, sizeof(text), "%s", bf_secret_reveal(&request));
	return text;
}

static void test_nothing_is_decided(void **state)
{
	const struct bf_pam_conf conf = {.claim = (char *)(uintptr_t) "email"};

	(void)state;
	assert_false(bf_pam_person_decided(&conf));
	assert_string_equal(expected(&conf, &alice), "");
	assert_fails(bf_pam_person_check(&conf, &alice, "alice", &err), BFABRIC_DENIED, err,
		"neither map_file nor same_names");
}

static void test_same_names(void **state)
{
	static const char *const others[] = {
		"Alice", "alic", "alice ", "alice@x", "alicea", "\xd0\xb0lice"};
	struct bf_pam_conf conf = {.same_names = true};

	(void)state;
	assert_true(bf_pam_person_decided(&conf));
	assert_string_equal(expected(&conf, &alice), "claim=sub\nexpect[]=alice\n");
	conf.claim = (char *)(uintptr_t) "login";
	assert_string_equal(expected(&conf, &alice), "claim=login\nexpect[]=alice\n");
	assert_int_equal(bf_pam_person_check(&conf, &alice, "alice", &err), BFABRIC_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_fails(bf_pam_person_check(&conf, &alice, others[i], &err), BFABRIC_DENIED,
			err, "who is not this user");
	assert_fails(
		bf_pam_person_check(&conf, &alice, "", &err), BFABRIC_DENIED, err, "nobody said");
	assert_fails(
		bf_pam_person_check(&conf, &alice, NULL, &err), BFABRIC_DENIED, err, "nobody said");
}

/* With a map, equal names are nothing. */
static void test_a_map_decides(void **state)
{
	struct bf_pam_conf conf = {.same_names = true,
		.shared_accounts = (char *)(uintptr_t) "ms1",
		.map_file = (char *)(uintptr_t)scratch_file("map",
			"a@example.org = alice ms1\nalice = ms1\nJ\xc3\xbcrg Li = ms1\n", 0644)};
	const struct bf_pam_user bob = {.name = (char *)(uintptr_t) "bob"};
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;

	(void)state;
	assert_string_equal(expected(&conf, &alice), "claim=sub\nexpect[]=a@example.org\n");
	assert_string_equal(expected(&conf, &ms1),
		"claim=sub\nexpect[]=a@example.org\nexpect[]=alice\nexpect[]=J\xc3\xbcrg Li\n");
	assert_fails(bf_pam_person_expect(&conf, &bob, &request, &err), BFABRIC_DENIED, err,
		"has nobody for this user");
	assert_int_equal(bf_pam_person_check(&conf, &alice, "a@example.org", &err), BFABRIC_OK);
	assert_int_equal(bf_pam_person_check(&conf, &ms1, "J\xc3\xbcrg Li", &err), BFABRIC_OK);
	assert_fails(bf_pam_person_check(&conf, &alice, "alice", &err), BFABRIC_DENIED, err,
		"alice approved, who is not this user");
	assert_fails(bf_pam_person_check(&conf, &bob, "bob", &err), BFABRIC_DENIED, err, "bob");
	assert_true(bf_pam_is_shared(&conf, &ms1));
	assert_false(bf_pam_is_shared(&conf, &alice));
	conf.shared_accounts = NULL;
	assert_fails(bf_pam_person_check(&conf, &ms1, "alice", &err), BFABRIC_BAD_CONFIG, err,
		"line 2: user ms1 has somebody already");
	assert_fails(bf_pam_person_expect(&conf, &ms1, &request, &err), BFABRIC_BAD_CONFIG, err,
		"line 2");
}

static void test_too_many_for_a_request(void **state)
{
	static char text[BF_PAM_PEOPLE_MAX * 16];
	struct bf_pam_conf conf = {.shared_accounts = (char *)(uintptr_t) "ms1"};
	size_t used = 0;

	(void)state;
	for (int i = 0; i <= BF_PAM_PEOPLE_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "p%d = ms1\n", i);
	conf.map_file = (char *)(uintptr_t)scratch_file("map", text, 0644);
	for (int round = 0; round < 2; round++) {
		BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
		enum bfabric_status status = bf_pam_person_expect(&conf, &ms1, &request, &err);

		assert_int_equal(status, round == 0 ? BFABRIC_BAD_CONFIG : BFABRIC_OK);
		*strrchr(text, 'p') = '#';
		scratch_file("map", text, 0644);
	}
}

static void test_faults(void **state)
{
	struct bf_pam_conf conf = {
		.map_file = (char *)(uintptr_t)scratch_file("map", "a = alice\nb = bob\n", 0600)};

	(void)state;
	FAULT_EACH (FAULT_MEMORY | FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_READ) |
			    FAULT_BIT(FAULT_STAT),
		ENOMEM) {
		enum bfabric_status status = bf_pam_person_check(&conf, &alice, "a", &err);

		if (fault_disarm())
			assert_true(status == BFABRIC_NO_MEMORY || status == BFABRIC_SYSTEM);
		else
			assert_int_equal(status, BFABRIC_OK);
	}
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
		enum bfabric_status status = bf_pam_person_expect(&conf, &alice, &request, &err);

		if (fault_disarm())
			assert_int_equal(status, BFABRIC_NO_MEMORY);
		else
			assert_int_equal(status, BFABRIC_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits),
		unit_in_scratch(test_trust),
		cmocka_unit_test(test_nothing_is_decided),
		cmocka_unit_test(test_same_names),
		unit_in_scratch(test_a_map_decides),
		unit_in_scratch(test_too_many_for_a_request),
		unit_in_scratch(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
