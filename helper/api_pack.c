#include "api_pack.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * A value is a tag and what follows from it. Numbers in it, lengths, counts and the numbers of
 * names, are seven bits a byte, the lowest first, the highest bit set on all but the last.
 */
enum tag {
	TAG_NULL,
	TAG_FALSE,
	TAG_TRUE,
	TAG_INTEGER, /* 0, -1, 1, -2 … as 0, 1, 2, 3 …: small ones are short */
	TAG_REAL,    /* as it lies in memory */
	TAG_STRING,  /* length, bytes */
	TAG_ARRAY,   /* count, values */
	TAG_OBJECT,  /* count, name and value each */
};

#define CHUNK       ((size_t)32 << 10)
#define FIRST_ROOM  ((size_t)128)
#define RECORD_MAX  ((size_t)256 << 20)
#define NUMBER_MOST 10 /* bytes */

struct bf_pack_chunk {
	struct bf_pack_chunk *next;
	size_t used, room;
	unsigned char data[];
};

enum rank { RANK_NUMBER, RANK_TEXT, RANK_NONE };

struct bf_pack_entry {
	const unsigned char *at;
	union {
		json_int_t number;
		const char *text; /* in a chunk */
	} id;
	uint32_t order; /* decides between equals: qsort(3) does not keep their order */
	enum rank rank;
};

void bf_records_pack_release(struct bf_records_pack *pack)
{
	for (struct bf_pack_chunk *next = NULL; pack->chunks; pack->chunks = next) {
		next = pack->chunks->next;
		free(pack->chunks);
	}
	free(pack->entries);
	json_decref(pack->numbers);
	json_decref(pack->names);
	bf_secret_release(&pack->packed);
	*pack = (struct bf_records_pack){0};
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_number(uint64_t number, struct bf_secret *out)
{
	unsigned char bytes[NUMBER_MOST];
	size_t n = 0;

	for (; number > 0x7f; number >>= 7)
		bytes[n++] = (unsigned char)(number | 0x80);
	bytes[n++] = (unsigned char)number;
	bf_secret_put(out, bytes, n);
}

/* The name's number, a new one where it is not known. */
static bool number_of(struct bf_records_pack *pack, const char *name, uint64_t *ret)
{
	json_t *known = json_object_get(pack->numbers, name);
	const size_t next = json_array_size(pack->names);

	*ret = known ? (uint64_t)json_integer_value(known) : next;
	return known || (json_array_append_new(pack->names, json_string_nocheck(name)) == 0 &&
				json_object_set_new_nocheck(
					pack->numbers, name, json_integer((json_int_t)next)) == 0);
}

static void put_value(struct bf_records_pack *pack, json_t *value);

static void put_object(struct bf_records_pack *pack, json_t *object)
{
	const char *name;
	json_t *value;

	put_number(json_object_size(object), &pack->packed);
	json_object_foreach (object, name, value) {
		uint64_t number = 0;

		if (!number_of(pack, name, &number))
			pack->failed = true;
		put_number(number, &pack->packed);
		put_value(pack, value);
	}
}

static void put_array(struct bf_records_pack *pack, json_t *array)
{
	json_t *value;
	size_t i;

	put_number(json_array_size(array), &pack->packed);
	json_array_foreach (array, i, value)
		put_value(pack, value);
}

static void put_integer(int64_t value, struct bf_secret *out)
{
	put_number(value < 0 ? ((uint64_t)~value << 1) | 1 : (uint64_t)value << 1, out);
}

static void put_real(double value, struct bf_secret *out)
{
	bf_secret_put(out, &value, sizeof(value));
}

static void put_string(json_t *value, struct bf_secret *out)
{
	put_number(json_string_length(value), out);
	bf_secret_put(out, json_string_value(value), json_string_length(value));
}

/* Values are nested no deeper than the reader of replies lets them be. */
static void put_value(struct bf_records_pack *pack, json_t *value)
{
	struct bf_secret *out = &pack->packed;

	switch (json_typeof(value)) {
	case JSON_NULL:
		bf_secret_putc(out, TAG_NULL);
		break;
	case JSON_FALSE:
		bf_secret_putc(out, TAG_FALSE);
		break;
	case JSON_TRUE:
		bf_secret_putc(out, TAG_TRUE);
		break;
	case JSON_INTEGER:
		bf_secret_putc(out, TAG_INTEGER);
		put_integer(json_integer_value(value), out);
		break;
	case JSON_REAL:
		bf_secret_putc(out, TAG_REAL);
		put_real(json_real_value(value), out);
		break;
	case JSON_STRING:
		bf_secret_putc(out, TAG_STRING);
		put_string(value, out);
		break;
	case JSON_ARRAY:
		bf_secret_putc(out, TAG_ARRAY);
		put_array(pack, value);
		break;
	case JSON_OBJECT:
		bf_secret_putc(out, TAG_OBJECT);
		put_object(pack, value);
		break;
	}
}

/* ---- keeping --------------------------------------------------------------------------------- */

/* A copy that stays where it is; NULL: no memory. */
static const unsigned char *keep(struct bf_records_pack *pack, const void *bytes, size_t len)
{
	struct bf_pack_chunk *chunk = pack->chunks;
	unsigned char *kept = NULL;

	if (!chunk || chunk->room - chunk->used < len) {
		const size_t room = len > CHUNK ? len : CHUNK;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct bf_pack_chunk){.next = pack->chunks, .room = room};
		pack->chunks = chunk;
	}
	kept = chunk->data + chunk->used;
	memcpy(kept, bytes, len);
	chunk->used += len;
	return kept;
}

/* A half more each time: what was outgrown lies around, too. */
static bool make_room(struct bf_records_pack *pack)
{
	const size_t room = pack->room ? pack->room + pack->room / 2 : FIRST_ROOM;
	struct bf_pack_entry *entries = NULL;

	if (pack->count < pack->room)
		return true;
	if (pack->count >= UINT32_MAX)
		return false;
	entries = reallocarray(pack->entries, room, sizeof(*entries));
	if (!entries)
		return false;
	pack->entries = entries;
	pack->room = room;
	return true;
}

static bool set_id(struct bf_records_pack *pack, struct bf_pack_entry *entry, json_t *id)
{
	entry->rank = RANK_NONE;
	if (json_is_integer(id)) {
		entry->rank = RANK_NUMBER;
		entry->id.number = json_integer_value(id);
	} else if (json_is_string(id)) {
		entry->rank = RANK_TEXT;
		entry->id.text =
			(const char *)keep(pack, json_string_value(id), json_string_length(id) + 1);
		return entry->id.text != NULL;
	}
	return true;
}

static bool begin(struct bf_records_pack *pack)
{
	if (!pack->numbers)
		pack->numbers = json_object();
	if (!pack->names)
		pack->names = json_array();
	pack->packed.max = RECORD_MAX;
	bf_secret_cut(&pack->packed, 0);
	return pack->numbers && pack->names && make_room(pack);
}

bool bf_records_pack_add(void *data, json_t *record)
{
	struct bf_records_pack *pack = data;
	struct bf_pack_entry entry = {.order = (uint32_t)pack->count};

	if (pack->failed || !begin(pack)) {
		pack->failed = true;
		return false;
	}
	put_value(pack, record);
	if (!pack->failed && !pack->packed.failed)
		entry.at = keep(pack, bf_secret_reveal(&pack->packed), pack->packed.len);
	if (!entry.at || !set_id(pack, &entry, json_object_get(record, "id"))) {
		pack->failed = true;
		return false;
	}
	pack->entries[pack->count++] = entry;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct bf_pack_entry *one = a, *other = b;
	int order = (one->rank > other->rank) - (one->rank < other->rank);

	if (order == 0 && one->rank == RANK_NUMBER)
		order = (one->id.number > other->id.number) - (one->id.number < other->id.number);
	if (order == 0 && one->rank == RANK_TEXT)
		order = strcmp(one->id.text, other->id.text);
	return order ? order : (one->order > other->order) - (one->order < other->order);
}

enum bfabric_status bf_records_pack_sort(struct bf_records_pack *pack, struct bfabric_error *err)
{
	if (pack->failed)
		return bf_fail_nomem(err);
	if (pack->count)
		qsort(pack->entries, pack->count, sizeof(*pack->entries), by_id);
	return BFABRIC_OK;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

/* The bytes are our own: they need no bounds. */
static uint64_t take_number(const unsigned char **at)
{
	uint64_t number = 0;

	for (unsigned shift = 0;; shift += 7) {
		const unsigned char byte = *(*at)++;

		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
}

static json_t *take_integer(const unsigned char **at)
{
	const uint64_t number = take_number(at);
	const int64_t half = (int64_t)(number >> 1);

	return json_integer(number & 1 ? ~half : half);
}

static json_t *take_real(const unsigned char **at)
{
	double value;

	memcpy(&value, *at, sizeof(value));
	*at += sizeof(value);
	return json_real(value);
}

static json_t *take_string(const unsigned char **at)
{
	const size_t len = take_number(at);
	const char *text = (const char *)*at;

	*at += len;
	return json_stringn_nocheck(text, len);
}

static json_t *take_value(const struct bf_records_pack *pack, const unsigned char **at);

static json_t *take_array(const struct bf_records_pack *pack, const unsigned char **at)
{
	json_auto_t *array = json_array();

	for (uint64_t left = take_number(at); left; left--)
		if (json_array_append_new(array, take_value(pack, at)) != 0)
			return NULL;
	return json_incref(array);
}

static json_t *take_object(const struct bf_records_pack *pack, const unsigned char **at)
{
	json_auto_t *object = json_object();

	for (uint64_t left = take_number(at); left; left--) {
		json_t *name = json_array_get(pack->names, take_number(at));

		if (json_object_set_new_nocheck(
			    object, json_string_value(name), take_value(pack, at)) != 0)
			return NULL;
	}
	return json_incref(object);
}

static json_t *take_value(const struct bf_records_pack *pack, const unsigned char **at)
{
	switch ((enum tag) * (*at)++) {
	case TAG_NULL:
		return json_null();
	case TAG_FALSE:
		return json_false();
	case TAG_TRUE:
		return json_true();
	case TAG_INTEGER:
		return take_integer(at);
	case TAG_REAL:
		return take_real(at);
	case TAG_STRING:
		return take_string(at);
	case TAG_ARRAY:
		return take_array(pack, at);
	case TAG_OBJECT:
		return take_object(pack, at);
	}
	return NULL;
}

json_t *bf_records_pack_get(const struct bf_records_pack *pack, size_t i)
{
	const unsigned char *at = pack->entries[i].at;

	return take_value(pack, &at);
}
