/*
 * Which pages hold what is wanted. The server counts pages from 1 and says with each how many there
 * are, if it says so at all; between two pages that number may change.
 */
#include "api.h"

#define DEFAULT_RESULTS 100

void bf_api_pages_begin(
	struct bf_api_pages *pages, int64_t offset, int64_t max_results, size_t parts)
{
	*pages = (struct bf_api_pages){
		.page = parts ? 1 : 1 + offset / BF_API_PAGE,
		.pages = parts ? (int64_t)parts : -1,
		.parts = parts > 0,
		.skip = parts ? offset : offset % BF_API_PAGE,
		.left = max_results == 0 ? DEFAULT_RESULTS : max_results,
	};
}

enum bf_api_record bf_api_pages_record(struct bf_api_pages *pages)
{
	if (pages->left == 0)
		return BF_API_ENOUGH;
	pages->seen++;
	if (pages->skip > 0) {
		pages->skip--;
		return BF_API_SKIP;
	}
	if (pages->left > 0)
		pages->left--;
	pages->given++;
	return BF_API_GIVE;
}

/*
 * A page that is not full ends the walk where nothing else is said. An empty one always does: what
 * was there has been deleted meanwhile, or the number of pages is made up.
 */
static bool another(const struct bf_api_pages *pages)
{
	if (pages->left == 0)
		return false;
	if (pages->parts)
		return pages->page < pages->pages;
	if (pages->seen == 0)
		return false;
	return pages->pages >= 0 ? pages->page < pages->pages : pages->seen >= BF_API_PAGE;
}

bool bf_api_pages_next(struct bf_api_pages *pages, int64_t said)
{
	if (said >= 0 && !pages->parts)
		pages->pages = said;
	if (!another(pages))
		return false;
	pages->page++;
	pages->seen = 0;
	if (!pages->parts)
		pages->skip = 0; /* the offset names a place on its page, which was short */
	return true;
}

int64_t bf_api_pages_most(const struct bf_api_pages *pages, bool more)
{
	int64_t room = INT64_MAX - pages->given;
	int64_t left = pages->left >= 0 && pages->left < room ? pages->left : room;
	/* the next page is the current one by now */
	int64_t to_read = pages->pages >= pages->page ? pages->pages - pages->page + 1 : 1;

	if (!more)
		return pages->given;
	if (to_read <= left / BF_API_PAGE)
		return pages->given + to_read * BF_API_PAGE;
	return pages->given + left;
}
