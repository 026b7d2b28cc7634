/* test_correspondents - whose mail was delivered, against a naive model: random months, full tables, kept and put back */
#include "chance.h"

enum { PLACES = 24, QUEUES = 20, TIMELINES = 2000, STEPS = 200, PREFIXES = 3 * PLACES };
enum { ROOM_MAILS = 12, ROOM_QUEUE = 6 };

#define HOUR_MS INT64_C(3600000)

static const struct conf plain = { .policy = { .ipv6_prefix = 64 } };
static struct world world;
static bool small;

static struct model {
	struct prefix keys[PREFIXES], queue_keys[QUEUES];	/* units and hoods as they come */
	bool in[PREFIXES], waits[QUEUES];
	unsigned keys_used, mails[PREFIXES], credit[PREFIXES], who[QUEUES];
	int64_t hour[PREFIXES], since[QUEUES];
	unsigned wrong;
	const char *what;
} model;

/* every third is IPv6, with two hoods */
static struct place place_at(unsigned number)
{
	struct addr addr = chance_addr(number);

	if (number % 3 == 0)
		addr = (struct addr){ .bytes = { 0x20, 1, 0x0d, 0xb8, 0, (uint8_t)(number % 2), (uint8_t)(number % 4), (uint8_t)number, [15] = 1 } };
	return place_of(&plain, &addr);
}

static uint64_t queue_of(unsigned number)
{
	return chance_name(7000 + number);
}

static void prepare(struct judge *judge)
{
	if (!small)
		return;
	chance_room(&judge->correspondents.mails, ROOM_MAILS);
	chance_room(&judge->correspondents.queue, ROOM_QUEUE);
}

static void begin(void)
{
	chance_world(&world);
	prepare(world.judge);
	memset(&model, 0, sizeof(model));
	for (unsigned i = 0; i < QUEUES; i++)
		model.queue_keys[i] = name_key(queue_of(i));
}

static unsigned at_key(const struct prefix *key)
{
	unsigned at = 0;

	while (at < model.keys_used && memcmp(&model.keys[at], key, sizeof(*key)) != 0)
		at++;
	if (at == model.keys_used)
		model.keys[model.keys_used++] = *key;
	return at;
}

/* Several are entered one after the other: who is gone is asked of the table, who is worth least by the list. */
static void model_mail(const struct prefix *key, bool credit, int64_t hour)
{
	unsigned at = at_key(key);

	if (!model.in[at])
		model.mails[at] = model.credit[at] = 0;
	model.in[at] = true;
	model.hour[at] = hour;
	model.mails[at]++;
	model.credit[at] += credit && model.credit[at] < MAIL_CREDIT_MAX;
}

static int64_t worth(unsigned at)
{
	return (int64_t)model.mails[at] << 40 | model.hour[at];
}

static void model_deliver(unsigned queue, int64_t hour)
{
	struct place place;
	bool stood[PREFIXES];
	int64_t best_gone = -1;

	if (!model.waits[queue])
		return;
	model.waits[queue] = false;
	place = place_at(model.who[queue]);
	memcpy(stood, model.in, sizeof(stood));
	for (unsigned i = 0; i < model.keys_used; i++) {
		if (!stood[i] || table_find(&world.judge->correspondents.mails, &model.keys[i]))
			continue;
		best_gone = worth(i) > best_gone ? worth(i) : best_gone;
		model.in[i] = false;
	}
	for (unsigned i = 0; i < model.keys_used; i++)
		model.wrong += model.in[i] && worth(i) < best_gone && memcmp(&model.keys[i], &place.unit, sizeof(place.unit)) != 0 &&
			       memcmp(&model.keys[i], &place.hoods[0], sizeof(place.unit)) != 0 &&
			       memcmp(&model.keys[i], &place.hoods[1], sizeof(place.unit)) != 0;
	model_mail(&place.unit, true, hour);
	for (unsigned i = 0; i < place.hood_count; i++)
		model_mail(&place.hoods[i], false, hour);
	/* one of its own may have made room for the next of its own, and begun anew */
	for (unsigned i = 0; i < model.keys_used; i++) {
		const struct correspondent *slot = table_find(&world.judge->correspondents.mails, &model.keys[i]);

		if (model.in[i] && !slot)
			model.in[i] = false;
		else if (model.in[i] && slot->mails == 1 && small)
			model.mails[i] = 1, model.credit[i] = slot->credit <= 1 ? slot->credit : 99;
	}
}

static unsigned model_mails(const struct prefix *key, int64_t hour)
{
	unsigned at = at_key(key);

	return model.in[at] && hour - model.hour[at] < MAIL_LIFE_H ? model.mails[at] : 0;
}

static bool model_pardon(const struct prefix *unit, unsigned mails, int64_t hour)
{
	unsigned at = at_key(unit);

	if (model_mails(unit, hour) == 0 || model.credit[at] < mails)
		return false;
	model.credit[at] -= mails;
	return true;
}

static void model_accept(unsigned queue, unsigned number, int64_t ms)
{
	int64_t worths[QUEUES];
	int gone;

	if (!model.waits[queue]) {
		for (unsigned i = 0; i < QUEUES; i++)
			worths[i] = model.since[i];
		gone = chance_gone(&world.judge->correspondents.queue, model.queue_keys, worths, model.waits, QUEUES, &model.wrong);
		if (gone >= 0)
			model.waits[gone] = false;
	}
	model.waits[queue] = true;
	model.who[queue] = number;
	model.since[queue] = ms;
}

static void happen(int64_t ms, int64_t *set_ms)
{
	struct correspondents *correspondents = &world.judge->correspondents;
	unsigned number = random_below(PLACES), queue = random_below(QUEUES), price = random_below(2) ? 1 : MAILS_PER_ERROR;
	struct place place = place_at(number);
	int64_t step_ms, now_ms = ms + *set_ms;

	switch (random_below(30)) {
	case 0:
		correspondents_forget(correspondents, &place.unit);
		model.in[at_key(&place.unit)] = false;
		for (unsigned i = 0; i < QUEUES; i++)
			model.waits[i] = model.waits[i] && model.who[i] != number;
		break;
	case 1:
		chance_again(&world, prepare, now_ms);
		break;
	case 2:
		step_ms = ((int64_t)random_below(2000) - 1000) * HOUR_MS;
		memory_shift(world.judge, step_ms);
		*set_ms += step_ms;
		break;
	case 3: case 4: case 5: case 6: case 7:
		if (correspondents_pardon(correspondents, &place.unit, price, now_ms) != model_pardon(&place.unit, price, ms / HOUR_MS))
			model.what = "may its mails pay";
		break;
	case 8: case 9: case 10: case 11: case 12: case 13: case 14: case 15: case 16: case 17: case 18:
		correspondents_accept(correspondents, queue_of(queue), &place.unit, now_ms);
		model_accept(queue, number, ms);
		break;
	case 19:	/* a newsletter */
		for (unsigned i = random_below(40); i > 0; i--) {
			correspondents_accept(correspondents, queue_of(queue), &place.unit, now_ms);
			model_accept(queue, number, ms);
			correspondents_deliver(correspondents, queue_of(queue), now_ms);
			model_deliver(queue, ms / HOUR_MS);
		}
		for (unsigned i = random_below(20); i > 0; i--)
			if (correspondents_pardon(correspondents, &place.unit, price, now_ms) != model_pardon(&place.unit, price, ms / HOUR_MS))
				model.what = "may they pay";
		break;
	default:
		correspondents_deliver(correspondents, queue_of(queue), now_ms);
		model_deliver(queue, ms / HOUR_MS);
	}
}

static const char *differs(int64_t ms, int64_t now_ms)
{
	const struct correspondents *correspondents = &world.judge->correspondents;
	unsigned number = random_below(PLACES);
	struct place place = place_at(number);
	static char text[60];

	if (model.wrong || model.what)
		return model.what ? model.what : "who had to make room";
	snprintf(text, sizeof(text), "place %u", number);
	if (correspondents_mails(correspondents, &place.unit, now_ms) != model_mails(&place.unit, ms / HOUR_MS) ||
	    correspondents_mails(correspondents, &place.hoods[0], now_ms) != model_mails(&place.hoods[0], ms / HOUR_MS))
		return text;
	return "";
}

static void test_property(void)
{
	unsigned wrong = 0, full = 0, paid = 0;

	for (unsigned round = 0; round < TIMELINES; round++) {
		int64_t ms = WORLD_BEGINS_MS, set_ms = 0;
		const char *difference = "";

		small = round % 2;
		begin();
		for (unsigned i = 0; i < STEPS && !*difference; i++) {
			ms += random_below(50) ? chance_pause_ms() : (MAIL_LIFE_H - 1 + random_below(2)) * HOUR_MS;
			happen(ms, &set_ms);
			difference = differs(ms, ms + set_ms);
			tap_wrong(*difference, &wrong, "round %u, step %u: %s", round, i, difference);
		}
		for (unsigned i = 0; i < model.keys_used; i++)
			paid += model.in[i] && model.credit[i] > MAILS_PER_ERROR;
		full += world.judge->correspondents.mails.used == ROOM_MAILS;
	}
	tap_int(wrong, 0, "%d random timelines of mails agree with lists without bounds", TIMELINES);
	tap_ok(full > 500 && paid > 100, "the table was full %u times, %u had mails in hand", full, paid);
}

/* RCPT and RSET, from one who never lets a mail be delivered; and a botnet with a mail each */
static void test_lies(void)
{
	struct correspondents *correspondents;
	struct place partner = place_at(1), liar = place_at(2);
	unsigned pardons = 0;

	small = true;
	begin();
	correspondents = &world.judge->correspondents;
	for (unsigned i = 0; i < 20; i++) {
		correspondents_accept(correspondents, queue_of(i), &partner.unit, WORLD_BEGINS_MS);
		correspondents_deliver(correspondents, queue_of(i), WORLD_BEGINS_MS);
	}
	for (unsigned i = 0; i < 1000; i++)
		correspondents_accept(correspondents, queue_of(100 + i), &liar.unit, WORLD_BEGINS_MS + i);
	tap_ok(!correspondents_pardon(correspondents, &liar.unit, 1, WORLD_BEGINS_MS + 1000), "mails that are accepted and not delivered pay for nothing");
	for (unsigned i = 0; i < 500; i++) {
		struct addr addr = { .bytes = { [10] = 0xff, [11] = 0xff, 203, (uint8_t)i, (uint8_t)(i / 256), 1 } };
		struct prefix unit = { addr, 128 };

		correspondents_accept(correspondents, queue_of(5000 + i), &unit, WORLD_BEGINS_MS + 2000 + i);
		correspondents_deliver(correspondents, queue_of(5000 + i), WORLD_BEGINS_MS + 2000 + i);
	}
	tap_int(correspondents_mails(correspondents, &partner.unit, WORLD_BEGINS_MS + 3000), 20,
		"a botnet with a mail each pushes out nobody who has sent twenty");
	while (correspondents_pardon(correspondents, &partner.unit, MAILS_PER_ERROR, WORLD_BEGINS_MS + 3000))
		pardons++;
	tap_int(pardons, 5, "which pay for five");
	correspondents_deliver(correspondents, queue_of(0), WORLD_BEGINS_MS + 3000);
	tap_int(correspondents_mails(correspondents, &partner.unit, WORLD_BEGINS_MS + 3000), 20, "a mail counts once, however often it is told of");
}

int main(void)
{
	test_property();
	test_lies();
	world_fini(&world);
	return tap_done();
}
