#include "browser_choice.h"
#include "program.h"
#include "confined.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What xdg-open tries on a plain desktop, without the browsers of the terminal at its end. */
static const char graphical[] =
	"BROWSER=x-www-browser:firefox:firefox-esr:chromium:chromium-browser:google-chrome:"
	"epiphany-browser:konqueror:falkon";

void bf_browser_choice_release(struct bf_browser_choice *choice)
{
	free(choice->text);
	*choice = (struct bf_browser_choice){0};
}

static bool set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static bool named_like_textual(const char *path)
{
	static const char *const names[] = {"lynx", "w3m", "links", "links2", "elinks",
		"www-browser", "browsh", "edbrowse", "retawq", "netrik", "cha"};
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], slash ? slash + 1 : path) == 0)
			return true;
	return false;
}

bool bf_browser_is_textual(const char *program)
{
	BF_AUTO_FREE char *real = program[0] == '/' ? realpath(program, NULL) : NULL;

	return named_like_textual(program) || (real && named_like_textual(real));
}

/* The words of a command; the first becomes an absolute path. False: not this one. */
static bool take(const char *path, char *rest, struct bf_browser_choice *ret)
{
	size_t used = 0;

	if (bf_browser_is_textual(path))
		return false;
	ret->words[used++] = path;
	for (char *word = rest; word && *word;) {
		size_t len = strcspn(word, " \t");
		char *next = word[len] ? word + len + 1 : NULL;

		if (len && used + 2 < BF_BROWSER_WORDS) {
			word[len] = '\0';
			ret->words[used++] = word;
		}
		word = next;
	}
	ret->words[used] = NULL;
	return true;
}

/* `text` becomes the choice's: the path of the program, NUL, the arguments. */
static bool adopt(char *text, struct bf_browser_choice *ret)
{
	if (!text)
		return false;
	if (take(text, text + strlen(text) + 1, ret)) {
		ret->text = text;
		ret->confined = bf_confined_program(text);
		return true;
	}
	free(text);
	*ret = (struct bf_browser_choice){0};
	return false;
}

static char *join(const char *path, const char *arguments, size_t len)
{
	size_t first = strlen(path) + 1;
	char *text = calloc(1, first + len + 1);

	if (!text)
		return NULL;
	memcpy(text, path, first);
	memcpy(text + first, arguments, len);
	return text;
}

/* One entry of $BROWSER: a path, even with spaces in it, or a name or path and arguments. */
static bool try_entry(const char *entry, size_t len, struct bf_browser_choice *ret)
{
	BF_AUTO_FREE char *whole = strndup(entry, len);
	BF_AUTO_FREE char *path = NULL;
	BF_AUTO_FREE char *name = NULL;
	size_t first = whole ? strcspn(whole, " \t") : 0;

	if (!whole || !first)
		return false;
	if (whole[0] == '/' && access(whole, X_OK) == 0)
		return adopt(join(whole, "", 0), ret);
	name = strndup(whole, first);
	if (!name)
		return false;
	if (name[0] == '/' && access(name, X_OK) == 0)
		path = strdup(name);
	else if (!strchr(name, '/') && bf_find_program(name, &path, /* err= */ NULL) != BFABRIC_OK)
		return false;
	return path && adopt(join(path, whole + first, len - first), ret);
}

static bool try_variable(struct bf_browser_choice *ret)
{
	const char *list = getenv("BROWSER");

	while (list && *list) {
		size_t len = strcspn(list, ":");

		if (try_entry(list, len, ret))
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

static bool try_name(const char *name, struct bf_browser_choice *ret)
{
	return try_entry(name, strlen(name), ret);
}

/* Windows opens it: no file of ours has a name there. */
static bool try_windows(struct bf_browser_choice *ret)
{
	if (!try_name("wslview", ret) && !try_name("/mnt/c/Windows/explorer.exe", ret) &&
		!try_name("explorer.exe", ret))
		return false;
	ret->confined = true;
	return true;
}

static bool try_desktop(struct bf_browser_choice *ret)
{
	if (try_name("xdg-open", ret)) {
		ret->variable = graphical;
		ret->confined = bf_confined_default();
		return true;
	}
	return try_name("x-www-browser", ret);
}

const char *bf_browser_choose(struct bf_browser_choice *ret)
{
	if (try_variable(ret))
		return NULL;
	if (set("SSH_CONNECTION") || set("SSH_TTY") || set("SSH_CLIENT"))
		return "this is an SSH session.";
	if (bf_confined_wsl())
		return try_windows(ret) ? NULL : "Windows shows none here.";
	if (!set("DISPLAY") && !set("WAYLAND_DISPLAY"))
		return "there is no display.";
	return try_desktop(ret) ? NULL : "none was found.";
}
