/* test_fleet - batches are believed when they are whole and sealed; keys, marks and the ring outlive the process */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own_file.h"
#include "service/fleet.h"
#include "service/fleet_batch.h"
#include "service/fleet_marks.h"
#include "service/fleet_ring.h"
#include "tap.h"

static struct prefix prefix(const char *text)
{
	struct prefix p = { .len = 0 };

	if (prefix_parse(text_of(text), true, &p))
		abort();
	return p;
}

/* ---- keys ---- */

static bool read_keys(struct fleet_keys *keys, const char *text, mode_t mode)
{
	struct problems quiet = { .out = NULL };

	own_file_write(text, strlen(text));
	if (chmod(own_file, mode) < 0)
		abort();
	return fleet_keys_read(keys, own_file, &quiet);
}

static void test_keys(void)
{
#define HEX_32 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define HEX_16 "0123456789abcdef0123456789abcdef"
	static const struct {
		const char *what, *text;
		bool good;
	} cases[] = {
		{ "a seal and a key of names", "mac " HEX_32 "\nnames " HEX_16 "\n", true },
		{ "two seals, a comment, blanks", "# ours\n mac " HEX_32 "\n\nmac " HEX_32 "\n  names\t" HEX_16 "\n", true },
		{ "three seals", "mac " HEX_32 "\nmac " HEX_32 "\nmac " HEX_32 "\nnames " HEX_16 "\n", false },
		{ "two keys of names", "mac " HEX_32 "\nnames " HEX_16 "\nnames " HEX_16 "\n", false },
		{ "no key of names", "mac " HEX_32 "\n", false },
		{ "no seal", "names " HEX_16 "\n", false },
		{ "a digit too few", "mac " "0" HEX_16 HEX_16 "\nnames " HEX_16 "\n", false },
		{ "a letter that is no digit", "mac x0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\nnames " HEX_16 "\n", false },
		{ "another word", "key " HEX_32 "\nnames " HEX_16 "\n", false },
		{ "a word more", "mac " HEX_32 " x\nnames " HEX_16 "\n", false },
		{ "nothing", "", false },
	};
	struct fleet_keys keys;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		tap_ok(read_keys(&keys, cases[i].text, 0640) == cases[i].good, "keys: %s: %s", cases[i].what, cases[i].good ? "read" : "refused");
	tap_ok(!read_keys(&keys, cases[0].text, 0644), "keys: refused, if everybody may read them");
	tap_ok(fleet_keys_write(out, NULL) && fclose(out) == 0 && read_keys(&keys, text, 0600), "keys: what is printed is read");
	free(text);
}

/* ---- batches ---- */

static struct fleet_keys keys_of(uint8_t with)
{
	struct fleet_keys keys = { .mac_count = 1 };

	memset(keys.mac[0], with, sizeof(keys.mac[0]));
	return keys;
}

static const struct fleet_record *records(void)
{
	static struct fleet_record made[FLEET_KINDS - 1];

	made[0] = (struct fleet_record){ .kind = FLEET_ERROR, .marks = 3, .halves = 12, .rule = 0xdeadbeef, .age_ms = 17, .domain = 5, .offset = 160,
					 .generation = 1, .prefix = prefix("192.0.2.1"), .account = 99 };
	made[1] = (struct fleet_record){ .kind = FLEET_LOGIN, .offset = 176, .generation = 1, .prefix = prefix("2001:db8::1"), .account = 98 };
	made[2] = (struct fleet_record){ .kind = FLEET_NAME, .offset = 177, .generation = 1, .account = 97 };
	made[3] = (struct fleet_record){ .kind = FLEET_BAN, .offset = 1000000, .seconds = 3600, .prefix = prefix("198.51.100.0/24") };
	made[4] = (struct fleet_record){ .kind = FLEET_RELEASE, .offset = 1000001, .prefix = prefix("203.0.113.5") };
	made[5] = (struct fleet_record){ .kind = FLEET_PARDON, .offset = 1000002, .prefix = prefix("203.0.113.6") };
	made[6] = (struct fleet_record){ .kind = FLEET_SAID, .offset = 1000003, .domain = FLEET_PARTS - 1 };
	memcpy(made[6].words, "thirty-two of them and no NUL ~ x", FLEET_WORDS);
	return made;
}

static void test_batches(void)
{
	static char bytes[PARCEL_BYTES + 1], other[PARCEL_BYTES];
	static struct fleet_record got[FLEET_TOGETHER];
	struct fleet_keys keys = keys_of(1), wrong = keys_of(2), both = keys_of(2);
	struct fleet_head head = { .life = 7, .run = 11, .number = 8, .node = "mx1", .policy = 9, .allow = 10, .count = FLEET_KINDS - 1 }, back;
	size_t len = fleet_batch_seal(bytes, &keys, &head, records());
	unsigned believed = 0;

	both.mac_count = 2;
	memcpy(both.mac[1], keys.mac[0], sizeof(keys.mac[0]));
	tap_int(len, FLEET_BATCH_BYTES(FLEET_KINDS - 1), "a batch is as long as it should be");
	tap_str(fleet_batch_open(bytes, len, &keys, "mx1", &back, got) ? "refused" : "believed", "believed", "sealed, it is believed");
	tap_ok(memcmp(&back, &head, sizeof(head)) == 0 && memcmp(got, records(), sizeof(*got) * head.count) == 0, "and says what was said");
	tap_ok(!fleet_batch_open(bytes, len, &both, "mx1", &back, got), "by the second of two keys, too");
	tap_ok(fleet_batch_open(bytes, len, &wrong, "mx1", &back, got), "not by another key");
	tap_ok(fleet_batch_open(bytes, len, &keys, "mx2", &back, got) && fleet_batch_open(bytes, len, &keys, "mx", &back, got),
	       "not in another node's stream");
	for (size_t i = 0; i < 8 * len; i++) {
		bytes[i / 8] ^= (char)(1 << i % 8);
		believed += fleet_batch_open(bytes, len, &keys, "mx1", &back, got) == NULL;
		bytes[i / 8] ^= (char)(1 << i % 8);
	}
	tap_int(believed, 0, "not with any of its bits turned over");
	for (size_t i = 0; i <= sizeof(bytes); i++)
		believed += i != len && fleet_batch_open(bytes, i, &keys, "mx1", &back, got) == NULL;
	tap_int(believed, 0, "not longer or shorter");
	head.count = 0;
	tap_ok(!fleet_batch_open(other, fleet_batch_seal(other, &keys, &head, NULL), &keys, "mx1", &back, got) && back.count == 0,
	       "an empty one says that its node is there");
}

static void test_nonsense(void)
{
	static char bytes[PARCEL_BYTES];
	static struct fleet_record got[FLEET_TOGETHER];
	struct fleet_keys keys = keys_of(1);
	struct fleet_head head = { .node = "mx1", .count = 1 };
	const struct {
		const char *what;
		struct fleet_record record;
	} cases[] = {
		{ "of no kind", { .kind = 0, .offset = 1, .prefix = prefix("192.0.2.1") } },
		{ "of a kind to come", { .kind = FLEET_KINDS, .offset = 1, .prefix = prefix("192.0.2.1") } },
		{ "without a number", { .kind = FLEET_ERROR, .prefix = prefix("192.0.2.1") } },
		{ "without an address", { .kind = FLEET_ERROR, .offset = 1 } },
		{ "with bits past its length", { .kind = FLEET_BAN, .offset = 1, .seconds = 1, .prefix = { prefix("192.0.2.1").addr, 120 } } },
		{ "longer than an address", { .kind = FLEET_ERROR, .offset = 1, .prefix = { prefix("192.0.2.1").addr, 129 } } },
		{ "a ban without an end", { .kind = FLEET_BAN, .offset = 1, .prefix = prefix("192.0.2.1") } },
		{ "a ban for a century", { .kind = FLEET_BAN, .offset = 1, .seconds = UINT32_MAX, .prefix = prefix("192.0.2.1") } },
		{ "an error that lasts", { .kind = FLEET_ERROR, .offset = 1, .seconds = 1, .prefix = prefix("192.0.2.1") } },
		{ "nobody's login", { .kind = FLEET_LOGIN, .offset = 1, .prefix = prefix("192.0.2.1") } },
		{ "no name", { .kind = FLEET_NAME, .offset = 1 } },
		{ "a name with an address", { .kind = FLEET_NAME, .offset = 1, .account = 1, .prefix = prefix("192.0.2.1") } },
		{ "heavier than any", { .kind = FLEET_ERROR, .offset = 1, .halves = 2047, .prefix = prefix("192.0.2.1") } },
		{ "a ban with marks to come", { .kind = FLEET_BAN, .marks = 2, .offset = 1, .seconds = 1, .prefix = prefix("192.0.2.1") } },
		{ "a ban of which too much is said", { .kind = FLEET_BAN, .domain = FLEET_PARTS + 1, .offset = 1, .seconds = 1,
						       .prefix = prefix("192.0.2.1") } },
		{ "nothing said", { .kind = FLEET_SAID, .offset = 1, .words = "" } },
		{ "too much said", { .kind = FLEET_SAID, .offset = 1, .domain = FLEET_PARTS, .words = "x" } },
		{ "said twice", { .kind = FLEET_SAID, .offset = 1, .words = "x\0x" } },
		{ "said with a colour", { .kind = FLEET_SAID, .offset = 1, .words = "\033[31m" } },
		{ "said for a time", { .kind = FLEET_SAID, .offset = 1, .seconds = 1, .words = "x" } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = fleet_batch_seal(bytes, &keys, &head, &cases[i].record);
		tap_ok(fleet_batch_open(bytes, len, &keys, "mx1", &head, got), "sealed, and refused: %s", cases[i].what);
		head = (struct fleet_head){ .node = "mx1", .count = 1 };
	}
}

/* ---- what outlives the process ---- */

static char folder[] = "/tmp/mailward-fleet-XXXXXX";
static const fleet_names names[] = { "mx1", "mx2" }, turned[] = { "mx2", "mx3", "mx1" };
static struct fleet_marks marks;
static struct fleet_ring ring;
static const fleet_names *now_named = names;

static void load(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	(void)arg, (void)version, (void)number;
	if (kind == 1)
		fleet_marks_load(&marks, bytes, len, now_named);
	else if (kind == 2)
		fleet_ring_load(&ring, bytes, len, 1000);
}

/* Written by one process, read by the next; taken: up to where somebody has it, which is kept nevertheless if it is not of before
 * since_ms. */
static void over_a_restart(uint64_t taken, bool everything, int64_t since_ms)
{
	struct store *store;
	struct snapshot *snapshot;

	if (store_open(&store, folder, fleet_kinds, FLEET_KIND_COUNT, 1000) < 0)
		abort();
	snapshot = store_begin(store, everything);
	fleet_marks_save(&marks, snapshot, 1, names);
	fleet_ring_save(&ring, snapshot, 2, taken, since_ms, 1000);
	store_commit(store, snapshot);
	store_close(store);
}

static void read_back(size_t nodes)
{
	struct store *store;

	fleet_marks_fini(&marks);
	fleet_ring_fini(&ring);
	if (fleet_marks_init(&marks, nodes) < 0 || fleet_ring_init(&ring) < 0 || store_open(&store, folder, fleet_kinds, FLEET_KIND_COUNT, 1000) < 0 ||
	    store_load(store, load, NULL) < 0)
		abort();
	fleet_ring_loaded(&ring);
	store_close(store);
}

static void test_marks(void)
{
	unsigned wrong = 0;

	if (fleet_marks_init(&marks, 2) < 0)
		abort();
	tap_ok(fleet_marks_pass(&marks, 0, 1, 0, 5) && !fleet_marks_pass(&marks, 0, 1, 0, 5) && !fleet_marks_pass(&marks, 0, 1, 0, 4) &&
	       fleet_marks_pass(&marks, 0, 1, 0, 6), "a mark is passed once");
	tap_ok(fleet_marks_pass(&marks, 0, 1, 1, 5) && fleet_marks_pass(&marks, 0, 2, 0, 5) && fleet_marks_pass(&marks, 1, 1, 0, 5),
	       "another generation, another life, another node: another mark");
	tap_ok(fleet_marks_known(&marks, 0, 1, 0, 6) && !fleet_marks_known(&marks, 0, 1, 0, 7) && !fleet_marks_known(&marks, 1, 9, 0, 1),
	       "and asked for, it does not move");
	for (uint64_t life = 100; life < 100 + FLEET_MARKS_EACH - 3; life++) {
		fleet_marks_pass(&marks, 0, 1, 0, life);	/* it goes on moving */
		fleet_marks_pass(&marks, 0, life, 0, 1);
	}
	for (uint64_t life = 101; life < 100 + FLEET_MARKS_EACH - 3; life++)
		wrong += fleet_marks_pass(&marks, 0, life, 0, 1);
	tap_ok(wrong == 0 && !fleet_marks_pass(&marks, 0, 1, 0, 100), "with too many, the one goes that has not moved for longest");
}

static uint64_t push(uint64_t offset)
{
	fleet_ring_push(&ring, &(struct fleet_item){ .record = { .kind = FLEET_ERROR, .offset = offset, .generation = 1 }, .time_ms = (int64_t)offset }, 0);
	return ring.head;
}

static bool in_order(uint64_t first, uint64_t count)
{
	bool good = ring.head - ring.tail == count;

	for (uint64_t i = 0; good && i < count; i++)
		good = fleet_ring_at(&ring, ring.tail + i)->record.offset == first + i && fleet_ring_at(&ring, ring.tail + i)->time_ms == (int64_t)(first + i);
	return good;
}

static void remove_folder(void)
{
	static const char *const parts[] = { "state.db", "state.db-wal", "state.db-shm" };
	char path[64];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, parts[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void test_restarts(void)
{
	uint64_t taken = 0;

	fleet_marks_fini(&marks);
	if (!mkdtemp(folder) || fleet_marks_init(&marks, 2) < 0 || fleet_ring_init(&ring) < 0)
		abort();
	fleet_marks_pass(&marks, 0, 1, 0, 77);
	fleet_marks_pass(&marks, 1, 1, 3, 88);
	for (uint64_t i = 1; i <= 100; i++)
		push(i);
	over_a_restart(0, true, INT64_MAX);
	read_back(2);
	tap_ok(fleet_marks_known(&marks, 0, 1, 0, 77) && !fleet_marks_known(&marks, 0, 1, 0, 78) && fleet_marks_known(&marks, 1, 1, 3, 88),
	       "marks are back");
	tap_ok(in_order(1, 100), "what nobody has taken is back, in its order");
	now_named = turned;
	read_back(3);
	tap_ok(fleet_marks_known(&marks, 2, 1, 0, 77) && fleet_marks_known(&marks, 0, 1, 3, 88) && !fleet_marks_known(&marks, 1, 1, 0, 1),
	       "nodes are known by their names");
	now_named = names;
	read_back(2);
	over_a_restart(0, true, INT64_MAX);
	taken = ring.tail + 60;
	over_a_restart(taken, false, INT64_MAX);
	for (uint64_t i = 101; i <= 200; i++)
		push(i);
	over_a_restart(taken, false, INT64_MAX);
	read_back(2);
	tap_ok(in_order(61, 140), "what is taken goes, what is new comes");
	taken = ring.head;
	over_a_restart(taken, true, 101);
	read_back(2);
	tap_ok(in_order(101, 100), "what was taken lately is there still");
	over_a_restart(ring.head, true, 121);
	over_a_restart(ring.head, false, 151);
	read_back(2);
	tap_ok(in_order(151, 50), "until it is old");
	for (uint64_t i = 201; i <= 60 + 2 * FLEET_RING; i++)
		push(i);
	over_a_restart(0, false, INT64_MAX);
	tap_int(ring.head - ring.tail, FLEET_RING, "it is bounded");
	tap_ok(ring.lost > 0, "and counts what is lost");
	read_back(2);
	tap_ok(in_order(61 + FLEET_RING, FLEET_RING), "over and over, and over a restart, the last are there, in order");
	taken = ring.head;
	over_a_restart(0, true, INT64_MAX);
	over_a_restart(taken, false, INT64_MAX);
	read_back(2);
	tap_ok(in_order(0, 0), "all taken: nothing is left");
	remove_folder();
	fleet_marks_fini(&marks);
	fleet_ring_fini(&ring);
}

int main(void)
{
	test_keys();
	test_batches();
	test_nonsense();
	test_marks();
	test_restarts();
	return tap_done();
}
