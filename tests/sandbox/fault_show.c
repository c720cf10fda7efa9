/* SPDX-License-Identifier: MIT */
/* Which faults there are, for --help, and which are waiting, for the control URL. */
#include "fault.h"
#include "fault_kind.h"

#include <string.h>

json_t *sb_faults_json(const struct sb_faults *faults)
{
	json_t *list = json_array();

	for (size_t i = 0; i < faults->count; i++) {
		const struct sb_fault *fault = &faults->list[i];

		json_array_append_new(
			list, json_pack("{s:s, s:I, s:s, s:s, s:I}", "endpoint", fault->endpoint,
				      "page", (json_int_t)fault->page, "kind", fault->kind->name,
				      "arg", fault->arg, "left", (json_int_t)fault->left));
	}
	return list;
}

void sb_faults_help(FILE *out)
{
	static const char *const moments[] = {"", "; the work is not done", "; the work is done"};
	const struct sb_fault_kind *kind;

	fprintf(out, "\nFaults (--fault WHERE=KIND[:ARG][*COUNT]; without COUNT until cleared):\n");
	for (size_t i = 0; (kind = sb_fault_kind_at(i)); i++)
		fprintf(out, "  %s%-*s %s%s\n", kind->name, 22 - (int)strlen(kind->name),
			kind->form, kind->help, moments[kind->moment]);
	fprintf(out,
		"WHERE is an endpoint, any, or of the web services wsdl, soap-read, soap-save, "
		"soap-delete;\nsoap-read@3 is its third page.\n");
}
