#include "memstore.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fault.h"
#include "libbfabric/base/child.h"

#define ITEMS 8

struct item {
	char program[128], host[64], path[64], username[64];
	char password[4096]; /* "": it is free */
};

struct memstore {
	struct item items[ITEMS];
	unsigned calls, fail_at;
	bool fails_on;
};

static struct memstore *the_store; /* a program has no other way to find it */

struct memstore *memstore_new(void)
{
	struct memstore *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	the_store = s == MAP_FAILED ? NULL : s;
	return the_store;
}

void memstore_free(struct memstore *store)
{
	munmap(store, sizeof(*store));
	the_store = NULL;
}

void memstore_fail(struct memstore *store, unsigned n, bool stays)
{
	store->calls = 0;
	store->fail_at = n;
	store->fails_on = stays;
}

unsigned memstore_calls(const struct memstore *store)
{
	return store->calls;
}

void memstore_clear(struct memstore *store)
{
	memset(store->items, 0, sizeof(store->items));
}

const char *memstore_item(const struct memstore *store, const char *program, const char *client_id)
{
	for (size_t i = 0; i < ITEMS; i++)
		if (*store->items[i].password && strcmp(store->items[i].program, program) == 0 &&
			strcmp(store->items[i].path, client_id) == 0)
			return store->items[i].password;
	return NULL;
}

unsigned memstore_count(const struct memstore *store, const char *program)
{
	unsigned n = 0;

	for (size_t i = 0; i < ITEMS; i++)
		n += *store->items[i].password && strcmp(store->items[i].program, program) == 0;
	return n;
}

/* ---- the programs ---------------------------------------------------------------------------- */

static void take_line(struct item *item, const char *line, size_t len)
{
	static const struct {
		const char *key;
		size_t offset, size;
	} keys[] = {
		{"host=", offsetof(struct item, host), sizeof(item->host)},
		{"path=", offsetof(struct item, path), sizeof(item->path)},
		{"username=", offsetof(struct item, username), sizeof(item->username)},
		{"password=", offsetof(struct item, password), sizeof(item->password)},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i].key);

		if (len > n && strncmp(line, keys[i].key, n) == 0)
			snprintf((char *)item + keys[i].offset, keys[i].size, "%.*s",
				(int)(len - n), line + n);
	}
}

static struct item read_request(const struct bf_child *child)
{
	struct item item = {{0}};
	const char *at = bf_secret_reveal(child->input);

	snprintf(item.program, sizeof(item.program), "%s", child->argv[0]);
	while (*at) {
		size_t len = strcspn(at, "\n");

		take_line(&item, at, len);
		at += len + (at[len] == '\n');
	}
	return item;
}

static struct item *find(struct memstore *s, const struct item *like)
{
	struct item *spare = NULL;

	for (size_t i = 0; i < ITEMS; i++) {
		struct item *item = &s->items[i];

		if (!*item->password)
			spare = item;
		else if (strcmp(item->program, like->program) == 0 &&
			 strcmp(item->host, like->host) == 0 &&
			 strcmp(item->path, like->path) == 0 &&
			 strcmp(item->username, like->username) == 0)
			return item;
	}
	if (!spare)
		abort();
	return spare;
}

void memstore_put(
	struct memstore *store, const char *program, const char *client_id, const char *document)
{
	struct item item = {.host = "bfabric.test", .username = "TEST"};

	snprintf(item.program, sizeof(item.program), "%s", program);
	snprintf(item.path, sizeof(item.path), "%s", client_id);
	snprintf(item.password, sizeof(item.password), "%s", document);
	*find(store, &item) = item;
}

static void serve(struct memstore *s, const struct bf_child *child, struct bf_secret *out)
{
	struct item request = read_request(child);
	struct item *item = find(s, &request);

	if (strcmp(child->argv[1], "store") == 0)
		*item = request;
	else if (strcmp(child->argv[1], "erase") == 0)
		*item->password = '\0';
	else if (*item->password) {
		bf_secret_puts(out, "password=");
		bf_secret_puts(out, item->password);
		bf_secret_putc(out, '\n');
	}
}

enum bfabric_status __wrap_bf_child_run(const struct bf_child *child, struct bf_secret *ret_output,
	struct bf_child_end *ret_end, struct bfabric_error *err);

enum bfabric_status __wrap_bf_child_run(const struct bf_child *child, struct bf_secret *ret_output,
	struct bf_child_end *ret_end, struct bfabric_error *err)
{
	struct memstore *s = the_store;
	unsigned n = ++s->calls;
	bool fails = s->fail_at && (n == s->fail_at || (s->fails_on && n > s->fail_at));

	(void)err; /* starting it never fails */
	fault_hold(true);
	*ret_end = (struct bf_child_end){.known = true, .code = fails};
	if (!fails)
		serve(s, child, ret_output);
	fault_hold(false);
	return BFABRIC_OK;
}
