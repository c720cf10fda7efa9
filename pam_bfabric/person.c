#include "person.h"

#include <string.h>
#include "../libbfabric/base/kv.h"
#include "map.h"

bool bf_pam_person_decided(const struct bf_pam_conf *conf)
{
	return conf->map_file || conf->same_names;
}

bool bf_pam_is_shared(const struct bf_pam_conf *conf, const struct bf_pam_user *user)
{
	return bf_pam_list_has(conf->shared_accounts, user->name);
}

static enum bfabric_status put_people(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_secret *request, struct bfabric_error *err)
{
	BF_AUTO_PAM_MAP struct bf_pam_map map = {0};
	size_t found = 0;
	enum bfabric_status status =
		bf_pam_map_load(conf->map_file, conf->shared_accounts, &map, err);

	if (status != BFABRIC_OK)
		return status;
	for (size_t i = 0; i < map.count; i++) {
		if (!bf_pam_list_has(map.people[i].users, user->name))
			continue;
		if (++found > BF_PAM_PEOPLE_MAX)
			return bf_fail(err, BFABRIC_BAD_CONFIG,
				"%s has more than %d people for one user", conf->map_file,
				BF_PAM_PEOPLE_MAX);
		bf_kv_put(request, "expect[]", map.people[i].name);
	}
	if (found == 0)
		return bf_fail(err, BFABRIC_DENIED, "%s has nobody for this user", conf->map_file);
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_person_expect(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_secret *request, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!bf_pam_person_decided(conf))
		return BFABRIC_OK;
	bf_kv_put(request, "claim", conf->claim ? conf->claim : "sub");
	if (conf->map_file)
		status = put_people(conf, user, request, err);
	else
		bf_kv_put(request, "expect[]", user->name);
	if (status == BFABRIC_OK && request->failed)
		return bf_fail_nomem(err);
	return status;
}

static enum bfabric_status find_in_map(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const char *name, bool *ret_found,
	struct bfabric_error *err)
{
	BF_AUTO_PAM_MAP struct bf_pam_map map = {0};
	enum bfabric_status status =
		bf_pam_map_load(conf->map_file, conf->shared_accounts, &map, err);

	for (size_t i = 0; status == BFABRIC_OK && i < map.count && !*ret_found; i++)
		*ret_found = strcmp(map.people[i].name, name) == 0 &&
			     bf_pam_list_has(map.people[i].users, user->name);
	return status;
}

enum bfabric_status bf_pam_person_check(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const char *name, struct bfabric_error *err)
{
	bool found = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!name || !*name)
		return bf_fail(err, BFABRIC_DENIED, "nobody said who approved");
	if (!bf_pam_person_decided(conf))
		return bf_fail(
			err, BFABRIC_DENIED, "neither map_file nor same_names says who is who");
	if (conf->map_file)
		status = find_in_map(conf, user, name, &found, err);
	else
		found = strcmp(name, user->name) == 0;
	if (status != BFABRIC_OK)
		return status;
	return found ? BFABRIC_OK
		     : bf_fail(err, BFABRIC_DENIED, "%.64s approved, who is not this user", name);
}
