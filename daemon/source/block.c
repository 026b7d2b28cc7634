/* block - see block.h
 *
 * What holds: a line is left out only if feed_record() would have said no to it, and if what it would have changed in the feed
 * is said at the end of the block (whose host's last line was a hit) or by an item of its own (a month that begins). So the
 * hits, their times and the feed behind the block are what they are line by line. Slices point into the block's own bytes: a
 * record that lies elsewhere makes it odd. */
#include "source/block.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

#define NO_HIT SIZE_MAX

struct block_item {
	enum item_kind { ITEM_HIT, ITEM_MONTH, ITEM_PLAIN } kind;
	bool year_guessed;		/* the record's time is of a stamp without one */
	enum match_met met;
	bool heard;			/* once told: the judge had to hear of it */
	uint64_t number;		/* of its line */
	struct text account;
	struct record record;
	struct hit hit;
};

int block_init(struct block *block)
{
	*block = (struct block){ .bytes = malloc(BLOCK_BYTES) };
	return block->bytes ? 0 : -ENOMEM;
}

void block_fini(struct block *block)
{
	free(block->bytes);
	free(block->items);
	*block = (struct block){ 0 };
}

/* ---- looking, by any thread ---- */

/* Room for one more, at its place; NULL: no memory. */
static struct block_item *next_item(struct block *block)
{
	if (block->count == block->room) {
		size_t room = block->room ? 2 * block->room : 256;
		struct block_item *items = reallocarray(block->items, room, sizeof(*items));

		if (!items)
			return NULL;
		block->items = items;
		block->room = room;
	}
	return &block->items[block->count];
}

static bool lies_in(const struct block *block, struct text text)
{
	return text.len == 0 || (text.at >= block->bytes && text.at < block->bytes + block->len);
}

/* Does it hang on other lines, or lie where the next one will? */
static bool is_odd(const struct block *block, const struct record *record)
{
	return record->again || record->part || record->container || !lies_in(block, record->message);
}

/* Where the record's host is noted; BLOCK_HOSTS: there is no room. */
static unsigned host_of(struct block *block, const struct record *record)
{
	unsigned i = 0;

	if (record->header && record->host.len && record->header == block->header)
		return block->host;
	uint32_t hash = text_hash(record->host);
	while (i < block->host_count && block->hosts[i].hash != hash)
		i++;
	if (i == BLOCK_HOSTS)
		return i;
	if (i == block->host_count)
		block->hosts[block->host_count++] = (struct block_host){ hash, NO_HIT, record->host };
	block->host = i;
	block->header = record->host.len ? record->header : 0;
	return i;
}

/* Is it one more that is only counted? */
static bool is_behind(struct block *block, const struct record *record, enum match_met met)
{
	struct block_program *program = &block->programs[block->program];
	unsigned i = 0;

	if (block->program_count == 0 || program->met != met || !text_equal(program->name, record->program)) {
		while (i < block->program_count &&
		       (block->programs[i].met != met || !text_equal(block->programs[i].name, record->program)))
			i++;
		if (i == BLOCK_PROGRAMS)
			return false;
		program = &block->programs[i];
		if (i == block->program_count)
			block->programs[block->program_count++] = (struct block_program){ record->program, met, 0, 0 };
		block->program = i;
	}
	if (++program->lines <= (met == MET_NO_PROGRAM ? 1 : BLOCK_LOOKED))
		return false;
	program->behind++;
	return true;
}

/* The time by this thread's memory of headers, which no other has. */
static void fix_time(const struct block *block, struct block_item *item)
{
	struct record *record = &item->record;
	int64_t time_ms = record_time_ms(record, block->anchor_ms);

	item->year_guessed = record->form == STAMP_RFC3164;
	if (time_ms == RECORD_NO_TIME) {
		record->form = STAMP_NONE;
	} else {
		record->form = STAMP_KNOWN;
		record->time_ms = time_ms;
	}
}

static void keep(struct block *block, struct block_item *item, enum item_kind kind)
{
	item->kind = kind;
	if (kind == ITEM_HIT)
		fix_time(block, item);
	item->record.header = item->record.tag = 0;
	block->count++;
}

static struct block_item *note_month(struct block *block, struct block_item *item)
{
	struct record *record = &item->record;

	if (record->form != STAMP_RFC3164 || memcmp(block->month, record->stamp.at, sizeof(block->month)) == 0)
		return item;
	memcpy(block->month, record->stamp.at, sizeof(block->month));
	keep(block, item, ITEM_MONTH);
	struct block_item *next = next_item(block);
	if (next)
		next->record = block->items[block->count - 1].record;
	return next;
}

static void on_line(void *arg, const struct line *line)
{
	struct block *block = arg;
	struct block_item *item = block->odd ? NULL : next_item(block);
	unsigned host;
	bool matched;

	block->lines++;
	block->text_bytes += line->text.len + 1;
	block->last = line->text;
	if (!item) {
		block->odd = true;
		return;
	}
	record_parse(&item->record, line->text);
	host = is_odd(block, &item->record) ? BLOCK_HOSTS : host_of(block, &item->record);
	if (host == BLOCK_HOSTS || !(item = note_month(block, item))) {
		block->odd = true;
		return;
	}
	matched = match(block->matcher, &item->record, &item->hit);
	block->hosts[host].item = matched ? block->count : NO_HIT;
	item->met = match_met(block->matcher);
	item->account = match_account(block->matcher);
	item->number = block->lines;
	if (matched)
		keep(block, item, ITEM_HIT);
	else if (block->unmet && item->met != MET_RULE && !is_behind(block, &item->record, item->met))
		keep(block, item, ITEM_PLAIN);
}

void block_find(struct block *block, struct matcher *matcher)
{
	uint64_t limit_hits = match_limit_hits(matcher);

	block->odd = false;
	block->lines = block->text_bytes = block->cut_lines = 0;
	block->count = 0;
	block->host_count = block->program_count = 0;
	block->host = block->program = 0;
	block->header = 0;
	memset(block->month, 0, sizeof(block->month));
	block->matcher = matcher;
	line_all(block->bytes, block->len, true, on_line, block, &block->cut_lines);
	block->limit_hits = match_limit_hits(matcher) - limit_hits;
}

/* ---- handing on, in the log's order ---- */

/* True: the judge must hear of it. */
static bool hear(struct block_item *item, struct feed *feed)
{
	struct record *record = &item->record;

	if (item->year_guessed && record->form == STAMP_KNOWN && !feed_year_is(feed, record->time_ms))
		record->form = STAMP_RFC3164;
	return feed_found(feed, record, &item->hit);
}

/* Those behind the first of each program. */
static void tell_behind(const struct block *block, found_fn *fn, void *arg)
{
	for (unsigned i = 0; i < block->program_count; i++) {
		const struct block_program *program = &block->programs[i];
		struct record record = { .program = program->name, .repeat = 1 };

		if (program->behind)
			fn(arg, &(struct found){ .record = &record, .backlog = true, .met = program->met, .lines = program->behind });
	}
}

/* What the feed knows of each host's last line; a hit's own record is kept with it. */
static void tell_hosts(struct block *block, struct feed *feed)
{
	for (unsigned i = 0; i < block->host_count; i++) {
		struct block_item *item = block->hosts[i].item == NO_HIT ? NULL : &block->items[block->hosts[i].item];
		struct record record = { .host = block->hosts[i].name };

		feed_said(feed, item ? &item->record : &record, item && item->heard ? &item->hit : NULL);
	}
}

bool block_told_by(const struct block *block, const struct feed *feed)
{
	bool timed = feed->replay || (feed->zone_ms == 0 && feed->counted_ms == 0);

	return !block->odd && timed && match_same_names(feed->matcher, block->matcher);
}

void block_tell(struct block *block, struct feed *feed, found_fn *fn, void *arg)
{
	for (size_t i = 0; i < block->count; i++) {
		struct block_item *item = &block->items[i];

		item->heard = item->kind == ITEM_HIT && hear(item, feed);
		if (item->kind == ITEM_MONTH)
			feed_month(feed, &item->record);
		else if (item->heard || item->kind == ITEM_PLAIN)
			fn(arg, &(struct found){ &item->record, item->heard ? &item->hit : NULL, true, item->met, item->account, 1,
						 item->number });
	}
	tell_behind(block, fn, arg);
	tell_hosts(block, feed);
	match_limited(feed->matcher, block->limit_hits);
	block->anchor_ms = feed->anchor_ms;
}
