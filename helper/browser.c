#include "browser.h"
#include "browser_choice.h"
#include "program.h"
#include "confined.h"
#include "redirect.h"
#include <string.h>
#include <sys/wait.h>

/* Append `word` with the address in place of %s; the address alone where there is none. */
static bool put_word(const char *word, const char *address, struct bf_secret *out)
{
	const char *hole = strstr(word, "%s");

	if (!hole) {
		bf_secret_puts(out, word);
		return false;
	}
	bf_secret_put(out, word, (size_t)(hole - word));
	bf_secret_puts(out, address);
	bf_secret_puts(out, hole + 2);
	return true;
}

static enum bfabric_status start(const struct bf_browser_choice *choice, const char *address,
	pid_t *ret_pid, struct bfabric_error *err)
{
	struct bf_secret words[BF_BROWSER_WORDS] = {{0}};
	const char *argv[BF_BROWSER_WORDS + 1] = {choice->words[0]};
	enum bfabric_status status = BFABRIC_OK;
	bool placed = false, failed = false;
	size_t n = 1;

	for (; choice->words[n]; n++) {
		placed |= put_word(choice->words[n], address, &words[n]);
		failed |= words[n].failed;
		argv[n] = bf_secret_reveal(&words[n]);
	}
	if (!placed)
		argv[n] = address;
	status = failed ? bf_fail_nomem(err)
			: bf_spawn_detached(argv, choice->variable, ret_pid, err);
	for (size_t i = 0; i < BF_BROWSER_WORDS; i++)
		bf_secret_release(&words[i]);
	return status;
}

const char *bf_browser_open(struct bf_browser *browser, const char *url, bool *ret_shown)
{
	BF_AUTO_BROWSER_CHOICE struct bf_browser_choice choice = {0};
	BF_AUTO_SECRET struct bf_secret address = BF_SECRET_INIT;
	const char *why_not = bf_browser_choose(&choice);

	if (why_not)
		return why_not;
	if (!choice.confined && bf_redirect_write(url, &browser->redirect, NULL) == BFABRIC_OK)
		bf_redirect_file_url(browser->redirect, &address);
	else
		bf_secret_puts(&address, url);
	if (address.failed ||
		start(&choice, bf_secret_reveal(&address), &browser->pid, NULL) != BFABRIC_OK) {
		bf_browser_end(browser);
		return "it could not be started.";
	}
	if (bf_confined_wsl())
		browser->pid = 0; /* explorer.exe says that it failed whatever it did */
	*ret_shown = !browser->redirect;
	return NULL;
}

bool bf_browser_lives(struct bf_browser *browser)
{
	int how = 0;

	if (!browser->pid || waitpid(browser->pid, &how, WNOHANG) != browser->pid)
		return true;
	browser->pid = 0;
	return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

void bf_browser_end(struct bf_browser *browser)
{
	bf_redirect_remove(&browser->redirect);
}
