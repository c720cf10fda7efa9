#include "doctor.h"
#include "help.h"
#include "../libbfabric/local/token.h"
#include <string.h>

#define WIDE   60
#define INDENT 10 /* "  warning " */

static const char *member(const json_t *finding, const char *name)
{
	const char *text = json_string_value(json_object_get(finding, name));

	return text ? text : "";
}

int bf_findings_count(const json_t *findings, const char *result)
{
	int n = 0;

	for (size_t i = 0; i < json_array_size(findings); i++)
		n += strcmp(member(json_array_get(findings, i), "result"), result) == 0;
	return n;
}

/* Paragraph behind a label: the label stands where the paragraph's indentation was. */
static void put_row(
	const char *label, const char *text, unsigned indent, unsigned width, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret row = BF_SECRET_INIT;
	size_t len = strlen(label);

	bf_help_wrap(text, indent, width, &row);
	bf_secret_puts(out, label);
	if (row.len > len && len < indent)
		bf_secret_puts(out, bf_secret_reveal(&row) + len);
	else
		bf_secret_putc(out, '\n');
	if (row.failed)
		out->failed = true;
}

static void put_finding(const json_t *finding, unsigned width, struct bf_secret *out)
{
	const char *result = member(finding, "result"), *advice = member(finding, "advice");
	unsigned indent = width < WIDE ? 5 : INDENT;
	bool good = strcmp(result, "ok") == 0, warning = strcmp(result, "warning") == 0;
	const char *label = width >= WIDE ? (good             ? "  ok"
						    : warning ? "  warning"
							      : "  ERROR")
					  : (good             ? " ok"
						    : warning ? " !"
							      : " !!");
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_secret_printf(&text, "%s: %s", member(finding, "check"), member(finding, "text"));
	put_row(label, bf_secret_reveal(&text), indent, width, out);
	if (*advice) {
		bf_secret_clear(&text);
		bf_secret_printf(&text, "-> %s", advice);
		bf_help_wrap(bf_secret_reveal(&text), indent, width, out);
	}
	out->failed |= text.failed;
}

static void to_ascii(struct bf_secret *from, struct bf_secret *out)
{
	const char *text = bf_secret_reveal(from);

	for (size_t i = 0; i < from->len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x80)
			bf_secret_putc(out, (char)c);
		else if (c >= 0xc0) /* the first byte of a character */
			bf_secret_putc(out, '?');
	}
}

void bf_findings_put_text(
	const json_t *findings, unsigned columns, bool utf8, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	int errors = bf_findings_count(findings, "error");
	int warnings = bf_findings_count(findings, "warning");
	const char *last = "";

	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *one = json_array_get(findings, i);

		if (strcmp(member(one, "section"), last) != 0) {
			last = member(one, "section");
			bf_secret_printf(&text, "%s%s\n", i ? "\n" : "", bf_section_title(last));
		}
		put_finding(one, columns, &text);
	}
	bf_secret_printf(&text, "\n%d error%s, %d warning%s\n", errors, errors == 1 ? "" : "s",
		warnings, warnings == 1 ? "" : "s");
	if (utf8)
		bf_secret_put_secret(out, &text);
	else
		to_ascii(&text, out);
	out->failed |= text.failed;
}

enum bfabric_status bf_findings_put_json(
	json_t *findings, struct bf_secret *out, struct bfabric_error *err)
{
	int errors = bf_findings_count(findings, "error");
	json_t *object = json_pack("{s:i, s:b, s:i, s:i, s:O}", "version", 1, "healthy",
		errors == 0, "errors", errors, "warnings", bf_findings_count(findings, "warning"),
		"findings", findings);
	enum bfabric_status status = object ? bf_json_write(object, out, err) : bf_fail_nomem(err);

	json_decref(object);
	return status;
}
