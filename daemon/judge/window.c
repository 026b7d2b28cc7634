/* window - the exact sliding sum of an address's errors
 *
 * A slot is a line of the cache: the table's header, what the address did last, and its events, each one word, sorted by time.
 * Where these are more than fit in there, the latest two are, and the others in a chain of further lines, the oldest first.
 * There are as many of those as all slots together may need: they take no memory before.
 * Eviction: when the table is full, a hand goes over the next slots; one with nothing left in its window goes
 * first, else the one with the fewest errors, the older of equals. A sixteenth of the table is for those with one error
 * alone: as long as they are fewer, a newcomer takes the place of the lightest of the others, so that nobody goes uncounted;
 * once they are as many, that of one of his own like, so that a flood of one-error addresses washes out no others.
 * No network fills the table: a /24 or /48 that has its share of slots gets no more, and a newcomer of it takes the place of
 * a neighbour. Shares are counted by the networks' hashes, which may count one too much, and never one too little. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "judge/window.h"

#define VICTIM_SAMPLE 64	/* enough to choose well among many light ones */
#define NEIGHBOUR_SEARCH 4096	/* how far to look for a neighbour */
#define ROOM_MAX (sizeof(((struct window_saved *)0)->events) / sizeof(uint64_t))
#define NETS (1U << 16)		/* counters of networks; a power of two */

/* One error in one word; see TIME_MAX_MS. */
struct event {
	uint64_t time_ms : TIME_BITS, weight : WEIGHT_BITS, rule : RULE_BITS;
};
_Static_assert(sizeof(struct event) == 8, "an event is one word");

/* With a long window the weight is one of halves, and marks. */
#define MARK_BITS 3
#define MARKS ((1U << MARK_BITS) - 1)
_Static_assert(((WINDOW_HALVES_MAX << MARK_BITS) | MARKS) == WEIGHT_MAX, "halves and marks are a weight");

#define HERE 3U		/* events that fit into the slot, */
#define LINE 7U		/* and into each further line */

struct tally {
	struct table_slot slot;	/* slot.caller[0..1]: how many events */
	struct window_last last;
	union {
		struct event here[HERE];
		uint32_t line;	/* of more than HERE: in place of the first, the number of their line */
	};
};

struct line {
	_Alignas(64) struct event events[LINE];
	uint32_t next;		/* of all but the last */
};
_Static_assert(sizeof(struct tally) == 64 && sizeof(struct line) == 64, "a line of the cache");

static unsigned count_of(const struct tally *tally)
{
	return (unsigned)tally->slot.caller[0] | (unsigned)tally->slot.caller[1] << 8;
}

static void set_count(struct window *window, struct tally *tally, unsigned count)
{
	window->singles += count == 1;
	window->singles -= count_of(tally) == 1;
	tally->slot.caller[0] = (uint8_t)count;
	tally->slot.caller[1] = (uint8_t)(count >> 8);
}

/* How many of an address's events are in its lines. */
static unsigned in_lines(unsigned count)
{
	return count <= HERE ? 0 : count - (HERE - 1);
}

static unsigned lines_for(unsigned count)
{
	return (in_lines(count) + LINE - 1) / LINE;
}

static struct line *line_at(const struct window *window, uint32_t number)
{
	return pool_at(&window->lines, number);
}

/* Copy an address's events, in their order; returns how many. */
static unsigned take_events(const struct window *window, const struct tally *tally, struct event *events)
{
	unsigned count = tally ? count_of(tally) : 0, left = in_lines(count);

	for (uint32_t number = left ? tally->line : 0; left > 0; number = line_at(window, number)->next) {
		unsigned some = left < LINE ? left : LINE;

		memcpy(events, line_at(window, number)->events, some * sizeof(*events));
		events += some;
		left -= some;
	}
	left = count - in_lines(count);
	if (left)
		memcpy(events, tally->here + (count > HERE), left * sizeof(*events));
	return count;
}

/* The address's events are these from now on. */
static void put_events(struct window *window, struct tally *tally, const struct event *events, unsigned count)
{
	unsigned had = lines_for(count_of(tally)), wants = lines_for(count), left = in_lines(count);

	for (; had > wants; had--) {
		uint32_t next = line_at(window, tally->line)->next;

		pool_give(&window->lines, tally->line);
		tally->line = next;
	}
	for (; had < wants; had++) {
		uint32_t first = pool_take(&window->lines);

		line_at(window, first)->next = tally->line;	/* of the last it means nothing */
		tally->line = first;
	}
	for (uint32_t number = left ? tally->line : 0; left > 0; number = line_at(window, number)->next) {
		unsigned some = left < LINE ? left : LINE;

		memcpy(line_at(window, number)->events, events, some * sizeof(*events));
		events += some;
		left -= some;
	}
	memcpy(tally->here + (count > HERE), events, (count - in_lines(count)) * sizeof(*events));
	set_count(window, tally, count);
}

/* The network that an address shares the table's slots with: a /24 or a /48. */
static struct addr net_of(const struct addr *addr)
{
	return addr_mask(addr, addr_is_v4(addr) ? 96 + 24 : 48);
}

static uint32_t *net_count(const struct window *window, const struct addr *addr)
{
	struct addr net = net_of(addr);

	return &window->nets[addr_hash(&net, window->table.seed) & (NETS - 1)];
}

static struct tally *enter(struct window *window, const struct prefix *key)
{
	(*net_count(window, &key->addr))++;
	return table_insert(&window->table, key);
}

static void leave(struct window *window, struct tally *tally)
{
	(*net_count(window, &tally->slot.key))--;
	put_events(window, tally, window->scratch, 0);
	table_remove(&window->table, tally);
}

int window_init_classes(struct window *window, const struct window_class *classes, size_t count, const uint8_t *class_of,
			uint32_t class_rules, uint32_t capacity)
{
	uint32_t lines;

	assert(count >= 1 && count <= WINDOW_CLASSES_MAX);
	*window = (struct window){ .span_ms = classes->span_ms, .long_ms = classes->long_ms, .soft = classes->soft,
				   .hard = classes->hard };
	for (size_t i = 0; i < count; i++) {
		uint32_t hard = classes[i].hard;

		assert(classes[i].soft >= 1 && classes[i].soft <= hard && hard <= 1000 && classes[i].span_ms >= 1000);
		window->classes[i] = classes[i];
		window->room += hard - 1 > WINDOW_ROOM ? hard - 1 : WINDOW_ROOM;
	}
	if (window->room > ROOM_MAX)
		window->room = ROOM_MAX;
	if (count > 1) {
		window->class_of = class_of;
		window->class_rules = class_rules;
		window->apart = calloc(window->room + 1, sizeof(struct event));
	}
	window->scratch = calloc(window->room + 1, sizeof(struct event));
	window->others = calloc(window->room, sizeof(struct event));
	window->nets = calloc(NETS, sizeof(*window->nets));
	if (!window->scratch || !window->others || !window->nets || (count > 1 && !window->apart))
		return -ENOMEM;
	window->net_share = capacity / 64 > WINDOW_SHARE_MIN ? capacity / 64 : WINDOW_SHARE_MIN;
	if (__builtin_mul_overflow(capacity, lines_for(window->room), &lines) ||
	    pool_init(&window->lines, sizeof(struct line), lines) < 0)
		return -ENOMEM;
	return table_init(&window->table, sizeof(struct tally), capacity);
}

int window_init(struct window *window, uint32_t span_s, uint32_t long_s, uint32_t soft, uint32_t hard, uint32_t capacity)
{
	return window_init_classes(window, &(struct window_class){ (int64_t)span_s * 1000, (int64_t)long_s * 1000, soft, hard }, 1,
				   NULL, 0, capacity);
}

void window_fini(struct window *window)
{
	free(window->scratch);
	free(window->others);
	free(window->apart);
	free(window->nets);
	pool_fini(&window->lines);
	table_fini(&window->table);
}

void window_forget(struct window *window, const struct prefix *key)
{
	struct tally *tally = table_find(&window->table, key);

	if (tally)
		leave(window, tally);
}

/* Of those in scratch, the first kept ones stay. */
static void put_back(struct window *window, struct tally *tally, unsigned kept)
{
	if (kept == 0) {
		leave(window, tally);
		return;
	}
	put_events(window, tally, window->scratch, kept);
	table_touch(&window->table, tally);
}

bool window_retract(struct window *window, const struct prefix *key, int64_t time_ms, uint16_t rule)
{
	struct tally *tally = table_find(&window->table, key);
	unsigned count = take_events(window, tally, window->scratch);
	struct event *events = window->scratch;

	for (unsigned i = 0; i < count; i++) {
		if ((int64_t)events[i].time_ms != time_ms || events[i].rule != rule)
			continue;
		memmove(events + i, events + i + 1, (count - i - 1) * sizeof(*events));
		put_back(window, tally, count - 1);
		return true;
	}
	return false;
}

void window_shift(struct window *window, int64_t step_ms)
{
	uint32_t cursor = 0;
	struct tally *tally;

	while ((tally = table_next(&window->table, &cursor)) != NULL) {
		unsigned count = take_events(window, tally, window->scratch);

		for (unsigned i = 0; i < count; i++)
			window->scratch[i].time_ms = (uint64_t)time_shift((int64_t)window->scratch[i].time_ms, step_ms) & TIME_MAX_MS;
		put_events(window, tally, window->scratch, count);
		tally->last.time_ms = time_shift(tally->last.time_ms, step_ms) & TIME_MAX_MS;
	}
}

void window_pardon(struct window *window, const struct prefix *key, window_rule_fn *fn, void *arg)
{
	struct tally *tally = table_find(&window->table, key);
	unsigned count = take_events(window, tally, window->scratch), kept = 0;

	for (unsigned i = 0; i < count; i++)
		if (!fn(arg, (uint16_t)window->scratch[i].rule))
			window->scratch[kept++] = window->scratch[i];
	if (kept < count)
		put_back(window, tally, kept);
}

static unsigned class_of(const struct window *window, uint32_t rule)
{
	return window->apart && rule < window->class_rules ? window->class_of[rule] : 0;
}

static const struct window_class *class_at(const struct window *window, uint32_t rule)
{
	return &window->classes[class_of(window, rule)];
}

static uint32_t weight_of(const struct window *window, const struct event *event)
{
	return window->long_ms ? event->weight >> MARK_BITS : event->weight;
}

/* In halves: a strike is a whole error, however little it weighs. */
static uint32_t strike_of(const struct event *event)
{
	uint32_t halves = event->weight >> MARK_BITS;

	return (event->weight & WINDOW_AGAIN) && halves < 2 ? 2 : halves;
}

static uint32_t weight_of_all(const struct window *window, const struct event *events, unsigned count)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += weight_of(window, &events[i]);
	return sum;
}

/* Until when does an event matter? */
static int64_t end_of(const struct window *window, const struct event *event)
{
	const struct window_class *class = class_at(window, event->rule);
	bool is_long = class->long_ms && !(event->weight & WINDOW_BRIEF);

	return (int64_t)event->time_ms + (is_long ? class->long_ms : class->span_ms);
}

static const struct event *latest_of(const struct tally *tally)
{
	unsigned count = count_of(tally);

	return &tally->here[(count < HERE ? count : HERE) - 1];
}

/* What an address weighs against others; 0: nothing is left in its window. */
static uint32_t worth(const struct window *window, const struct tally *tally, int64_t now_ms)
{
	if (now_ms > end_of(window, latest_of(tally)))
		return 0;
	return weight_of_all(window, window->others, take_events(window, tally, window->others));
}

/* The lighter of two, the older of equals. */
static bool goes_before(const struct window *window, const struct tally *a, const struct tally *b, int64_t now_ms)
{
	uint32_t a_worth = worth(window, a, now_ms), b_worth = b ? worth(window, b, now_ms) : UINT32_MAX;

	return !b || a_worth < b_worth || (a_worth == b_worth && latest_of(a)->time_ms < latest_of(b)->time_ms);
}

static struct tally *next_under_hand(struct window *window)
{
	struct tally *tally = table_next(&window->table, &window->hand);

	if (!tally) {
		window->hand = 0;
		tally = table_next(&window->table, &window->hand);
	}
	return tally;
}

/* In a full table: free a slot for a newcomer. Some are of his like, or the lightest of the others goes: so that one is found
 * after a walk over the whole table at most, and on the average after sixteen slots. */
static void evict(struct window *window, int64_t now_ms)
{
	bool of_his_like = window->singles >= (window->table.capacity + 15) / 16;
	struct tally *victim = NULL, *last = NULL;

	for (uint32_t i = 0; i < VICTIM_SAMPLE || (!victim && i < window->table.capacity); i++) {
		struct tally *tally = last = next_under_hand(window);
		bool over = now_ms > end_of(window, latest_of(tally));

		if (!over && (count_of(tally) == 1) != of_his_like)
			continue;
		if (goes_before(window, tally, victim, now_ms))
			victim = tally;
		if (over)
			break;
	}
	leave(window, victim ? victim : last);
}

/* Of a network that has its share of the table: free a neighbour's slot. false: none is in sight. */
static bool evict_neighbour(struct window *window, const struct addr *addr, int64_t now_ms)
{
	struct addr net = net_of(addr);
	struct tally *victim = NULL;
	unsigned found = 0;

	for (uint32_t i = 0; i < NEIGHBOUR_SEARCH && i < window->table.used && found < VICTIM_SAMPLE; i++) {
		struct tally *tally = next_under_hand(window);
		struct addr its = net_of(&tally->slot.key);

		if (addr_cmp(&its, &net) != 0)
			continue;
		found++;
		if (goes_before(window, tally, victim, now_ms))
			victim = tally;
	}
	if (victim)
		leave(window, victim);
	return victim;
}

/* A slot for a newcomer; NULL: his network has its share, and none of it is in sight. */
static struct tally *admit(struct window *window, const struct prefix *key, int64_t now_ms)
{
	if (*net_count(window, &key->addr) >= window->net_share && !evict_neighbour(window, &key->addr, now_ms))
		return NULL;
	if (window->table.used == window->table.capacity)
		evict(window, now_ms);
	return enter(window, key);
}

static void add_reason(struct window_sum *sum, uint16_t rule, uint32_t errors)
{
	struct window_reason *reason = sum->reasons;
	size_t i = 0;

	while (i < sum->reason_count && reason[i].rule != rule)
		i++;
	if (i == WINDOW_REASONS)
		return;
	if (i == sum->reason_count)
		reason[sum->reason_count++] = (struct window_reason){ rule, 0 };
	reason[i].errors += errors;
	for (; i > 0 && reason[i].errors > reason[i - 1].errors; i--) {
		struct window_reason lighter = reason[i - 1];

		reason[i - 1] = reason[i];
		reason[i] = lighter;
	}
}

/* The fullest span of events that contains position at: [*from, *to); *to is 0 before. */
static uint32_t fullest(const struct window *window, const struct event *events, unsigned count, unsigned at,
			unsigned *from, unsigned *to)
{
	int64_t span_ms = class_at(window, events[at].rule)->span_ms;
	uint32_t best = 0;

	for (unsigned end = at; end < count; end++) {
		unsigned start = at;
		uint32_t sum;

		while (start > 0 && (int64_t)(events[end].time_ms - events[start - 1].time_ms) <= span_ms)
			start--;
		if ((int64_t)(events[end].time_ms - events[at].time_ms) > span_ms)
			break;
		sum = weight_of_all(window, events + start, end + 1 - start);
		if (*to == 0 || sum > best) {
			best = sum;
			*from = start;
			*to = end + 1;
		}
	}
	return best;
}

/* Put the event into its place among count others, sorted by time; returns where that is. */
static unsigned insert(struct event *events, unsigned count, struct event event)
{
	unsigned at = count;

	while (at > 0 && events[at - 1].time_ms > event.time_ms)
		at--;
	memmove(events + at + 1, events + at, (count - at) * sizeof(*events));
	events[at] = event;
	return at;
}

/* The address's events and one more, in scratch, sorted; *at: where that is. */
static unsigned gather(const struct window *window, const struct tally *tally, struct event event, unsigned *at)
{
	unsigned count = take_events(window, tally, window->scratch);

	*at = insert(window->scratch, count, event);
	return count + 1;
}

/* Of those in scratch, the ones of a class; *count, *at: how many, and where that one is, among them. */
static const struct event *set_apart(const struct window *window, unsigned class, unsigned *count, unsigned *at)
{
	unsigned kept = 0, place = 0;

	if (!window->apart)
		return window->scratch;
	for (unsigned i = 0; i < *count; i++) {
		if (class_of(window, window->scratch[i].rule) != class)
			continue;
		if (i == *at)
			place = kept;
		window->apart[kept++] = window->scratch[i];
	}
	*count = kept;
	*at = place;
	return window->apart;
}

static void sum_up(const struct window *window, const struct event *events, unsigned count, unsigned at, struct window_sum *sum)
{
	unsigned from = 0, to = 0;

	sum->errors = fullest(window, events, count, at, &from, &to);
	sum->latest_ms = (int64_t)events[to - 1].time_ms;
	if (sum->errors >= class_at(window, events[at].rule)->soft || window->long_ms)
		for (unsigned i = from; i < to; i++)
			add_reason(sum, (uint16_t)events[i].rule, weight_of(window, &events[i]));
	for (unsigned i = from; window->long_ms && i < to; i++)
		sum->strikes += strike_of(&events[i]);
}

/* What is in scratch becomes the address's, its latest room events. false: there is no place for a newcomer. */
static bool keep_events(struct window *window, struct tally *tally, const struct prefix *key, unsigned count, unsigned room,
			int64_t time_ms)
{
	struct event *events = window->scratch;

	if (!tally) {
		tally = admit(window, key, time_ms);
		if (!tally)
			return false;
	}
	if (count > room) {			/* the oldest make room */
		events += count - room;
		count = room;
	}
	put_events(window, tally, events, count);
	table_touch(&window->table, tally);
	return true;
}

static struct event event_of(int64_t time_ms, uint32_t weight, uint16_t rule)
{
	return (struct event){ (uint64_t)time_ms & TIME_MAX_MS, weight & WEIGHT_MAX, (uint64_t)rule & RULE_FORMER };
}

bool window_add(struct window *window, const struct prefix *key, int64_t time_ms, uint32_t weight, uint16_t rule, bool keep,
		struct window_sum *sum)
{
	struct tally *tally = table_find(&window->table, key);
	const struct window_class *class = class_at(window, rule);
	unsigned count, at, alike;
	const struct event *events;

	assert(weight >= 1 && weight <= WEIGHT_MAX && rule <= RULE_FORMER && time_ms >= 0);
	*sum = (struct window_sum){ .first = !tally };
	count = gather(window, tally, event_of(time_ms, weight, rule), &at);
	alike = count;
	events = set_apart(window, class_of(window, rule), &alike, &at);
	sum_up(window, events, alike, at, sum);
	if (sum->errors >= class->hard && (!keep || class->hard == 1)) {
		if (tally)
			leave(window, tally);
		return true;
	}
	/* kept at the limit: one below it, where no others would go with them */
	return keep_events(window, tally, key, count, sum->errors >= class->hard && !window->apart ? class->hard - 1 : window->room,
			   time_ms);
}

/* What the errors in scratch come to in the long window that ends with the latest of them. */
static void sum_long(const struct window *window, const struct event *events, unsigned count, struct window_sum *sum)
{
	int64_t long_ms = count ? class_at(window, events[0].rule)->long_ms : 0;

	for (unsigned i = 0; i < count; i++) {
		uint32_t halves = weight_of(window, &events[i]);

		if ((events[i].weight & WINDOW_BRIEF) || (int64_t)(events[count - 1].time_ms - events[i].time_ms) > long_ms)
			continue;
		sum->long_halves += halves;
		if (events[i].weight & WINDOW_LOGIN)
			sum->login_halves += halves;
	}
}

/* More than there is room for: what matters no more goes first, then what is brief, then the oldest. */
static unsigned make_room(const struct window *window, unsigned count)
{
	struct event *events = window->scratch;
	unsigned gone = 0;

	if (count <= window->room)
		return count;
	for (unsigned i = 1; i < count; i++) {
		bool over = end_of(window, &events[i]) < (int64_t)events[count - 1].time_ms;
		bool gone_over = end_of(window, &events[gone]) < (int64_t)events[count - 1].time_ms;

		if (over > gone_over || (over == gone_over && (events[i].weight & WINDOW_BRIEF) > (events[gone].weight & WINDOW_BRIEF)))
			gone = i;
	}
	memmove(events + gone, events + gone + 1, (count - gone - 1) * sizeof(*events));
	return count - 1;
}

bool window_weigh(struct window *window, const struct prefix *key, int64_t time_ms, uint32_t halves, uint16_t rule, unsigned marks,
		  struct window_sum *sum)
{
	struct tally *tally = table_find(&window->table, key);
	unsigned count, at, alike;
	const struct event *events;

	assert(window->long_ms && (halves || marks) && marks <= MARKS && rule <= RULE_FORMER && time_ms >= 0);
	if (halves > WINDOW_HALVES_MAX)
		halves = WINDOW_HALVES_MAX;
	*sum = (struct window_sum){ .first = !tally };
	count = gather(window, tally, event_of(time_ms, halves << MARK_BITS | marks, rule), &at);
	alike = count;
	events = set_apart(window, class_of(window, rule), &alike, &at);
	sum_up(window, events, alike, at, sum);
	sum_long(window, events, alike, sum);
	count = make_room(window, count);
	return keep_events(window, tally, key, count, window->room, time_ms);
}

struct window_last *window_last(const struct window *window, const struct prefix *key)
{
	struct tally *tally = table_find(&window->table, key);

	return tally ? &tally->last : NULL;
}

void window_touch(struct window *window, const struct prefix *key)
{
	const struct tally *tally = table_find(&window->table, key);

	if (tally)
		table_touch(&window->table, tally);
}

void window_look(const struct window *window, const struct prefix *key, int64_t now_ms, unsigned class, struct window_sum *sum)
{
	const struct tally *tally = table_find(&window->table, key);
	unsigned count = take_events(window, tally, window->scratch), at = 0;
	const struct event *events;

	*sum = (struct window_sum){ .first = !tally };
	events = set_apart(window, class, &count, &at);
	for (unsigned i = 0; i < count; i++) {
		if (now_ms - (int64_t)events[i].time_ms > window->classes[class].span_ms)
			continue;
		sum->errors += weight_of(window, &events[i]);
		sum->strikes += window->long_ms ? strike_of(&events[i]) : 0;
		add_reason(sum, (uint16_t)events[i].rule, weight_of(window, &events[i]));
	}
	if (window->long_ms && count)
		sum_long(window, events, count, sum);
}

uint32_t window_slot_errors(const struct window *window, const void *slot, int64_t now_ms)
{
	const struct tally *tally = slot;
	const struct event *events = window->scratch;
	unsigned count = take_events(window, tally, window->scratch);
	uint32_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		if (now_ms - (int64_t)events[i].time_ms <= class_at(window, events[i].rule)->span_ms)
			sum += weight_of(window, &events[i]);
	return window->long_ms ? (sum + 1) / 2 : sum;
}

size_t window_save(const struct window *window, const void *slot, struct window_saved *saved)
{
	const struct tally *tally = slot;
	unsigned count = take_events(window, tally, window->scratch);

	saved->key = table_key(&tally->slot);
	saved->last = (struct window_saved_last){
		.name = tally->last.name,
		.only = tally->last.several ? 0 : tally->last.name,
		.password = tally->last.password,
		.run = tally->last.run,
		.several = tally->last.several,
		.halves = window->long_ms != 0,
		.told = tally->last.told,
		.time_ms = tally->last.time_ms,
	};
	memcpy(saved->events, window->scratch, count * sizeof(struct event));
	return offsetof(struct window_saved, events) + count * sizeof(struct event);
}

static struct event saved_event(const struct window_saved *saved, size_t i)
{
	struct event event;

	memcpy(&event, &saved->events[i], sizeof(event));
	return event;
}

/* The hard limit is lower than it was: the latest errors that stay below it, so that the next one tips the scale. */
static void lower(struct window_saved *saved, size_t *count, uint32_t hard)
{
	uint32_t room = hard - 1;
	size_t from = *count;

	while (room > 0 && from > 0) {
		struct event event = saved_event(saved, --from);

		if (event.weight > room)
			event.weight = room & WEIGHT_MAX;
		room -= event.weight;
		memcpy(&saved->events[from], &event, sizeof(event));
	}
	memmove(saved->events, saved->events + from, (*count - from) * sizeof(*saved->events));
	*count -= from;
}

static uint32_t lowest_hard(const struct window *window)
{
	uint32_t hard = window->hard;

	for (size_t i = 1; i < WINDOW_CLASSES_MAX && window->classes[i].hard; i++)
		if (window->classes[i].hard < hard)
			hard = window->classes[i].hard;
	return hard;
}

/* false: no room. *banned: the hard limit was reached, and the address is forgotten */
static bool add_all(struct window *window, const struct window_saved *saved, size_t count, const uint16_t *rule_map,
		    bool *banned)
{
	struct window_sum sum;

	*banned = false;
	for (size_t i = 0; i < count && !*banned; i++) {
		struct event event = saved_event(saved, i);

		if (!window_add(window, &saved->key, (int64_t)event.time_ms, event.weight, rule_map[event.rule], false, &sum))
			return false;
		*banned = sum.errors >= class_at(window, rule_map[event.rule])->hard;
	}
	return true;
}

/* The limits are not asked: whoever is at one is banned at the next error. */
static bool restore_halves(struct window *window, const struct window_saved *saved, size_t count, const uint16_t *rule_map)
{
	struct window_sum sum;
	struct window_last *last;

	for (size_t i = 0; i < count; i++) {
		struct event event = saved_event(saved, i);
		uint32_t halves = saved->last.halves ? (uint32_t)event.weight >> MARK_BITS : 2U * event.weight;
		uint32_t marks = saved->last.halves ? event.weight & MARKS : 0;

		if (!window_weigh(window, &saved->key, (int64_t)event.time_ms, halves, rule_map[event.rule], marks, &sum))
			return false;
	}
	last = window_last(window, &saved->key);
	if (last)
		*last = (struct window_last){
			.name = saved->last.name,
			.password = saved->last.password & WINDOW_PASSWORD_MAX,
			.run = saved->last.run,
			.time_ms = saved->last.time_ms & TIME_MAX_MS,
			.several = saved->last.several || saved->last.only != saved->last.name,
			.told = saved->last.told != 0,
		};
	return true;
}

/* Halves to whole errors, where the window of today has no long one. */
static void make_whole(struct window_saved *saved, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct event event = saved_event(saved, i);
		uint32_t errors = ((uint32_t)event.weight >> MARK_BITS) / 2U;

		event.weight = errors ? errors & WEIGHT_MAX : 1;
		memcpy(&saved->events[i], &event, sizeof(event));
	}
}

bool window_restore(struct window *window, struct window_saved *saved, size_t len, const uint16_t *rule_map)
{
	size_t count = len < offsetof(struct window_saved, events) ? 0 :
		(len - offsetof(struct window_saved, events)) / sizeof(struct event);
	bool banned;

	if (!prefix_valid(&saved->key) || !time_valid(saved->last.time_ms))
		return false;
	for (size_t i = 0; i < count; i++)
		if (saved_event(saved, i).weight == 0)
			return false;
	if (window->long_ms)
		return restore_halves(window, saved, count, rule_map);
	if (saved->last.halves)
		make_whole(saved, count);
	if (!add_all(window, saved, count, rule_map, &banned))
		return false;
	if (!banned)
		return true;
	lower(saved, &count, lowest_hard(window));
	return add_all(window, saved, count, rule_map, &banned);
}
