/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <string.h>

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t at = strcspn(list, " ");

		if (at == len && !strncmp(list, word, len))
			return true;
		list += at;
		list += *list == ' ';
	}
	return false;
}

struct sb_client *sb_client_builtins(char *service_secret)
{
	struct sb_client *cli = sb_zalloc(sizeof(*cli)), *service = sb_zalloc(sizeof(*service));

	cli->id = sb_strdup("CLI");
	cli->alias = sb_strdup("bfabric-cli");
	cli->label = sb_strdup("B-Fabric command line");
	cli->grants = sb_strdup(SB_GRANT_CODE " " SB_GRANT_DEVICE " " SB_GRANT_REFRESH);
	cli->redirect_uris =
		json_pack("[s, s]", "http://127.0.0.1/callback", "http://[::1]/callback");
	service->id = sb_strdup("sandbox-service");
	service->label = sb_strdup("Sandbox service");
	service->secret = service_secret;
	service->grants = sb_strdup(SB_GRANT_SERVICE " " SB_GRANT_EXCHANGE " " SB_GRANT_CODE
						     " " SB_GRANT_DEVICE " " SB_GRANT_REFRESH);
	service->redirect_uris = json_incref(cli->redirect_uris);
	service->next = cli;
	return service;
}

void sb_client_free(struct sb_client *client)
{
	free(client->id);
	free(client->alias);
	free(client->label);
	free(client->secret);
	free(client->service_user);
	free(client->scope);
	free(client->grants);
	json_decref(client->redirect_uris);
	free(client);
}

bool sb_client_may(const struct sb_client *client, const char *grant_type)
{
	return has_word(client->grants, grant_type);
}

/* Splits http://LITERAL[:PORT]/PATH; false for any other address. */
static bool loopback(const char *uri, size_t *ret_host, const char **ret_path)
{
	static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]"};

	for (size_t i = 0; i < SB_COUNTOF(hosts); i++) {
		size_t len = strlen(hosts[i]), digits;

		if (strncmp(uri, hosts[i], len) != 0)
			continue;
		digits = uri[len] == ':' ? strspn(uri + len + 1, "0123456789") : 0;
		if (uri[len] == ':' && (digits < 1 || digits > 5))
			return false;
		*ret_host = i;
		*ret_path = uri + len + (digits ? digits + 1 : 0);
		return **ret_path == '/';
	}
	return false;
}

static bool same_address(const char *registered, const char *uri)
{
	const char *path, *other_path;
	size_t host, other_host;

	if (!strcmp(registered, uri))
		return true;
	return loopback(registered, &host, &path) && loopback(uri, &other_host, &other_path) &&
	       host == other_host && !strcmp(path, other_path);
}

bool sb_client_redirects(const struct sb_client *client, const char *uri)
{
	const json_t *registered;
	size_t i;

	json_array_foreach (client->redirect_uris, i, registered) {
		if (same_address(json_string_value(registered), uri))
			return true;
	}
	return false;
}
