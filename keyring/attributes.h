/*
 * attributes.h - a request as attributes of an item (item.h says which), and the other way round.
 */
#ifndef BF_ATTRIBUTES_H
#define BF_ATTRIBUTES_H

#include "request.h"
#include <glib.h>

/* What to search for: a{ss}, floating. Of ours name and service only; bf_attributes_own decides. */
GVariant *bf_attributes_pattern(const struct bf_request *request);
/* What a new item gets: a{ss}, floating. */
GVariant *bf_attributes_full(const struct bf_request *request);
/* Its name for a person; to be freed with g_free. */
char *bf_attributes_label(const struct bf_request *request);

/* Is an item with these attributes what was asked for? `any_client` as of bf_request_owns. */
bool bf_attributes_own(const struct bf_request *request, GVariant *attributes, bool any_client);
/* And does it have just those that we would give it, whatever others added? */
bool bf_attributes_exact(const struct bf_request *request, GVariant *attributes);

#endif
