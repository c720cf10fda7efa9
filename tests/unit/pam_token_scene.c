#include "unit.h"
#include "pam_fault_scene.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"
#include "pam_token_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pam_bfabric/spawn.h"
#include "pam_bfabric/sweep.h"

/* ---- the children ---------------------------------------------------------------------------- */

/*
 * `handed` is there once the token is on its way: one that cannot be said is given back by the real
 * child itself (login_talk.h).
 */
#define HEAD                                                                                       \
	"#!/bin/sh\ntrap '' TERM PIPE\nout=%s\nwhile read -r line && [ -n \"$line\" ]; do\n"       \
	"printf '%%s\\n' \"$line\"\ncase $line in mode=revoke) revoke=1;; esac\n"                  \
	"done >>\"$out/%s\"\n"

static void write_child(const char *name, const char *body)
{
	char path[64], text[2048];

	snprintf(path, sizeof(path), "libexec/%s", name);
	snprintf(text, sizeof(text), HEAD "%s", scratch("out"), name, body);
	scratch_file(path, text, 0755);
}

int token_setup(void **state)
{
	char lines[512], body[1024];

	if (stash_setup(state) != 0)
		return -1;
	snprintf(lines, sizeof(lines),
		"run_dir = %s\nsame_names = yes\nclaim = preferred_username\ntimeout = 5\n"
		"revoke_on_close = yes\n",
		scratch("run"));
	scene_conf(lines);
	snprintf(body, sizeof(body),
		"[ \"$revoke\" ] && printf 'valid\\tno\\n' && exit\n"
		"printf 'code\\tABCD\\thttps://h.example.org/d\\t-\\t60\\n'\n"
		"i=0; while [ -e \"$out/hold\" ] && [ $i -lt 1500 ]; do sleep 0.02; i=$((i+1)); "
		"done\n"
		"printf 'identity\\t%s\\tid_token\\n' 2>/dev/null\n"
		"printf '%%s\\n' 'token\t" STASH_TOKEN "' 2>/dev/null && echo >\"$out/handed\"\n",
		scene_user());
	write_child("bfabric-pam-login", body);
	write_child(
		"bfabric-full", "echo status=OK; echo valid=no; echo stored=yes; echo ended=yes\n");
	scene.typed = "";
	return 0;
}

void token_forget(void)
{
	remove(scratch("out/bfabric-pam-login"));
	remove(scratch("out/bfabric-full"));
	remove(scratch("out/handed"));
	scene_forget();
}

bool token_handed(void)
{
	return scratch_exists(scratch("out/handed"));
}

/* The stand-in does not wait for anybody. */
bool token_approved(void)
{
	return token_handed() && strstr(scene.log, "code shown");
}

int token_revoked(void)
{
	return stash_asked("bfabric-pam-login", "mode=revoke\n");
}

/* ---- the stash ------------------------------------------------------------------------------- */

/* Of another boot, and modified long ago. */
void token_make_old(const char *path)
{
	const struct timespec long_ago[2] = {{0}, {0}};
	const char *text = scratch_content(path);
	const char *at = text ? strstr(text, "\nboot=") : NULL;
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	if (at)
		assert_int_equal(pwrite(fd, "-", 1, at - text + 6), 1);
	assert_int_equal(futimens(fd, long_ago), 0);
	close(fd);
}

static void make_all_old(void)
{
	DIR *dir = opendir(scratch("run"));
	char path[300];

	for (const struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "flows") != 0) {
			snprintf(path, sizeof(path), "run/%s", entry->d_name);
			token_make_old(scratch(path));
		}
	if (dir)
		closedir(dir);
}

/* As bfabric-pam-sweep does, by the test's own copy of the module's parts. */
static void sweep(void)
{
	struct bf_pam_call call = {0};
	const int dir = open(scratch("run"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	scene_start("sshd", scene_user());
	call.pamh = scene.pamh;
	bf_pam_sweep(&call, dir, UINT32_MAX, bf_pam_now() + 60000);
	scene_end();
	close(dir);
}

int token_end(void)
{
	const int left = stash_files();

	while (wait(NULL) > 0)
		;
	if (left > 0) {
		make_all_old();
		sweep();
		assert_int_equal(stash_files(), 0);
	}
	while (wait(NULL) > 0)
		;
	return left;
}

/* ---- what became of it ----------------------------------------------------------------------- */

static void fail_round(const char *what)
{
	fail_msg("round %u%s (%s): %s; stored %d, revoked %d: %s", pam_fault_round(),
		pam_fault_stays() ? " and on" : "", pam_fault_name(), what,
		stash_asked("bfabric-full", "operation=adopt\n"), token_revoked(), scene.log);
}

void token_judge(bool handed)
{
	const int stored = stash_asked("bfabric-full", "token=" STASH_TOKEN "\n");
	const bool told = strstr(scene.log, "valid at the server");

	assert_lacks(scene.log, STASH_CANARY);
	assert_lacks(scene.shown, STASH_CANARY);
	if (stored > 1)
		fail_round("stored again");
	if (token_revoked() > 1)
		fail_round("given back again");
	if (stored && token_revoked())
		fail_round("stored, and given back");
	if (!stored && !token_revoked() && handed && !told)
		fail_round("lost without a word");
}

void token_try_all(bool (*round)(void), unsigned least)
{
	const unsigned rounds = pam_fault_each(TOKEN_FAULTS, ENOMEM, round);
	const unsigned more = pam_fault_each(TOKEN_FAULTS | FAULT_STAYS, ENOMEM, round);

	assert_in_range(rounds, least, 1000);
	assert_in_range(more, least, 1000);
	print_message("# %u and %u rounds\n", rounds, more);
}
