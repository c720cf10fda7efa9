/* Which programs are given secrets, by which host: permissions, links, owners, signals, threads. */
#include "unit.h"
#include "ask.h"
#include "leftovers.h"
#include "libbfabric/base/concat.h"
#include "libbfabric/local/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char url_text[] = "https://bfabric.example.org/bfabric";
static char name[] = "PRODUCTION", client_id[] = "CLI";

/* Remembers one password in a file beside it, as a helper does. */
#define REMEMBERS                                                                                  \
	"case $1 in store) sed -n '/^password=/p' >\"$0.kept\";; get) cat \"$0.kept\";; "          \
	"erase) rm \"$0.kept\";; esac 2>/dev/null; exit 0"

static struct bf_store open_store(const char *which)
{
	struct bf_environment env = {.name = name,
		.url = {.text = url_text},
		.client_id = client_id,
		.source = BF_FROM_USER};
	struct bf_store store = BF_STORE_INIT;

	setenv("BFABRIC_LIBEXEC", scratch(""), 1);
	assert_int_equal(bf_store_open(&env, which, &bf_sys_real, NULL, &store, NULL), BFABRIC_OK);
	return store;
}

static void put_refresh(struct bf_stored *stored, const char *refresh)
{
	bf_secret_puts(&stored->refresh_token, refresh);
}

/* Nothing of it was run, and every operation says the same. */
static void must_refuse(const char *path, const char *text)
{
	BF_AUTO_STORE struct bf_store store = open_store(path);
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct bfabric_error err = {0};
	bool found;

	put_refresh(&stored, "canary");
	assert_fails(bf_store_put(&store, 0, &stored, &err), BFABRIC_STORE_UNAVAILABLE, err, text);
	assert_fails(bf_store_get(&store, 0, &found, &stored, &err), BFABRIC_STORE_UNAVAILABLE, err,
		text);
	assert_fails(bf_store_erase(&store, 0, &err), BFABRIC_STORE_UNAVAILABLE, err, text);
	assert_int_equal(bf_store_probe(&store, 0, &err), BF_STORE_UNAVAILABLE);
	assert_non_null(strstr(err.text, text));
	assert_false(scratch_exists(scratch("program.ran")));
}

static void must_run(const char *path)
{
	BF_AUTO_STORE struct bf_store store = open_store(path);
	struct bfabric_error err = {0};

	if (bf_store_erase(&store, 0, &err) != BFABRIC_OK)
		fail_msg("%s", err.text);
	assert_int_equal(bf_store_probe(&store, 0, &err), BF_STORE_READY);
	assert_true(scratch_exists(scratch("program.ran")));
	unlink(scratch("program.ran"));
}

/* A program that leaves a trace in the scratch folder, wherever it lies. */
static const char *tracing(const char *where, mode_t mode)
{
	static char text[4096];
	const char *path;

	snprintf(text, sizeof(text), "#!/bin/sh\ntouch %s\n", scratch("program.ran"));
	path = scratch_file(where, text, mode);
	return path;
}

/* ---- who could change it --------------------------------------------------------------------- */

static void test_permissions(void **state)
{
	(void)state;
	must_run(tracing("program", 0755));
	must_run(tracing("program", 0700));
	must_refuse(tracing("program", 0775), "other users can write to");
	must_refuse(tracing("program", 0702), "chmod go-w");
	must_refuse(tracing("program", 0600), "cannot be run");
	must_refuse(scratch("missing"), "No such file");
	must_refuse(scratch(""), "is not a program");
	must_refuse("/dev/null", "is not a program");
	must_refuse("keyring", "install bfabric-keyring");
}

static void test_folders(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch("a"), 0755), 0);
	assert_int_equal(mkdir(scratch("a/b"), 0755), 0);
	must_run(tracing("a/b/program", 0755));
	chmod(scratch("a/b"), 0775);
	must_refuse(scratch("a/b/program"), "other users can write to");
	chmod(scratch("a/b"), 01777);
	must_refuse(scratch("a/b/program"), "chmod go-w");
	chmod(scratch("a/b"), 0755);
	chmod(scratch("a"), 0777);
	must_refuse(scratch("a/b/program"), "other users can write to");
	chmod(scratch("a"), 01777); /* as /tmp, in which all of this lies */
	must_run(scratch("a/b/program"));
}

static void test_links(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch("a"), 0755), 0);
	assert_int_equal(mkdir(scratch("open"), 0755), 0);
	(void)tracing("a/program", 0755);
	assert_int_equal(symlink("a/program", scratch("link")), 0);
	assert_int_equal(symlink(scratch("link"), scratch("open/link")), 0);
	assert_int_equal(symlink("open/link", scratch("far")), 0);
	assert_int_equal(symlink("open", scratch("way")), 0);
	assert_int_equal(symlink("loop", scratch("loop")), 0);
	assert_int_equal(symlink("nowhere", scratch("dangling")), 0);
	must_run(scratch("link"));
	must_run(scratch("far"));
	must_run(scratch("way/link"));
	must_refuse(scratch("loop"), "Too many levels");
	must_refuse(scratch("dangling"), "No such file");
	chmod(scratch("open"), 0777);
	must_run(scratch("link"));
	must_refuse(scratch("open/link"), "other users can write to");
	must_refuse(scratch("far"), "other users can write to");
	must_refuse(scratch("way/link"), "other users can write to");
	chmod(scratch("open"), 0755);
	chmod(scratch("a"), 0775);
	must_refuse(scratch("far"), "other users can write to");
	chmod(scratch("a"), 0755);
	chmod(scratch("a/program"), 0757);
	must_refuse(scratch("far"), "other users can write to");
}

static void test_owners(void **state)
{
	(void)state;
	if (geteuid() != 0)
		LEAVE_BECAUSE("only root can give files away");
	assert_int_equal(mkdir(scratch("a"), 0755), 0);
	(void)tracing("a/program", 0755);
	assert_int_equal(symlink("a/program", scratch("link")), 0);
	must_run(scratch("link"));
	assert_int_equal(chown(scratch("a/program"), NOBODY, 0), 0);
	must_refuse(scratch("a/program"), "belongs to uid 65534");
	must_refuse(scratch("link"), "belongs to uid 65534");
	assert_int_equal(chown(scratch("a/program"), 0, 0), 0);
	assert_int_equal(chown(scratch("a"), NOBODY, 0), 0);
	must_refuse(scratch("a/program"), "belongs to uid 65534");
	assert_int_equal(chown(scratch("a"), 0, 0), 0);
	assert_int_equal(lchown(scratch("link"), NOBODY, 0), 0);
	must_refuse(scratch("link"), "belongs to uid 65534");
}

static int as_somebody(void *path)
{
	BF_AUTO_STORE struct bf_store store = open_store(path);
	struct bfabric_error err = {0};

	CHECK(bf_store_probe(&store, 0, &err) == BF_STORE_READY);
	CHECK(bf_store_erase(&store, 0, &err) == BFABRIC_OK);
	return 0;
}

/* What root installed is for everybody. */
static void test_of_root(void **state)
{
	char path[] = "/bin/true";

	(void)state;
	assert_int_equal(unprivileged(as_somebody, path), 0);
}

/* ---- hosts ----------------------------------------------------------------------------------- */

static int put_get_erase(const char *path)
{
	BF_AUTO_STORE struct bf_store store = open_store(path);
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT, again = BF_STORED_INIT;
	struct leftovers before = leftovers();
	bool found = false;

	put_refresh(&stored, "RT");
	CHECK(bf_store_put(&store, 0, &stored, NULL) == BFABRIC_OK);
	CHECK(bf_store_get(&store, 0, &found, &again, NULL) == BFABRIC_OK);
	CHECK(found && bf_secret_equal(&stored.refresh_token, &again.refresh_token));
	CHECK(bf_store_erase(&store, 0, NULL) == BFABRIC_OK);
	CHECK(bf_store_get(&store, 0, &found, &again, NULL) == BFABRIC_OK);
	CHECK(!found && bf_stored_empty(&again));
	bf_stored_release(&again);
	assert_nothing_left(before);
	return 0;
}

static int host_ignores(void *path)
{
	signal(SIGCHLD, SIG_IGN);
	return put_get_erase(path);
}

static int host_wants_no_zombies(void *path)
{
	struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};

	sigaction(SIGCHLD, &action, NULL);
	return put_get_erase(path);
}

/* It says nothing, and nobody sees how it ended: what it holds tells. */
static int host_ignores_a_failure(void *path)
{
	BF_AUTO_STORE struct bf_store store = open_store(path);
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct bfabric_error err = {0};

	signal(SIGCHLD, SIG_IGN);
	put_refresh(&stored, "RT");
	CHECK(bf_store_put(&store, 0, &stored, &err) == BFABRIC_STORE_UNAVAILABLE);
	CHECK(strstr(err.text, "did not do what it was asked for"));
	return 0;
}

static void test_hosts(void **state)
{
	char *path = strdup(program(REMEMBERS));

	(void)state;
	assert_int_equal(put_get_erase(path), 0);
	assert_int_equal(in_child(host_ignores, path), 0);
	assert_int_equal(in_child(host_wants_no_zombies, path), 0);
	(void)program("exit 1");
	assert_int_equal(in_child(host_ignores_a_failure, path), 0);
	free(path);
}

/* Ours tells by itself. */
static int keyring_where_nobody_sees(void *expected)
{
	const char *lines = expected;
	BF_AUTO_STORE struct bf_store store = open_store("keyring");
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct bfabric_error err = {0};
	bool found;

	signal(SIGCHLD, SIG_IGN);
	CHECK(bf_store_get(&store, 0, &found, &stored, &err) == BFABRIC_STORE_UNAVAILABLE);
	CHECK(strstr(err.text, lines));
	return 0;
}

static void test_keyring_where_nobody_sees(void **state)
{
	char locked[] = "auth unlock", silent[] = "ended without an answer";

	(void)state;
	scratch_file("bfabric-keyring", "#!/bin/sh\necho status=locked\nexit 10\n", 0700);
	assert_int_equal(in_child(keyring_where_nobody_sees, locked), 0);
	scratch_file("bfabric-keyring", "#!/bin/sh\nexit 10\n", 0700);
	assert_int_equal(in_child(keyring_where_nobody_sees, silent), 0);
}

struct caller {
	pthread_t thread;
	const char *path;
	bool good;
};

static void *get_often(void *data)
{
	struct caller *me = data;
	BF_AUTO_STORE struct bf_store store = open_store(me->path);

	me->good = true;
	for (int i = 0; i < 10; i++) {
		BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
		bool found = false;

		me->good = me->good &&
			   bf_store_get(&store, 0, &found, &stored, NULL) == BFABRIC_OK && found;
	}
	return NULL;
}

static void test_threads(void **state)
{
	char *path = strdup(program("echo 'password={\"version\":1,\"pat\":\"p\"}'"));
	struct leftovers before = leftovers();
	struct caller callers[6] = {0};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		callers[i].path = path;
		pthread_create(&callers[i].thread, NULL, get_often, &callers[i]);
	}
	for (size_t i = 0; i < 6; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_true(callers[i].good);
	}
	assert_nothing_left(before);
	free(path);
}

/* ---- failures -------------------------------------------------------------------------------- */

/* Storing, looking, probing: the first that fails. */
static enum bfabric_status use(const char *which, const struct bf_stored *stored)
{
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	BF_AUTO_STORED struct bf_stored again = BF_STORED_INIT;
	struct bf_environment env = {.name = name,
		.url = {.text = url_text},
		.client_id = client_id,
		.source = BF_FROM_USER};
	struct bfabric_error err = {0};
	bool found = false;
	enum bfabric_status status = bf_store_open(&env, which, &bf_sys_real, NULL, &store, &err);

	if (status == BFABRIC_OK)
		status = bf_store_put(&store, 0, stored, &err);
	if (status == BFABRIC_OK)
		status = bf_store_get(&store, 0, &found, &again, &err);
	if (status == BFABRIC_OK && !bf_secret_equal(&stored->pat, &again.pat))
		return BFABRIC_BAD_REPLY;
	if (status == BFABRIC_OK && bf_store_probe(&store, 0, &err) != BF_STORE_READY)
		status = err.status;
	return status;
}

static void fail_each(unsigned calls, enum bfabric_status expected)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	struct leftovers before = leftovers();
	const char *const stores[] = {"keyring", scratch("bfabric-keyring")};

	scratch_file("bfabric-keyring",
		"#!/bin/sh\n[ $1 != get ] || echo 'password={\"version\":1,\"pat\":\"p\"}'\n"
		"echo status=ok\n",
		0700);
	setenv("BFABRIC_LIBEXEC", scratch(""), 1);
	bf_secret_puts(&stored.pat, "p");
	for (size_t i = 0; i < 2; i++) {
		BF_AUTO_FREE char *which = strdup(stores[i]);

		FAULT_EACH (calls, ENOMEM) {
			enum bfabric_status status = use(which, &stored);

			if (!fault_disarm())
				assert_int_equal(status, BFABRIC_OK);
			else if (status != expected)
				fail_msg("%s: %d", fault_name(), (int)status);
			assert_nothing_left(before);
		}
	}
}

static void test_every_failure(void **state)
{
	(void)state;
	fail_each(FAULT_MEMORY, BFABRIC_NO_MEMORY);
	fail_each(FAULT_BIT(FAULT_PROCESS), BFABRIC_STORE_UNAVAILABLE);
	fail_each(FAULT_BIT(FAULT_READ), BFABRIC_STORE_UNAVAILABLE);
	fail_each(FAULT_BIT(FAULT_WRITE), BFABRIC_STORE_UNAVAILABLE);
	fail_each(FAULT_BIT(FAULT_STAT), BFABRIC_STORE_UNAVAILABLE);
}

/* ---- git's own ------------------------------------------------------------------------------- */

/* The first line that a shell command prints; "" for none. Valid until the next call. */
static const char *said_by(const char *command)
{
	static char line[512];
	FILE *f = popen(command, "r");

	*line = '\0';
	if (f && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	if (f)
		pclose(f);
	return line;
}

static void test_git_credential_store(void **state)
{
	BF_AUTO_FREE char *path =
		bf_concat(said_by("git --exec-path"), "/git-credential-store", (char *)NULL);
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT, again = BF_STORED_INIT;
	BF_AUTO_FREE char *home = secure_getenv("HOME") ? strdup(secure_getenv("HOME")) : NULL;
	const char *kept;
	bool found = false;

	(void)state;
	if (!path || access(path, X_OK) != 0)
		LEAVE_BECAUSE("there is no git");
	setenv("HOME", scratch(""), 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	scratch_file(".gitconfig", "[credential]\n\thelper = store\n", 0600);
	assert_int_equal(put_get_erase(path), 0);
	stored.pat = much(40 << 10);
	bf_secret_puts(&stored.refresh_token, "canary @:/%20\"\\ \xc3\xa4");
	{
		BF_AUTO_STORE struct bf_store store = open_store(path);

		assert_int_equal(bf_store_put(&store, 0, &stored, NULL), BFABRIC_OK);
		assert_int_equal(bf_store_get(&store, 0, &found, &again, NULL), BFABRIC_OK);
		assert_true(found);
		assert_true(bf_secret_equal(&stored.pat, &again.pat));
		assert_true(bf_secret_equal(&stored.refresh_token, &again.refresh_token));
		/* twice is once */
		assert_int_equal(bf_store_put(&store, 0, &again, NULL), BFABRIC_OK);
	}
	kept = scratch_content(scratch(".git-credentials"));
	assert_non_null(strstr(kept, "bfabric://PRODUCTION:"));
	assert_null(strchr(strchr(kept, '\n') + 1, '\n'));
	assert_string_equal(
		said_by("printf 'protocol=https\\nhost=bfabric.example.org\\n\\n' | "
			"GIT_ASKPASS=/bin/false GIT_TERMINAL_PROMPT=0 git credential fill "
			"2>/dev/null | grep password="),
		"");
	assert_string_equal(
		said_by("printf 'protocol=https\\nhost=bfabric.example.org\\n"
			"path=CLI\\nusername=PRODUCTION\\n\\n' | "
			"GIT_ASKPASS=/bin/false GIT_TERMINAL_PROMPT=0 git -c "
			"credential.useHttpPath=true credential fill 2>/dev/null | grep password="),
		"");
	if (home)
		setenv("HOME", home, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_permissions),
		unit_in_scratch(test_folders),
		unit_in_scratch(test_links),
		unit_in_scratch(test_owners),
		unit_in_scratch(test_of_root),
		unit_in_scratch(test_hosts),
		unit_in_scratch(test_keyring_where_nobody_sees),
		unit_in_scratch(test_threads),
		unit_in_scratch(test_every_failure),
		unit_in_scratch(test_git_credential_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
