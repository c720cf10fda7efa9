/*
 * net/html.h - is it a page for a browser? While an application is deployed anew, or behind a proxy
 * that wants a login, a web service answers with one, and its title says more than "not XML".
 */
#ifndef BF_NET_HTML_H
#define BF_NET_HTML_H

#include "../base/error.h"

/* Does its first tag, or its document type, say so? Of a document or of its beginning. */
bool bf_html_is(const char *bytes, size_t len);

/* BAD_REPLY: an HTML page instead of XML, and its title. */
enum bfabric_status bf_html_fail(const char *bytes, size_t len, struct bfabric_error *err);

#endif
