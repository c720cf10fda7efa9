/* launch.c - the claims of launch.h. */
#include "launch.h"
#include "jwt.h"
#include "member.h"
#include <stdio.h>

#define WHAT "the launch token"

void bf_launch_release(struct bf_launch *launch)
{
	json_decref(launch->claims);
	*launch = (struct bf_launch){0};
}

static enum bfabric_status read_texts(struct bf_launch *l, struct bfabric_error *err)
{
	const struct {
		const char *name, **to;
	} texts[] = {{"entityClassName", &l->entity_class}, {"client_id", &l->client_id},
		{"sub", &l->subject}, {"email", &l->email}, {"name", &l->name},
		{"iss", &l->issuer}};
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; status == BFABRIC_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		status = bf_member_text(WHAT, l->claims, texts[i].name, texts[i].to, err);
	return status;
}

static enum bfabric_status read_numbers(struct bf_launch *l, struct bfabric_error *err)
{
	json_t *groups = NULL;
	enum bfabric_status status = bf_member_id(WHAT, l->claims, "entityId", &l->entity_id, err);

	if (status == BFABRIC_OK)
		status = bf_member_id(WHAT, l->claims, "applicationId", &l->application_id, err);
	if (status == BFABRIC_OK)
		status = bf_member_id(WHAT, l->claims, "jobId", &l->job_id, err);
	if (status == BFABRIC_OK)
		status = bf_member_date(WHAT, l->claims, "exp", &l->expires_at, err);
	if (status == BFABRIC_OK)
		status = bf_member_texts(WHAT, l->claims, "groups", &groups, err);
	l->groups = groups;
	if (l->entity_id > 0)
		(void)snprintf(l->entity_id_text, sizeof(l->entity_id_text), "%lld",
			(long long)l->entity_id); /* 19 digits fit */
	return status;
}

enum bfabric_status bf_launch_from_claims(
	json_t *claims, struct bf_launch *ret, struct bfabric_error *err)
{
	BF_AUTO_LAUNCH struct bf_launch l = {.claims = json_incref(claims)};
	enum bfabric_status status;

	if (!json_is_object(claims))
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " has no claims");
	status = read_texts(&l, err);
	if (status == BFABRIC_OK)
		status = read_numbers(&l, err);
	if (status != BFABRIC_OK)
		return status;
	bf_launch_release(ret);
	*ret = l;
	l = (struct bf_launch){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_launch_peek(
	const struct bf_secret *token, struct bf_launch *ret, struct bfabric_error *err)
{
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	enum bfabric_status status = bf_jwt_parse(bf_secret_reveal(token), token->len, &jwt, err);

	return status == BFABRIC_OK ? bf_launch_from_claims(jwt.payload, ret, err) : status;
}
