#include "yaml_edit_private.h"

static void release_splice(struct bf_yaml_splice *splice)
{
	bf_secret_release(&splice->text);
}

static enum bfabric_status plan(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, bool blank_line, struct bf_yaml_splice *splice,
	struct bfabric_error *err)
{
	if (!spot->key || spot->depth < edit->depth)
		return bf_yaml_plan_insert(doc, edit, spot, blank_line, splice, err);
	return edit->text ? bf_yaml_plan_replace(doc, edit, spot, splice, err)
			  : bf_yaml_plan_remove(doc, spot, splice, err);
}

static enum bfabric_status splice_in(const struct bf_secret *before,
	const struct bf_yaml_splice *splice, struct bf_secret *after, struct bfabric_error *err)
{
	const char *bytes = bf_secret_reveal(before);
	size_t rest = splice->at + splice->remove;

	bf_secret_clear(after);
	bf_secret_put(after, bytes, splice->at);
	bf_secret_put_secret(after, &splice->text);
	bf_secret_put(after, bytes + rest, before->len - rest);
	return after->failed || splice->text.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* Read what came out and compare: *ret_good, and only then *ret_tree. */
static enum bfabric_status verify(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_secret *after, bool *ret_good, struct bf_yaml *ret_tree,
	struct bfabric_error *err)
{
	struct bf_yaml tree = BF_YAML_INIT;
	enum bfabric_status status =
		bf_yaml_parse(bf_secret_reveal(after), after->len, "", &tree, NULL);

	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK)
		return BFABRIC_OK;
	status = bf_yaml_says(&tree, edit, ret_good, err);
	*ret_good =
		status == BFABRIC_OK && *ret_good && bf_yaml_only_changed(doc->tree, &tree, edit);
	if (*ret_good)
		*ret_tree = tree;
	else
		bf_yaml_release(&tree);
	return status;
}

static enum bfabric_status attempt(const struct bf_yaml_doc *doc, const struct bf_yaml_edit *edit,
	const struct bf_yaml_spot *spot, bool blank_line, struct bf_secret *after, bool *ret_good,
	struct bf_yaml *ret_tree, struct bfabric_error *err)
{
	BF_CLEANUP(release_splice) struct bf_yaml_splice splice = {0};
	enum bfabric_status status = plan(doc, edit, spot, blank_line, &splice, err);

	if (status == BFABRIC_OK)
		status = splice_in(doc->text, &splice, after, err);
	return status == BFABRIC_OK ? verify(doc, edit, after, ret_good, ret_tree, err) : status;
}

enum bfabric_status bf_yaml_apply(const struct bf_secret *before, const struct bf_yaml *tree,
	const struct bf_yaml_edit *edit, struct bf_secret *ret_after, struct bf_yaml *ret_tree,
	struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret after = BF_SECRET_INIT;
	const struct bf_yaml_doc doc = {before, tree};
	struct bf_yaml_spot spot = {0};
	enum bfabric_status status = bf_yaml_find(tree, edit, &spot, err);
	bool good = false;

	if (status == BFABRIC_OK)
		status = bf_yaml_check_aliases(tree, &spot, err);
	/* without the blank line where it would become part of a block scalar */
	for (int blank_line = 1; status == BFABRIC_OK && !good && blank_line >= 0; blank_line--)
		status = attempt(&doc, edit, &spot, blank_line > 0, &after, &good, ret_tree, err);
	if (status != BFABRIC_OK)
		return status;
	if (!good)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the file has a form that cannot be edited safely");
	bf_secret_move(ret_after, &after);
	return BFABRIC_OK;
}
