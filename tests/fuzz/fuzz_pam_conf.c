/* The PAM module's configuration: what is accepted is complete, and says the same written again. */
#include "fuzz.h"

#include "libbfabric/base/secret.h"
#include "pam_bfabric/pam_conf.h"

#include <string.h>

static void note(void *data, unsigned line, const char *name)
{
	(void)data; /* nothing is kept */
	FUZZ_MUST(line > 0 && strlen(name) <= 64 && fuzz_one_line(name));
}

static void put(struct bf_secret *out, const char *key, const char *value)
{
	if (value)
		bf_secret_printf(out, "%s =%s\n", key, value);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void write_and_parse(const struct bf_pam_conf *conf)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_PAM_CONF struct bf_pam_conf again = {0};

	put(&text, "base_url", conf->base_url);
	put(&text, "client_id", conf->client_id);
	put(&text, "issuer", conf->issuer);
	put(&text, "services", conf->services);
	put(&text, "libexec", conf->libexec);
	if (text.failed)
		return; /* longer than printf's bound here */
	FUZZ_MUST(bf_pam_conf_parse("/f", bf_secret_reveal(&text), text.len, note, NULL, &again,
			  NULL) == BFABRIC_OK);
	FUZZ_MUST(same(conf->base_url, again.base_url) && same(conf->client_id, again.client_id));
	FUZZ_MUST(same(conf->issuer, again.issuer) && same(conf->services, again.services));
	FUZZ_MUST(same(conf->libexec, again.libexec));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status =
		bf_pam_conf_parse("/f", (const char *)data, size, note, NULL, &conf, &err);

	if (status != BFABRIC_OK) {
		FUZZ_MUST(status == BFABRIC_BAD_CONFIG && err.status == status && err.text[0]);
		FUZZ_MUST(fuzz_one_line(err.text) && !conf.base_url);
		return 0;
	}
	FUZZ_MUST(conf.base_url && *conf.base_url && conf.client_id && *conf.client_id);
	FUZZ_MUST(conf.min_uid >= 1000 && conf.timeout >= 5 && conf.timeout <= 600);
	FUZZ_MUST(!conf.ca_file || conf.ca_file[0] == '/');
	(void)bf_pam_list_has(conf.services, "login"); /* must only end */
	write_and_parse(&conf);
	return 0;
}
