/*
 * owner.h - whose process is at the other end of a loopback connection?
 *
 * Every user of a machine can connect to 127.0.0.1. A neighbour who learned the address of a login
 * could finish it with a login of his own, and our tools would then work in his name. Linux tells
 * the owner of each socket in /proc/net/tcp and tcp6 (proc(5)).
 */
#ifndef BF_NET_OWNER_H
#define BF_NET_OWNER_H

enum bf_owner {
	BF_OWNER_US,
	BF_OWNER_OTHER,   /* another user, or nobody any more: it hung up */
	BF_OWNER_UNKNOWN, /* not listed: another network namespace (a container), or no /proc */
};

/* `fd`: the accepted end of a TCP connection. Keeps errno. */
enum bf_owner bf_owner_of_peer(int fd);

#endif
