#include "unit.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int stash_setup(void **state)
{
	char lines[256];

	if (scene_setup(state) != 0)
		return -1;
	mkdir(scratch("run"), 0700);
	snprintf(lines, sizeof(lines), "run_dir = %s\n%s", scratch("run"),
		geteuid() == 0 ? "net_user = nobody\n" : "");
	scene_conf(lines);
	scene_program("bfabric-full", "echo status=OK; echo valid=yes; echo stored=yes");
	scene_program("bfabric-pam-login", "printf 'valid\\tno\\n'");
	return 0;
}

void stash_stack(const char *service)
{
	char lines[1024];

	snprintf(lines, sizeof(lines),
		"auth required " BF_PAM_KEEPER " unprivileged config=%s token=" STASH_TOKEN
		"\naccount required pam_permit.so\nsession required pam_permit.so\n"
		"session optional @\n",
		scratch("pam.conf"));
	scene_stack(service, lines);
}

static int64_t boot_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *boot_id(void)
{
	static char id[64];
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	if (!file || fscanf(file, "%36s", id) != 1)
		fail_msg("the kernel does not say which boot this is");
	fclose(file);
	return id;
}

const char *stash_plant(const char *name, const struct stash_planted *planted)
{
	char text[4096];

	snprintf(text, sizeof(text),
		"version=1\nuid=%lld\nservice=%s\nboot=%s\ntime=%lld\nconfig=%s\nbase_url=%s\n"
		"client_id=%s\nname=alice\n%stoken=" STASH_TOKEN "\n\n",
		(long long)(planted->uid ? planted->uid
			    : geteuid()  ? geteuid()
					 : 65534),
		planted->service ? planted->service : "sshd",
		planted->boot ? planted->boot : boot_id(), (long long)(boot_ms() - planted->age_ms),
		scratch("pam.conf"),
		planted->base_url ? planted->base_url : "https://h.example.org/bfabric",
		planted->client_id ? planted->client_id : "CLI",
		planted->more ? planted->more : "");
	return scratch_file(name, text, 0600);
}

int stash_files(void)
{
	DIR *dir = opendir(scratch("run"));
	int count = 0;

	for (const struct dirent *entry; dir && (entry = readdir(dir));)
		count += entry->d_name[0] != '.' && strcmp(entry->d_name, "flows") != 0;
	if (dir)
		closedir(dir);
	return count;
}

int stash_asked(const char *program, const char *line)
{
	int count = 0;

	for (const char *at = scene_asked(program); (at = strstr(at, line)); at++)
		count++;
	return count;
}

void stash_open_session(const char *service, const char *handle)
{
	char variable[512];

	scene_start(service, scene_user());
	snprintf(variable, sizeof(variable), "BFABRIC_PAM_HANDLE=%s", handle ? handle : "");
	if (handle)
		assert_int_equal(pam_putenv(scene.pamh, variable), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_null(pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
	scene_end();
}

static void assert_nothing_told(void)
{
	assert_lacks(scene.log, STASH_CANARY);
	assert_lacks(scene.shown, STASH_CANARY);
}

void assert_not_delivered(void)
{
	assert_int_equal(stash_asked("bfabric-full", "operation=adopt\n"), 0);
	assert_int_equal(stash_asked("bfabric-full", STASH_CANARY), 0);
	assert_nothing_told();
}

void assert_delivered_once(void)
{
	assert_int_equal(stash_asked("bfabric-full", "operation=adopt\n"), 1);
	assert_int_equal(stash_asked("bfabric-full", "token=" STASH_TOKEN "\n"), 1);
	assert_nothing_told();
}
