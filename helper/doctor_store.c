#include "doctor.h"
#include "full.h"
#include "pending.h"
#include "store_ready.h"
#include "../libbfabric/base/child.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/kv.h"
#include "build_paths.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the old store does not answer, nothing can be moved from it. */
#define INSTEAD "log in anew with files: bfabric login --store file"

/* Calls `visit` for each environment whose secrets are in a store of their own; their number. */
static size_t each(struct bf_doctor *d,
	void (*visit)(struct bf_doctor *d, const struct bf_environment *env,
		const struct bf_store *store, void *data),
	void *data)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	size_t count = 0;

	if (bf_config_load(d->call->config_file, &config, NULL) != BFABRIC_OK)
		return 0;
	for (size_t i = 0; i < bf_config_count(config); i++) {
		BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
		BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;

		if (bf_config_select(config, bf_config_name(config, i), NULL, &env, NULL) !=
				BFABRIC_OK ||
			bf_store_open(&env, /* name= */ NULL, &bf_sys_real, /* cancel= */ NULL,
				&store, NULL) != BFABRIC_OK ||
			!bf_store_apart(&store))
			continue;
		count++;
		if (visit)
			visit(d, &env, &store, data);
	}
	return count;
}

static bool is_keyring(const struct bf_store *store)
{
	return strcmp(bf_store_name(store), "keyring") == 0;
}

/* ---- who keeps what -------------------------------------------------------------------------- */

static void tell_use(struct bf_doctor *d, const struct bf_environment *env,
	const struct bf_store *store, void *data)
{
	(void)data;
	bf_found(d, BF_FOUND_OK, NULL, "%s keeps its secrets in %s", env->name,
		bf_store_place(store));
}

static void check_use(struct bf_doctor *d)
{
	if (each(d, tell_use, NULL) == 0)
		bf_found(d, BF_FOUND_OK, NULL, "every environment keeps its secrets in files");
}

static void note_keyring(struct bf_doctor *d, const struct bf_environment *env,
	const struct bf_store *store, void *data)
{
	(void)d;
	(void)env;
	*(bool *)data |= is_keyring(store);
}

static bool uses_keyring(struct bf_doctor *d)
{
	bool used = false;

	(void)each(d, note_keyring, &used); /* how many does not matter */
	return used;
}

/* ---- the bus that a keyring is on ------------------------------------------------------------ */

static bool has_bus(void)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	BF_AUTO_FREE char *path = NULL;

	if (address && *address)
		return true;
	if (!runtime || !*runtime || asprintf(&path, "%s/bus", runtime) < 0) {
		path = NULL;
		return false;
	}
	return access(path, F_OK) == 0;
}

static void check_bus(struct bf_doctor *d)
{
	bool ssh = getenv("SSH_CONNECTION") || getenv("SSH_TTY");

	if (!uses_keyring(d) || has_bus())
		return;
	bf_found(d, BF_FOUND_ERROR,
		ssh ? "log in at the desktop of this machine once, so that its bus is there for "
		      "ssh too, or " INSTEAD
		    : "start this in a desktop session, or " INSTEAD,
		"there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set, and there is no "
		"$XDG_RUNTIME_DIR/bus)%s: no keyring can be reached",
		ssh ? ", as often over ssh" : "");
}

/* ---- is it usable? --------------------------------------------------------------------------- */

/* Several environments share a store, and one that hangs may not be waited for more than once. */
struct asked {
	struct {
		const char *name;
		enum bf_store_state state;
	} stores[16];
	size_t count;
};

static enum bf_store_state ask_once(struct asked *asked, const struct bf_store *store,
	bool *ret_first, struct bfabric_error *why)
{
	const char *name = bf_store_name(store);
	enum bf_store_state state;

	*ret_first = false;
	for (size_t i = 0; i < asked->count; i++)
		if (strcmp(asked->stores[i].name, name) == 0)
			return asked->stores[i].state;
	*ret_first = true;
	state = bf_store_probe(store, /* deadline= */ 0, why);
	name = strdup(name); /* this process ends soon */
	if (name && asked->count < sizeof(asked->stores) / sizeof(asked->stores[0])) {
		asked->stores[asked->count].name = name;
		asked->stores[asked->count++].state = state;
	}
	return state;
}

static void ask(struct bf_doctor *d, const struct bf_environment *env, const struct bf_store *store,
	void *data)
{
	struct bfabric_error why = {0};
	bool first = false;
	enum bf_store_state state = ask_once(data, store, &first, &why);

	(void)env;
	if (!first)
		return;
	switch (state) {
	case BF_STORE_READY:
		bf_found(d, BF_FOUND_OK, NULL,
			is_keyring(store) ? "%s is unlocked and answers" : "%s may be run",
			bf_store_place(store));
		return;
	case BF_STORE_LOCKED:
		bf_found(d, BF_FOUND_WARNING, "unlock it: bfabric auth unlock", "%s is locked",
			bf_store_place(store));
		return;
	case BF_STORE_UNAVAILABLE:
		bf_found(d, BF_FOUND_ERROR,
			is_keyring(store) ? "do what the line says, or " INSTEAD
					  : "mend that program, or " INSTEAD,
			"%s", why.text);
		return;
	}
}

static void check_state(struct bf_doctor *d)
{
	struct asked asked = {0};

	(void)each(d, ask, &asked); /* how many does not matter */
}

/* Asks our program for the steps of a look at the keyring, as it would be asked for the secret. */
static bool probe(const struct bf_store *store, struct bf_secret *ret_said)
{
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
	const char *argv[] = {store->program, "probe", NULL};
	struct bf_child_end end = {0};
	const struct bf_child child = {.argv = argv,
		.input = &request,
		.deadline = bf_boot_ms(&bf_sys_real) + BF_STORE_MS,
		.sys = &bf_sys_real};

	bf_kv_put(&request, "protocol", "bfabric");
	bf_kv_put(&request, "host", store->host);
	if (store->client_id)
		bf_kv_put(&request, "path", store->client_id);
	bf_kv_put(&request, "username", store->environment);
	bf_kv_put(&request, "base_url", store->base_url);
	bf_secret_putc(&request, '\n');
	/* Trouble is told by the state. */
	return !request.failed && bf_child_run(&child, ret_said, &end, NULL) == BFABRIC_OK;
}

/* "step[]=service: running: gnome-keyring (0.4 ms)"; the number of items is for each environment.
 */
static void tell_step(
	struct bf_doctor *d, const struct bf_store *store, bool first, const char *line, size_t len)
{
	static const char head[] = "step[]=", items[] = "items: ";
	const char *step = line + sizeof(head) - 1;

	if (len < sizeof(head) || strncmp(line, head, sizeof(head) - 1) != 0)
		return;
	len -= sizeof(head) - 1;
	if (strncmp(step, items, sizeof(items) - 1) != 0) {
		if (first)
			bf_found(d, BF_FOUND_OK, NULL, "%.*s", (int)len, step);
	} else if (strtoul(step + sizeof(items) - 1, NULL, 10) > 1)
		bf_found(d, BF_FOUND_WARNING,
			"the one that was changed last counts; remove the others with the program "
			"that shows the keyring (seahorse, KeePassXC)",
			"%s: there are several items in the keyring for it", store->environment);
}

struct steps {
	bool told, in_vain;
};

/* Of one that cannot be used no other environment has more to tell. */
static void look_at_steps(struct bf_doctor *d, const struct bf_environment *env,
	const struct bf_store *store, void *data)
{
	BF_AUTO_SECRET struct bf_secret said = BF_SECRET_INIT;
	struct steps *steps = data;

	(void)env;
	if (!is_keyring(store) || steps->in_vain)
		return;
	steps->in_vain = !probe(store, &said) || !strstr(bf_secret_reveal(&said), "\nstatus=ok\n");
	for (const char *at = bf_secret_reveal(&said); *at;) {
		size_t len = strcspn(at, "\n");

		tell_step(d, store, !steps->told, at, len);
		at += len + (at[len] == '\n');
	}
	steps->told = true;
}

static void check_steps(struct bf_doctor *d)
{
	struct steps steps = {0};

	(void)each(d, look_at_steps, &steps); /* how many does not matter */
}

/* ---- does it have what it should? ------------------------------------------------------------ */

static bool logged_in(const struct bf_environment *env)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;

	return bf_paths_init(&env->url, env->client_id, env->name, /* with_runtime= */ false,
		       &paths, NULL) == BFABRIC_OK &&
	       access(paths.cache, F_OK) == 0;
}

static void look_inside(struct bf_doctor *d, const struct bf_environment *env,
	const struct bf_store *store, void *data)
{
	struct bfabric_error why = {0};
	char advice[300];
	bool found = false, first = false;

	if (ask_once(data, store, &first, /* why= */ NULL) != BF_STORE_READY)
		return; /* told by the state */
	snprintf(advice, sizeof(advice), "log in again: bfabric %s --env %.100s",
		bf_login_verb(env->method), env->name);
	if (bf_store_holds(env, store, &found, &why) != BFABRIC_OK)
		bf_found(d, BF_FOUND_WARNING, "mend that program", "%s: %s", env->name, why.text);
	else if (found)
		bf_found(d, BF_FOUND_OK, NULL, "%s: it has them", env->name);
	else if (env->method == BFABRIC_AUTH_OAUTH && !logged_in(env))
		bf_found(d, BF_FOUND_OK, NULL, "%s: it has nothing, and there is no login",
			env->name);
	else if (env->method != BFABRIC_AUTH_OAUTH)
		bf_found(d, BF_FOUND_ERROR, advice, "%s: not logged in: it has nothing", env->name);
	else if (bf_pending_look(env) == BF_PENDING_NONE)
		bf_found(d, BF_FOUND_ERROR, advice,
			"%s: it has nothing, although there is a login: another program removed "
			"it",
			env->name);
}

static void check_content(struct bf_doctor *d)
{
	struct asked asked = {0};

	(void)each(d, look_inside, &asked); /* how many does not matter */
}

static void look_for_pending(struct bf_doctor *d, const struct bf_environment *env,
	const struct bf_store *store, void *data)
{
	(void)data;
	switch (bf_pending_look(env)) {
	case BF_PENDING_NONE:
		return;
	case BF_PENDING_ADOPT:
		bf_found(d, BF_FOUND_WARNING, "move it there: bfabric auth refresh --all --pending",
			"%s: bfabricPy put a refresh token into the cache, not into %s", env->name,
			bf_store_place(store));
		return;
	case BF_PENDING_RESCUE:
		bf_found(d, BF_FOUND_WARNING,
			is_keyring(store) && !has_bus()
				? "move it there from a desktop session: bfabric auth unlock"
				: "move it there: bfabric auth unlock",
			"%s: the newest login waits for %s in a rescue copy", env->name,
			bf_store_place(store));
		return;
	}
}

static void check_pending(struct bf_doctor *d)
{
	(void)each(d, look_for_pending, NULL); /* how many does not matter */
}

/* ---- the units of the user ------------------------------------------------------------------- */

/* What systemd's manager of the user has enabled is a link in the folder of a target. */
static void look_at_unit(
	struct bf_doctor *d, const char *unit, const char *target, const char *what)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	BF_AUTO_FREE char *home = NULL;
	BF_AUTO_FREE char *installed = NULL;
	BF_AUTO_FREE char *enabled = NULL;
	struct stat st = {0};
	bool there, on;
	int n = -1;

	if (bf_home(&home, NULL) == BFABRIC_OK &&
		asprintf(&installed, BF_USER_UNITS "/%s", unit) >= 0)
		n = asprintf(&enabled, "%s%s/systemd/user/%s/%s", config && *config ? config : home,
			config && *config ? "" : "/.config", target, unit);
	if (n < 0) {
		enabled = NULL;
		return;
	}
	there = access(installed, F_OK) == 0;
	on = lstat(enabled, &st) == 0;
	if (on && access(enabled, F_OK) != 0)
		bf_found(d, BF_FOUND_WARNING, "disable it: systemctl --user disable UNIT",
			"%s is enabled, but what it was is gone", unit);
	else if (there || on)
		bf_found(d, BF_FOUND_OK, NULL, "%s (%s) is %s", unit, what,
			on ? "enabled" : "installed, not enabled");
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s (%s) is not installed", unit, what);
}

static void check_units(struct bf_doctor *d)
{
	look_at_unit(d, "bfabric-refresh.timer", "timers.target.wants", "refreshes every login");
	look_at_unit(d, "bfabric-keyring.path", "default.target.wants",
		"moves what waits for the keyring");
}

const struct bf_check bf_checks_store[] = {
	{.name = "use", .run = check_use},
	{.name = "session bus", .run = check_bus},
	{.name = "state", .run = check_state},
	{.name = "steps", .run = check_steps},
	{.name = "content", .run = check_content},
	{.name = "waiting", .run = check_pending},
	{.name = "units", .run = check_units},
	{.name = NULL},
};
