#include "full.h"
#include "browser.h"
#include "format.h"
#include "login_run.h"
#include "say.h"
#include <string.h>
#include <unistd.h>

static const struct bf_option options[] = {
	BF_ROW_CLIENT_ID,
	BF_ROW_LOGIN_SCOPE,
	BF_ROW_ENVIRONMENT,
	{.name = "port",
		.kind = BF_OPTION_NUMBER,
		.member = BF_MEMBER(port),
		.argument = "PORT",
		.value = 0,
		.limit = 65535,
		.help = "Wait for the browser on this port of 127.0.0.1 (default: 0, any that is "
			"free)."},
	{.name = "no-browser",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(no_browser),
		.value = 1,
		.help = "Open no browser; only show the address."},
	{.name = "timeout",
		.kind = BF_OPTION_SECONDS,
		.member = BF_MEMBER(timeout),
		.argument = "SECONDS",
		.value = 1,
		.limit = 86400,
		.help = "Wait this long for the browser (default: 120)."},
	BF_ROW_STORE,
	BF_ROW_SET_DEFAULT,
	BF_ROW_NO_SET_DEFAULT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_pkce = {
	.name = "auth pkce",
	.aliases = "auth login|login",
	.summary = "log in with the browser of this machine (also: login)",
	.arguments = "[BASE_URL]",
	.max_arguments = 1,
	.options = options,
	.text = "Opens B-Fabric in your browser; log in there and agree, and this program keeps "
		"the login for all your tools. The browser comes back to this machine. One on "
		"another machine ends at an address that it cannot show: paste that address on "
		"this terminal. Where no browser can be opened, as over SSH, pressing Enter logs "
		"in with a code instead (see auth device-code).\n\n"
		"BASE_URL is a URL or a known instance: fgcz-prod, fgcz-test, fgcz-demo, trace. "
		"Without it, the active environment is logged in again. A new environment is "
		"added to the configuration, named after its instance unless --env names it.\n\n"
		"The browser is the first of BROWSER that is there, else what the desktop uses.",
	.examples = "bfabric login fgcz-test --scope read-only\n"
		    "bfabric login https://bfabric.example.org/bfabric --env LAB\n"
		    "bfabric login",
};

/* One login and its person. */
struct person {
	struct bf_screen *screen;
	const struct bf_command_line *call;
	const struct bf_environment *environment;
	struct bf_browser browser;
	bool code_offered, wants_code;
};

static void person_release(struct person *p)
{
	bf_browser_end(&p->browser);
}

/* The address stands alone at the left edge, so that it can be copied however narrow the terminal.
 */
static void show_url(const struct person *p, const char *before, const char *url)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_secret_puts(&text, before);
	bf_secret_puts(&text, url);
	bf_secret_puts(&text, "\n");
	if (p->screen->terminal.person)
		bf_secret_puts(&text, "If it ends at an address that cannot be\n"
				      "shown, paste that address here.\n");
	if (!p->screen->terminal.shows)
		bf_secret_puts(&text, "Waiting for the browser.\n");
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

static void put_argument(const char *before, const char *text, struct bf_secret *out)
{
	char shown[300];

	if (!text)
		return;
	bf_show(shown, sizeof(shown), text, strlen(text));
	bf_secret_puts(out, before);
	bf_shell_word(shown, out);
}

/* The same login by a code, as a command that is complete without a terminal, too. */
static void put_device_command(const struct person *p, struct bf_secret *out)
{
	const struct bf_command_line *call = p->call;
	bool scope = call->scope || !p->environment->line;

	bf_secret_puts(out, "  bfabric auth device-code");
	put_argument(" ", call->argument_count ? call->arguments[0] : NULL, out);
	put_argument(" --env ", call->environment, out);
	put_argument(" --client-id ", call->client_id, out);
	put_argument(" --scope ", scope ? p->environment->scope : NULL, out);
	put_argument(" --store ", call->store, out);
	put_argument(" --config-file ", call->config_file, out);
	if (call->set_default != BF_DEFAULT_IF_FIRST)
		bf_secret_puts(out, call->set_default == BF_DEFAULT_YES ? " --set-default"
									: " --no-set-default");
	bf_secret_puts(out, "\n");
}

/* With nobody at a terminal, only the command can be named. */
static bool name_device_command(const struct person *p, const char *why_not)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_secret_printf(&text, "No browser is opened:\n%s\nA code is easier then:\n", why_not);
	put_device_command(p, &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
	return false;
}

static bool offer_code(struct person *p, const char *why_not, const char *url)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_secret_printf(&text,
		"No browser is opened:\n%s\nPress Enter to log in with a code,\n"
		"or open this address in any browser:\n",
		why_not);
	p->code_offered = true;
	show_url(p, bf_secret_reveal(&text), url);
	return true;
}

static bool empty_line(void *data)
{
	struct person *p = data;

	p->wants_code = p->code_offered;
	return p->wants_code;
}

static bool open_url(void *data, const char *url)
{
	static const char exposed[] = "The browser cannot read files of ours:\n"
				      "other users can see the address.\n";
	struct person *p = data;
	const char *why_not = NULL;
	bool shown = false;

	if (!p->call->no_browser)
		why_not = bf_browser_open(&p->browser, url, &shown);
	if (why_not)
		return p->screen->terminal.person ? offer_code(p, why_not, url)
						  : name_device_command(p, why_not);
	if (p->call->no_browser) {
		show_url(p, "Open this address in a browser:\n", url);
		return true;
	}
	if (shown)
		bf_say_raw(exposed, sizeof(exposed) - 1);
	show_url(p, "Your browser opens. If it does not,\nopen this address:\n", url);
	return true;
}

static void notice(void *data, const char *text)
{
	const struct person *p = data;

	bf_screen_notice(p->screen, text);
}

static void waiting(void *data, int64_t left_ms)
{
	struct person *p = data;

	if (!bf_browser_lives(&p->browser))
		notice(p, "The browser could not be opened: open the address yourself.");
	bf_screen_show_time_left(p->screen, left_ms);
}

static bool other_subject(void *data, const char *before, const char *now)
{
	const struct person *p = data;

	return bf_screen_other_subject(p->screen, before, now);
}

static enum bfabric_status log_in(struct bfabric_session *session,
	const struct bf_command_line *call, struct bf_screen *screen, int64_t deadline,
	struct bf_login_result *ret, struct bfabric_error *err)
{
	static const int terminal = STDIN_FILENO;
	BF_CLEANUP(person_release)
	struct person p = {
		.screen = screen, .call = call, .environment = bf_session_environment(session)};
	struct bfabric_ui ui = {
		.data = &p,
		.open_url = open_url,
		.waiting = waiting,
		.notice = notice,
		.other_subject = other_subject,
		.paste_fd = screen->terminal.person ? &terminal : NULL,
		.empty_line = empty_line,
	};
	enum bfabric_status status =
		bf_login_browser(session, &ui, (unsigned)call->port, deadline, ret, err);

	if (!p.wants_code)
		return status;
	bf_screen_end(screen);
	ui = bf_screen_ui(screen);
	return bf_login_device(session, &ui, bf_command_deadline(call, 600), ret, err);
}

enum bfabric_status bf_run_pkce(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	static const struct bf_login_way way = {.timeout = 120, .log_in = log_in};

	(void)answer; /* all of this is for the person, on stderr */
	return bf_login_run(call, &way, err);
}
