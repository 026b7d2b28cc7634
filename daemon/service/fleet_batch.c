/* fleet_batch - see fleet_batch.h */
#include "service/fleet_batch.h"

#include <endian.h>
#include <sodium.h>

#include "base/array.h"
#include "judge/remote.h"

_Static_assert(FLEET_SEAL_BYTES >= crypto_generichash_BYTES_MIN && FLEET_SEAL_BYTES <= crypto_generichash_BYTES_MAX &&
	       FLEET_MAC_KEY_BYTES >= crypto_generichash_KEYBYTES_MIN && FLEET_MAC_KEY_BYTES <= crypto_generichash_KEYBYTES_MAX,
	       "BLAKE2b takes them");

struct bytes_out {
	char *at;
};

struct bytes_in {
	const char *at;
	bool clean;	/* all that has to be zero was */
};

static void put(struct bytes_out *out, const void *bytes, size_t len)
{
	memcpy(out->at, bytes, len);
	out->at += len;
}

static void put_16(struct bytes_out *out, uint16_t value)
{
	value = htole16(value);
	put(out, &value, sizeof(value));
}

static void put_32(struct bytes_out *out, uint32_t value)
{
	value = htole32(value);
	put(out, &value, sizeof(value));
}

static void put_64(struct bytes_out *out, uint64_t value)
{
	value = htole64(value);
	put(out, &value, sizeof(value));
}

static void put_zero(struct bytes_out *out, size_t len)
{
	memset(out->at, 0, len);
	out->at += len;
}

static void get(struct bytes_in *in, void *bytes, size_t len)
{
	memcpy(bytes, in->at, len);
	in->at += len;
}

static uint16_t get_16(struct bytes_in *in)
{
	uint16_t value;

	get(in, &value, sizeof(value));
	return le16toh(value);
}

static uint32_t get_32(struct bytes_in *in)
{
	uint32_t value;

	get(in, &value, sizeof(value));
	return le32toh(value);
}

static uint64_t get_64(struct bytes_in *in)
{
	uint64_t value;

	get(in, &value, sizeof(value));
	return le64toh(value);
}

static void get_zero(struct bytes_in *in, size_t len)
{
	for (size_t i = 0; i < len; i++)
		in->clean &= in->at[i] == 0;
	in->at += len;
}

static void put_record(struct bytes_out *out, const struct fleet_record *record)
{
	put(out, &record->kind, 1);
	put(out, &record->marks, 1);
	put_16(out, record->halves);
	put_32(out, record->rule);
	put_32(out, record->age_ms);
	put_32(out, record->domain);
	put_64(out, record->offset);
	put_32(out, record->generation);
	put_32(out, record->seconds);
	if (record->kind == FLEET_SAID) {
		put(out, record->words, sizeof(record->words));
		return;
	}
	put(out, &record->prefix, sizeof(record->prefix));
	put_zero(out, 7);
	put_64(out, record->account);
}

static void get_record(struct bytes_in *in, struct fleet_record *record)
{
	get(in, &record->kind, 1);
	get(in, &record->marks, 1);
	record->halves = get_16(in);
	record->rule = get_32(in);
	record->age_ms = get_32(in);
	record->domain = get_32(in);
	record->offset = get_64(in);
	record->generation = get_32(in);
	record->seconds = get_32(in);
	if (record->kind == FLEET_SAID) {
		get(in, record->words, sizeof(record->words));
		return;
	}
	get(in, &record->prefix, sizeof(record->prefix));
	get_zero(in, 7);
	record->account = get_64(in);
}

/* One part of what an operator said, and nothing else. */
static bool is_said(const struct fleet_record *record)
{
	size_t len = strnlen(record->words, sizeof(record->words));
	bool good = len > 0 && record->domain < FLEET_PARTS && record->offset > 0 &&
		    !(record->marks | record->halves | record->rule | record->seconds);

	for (size_t i = 0; i < sizeof(record->words); i++)
		good &= i < len ? record->words[i] >= ' ' && record->words[i] <= '~' : record->words[i] == '\0';
	return good;
}

/* Could a node have meant it? */
static bool is_meant(const struct fleet_record *record)
{
	static const struct prefix none;
	const bool about_name = record->kind == FLEET_NAME, about_time = record->kind == FLEET_BAN;

	if (record->kind == FLEET_SAID)
		return is_said(record);
	if (record->kind == FLEET_BAN && (record->marks > FLEET_PERMANENT || record->domain > FLEET_PARTS))
		return false;
	return record->kind > 0 && record->kind < FLEET_KINDS && record->offset > 0 &&
	       (about_name ? memcmp(&record->prefix, &none, sizeof(none)) == 0 && record->account :
		prefix_valid(&record->prefix) && record->prefix.len > 0) &&
	       (about_time ? record->seconds > 0 && record->seconds <= DURATION_MAX_S : record->seconds == 0) &&
	       (record->kind != FLEET_LOGIN || record->account) && record->halves <= 2 * 1023;
}

static void seal(uint8_t out[FLEET_SEAL_BYTES], const char *bytes, size_t len, const uint8_t key[FLEET_MAC_KEY_BYTES])
{
	crypto_generichash(out, FLEET_SEAL_BYTES, (const unsigned char *)bytes, len, key, FLEET_MAC_KEY_BYTES);
}

size_t fleet_batch_seal(char bytes[PARCEL_BYTES], const struct fleet_keys *keys, const struct fleet_head *head,
			const struct fleet_record *records)
{
	struct bytes_out out = { bytes };
	char node[FLEET_NODE_BYTES] = "";

	memcpy(node, head->node, strnlen(head->node, sizeof(node)));
	put_32(&out, FLEET_BATCH_VERSION);
	put_16(&out, (uint16_t)head->count);
	put_zero(&out, 2);
	put_64(&out, head->life);
	put_64(&out, head->number);
	put(&out, node, sizeof(node));
	put_32(&out, head->policy);
	put_32(&out, head->allow);
	put_64(&out, head->run);
	for (size_t i = 0; i < head->count; i++)
		put_record(&out, &records[i]);
	seal((uint8_t *)out.at, bytes, (size_t)(out.at - bytes), keys->mac[0]);
	return (size_t)(out.at - bytes) + FLEET_SEAL_BYTES;
}

const char *fleet_batch_parse(const char *bytes, size_t len, const char *node, struct fleet_head *head,
			      struct fleet_record records[FLEET_TOGETHER])
{
	struct bytes_in in = { bytes, true };
	char its[FLEET_NODE_BYTES] __attribute__((nonstring));	/* and zeros behind it */

	*head = (struct fleet_head){ .count = 0 };
	if (len < FLEET_BATCH_BYTES(0) || len > FLEET_BATCH_BYTES(FLEET_TOGETHER))
		return "it is too short or too long";
	if (get_32(&in) != FLEET_BATCH_VERSION)
		return "it is of another version";
	head->count = get_16(&in);
	if (len != FLEET_BATCH_BYTES(head->count))
		return "it is not as long as it says";
	get_zero(&in, 2);
	head->life = get_64(&in);
	head->number = get_64(&in);
	get(&in, head->node, FLEET_NODE_BYTES);
	head->policy = get_32(&in);
	head->allow = get_32(&in);
	head->run = get_64(&in);
	strncpy(its, node, sizeof(its));
	if (memcmp(head->node, its, sizeof(its)) != 0)
		return "it is another node's";
	for (size_t i = 0; i < head->count; i++) {
		get_record(&in, &records[i]);
		if (!is_meant(&records[i]))
			return "it holds a record that says nothing";
	}
	return in.clean ? NULL : "it says more than this version understands";
}

const char *fleet_batch_open(const char *bytes, size_t len, const struct fleet_keys *keys, const char *node, struct fleet_head *head,
			     struct fleet_record records[FLEET_TOGETHER])
{
	uint8_t made[FLEET_SEAL_BYTES];
	bool sealed = false;

	if (len < FLEET_BATCH_BYTES(0) || len > FLEET_BATCH_BYTES(FLEET_TOGETHER))
		return "it is too short or too long";
	for (unsigned i = 0; i < keys->mac_count && !sealed; i++) {
		seal(made, bytes, len - FLEET_SEAL_BYTES, keys->mac[i]);
		sealed = sodium_memcmp(made, bytes + len - FLEET_SEAL_BYTES, FLEET_SEAL_BYTES) == 0;
	}
	return sealed ? fleet_batch_parse(bytes, len, node, head, records) : "its seal is of no key of ours (key_file: the same on all hosts would be right)";
}
