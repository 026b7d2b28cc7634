/* link - see link.h
 *
 * What happens, in order: both connections are made and log in; the asking one learns the server's time, the own stream's
 * last id and whether bans of our own stand there, and the engine is told (PARCEL_UP); the engine says where each stream
 * goes on; the other connection tells what bans and releases stand, looks whether the streams are still those that were
 * read, and then waits for news, again and again. Whatever goes wrong closes both. */
#include "courier/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BLOCK_MS "4000"		/* so long does the server keep a question for news */
#define PAGE 256U		/* bans or releases in one answer */
#define ENTRIES 256U		/* in one answer, of all streams together */
#define STREAM_KEPT_MS INT64_C(3600000)
#define BEAT_S "30"
#define NAME_BYTES 64
#define TIME_MAX_MS (INT64_C(1) << 42)

enum { SAID_IN, TIME, OWN_STREAM, OWN_BANS, DONE, ADDED, BANS, RELEASES, STREAM, NEWS };

static int64_t boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t server_ms(const struct link *link)
{
	return boot_ms() + link->apart_ms;
}

/* ---- to the engine ---- */

/* Blocking: the engine reads whatever it does. false: it is gone. */
static bool tell(const struct link *link, struct parcel *parcel)
{
	ssize_t len;

	parcel->server = (uint8_t)link->server;
	parcel->padding = 0;
	if (parcel->ms < 0)
		parcel->ms = 0;
	do
		len = send(link->engine, parcel, sizeof(*parcel), MSG_NOSIGNAL);
	while (len < 0 && errno == EINTR);
	return len == sizeof(*parcel);
}

static void put(struct parcel *parcel, const char *bytes, size_t len)
{
	parcel->len = (uint32_t)(len <= PARCEL_BYTES ? len : 0);
	memcpy(parcel->bytes, bytes, parcel->len);
}

static bool tell_down(const struct link *link, const char *why)
{
	static struct parcel parcel;
	size_t len = strnlen(why, 200);

	parcel = (struct parcel){ .op = PARCEL_DOWN };
	put(&parcel, why, len);
	return tell(link, &parcel);
}

/* ---- to the server ---- */

#define LITERAL(text) { (text), sizeof(text) - 1 }

static struct word word(const char *text)
{
	return (struct word){ text, strlen(text) };
}

static const char *key_of(char key[NAME_BYTES], char kind, const char *node)
{
	snprintf(key, NAME_BYTES, "mailward:1:%c:%s", kind, node);
	return key;
}

static bool say(struct talk *talk, unsigned what, unsigned node, uint64_t number, const struct word *words, size_t count)
{
	return talk_say(talk, &(struct awaited){ what, (uint8_t)node, number }, words, count, boot_ms());
}

static bool log_in(const struct link *link, struct talk *talk)
{
	struct word words[3] = { LITERAL("AUTH"), word(link->conf->user ? link->conf->user : ""), word(link->password) };

	if (!*link->password)
		return true;
	if (!link->conf->user)
		words[1] = words[2];
	return say(talk, SAID_IN, 0, 0, words, link->conf->user ? 3 : 2);
}

static bool ask_stream(struct talk *talk, unsigned what, unsigned node, const char *name)
{
	char key[NAME_BYTES];
	struct word words[] = { LITERAL("XINFO"), LITERAL("STREAM"), word(key_of(key, 'e', name)) };

	return say(talk, what, node, 0, words, 3);
}

/* number: from the how-manieth on; the releases all, the bans those that still run. */
static bool ask_standing(const struct link *link, struct talk *talk, unsigned what, unsigned node, uint64_t number, bool one)
{
	char key[NAME_BYTES], from[24] = "-inf", offset[24];
	const bool bans = what != RELEASES;
	struct word words[] = { LITERAL("ZRANGEBYSCORE"), word(key_of(key, bans ? 'b' : 'r', link->conf->names[node])), { from, 0 },
				LITERAL("+inf"), LITERAL("WITHSCORES"), LITERAL("LIMIT"), { offset, 0 }, word(one ? "1" : "256") };

	if (bans)
		snprintf(from, sizeof(from), "(%" PRId64, server_ms(link));
	snprintf(offset, sizeof(offset), "%" PRIu64, number);
	words[2].len = strlen(from);
	words[6].len = strlen(offset);
	return say(talk, what, node, number, words, 8);
}

static bool ask_time(struct link *link)
{
	return say(&link->ask, TIME, 0, (uint64_t)boot_ms(), &(struct word)LITERAL("TIME"), 1);
}

static bool ask_all(struct link *link)
{
	const struct fleet_conf *conf = link->conf;

	return log_in(link, &link->news) && log_in(link, &link->ask) && ask_time(link) &&
	       ask_stream(&link->ask, OWN_STREAM, (unsigned)conf->own, conf->names[conf->own]);
}

/* All bans before all releases, then the streams. */
static bool ask_what_stands(struct link *link)
{
	const size_t count = link->conf->node_count;
	bool good = true;

	link->waiting_told = 0;
	for (unsigned i = 0; good && i < count; i++, link->waiting_told++)
		good = ask_standing(link, &link->news, BANS, i, 0, false);
	return good;
}

static bool ask_releases(struct link *link)
{
	bool good = true;

	for (unsigned i = 0; good && i < link->conf->node_count; i++, link->waiting_told++)
		good = ask_standing(link, &link->news, RELEASES, i, 0, false);
	for (unsigned i = 0; good && i < link->conf->node_count; i++, link->waiting_told++)
		good = ask_stream(&link->news, STREAM, i, link->conf->names[i]);
	return good;
}

static bool ask_news(struct link *link)
{
	const struct fleet_conf *conf = link->conf;
	static char keys[FLEET_NODES_MAX][NAME_BYTES], ids[FLEET_NODES_MAX][48];
	struct word words[6 + 2 * FLEET_NODES_MAX] = { LITERAL("XREAD"), LITERAL("COUNT"), { NULL, 0 }, LITERAL("BLOCK"),
						       LITERAL(BLOCK_MS), LITERAL("STREAMS") };
	char each[12];
	size_t count = 6, others = conf->node_count - 1;

	if (others == 0)
		return true;
	snprintf(each, sizeof(each), "%zu", ENTRIES / others ? ENTRIES / others : 1);
	words[2] = word(each);
	for (size_t i = 0; i < conf->node_count; i++) {
		if (i == conf->own)
			continue;
		snprintf(ids[i], sizeof(ids[i]), "%" PRIu64 "-%" PRIu64, link->at[i].ms, link->at[i].seq);
		words[count] = word(key_of(keys[i], 'e', conf->names[i]));
		words[others + count++] = word(ids[i]);
	}
	return say(&link->news, NEWS, 0, 0, words, 6 + 2 * others);
}

/* ---- parcels ---- */

static void add(struct link *link, const struct parcel *parcel)
{
	char key[NAME_BYTES], oldest[24];
	struct word words[] = { LITERAL("XADD"), word(key_of(key, 'e', link->conf->names[link->conf->own])), LITERAL("MINID"), LITERAL("~"),
				{ oldest, 0 }, LITERAL("*"), LITERAL("r"), { parcel->bytes, parcel->len } };

	words[4].len = (size_t)snprintf(oldest, sizeof(oldest), "%" PRId64, server_ms(link) - STREAM_KEPT_MS);
	say(&link->ask, ADDED, 0, parcel->number, words, 8);
}

static void stand(struct link *link, const struct parcel *parcel)
{
	const bool ban = parcel->op == PARCEL_BAN;
	const char *own = link->conf->names[link->conf->own];
	char key[NAME_BYTES], score[24], oldest[24];
	struct word put_it[] = { LITERAL("ZADD"), word(key_of(key, ban ? 'b' : 'r', own)), { score, 0 }, { parcel->bytes, parcel->len } };
	struct word trim[] = { LITERAL("ZREMRANGEBYSCORE"), put_it[1], LITERAL("-inf"), { oldest, 0 } };

	put_it[2].len = (size_t)snprintf(score, sizeof(score), "%" PRId64, server_ms(link) + (ban ? parcel->ms : 0));
	trim[3].len = (size_t)snprintf(oldest, sizeof(oldest), "%" PRId64, server_ms(link) - (ban ? 0 : parcel->ms));
	say(&link->ask, DONE, 0, 0, put_it, 4);
	say(&link->ask, DONE, 0, 0, trim, 4);
}

static void beat(struct link *link, const struct parcel *parcel)
{
	char key[NAME_BYTES];
	struct word words[] = { LITERAL("SET"), word(key_of(key, 'n', link->conf->names[link->conf->own])), { parcel->bytes, parcel->len },
				LITERAL("EX"), LITERAL(BEAT_S) };

	say(&link->ask, DONE, 0, 0, words, 5);
	ask_time(link);
}

void link_give(struct link *link, const struct parcel *parcel)
{
	if (link->state != LINK_UP)
		return;
	switch ((enum parcel_op)parcel->op) {
	case PARCEL_START:
		link->at[parcel->node] = (struct link_at){ parcel->id_ms, parcel->id_seq };
		break;
	case PARCEL_READ:
		link->reading = ask_what_stands(link);
		break;
	case PARCEL_ADD:
		add(link, parcel);
		break;
	case PARCEL_BAN:
	case PARCEL_RELEASE:
		stand(link, parcel);
		break;
	case PARCEL_BEAT:
		beat(link, parcel);
		break;
	case PARCEL_HELLO:
	case PARCEL_UP:
	case PARCEL_DOWN:
	case PARCEL_ADDED:
	case PARCEL_ENTRY:
	case PARCEL_BANNED:
	case PARCEL_RELEASED:
	case PARCEL_TOLD:
	case PARCEL_LISTENS:
	case PARCEL_SILENT:
	case PARCEL_LINE:
	case PARCEL_OPS:
		break;
	}
}

/* ---- replies ---- */

static const char odd[] = "it answers what no Redis server does";

static bool number_of(const char *text, size_t len, uint64_t *value, size_t *used)
{
	size_t i = 0;

	*value = 0;
	while (i < len && text[i] >= '0' && text[i] <= '9' && *value <= UINT64_MAX / 10 - 1)
		*value = *value * 10 + (uint64_t)(text[i++] - '0');
	*used = i;
	return i > 0;
}

static bool id_of(const redisReply *reply, uint64_t *ms, uint64_t *seq)
{
	size_t used, more;

	return reply->type == REDIS_REPLY_STRING && number_of(reply->str, reply->len, ms, &used) && used < reply->len &&
	       reply->str[used] == '-' && number_of(reply->str + used + 1, reply->len - used - 1, seq, &more) &&
	       used + 1 + more == reply->len;
}

static const char *take_time(struct link *link, const redisReply *reply, uint64_t asked_ms)
{
	uint64_t s, usec;
	size_t used;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING || !number_of(reply->element[0]->str, reply->element[0]->len, &s, &used) ||
	    !number_of(reply->element[1]->str, reply->element[1]->len, &usec, &used) || s > TIME_MAX_MS / 1000)
		return odd;
	/* It was so late somewhere between the question and now. */
	link->apart_ms = (int64_t)(s * 1000 + usec / 1000) - ((int64_t)asked_ms + boot_ms()) / 2;
	return NULL;
}

/* The last id that a stream has given; 0-0: there is none. */
static bool last_of(const redisReply *reply, uint64_t *ms, uint64_t *seq)
{
	*ms = *seq = 0;
	if (reply->type == REDIS_REPLY_ERROR)
		return strncmp(reply->str, "ERR no such key", 15) == 0;
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
		if (reply->element[i]->type == REDIS_REPLY_STRING && strcmp(reply->element[i]->str, "last-generated-id") == 0)
			return id_of(reply->element[i + 1], ms, seq);
	return false;
}

static const char *come_up(struct link *link, const redisReply *reply)
{
	static struct parcel parcel;

	if (reply->type != REDIS_REPLY_ARRAY)
		return odd;
	link->state = LINK_UP;
	link->up_ms = boot_ms();
	parcel = (struct parcel){ .op = PARCEL_UP, .number = reply->elements / 2, .id_ms = link->own_ms, .id_seq = link->own_seq };
	return tell(link, &parcel) ? NULL : "";
}

/* A page of bans or releases: members and scores. */
static const char *take_standing(struct link *link, const redisReply *reply, const struct awaited *awaited)
{
	static struct parcel parcel;
	const bool bans = awaited->what == BANS;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2)
		return odd;
	for (size_t i = 0; i < reply->elements; i += 2) {
		const redisReply *member = reply->element[i], *score = reply->element[i + 1];
		double at;

		if (member->type != REDIS_REPLY_STRING || score->type != REDIS_REPLY_STRING)
			return odd;
		at = strtod(score->str, NULL);
		if (!(at > 0 && at < (double)TIME_MAX_MS))
			continue;
		parcel = (struct parcel){ .op = bans ? PARCEL_BANNED : PARCEL_RELEASED, .node = awaited->node,
					  .ms = bans ? (int64_t)at - server_ms(link) : server_ms(link) - (int64_t)at };
		put(&parcel, member->str, member->len);
		if (bans && parcel.ms <= 0)
			continue;
		if (!tell(link, &parcel))
			return "";
	}
	if (reply->elements == 2 * PAGE)
		return ask_standing(link, &link->news, awaited->what, awaited->node, awaited->number + PAGE, false) ? NULL : "out of memory";
	link->waiting_told--;
	if (link->waiting_told == 0 && bans)
		return ask_releases(link) ? NULL : "out of memory";
	return NULL;
}

/* A stream that has given no id as late as the one that was read is another one: from its beginning. */
static const char *take_stream(struct link *link, const redisReply *reply, unsigned node)
{
	static struct parcel told;
	struct link_at *at = &link->at[node], last;

	if (!last_of(reply, &last.ms, &last.seq))
		return odd;
	if (last.ms < at->ms || (last.ms == at->ms && last.seq < at->seq))
		*at = (struct link_at){ 0, 0 };
	if (--link->waiting_told > 0)
		return NULL;
	told = (struct parcel){ .op = PARCEL_TOLD };
	if (!tell(link, &told))
		return "";
	return ask_news(link) ? NULL : "out of memory";
}

static const char *take_entry(struct link *link, const redisReply *entry, unsigned node)
{
	static struct parcel parcel;
	const redisReply *fields;
	uint64_t ms, seq;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 || !id_of(entry->element[0], &ms, &seq))
		return odd;
	fields = entry->element[1];
	link->at[node] = (struct link_at){ ms, seq };
	parcel = (struct parcel){ .op = PARCEL_ENTRY, .node = (uint8_t)node, .id_ms = ms, .id_seq = seq };
	parcel.ms = ms < TIME_MAX_MS ? server_ms(link) - (int64_t)ms : 0;
	if (fields->type == REDIS_REPLY_ARRAY && fields->elements == 2 && fields->element[1]->type == REDIS_REPLY_STRING)
		put(&parcel, fields->element[1]->str, fields->element[1]->len);
	return tell(link, &parcel) ? NULL : "";
}

static const char *take_news(struct link *link, const redisReply *reply)
{
	const char *why = NULL;

	if (reply->type != REDIS_REPLY_NIL && reply->type != REDIS_REPLY_ARRAY)
		return odd;
	for (size_t i = 0; !why && reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
		const redisReply *stream = reply->element[i];
		char key[NAME_BYTES];
		unsigned node = 0;

		if (stream->type != REDIS_REPLY_ARRAY || stream->elements != 2 || stream->element[0]->type != REDIS_REPLY_STRING ||
		    stream->element[1]->type != REDIS_REPLY_ARRAY)
			return odd;
		while (node < link->conf->node_count && strcmp(stream->element[0]->str, key_of(key, 'e', link->conf->names[node])) != 0)
			node++;
		if (node == link->conf->node_count)
			return odd;
		for (size_t k = 0; !why && k < stream->element[1]->elements; k++)
			why = take_entry(link, stream->element[1]->element[k], node);
	}
	if (why)
		return why;
	return ask_news(link) ? NULL : "out of memory";
}

static const char *take_added(struct link *link, const redisReply *reply, uint64_t number)
{
	static struct parcel parcel;

	parcel = (struct parcel){ .op = PARCEL_ADDED, .number = number };
	if (!id_of(reply, &parcel.id_ms, &parcel.id_seq))
		return odd;
	return tell(link, &parcel) ? NULL : "";
}

static const char *refused(const redisReply *reply)
{
	static char why[200];

	if (strncmp(reply->str, "MOVED", 5) == 0 || strncmp(reply->str, "CROSSSLOT", 9) == 0 || strncmp(reply->str, "CLUSTERDOWN", 11) == 0)
		return "it is a Redis Cluster: one to three servers that know nothing of each other would be right";
	snprintf(why, sizeof(why), "it says: %.150s", reply->str);
	return why;
}

/* NULL, or why the link has to be closed; "": the engine is gone. */
static const char *take(struct link *link, const redisReply *reply, const struct awaited *awaited)
{
	if (reply->type == REDIS_REPLY_ERROR && awaited->what != OWN_STREAM && awaited->what != STREAM)
		return refused(reply);
	if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "ERR no such key", 15) != 0)
		return refused(reply);
	switch (awaited->what) {
	case TIME:
		return take_time(link, reply, awaited->number);
	case OWN_STREAM:
		if (!last_of(reply, &link->own_ms, &link->own_seq))
			return odd;
		return ask_standing(link, &link->ask, OWN_BANS, (unsigned)link->conf->own, 0, true) ? NULL : "out of memory";
	case OWN_BANS:
		return come_up(link, reply);
	case BANS:
	case RELEASES:
		return take_standing(link, reply, awaited);
	case STREAM:
		return take_stream(link, reply, awaited->node);
	case NEWS:
		return take_news(link, reply);
	case ADDED:
		return take_added(link, reply, awaited->number);
	default:
		return NULL;
	}
}

/* ---- the life of a link ---- */

void link_init(struct link *link, const struct fleet_conf *conf, unsigned server, const char *password, int engine)
{
	*link = (struct link){ .conf = conf, .password = password, .to = &conf->servers[server], .server = server, .engine = engine,
			       .pause_ms = TALK_PAUSE_MIN_MS };
}

/* false: the engine is gone. */
static bool close_link(struct link *link, const char *why)
{
	talk_close(&link->ask);
	talk_close(&link->news);
	link->state = LINK_DOWN;
	link->reading = false;
	link->retry_ms = boot_ms() + talk_pause(&link->pause_ms, link->up_ms, boot_ms());
	link->up_ms = 0;
	return tell_down(link, why);
}

static bool open_link(struct link *link)
{
	int err = talk_open(&link->ask, link->to, boot_ms());

	if (err == 0)
		err = talk_open(&link->news, link->to, boot_ms());
	if (err < 0)
		return close_link(link, strerror(-err));
	link->state = LINK_OPENING;
	return ask_all(link) || close_link(link, "out of memory");
}

void link_wants(const struct link *link, struct pollfd fds[LINK_FDS])
{
	const struct talk *talks[LINK_FDS] = { &link->ask, &link->news };

	for (size_t i = 0; i < LINK_FDS; i++) {
		fds[i] = (struct pollfd){ .fd = -1 };
		if (link->state != LINK_DOWN)
			fds[i] = (struct pollfd){ .fd = talks[i]->redis->fd, .events = talk_wants(talks[i]) };
	}
}

static const char *turn_talk(struct link *link, struct talk *talk, short events)
{
	struct awaited awaited;
	redisReply *reply;
	const char *why = talk_turn(talk, events, boot_ms());

	while (!why && (reply = talk_next(talk, &awaited, &why)) != NULL) {
		why = take(link, reply, &awaited);
		talk_free(reply);
	}
	return why;
}

int link_turn(struct link *link, const struct pollfd fds[LINK_FDS])
{
	const char *why;

	if (link->state == LINK_DOWN)
		return link->retry_ms > boot_ms() || open_link(link) ? 0 : -EPIPE;
	if (fds[0].fd < 0)	/* It was opened since. */
		return 0;
	why = turn_talk(link, &link->ask, fds[0].revents);
	if (!why)
		why = turn_talk(link, &link->news, fds[1].revents);
	if (why && !*why)
		return -EPIPE;
	return !why || close_link(link, why) ? 0 : -EPIPE;
}
