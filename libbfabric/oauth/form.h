/*
 * form.h - what every POST of a form has in common (RFC 6749, appendix B).
 */
#ifndef BF_FORM_H
#define BF_FORM_H

#include "../base/http.h"

/* POST to `url` with an empty form body. NO_MEMORY. `request` is zeroed before. */
BF_MUST_USE enum bfabric_status bf_form_begin(
	const char *url, struct bf_request *request, struct bfabric_error *err);

/*
 * Move the finished request to the caller, or say that memory ran out. What *ret_request held
 * before is not looked at: it need not be initialised.
 */
BF_MUST_USE enum bfabric_status bf_form_finish(
	struct bf_request *request, struct bf_request *ret_request, struct bfabric_error *err);

#endif
