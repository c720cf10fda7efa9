/*
 * fuzz_git_credential.c - any request of a git that may be lying. Input: the message.
 * The token of one host goes to that host, and an answer holds no byte of the request.
 */
#include "fuzz.h"
#include "helper/git.h"
#include <string.h>
#include <strings.h>

static void must_be_ours(const struct bf_git_request *request)
{
	FUZZ_MUST(strcasecmp(request->protocol, "https") == 0);
	FUZZ_MUST(strcasecmp(request->host, "b.lab.org") == 0 ||
		  strcasecmp(request->host, "b.lab.org:443") == 0);
}

static void must_answer_in_our_words(const struct bf_git_request *request)
{
	static const char bearer[] = "capability[]=authtype\nauthtype=Bearer\ncredential=token\n"
				     "ephemeral=1\npassword_expiry_utc=7\n";
	static const char basic[] = "username=__oauth__\npassword=token\npassword_expiry_utc=7\n";
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	FUZZ_MUST(bf_git_put_answer(request, "token", 5, 7, &out, NULL) == BFABRIC_OK);
	FUZZ_MUST(strcmp(bf_secret_reveal(&out), request->authtype ? bearer : basic) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	BF_AUTO_URL struct bf_url ours = BF_URL_INIT;
	BF_AUTO_GIT_REQUEST struct bf_git_request request = BF_GIT_REQUEST_INIT;
	struct bfabric_error err = {0};

	FUZZ_MUST(bf_url_parse("https://b.lab.org/bfabric", &ours, NULL) == BFABRIC_OK);
	if (bf_kv_parse((const char *)data, size, &kv, &err) != BFABRIC_OK ||
		bf_git_request_read(&kv, &request, &err) != BFABRIC_OK) {
		FUZZ_MUST(fuzz_one_line(err.text) && err.text[0]);
		return 0;
	}
	if (request.protocol && request.host &&
		bf_url_serves(&ours, request.protocol, request.host))
		must_be_ours(&request);
	must_answer_in_our_words(&request);
	return 0;
}
