/* owner.c - see owner.h. */
#include "owner.h"
#include "../base/error.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An end of a connection as the tables write it: words of the address in host order, and port. */
struct end {
	char four[16]; /* "0100007F:1F90", "" for IPv6 */
	char six[48];  /* also of an IPv4 connection, which a program may make by an IPv6 socket */
};

static void put_words(char *text, size_t size, const void *address, unsigned words, unsigned port)
{
	size_t used = 0;

	for (unsigned i = 0; i < words; i++) {
		uint32_t word;

		memcpy(&word, (const char *)address + 4 * i, 4);
		used += (size_t)snprintf(text + used, size - used, "%08X", word);
	}
	snprintf(text + used, size - used, ":%04X", port);
}

static bool describe(const struct sockaddr_storage *from, struct end *ret)
{
	unsigned char mapped[16] = {[10] = 0xff, [11] = 0xff};
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	*ret = (struct end){0};
	if (from->ss_family == AF_INET6) {
		memcpy(&six, from, sizeof(six));
		put_words(ret->six, sizeof(ret->six), &six.sin6_addr, 4, ntohs(six.sin6_port));
		return true;
	}
	if (from->ss_family != AF_INET)
		return false;
	memcpy(&four, from, sizeof(four));
	memcpy(mapped + 12, &four.sin_addr, 4);
	put_words(ret->four, sizeof(ret->four), &four.sin_addr, 1, ntohs(four.sin_port));
	put_words(ret->six, sizeof(ret->six), mapped, 4, ntohs(four.sin_port));
	return true;
}

/*
 * Only an established socket has an owner: the kernel says 0, root's number, of one whose program
 * closed it.
 */
static bool line_tells(const char *line, const char *local, const char *remote, enum bf_owner *ret)
{
	char from[48], to[48], state[4];
	unsigned owner = 0;

	if (sscanf(line, " %*[0-9]: %47s %47s %3s %*s %*s %*s %u", from, to, state, &owner) != 4 ||
		strcmp(from, local) != 0 || strcmp(to, remote) != 0)
		return false;
	*ret = strcmp(state, "01") == 0 && owner == geteuid() ? BF_OWNER_US : BF_OWNER_OTHER;
	return true;
}

static bool table_tells(const char *path, const char *local, const char *remote, enum bf_owner *ret)
{
	BF_AUTO_FREE char *line = NULL;
	FILE *table = fopen(path, "re");
	size_t size = 0;
	bool found = false;

	if (!table)
		return false;
	while (!found && getline(&line, &size, table) > 0)
		found = line_tells(line, local, remote, ret);
	(void)fclose(table); /* only read */
	return found;
}

static bool established(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       info.tcpi_state == TCP_ESTABLISHED;
}

static enum bf_owner look_up(int fd)
{
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_size = sizeof(here), there_size = sizeof(there);
	struct end local, remote;
	enum bf_owner owner = BF_OWNER_UNKNOWN;

	if (getsockname(fd, (struct sockaddr *)&here, &here_size) != 0 ||
		getpeername(fd, (struct sockaddr *)&there, &there_size) != 0 ||
		!describe(&there, &local) || !describe(&here, &remote))
		return BF_OWNER_OTHER;
	/* A table that changes while it is read may leave a line out: a second look. */
	for (int i = 0; i < 2; i++)
		if ((*local.four &&
			    table_tells("/proc/net/tcp", local.four, remote.four, &owner)) ||
			table_tells("/proc/net/tcp6", local.six, remote.six, &owner))
			return owner;
	/* Whoever sent and broke off is not listed either: still there, it must be elsewhere. */
	return established(fd) ? BF_OWNER_UNKNOWN : BF_OWNER_OTHER;
}

enum bf_owner bf_owner_of_peer(int fd)
{
	int saved = errno;
	enum bf_owner owner = look_up(fd);

	errno = saved;
	return owner;
}
