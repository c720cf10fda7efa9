#include "http.h"

#include <stdlib.h>

void bf_request_release(struct bf_request *request)
{
	bf_free_secret_string(request->url); /* one endpoint wants a token in it */
	bf_secret_release(&request->body);
	bf_secret_release(&request->authorization);
	*request = (struct bf_request){0};
}

void bf_reply_release(struct bf_reply *reply)
{
	bf_secret_release(&reply->body);
	*reply = (struct bf_reply){.retry_after = -1};
}
