#include "move_scene.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

const struct move_login move_methods[METHODS] = {
	[PAT] = {HEAD "  auth_method: pat\n  pat: canary-pat\n", ""},
	[SERVICE] = {HEAD "  auth_method: client_credentials\n  client_id: CLI\n"
			  "  client_secret: canary-secret\n"
			  "  registration_access_token: canary-registration\n"
			  "  registration_client_uri: " BASE "/rest/oauth/register/CLI\n",
		"CLI"},
	[LOGIN] = {HEAD "  auth_method: oauth\n  client_id: CLI\n", "CLI", true},
	[CONFIDENTIAL] = {HEAD "  client_id: CLI\n  client_secret: canary-secret\n", "CLI", true},
};

/* ---- the scene ------------------------------------------------------------------------------- */

static void make_program(char *path, size_t size, const struct world *w, const char *name)
{
	snprintf(path, size, "%s/%s", w->root, name);
	world_write(path, "#!/bin/false\n");
	assert_int_equal(chmod(path, 0700), 0);
}

/* Nothing fails at the server; what fails after it is a refresh's affair (test_session_faults.c).
 */
static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *reply, bool *ret_sent, struct bfabric_error *err)
{
	const struct bf_transport *inner = data;

	fault_disarm();
	return inner->perform(inner->data, request, reply, ret_sent, err);
}

static void scene_init(struct move_scene *s, struct world *w, struct memstore *store)
{
	*s = (struct move_scene){.w = w, .store = store, .transport = {perform, &w->transport}};
	s->seams = (struct bf_session_seams){.sys = &w->sys, .transport = &s->transport};
	snprintf(s->config, sizeof(s->config), "%s/home/.bfabricpy.yml", w->root);
	make_program(s->a, sizeof(s->a), w, "a-helper");
	make_program(s->b, sizeof(s->b), w, "b-helper");
}

/* From the beginning: the environment as it is with files. */
void move_begin(struct move_scene *s, enum move_method method)
{
	struct world *w = s->w;
	bool secret = method == SERVICE || method == CONFIDENTIAL;

	s->method = method;
	memstore_clear(s->store);
	memstore_fail(s->store, 0, false);
	world_write(s->config, move_methods[method].yaml);
	unlink(w->paths.cache);
	unlink(w->paths.record);
	w->server->form = secret ? FORM_SECRET : FORM_EITHER;
	strcpy(w->server->secret, secret ? "canary-secret" : "");
	w->server->families = 0; /* it has room for so many logins only */
	w->server->token_count = 0;
	memset(w->server->tokens, 0, sizeof(w->server->tokens));
	memset(w->server->revoked, 0, sizeof(w->server->revoked));
	if (move_methods[method].is_login)
		world_login(w);
}

enum bfabric_status move_to(
	struct move_scene *s, const char *to, struct bf_moved *ret, struct bfabric_error *err)
{
	const struct bf_move job = {.environment = "TEST", .store = to, .seams = &s->seams};

	return bf_store_move(&job, ret, err);
}

void move_must(struct move_scene *s, const char *to, struct bf_moved *ret)
{
	struct bfabric_error err = {0};

	if (move_to(s, to, ret, &err) != BFABRIC_OK)
		fail_msg("to %s: %s", to, err.text);
}

void move_go(struct move_scene *s, const char *to)
{
	struct bf_moved moved = {0};

	move_must(s, to, &moved);
	if (moved.warning)
		fail_msg("to %s: %s", to, moved.warning);
	bf_moved_release(&moved);
}

static enum bfabric_status get_by_config(struct move_scene *s, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	struct bfabric_token token = {0};
	enum bfabric_status status = bf_config_load(NULL, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, "TEST", NULL, &env, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "--env", &s->seams, &session, err);
	if (status == BFABRIC_OK) {
		world_pass(s->w, 100); /* what another process has just fetched is no answer */
		status = bf_session_get(session, -1, /* force_refresh= */ true, 0, &token, err);
	}
	if (status == BFABRIC_OK && token.warning)
		status = bf_fail(err, BFABRIC_RETRY_LATER, "%s", token.warning);
	if (status == BFABRIC_OK && s->method == PAT)
		assert_string_equal(token.value, "canary-pat");
	bfabric_token_clear(&token);
	return status;
}

/* Wherever the secrets are now: the environment can be used. */
void move_must_work(struct move_scene *s, const char *when)
{
	struct bfabric_error err = {0};

	if (get_by_config(s, &err) != BFABRIC_OK)
		fail_msg("%s: %s", when, err.text);
}

/* ---- where the secrets are ------------------------------------------------------------------- */

static const char *finding; /* nftw has no argument */
static char found_in[512];

static bool says(const char *path, const char *text)
{
	static char content[65536]; /* of files that are all small, and many */
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(content, 1, sizeof(content) - 1, f) : 0;

	if (f)
		fclose(f);
	assert_true(n < sizeof(content) - 1);
	content[n] = '\0';
	return strstr(content, text);
}

static int search_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw; /* nftw hands them over */
	if (type == FTW_F && says(path, finding))
		snprintf(found_in, sizeof(found_in), "%s", path);
	return 0;
}

/* A file of the home with this text; NULL: none. */
const char *move_file_with(struct move_scene *s, const char *text)
{
	char home[128];

	snprintf(home, sizeof(home), "%s/home", s->w->root);
	*found_in = '\0';
	finding = text;
	assert_int_equal(nftw(home, search_one, 16, FTW_PHYS), 0);
	if (!*found_in) {
		snprintf(home, sizeof(home), "%s/run", s->w->root);
		assert_int_equal(nftw(home, search_one, 16, FTW_PHYS), 0);
	}
	return *found_in ? found_in : NULL;
}

const char *move_item(struct move_scene *s, const char *program)
{
	return memstore_item(s->store, program, move_methods[s->method].client_id);
}

static void assert_apart(struct move_scene *s, const char *program, const char *when)
{
	const char *text = move_item(s, program);
	const char *other = strcmp(program, s->a) == 0 ? s->b : s->a;

	if (!text || (s->method == PAT && !strstr(text, "canary-pat")) ||
		(s->method == SERVICE && !strstr(text, "\"canary-registration\"")) ||
		(strstr(move_methods[s->method].yaml, "client_secret") &&
			!strstr(text, "\"canary-secret\"")) ||
		(move_methods[s->method].is_login && !strstr(text, "\"refresh_token\":\"RT")))
		fail_msg("%s: the store has %s", when, text ? text : "nothing");
	if (move_file_with(s, "canary") ||
		(move_methods[s->method].is_login && move_file_with(s, "\"RT")))
		fail_msg("%s: %s still has a secret", when, found_in);
	if (memstore_count(s->store, program) != 1 || memstore_count(s->store, other) != 0)
		fail_msg("%s: the other store is not empty", when);
}

static void assert_in_files(struct move_scene *s, const char *when)
{
	BF_AUTO_FREE char *config = world_read(s->config);
	const char *yaml = move_methods[s->method].yaml;

	if (memstore_count(s->store, s->a) || memstore_count(s->store, s->b))
		fail_msg("%s: a store is not empty", when);
	if (strstr(config, "store:"))
		fail_msg("%s: the configuration names a store:\n%s", when, config);
	if ((strstr(yaml, "canary-pat") && !strstr(config, "pat: canary-pat")) ||
		(strstr(yaml, "canary-secret") && !strstr(config, "secret: canary-secret")) ||
		(strstr(yaml, "canary-registration") && !strstr(config, "canary-registration")))
		fail_msg("%s: the configuration is\n%s", when, config);
	if (move_methods[s->method].is_login && !*world_refresh_token(s->w))
		fail_msg("%s: the cache has no refresh token", when);
}

void move_assert_in(struct move_scene *s, const char *place, const char *when)
{
	if (strcmp(place, "file") == 0)
		assert_in_files(s, when);
	else
		assert_apart(s, place, when);
	if (move_file_with(s, "\"base_url\":\"" BASE "\""))
		fail_msg("%s: the note %s stays", when, found_in);
}

int move_setup(void **state)
{
	struct move_scene *s = calloc(1, sizeof(*s));
	void *world = NULL;

	world_setup(&world);
	scene_init(s, world, memstore_new());
	*state = s;
	return 0;
}

int move_teardown(void **state)
{
	struct move_scene *s = *state;
	void *world = s->w;

	memstore_free(s->store);
	free(s);
	return world_teardown(&world);
}
