/*
 * net/body.h - where the body of a reply goes as it arrives: to whoever asked for its pieces, else
 * into the reply; up to the limit of the request.
 */
#ifndef BF_NET_BODY_H
#define BF_NET_BODY_H

#include "../base/http.h"

struct bf_body {
	size_t headers, taken; /* bytes so far */
	char too_much[48];     /* the limit that was broken, for a person; "": none */
	bool enough;           /* whoever takes the pieces wants no more of them */
};

/* False: more than 64 KiB of them. */
bool bf_body_count_header(struct bf_body *body, size_t len);

/* 1 MiB if the request does not say another. */
size_t bf_body_max(const struct bf_request *request);

/*
 * The next bytes; status and content type of `reply` are known. False: stop, beyond the limit, not
 * wanted, or without memory (reply->body.failed).
 */
bool bf_body_take(struct bf_body *body, const struct bf_request *request, struct bf_reply *reply,
	const char *bytes, size_t len);

#endif
