#include "config.h"

const char *bfabric_auth_method_name(enum bfabric_auth_method method)
{
	switch (method) {
	case BFABRIC_AUTH_NONE:
		return "none";
	case BFABRIC_AUTH_OAUTH:
		return "oauth";
	case BFABRIC_AUTH_CLIENT_CREDENTIALS:
		return "client_credentials";
	case BFABRIC_AUTH_PAT:
		return "pat";
	case BFABRIC_AUTH_PASSWORD:
		return "password";
	}
	return "none";
}
