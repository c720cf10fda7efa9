/*
 * fuzz_wsdl.c - any description of a web service: what it says is complete and valid JSON, a reply
 * can be read with it, and an error fits a terminal.
 */
#include "fuzz.h"
#include "tests/unit/soap_case.h"

static void must_be_field(const json_t *field)
{
	FUZZ_MUST(json_is_string(json_object_get(field, "name")));
	FUZZ_MUST(json_is_string(json_object_get(field, "type")));
	FUZZ_MUST(json_is_boolean(json_object_get(field, "attribute")));
	FUZZ_MUST(json_is_integer(json_object_get(field, "min")));
	FUZZ_MUST(json_is_boolean(json_object_get(field, "many")));
}

static void must_be_description(json_t *description)
{
	char *dump = json_dumps(description, JSON_COMPACT);
	const char *name = NULL;
	json_t *type = NULL;

	FUZZ_MUST(dump);
	free(dump);
	FUZZ_MUST(json_is_string(json_object_get(description, "namespace")));
	FUZZ_MUST(json_object_size(json_object_get(description, "operations")) > 0);
	json_object_foreach (json_object_get(description, "types"), name, type) {
		FUZZ_MUST(json_is_array(type));
		for (size_t i = 0; i < json_array_size(type); i++)
			must_be_field(json_array_get(type, i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char reply[] =
		"<e:Envelope xmlns:e=\"e\"><e:Body><r><return><page>1</page><sample id=\"1\"><i>5"
		"</i><many id=\"2\"/><s/></sample></return></r></e:Body></e:Envelope>";
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	json_t *description = NULL;
	enum bfabric_status status = bf_wsdl_read((const char *)data, size, &description, &err);

	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	FUZZ_MUST((status == BFABRIC_OK) == (description != NULL));
	if (status != BFABRIC_OK)
		return 0;
	must_be_description(description);
	FUZZ_MUST(
		soap_case_describe(description, reply, sizeof(reply) - 1, 0, &text) == BFABRIC_OK);
	json_decref(description);
	return 0;
}
