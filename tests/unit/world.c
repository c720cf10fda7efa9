#include "world.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- clock ----------------------------------------------------------------------------------- */

static int64_t fake_wall(void *data)
{
	struct world_clock *c = data;

	return __atomic_load_n(&c->wall, __ATOMIC_RELAXED) / 1000;
}

static int64_t fake_boot(void *data)
{
	struct world_clock *c = data;

	return __atomic_load_n(&c->boot_ms, __ATOMIC_RELAXED);
}

static void fake_sleep(void *data, int64_t ms)
{
	struct world_clock *c = data;
	unsigned n = __atomic_add_fetch(&c->sleeps, 1, __ATOMIC_RELAXED);

	__atomic_add_fetch(&c->wall, ms, __ATOMIC_RELAXED);
	__atomic_add_fetch(&c->boot_ms, ms, __ATOMIC_RELAXED);
	if (c->on_sleep)
		c->on_sleep(c->data, n);
}

static bool fake_random(void *data, void *buf, size_t n)
{
	struct world_clock *c = data;

	return !c->no_random && bf_random(&bf_sys_real, buf, n);
}

void world_pass(struct world *w, int64_t seconds)
{
	__atomic_add_fetch(&w->clock->wall, seconds * 1000, __ATOMIC_RELAXED);
	__atomic_add_fetch(&w->clock->boot_ms, seconds * 1000, __ATOMIC_RELAXED);
}

int64_t world_now(const struct world *w)
{
	return bf_wall(&w->sys);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void make_environment(enum bfabric_auth_method method, struct bf_environment *env)
{
	*env = (struct bf_environment){.method = method, .min_ttl = 60, .line = 3};
	env->name = strdup("TEST");
	env->file = strdup("test.yml");
	env->client_id = strdup("CLI");
	env->scope = strdup("api:read");
	assert_int_equal(bf_url_parse("https://bfabric.test/bfabric", &env->url, NULL), BFABRIC_OK);
	if (method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		bf_secret_puts(&env->client_secret, "s3cret");
}

const struct bfabric_ui world_nobody;

struct bfabric_session *world_open(struct world *w, enum bfabric_auth_method method)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bfabric_session *s = NULL;

	make_environment(method, &env);
	assert_int_equal(bf_session_new(&env, "--env", &w->seams, &s, &w->err), BFABRIC_OK);
	if (w->store)
		s->store.type = w->store;
	return s;
}

void world_reopen(struct world *w)
{
	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_OAUTH);
}

static void make_folders(struct world *w)
{
	char path[128];

	/* in memory where there is such a place: everything is synced */
	strcpy(w->root, access("/dev/shm", W_OK) == 0 ? "/dev/shm/bf-world-XXXXXX"
						      : "/tmp/bf-world-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	snprintf(path, sizeof(path), "%s/home", w->root);
	assert_int_equal(mkdir(path, 0700), 0);
	setenv("HOME", path, 1);
	snprintf(path, sizeof(path), "%s/run", w->root);
	assert_int_equal(mkdir(path, 0700), 0);
	setenv("XDG_RUNTIME_DIR", path, 1);
}

static void make_clock(struct world *w)
{
	w->clock = mmap(
		NULL, sizeof(*w->clock), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(w->clock, MAP_FAILED);
	*w->clock = (struct world_clock){.wall = WORLD_NOW * 1000, .boot_ms = 1000000};
	w->sys = (struct bf_sys){fake_wall, fake_boot, fake_sleep, fake_random, w->clock};
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	assert_non_null(w);
	*state = w;
	make_folders(w);
	make_clock(w);
	w->server = authserver_new(&w->sys);
	w->transport = authserver_transport(w->server);
	w->seams = (struct bf_session_seams){&w->sys, &w->transport};
	assert_int_equal(bf_url_parse("https://bfabric.test/bfabric", &url, NULL), BFABRIC_OK);
	assert_int_equal(bf_paths_init(&url, "CLI", "TEST", true, &w->paths, NULL), BFABRIC_OK);
	w->s = world_open(w, BFABRIC_AUTH_OAUTH);
	return 0;
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw; /* nftw hands it over */
	if ((type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700)
		(void)!chmod(path, 0700); /* the removal tells */
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw; /* nftw hands them over */
	return remove(path);
}

int world_teardown(void **state)
{
	struct world *w = *state;

	bfabric_token_clear(&w->token);
	bfabric_session_free(w->s);
	bf_paths_release(&w->paths);
	authserver_free(w->server);
	munmap(w->clock, sizeof(*w->clock));
	nftw(w->root, open_up, 16, FTW_PHYS);
	assert_int_equal(nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(w);
	return 0;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static enum bfabric_status get(struct world *w, bool force)
{
	bfabric_token_clear(&w->token);
	w->err = (struct bfabric_error){0};
	return bf_session_get(w->s, -1, force, 0, &w->token, &w->err);
}

enum bfabric_status world_get(struct world *w)
{
	return get(w, /* force= */ false);
}

enum bfabric_status world_get_forced(struct world *w)
{
	return get(w, /* force= */ true);
}

enum bfabric_status world_get_new(struct world *w)
{
	world_reopen(w);
	return world_get(w);
}

static bool agree(void *data, const char *before, const char *now)
{
	(void)data, (void)before, (void)now; /* whoever it is */
	return true;
}

void world_login(struct world *w)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_ui ui = {.other_subject = agree};
	json_t *reply = authserver_login(w->server, "alice");
	struct bf_login_grant grant = {.reply = reply,
		.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token",
		.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC};

	assert_int_equal(bf_login_save(w->s, &ui, &grant, &result, &w->err), BFABRIC_OK);
	json_decref(reply);
}

/* ---- files ----------------------------------------------------------------------------------- */

char *world_read(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? calloc(1, 1 << 20) : NULL;

	if (f) {
		assert_true(fread(text, 1, (1 << 20) - 1, f) < (1 << 20) - 1);
		fclose(f);
	}
	return text;
}

void world_write(const char *path, const char *text)
{
	BF_AUTO_FREE char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	int fd;

	assert_int_equal(bf_dir_ensure(dir, 2, NULL), BFABRIC_OK);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(bf_write_all(fd, text, strlen(text)));
	close(fd);
}

bool world_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

void world_copy(const char *from, const char *to)
{
	char *text = world_read(from);

	if (text)
		world_write(to, text);
	else
		unlink(to);
	free(text);
}

void world_record(struct world *w, struct bf_record *ret)
{
	bool found = false;

	assert_int_equal(bf_record_read(w->paths.record, &found, ret, &w->err), BFABRIC_OK);
	assert_true(found);
}

void world_cache(struct world *w, struct bf_token *ret)
{
	struct bf_file_info info = {0};

	assert_int_equal(bf_cache_read(&w->paths, ret, &info, &w->err), BFABRIC_OK);
	assert_true(info.found);
}

const char *world_refresh_token(struct world *w)
{
	static char value[64];
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bf_file_info info = {0};

	*value = '\0';
	if (bf_cache_read(&w->paths, &token, &info, NULL) == BFABRIC_OK && info.found)
		snprintf(value, sizeof(value), "%s", bf_secret_reveal(&token.refresh));
	return value;
}

/* ---- bfabricPy ------------------------------------------------------------------------------- */

/* As bfabricPy does it: a temporary file of its own name, a rename, no lock. */
void py_write(struct world *w, json_t *reply)
{
	char temporary[512];
	char *text;

	if (!json_object_get(reply, "expires_at"))
		json_object_set_new(
			reply, "expires_at", json_integer(world_now(w) + w->server->lifetime));
	text = json_dumps(reply, JSON_INDENT(2));
	json_decref(reply);
	snprintf(temporary, sizeof(temporary), "%s/.cache.%d.tmp", w->paths.dir, (int)getpid());
	world_write(temporary, text);
	free(text);
	assert_int_equal(rename(temporary, w->paths.cache), 0);
}

void py_login(struct world *w, const char *subject)
{
	py_write(w, authserver_login(w->server, subject));
}

bool py_refresh(struct world *w)
{
	json_t *reply = authserver_refresh(w->server, world_refresh_token(w));

	if (!reply)
		return false;
	py_write(w, reply);
	return true;
}

void py_logout(struct world *w)
{
	unlink(w->paths.cache);
}
