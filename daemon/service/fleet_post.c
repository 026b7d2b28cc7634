/* fleet_post - the courier's parcels, and when they are sent; nothing here waits. Makes and ends the fleet of fleet.h. */
#include "service/fleet_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/checkpoint.h"
#include "service/orders.h"
#include "source/source_redis.h"

#define FLUSH_MS 5		/* so long may a record wait for others */
#define UNDER_WAY_MAX 32	/* batches that a server has not answered yet */
#define AT_ONCE 64		/* parcels in a turn of the loop */
#define BEAT_S 10
#define PRIORITY 10		/* the loop's: lines come first */

int64_t fleet_boot_ms(void)
{
	int64_t apart_us;

	clock_apart_us(&apart_us);
	return clock_now_ms() - apart_us / 1000;
}

/* ---- to the courier ---- */

static void lose(struct fleet *fleet, const char *why)
{
	if (fleet->fd < 0)
		return;
	log_error("the courier is gone (%s): this host counts alone until it is restarted", why);
	fleet->io = sd_event_source_disable_unref(fleet->io);
	close(fleet->fd);
	fleet->fd = -1;
	for (size_t i = 0; i < fleet->conf.server_count; i++)
		fleet->servers[i].up = fleet->servers[i].told = false;
}

/* false: not now. */
static bool give(struct fleet *fleet, const struct parcel *parcel)
{
	if (fleet->fd < 0)
		return false;
	if (send(fleet->fd, parcel, sizeof(*parcel), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(*parcel))
		return true;
	if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
		lose(fleet, strerror(errno));
		return false;
	}
	fleet->blocked = true;
	sd_event_source_set_io_events(fleet->io, EPOLLIN | EPOLLOUT);
	return false;
}

static struct fleet_head head_of(const struct fleet *fleet, size_t count, uint64_t number)
{
	struct fleet_head head = { .life = fleet->life, .run = fleet->run, .number = number, .policy = fleet->policy, .allow = fleet->allow, .count = count };

	memcpy(head.node, fleet->conf.names[fleet->conf.own], sizeof(head.node));
	return head;
}

static uint32_t age_of(int64_t now_ms, int64_t time_ms)
{
	int64_t age_ms = now_ms - time_ms;

	return age_ms < 0 ? 0 : age_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)age_ms;
}

/* The next records that a server has not been sent; false: not now. */
static bool send_batch(struct fleet *fleet, size_t i)
{
	static struct fleet_record records[FLEET_TOGETHER];
	static struct parcel parcel;
	struct fleet_server_state *server = &fleet->servers[i];
	const int64_t now_ms = fleet_boot_ms();
	struct fleet_head head;
	size_t count = 0;

	if (server->sent < fleet->ring.tail)
		server->sent = fleet->ring.tail;
	for (; count < FLEET_TOGETHER && server->sent + count < fleet->ring.head; count++) {
		const struct fleet_item *item = fleet_ring_at(&fleet->ring, server->sent + count);

		records[count] = item->record;
		records[count].age_ms = age_of(now_ms, item->time_ms);
	}
	parcel = (struct parcel){ .op = PARCEL_ADD, .server = (uint8_t)i, .number = server->sent + count };
	head = head_of(fleet, count, server->sent + count);
	parcel.len = (uint32_t)fleet_batch_seal(parcel.bytes, &fleet->keys, &head, records);
	if (!give(fleet, &parcel))
		return false;
	server->sent += count;
	server->under_way++;
	return true;
}

static bool send_stand(struct fleet *fleet, size_t i, const struct fleet_stand *stand)
{
	static struct parcel parcel;
	const bool ban = stand->record.kind == FLEET_BAN;
	const int64_t now_ms = fleet_boot_ms(), kept_ms = (int64_t)fleet->daemon->setup->conf.policy.ban_time_max_s * 1000;
	struct fleet_record records[FLEET_PARTS + 1], record = stand->record;
	size_t parts = fleet_ordered(fleet, &record, records);
	struct fleet_head head = head_of(fleet, parts + 1, 0);

	records[parts] = record;
	if (ban && stand->until_ms <= now_ms)
		return true;
	parcel = (struct parcel){ .op = ban ? PARCEL_BAN : PARCEL_RELEASE, .server = (uint8_t)i, .ms = ban ? stand->until_ms - now_ms : kept_ms };
	parcel.len = (uint32_t)fleet_batch_seal(parcel.bytes, &fleet->keys, &head, records);
	return give(fleet, &parcel);
}

static void send_stands(struct fleet *fleet, size_t i)
{
	struct fleet_server_state *server = &fleet->servers[i];

	while (server->stand_next < server->stand_count && send_stand(fleet, i, &server->stands[server->stand_next]))
		server->stand_next++;
	if (server->stand_next == server->stand_count)
		server->stand_next = server->stand_count = 0;
}

/* All that servers can be sent now; what fills no batch only if it has waited. */
static void pump(struct fleet *fleet, bool all)
{
	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		struct fleet_server_state *server = &fleet->servers[i];

		while (server->up && !fleet->blocked && server->under_way < UNDER_WAY_MAX && server->sent < fleet->ring.head &&
		       (all || fleet->ring.head - server->sent >= FLEET_TOGETHER))
			if (!send_batch(fleet, i))
				break;
		if (server->up && !fleet->blocked)
			send_stands(fleet, i);
	}
}

static int on_flush(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	pump(arg, true);
	return 0;
}

static void flush_soon(struct fleet *fleet)
{
	int armed = SD_EVENT_OFF;

	if (sd_event_source_get_enabled(fleet->flush, &armed) >= 0 && armed != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(fleet->flush, FLUSH_MS * 1000);
	sd_event_source_set_enabled(fleet->flush, SD_EVENT_ONESHOT);
}

void fleet_push(struct fleet *fleet, const struct fleet_record *record, int64_t time_ms)
{
	struct fleet_item item = { .record = *record, .time_ms = time_ms - (clock_now_ms() - fleet_boot_ms()) };
	bool full = false;
	uint64_t taken = 0;

	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		taken = fleet->servers[i].taken > taken ? fleet->servers[i].taken : taken;
		full |= fleet->servers[i].up && fleet->ring.head + 1 - fleet->servers[i].sent >= FLEET_TOGETHER;
	}
	fleet_ring_push(&fleet->ring, &item, taken);
	checkpoint_note(fleet->daemon->checkpoint);
	if (full)
		pump(fleet, false);
	flush_soon(fleet);
}

void fleet_stand_up(struct fleet *fleet, struct fleet_server_state *server, const struct fleet_stand *stand)
{
	if (!server->up) {
		server->owing = true;
		return;
	}
	if (server->stand_count == server->stand_room) {
		size_t room = server->stand_room ? 2 * server->stand_room : 64;
		struct fleet_stand *stands = reallocarray(server->stands, room, sizeof(*stands));

		if (!stands) {
			server->owing = true;
			return;
		}
		server->stands = stands;
		server->stand_room = room;
	}
	server->stands[server->stand_count++] = *stand;
	flush_soon(fleet);
}

static void beat(struct fleet *fleet, size_t i)
{
	static struct parcel parcel;

	parcel = (struct parcel){ .op = PARCEL_BEAT, .server = (uint8_t)i };
	parcel.len = (uint32_t)snprintf(parcel.bytes, sizeof(parcel.bytes), MAILWARD_VERSION " %016" PRIx64 " %" PRIu64, fleet->life,
					fleet->ring.head);
	give(fleet, &parcel);
	if (fleet->servers[i].under_way < UNDER_WAY_MAX)
		send_batch(fleet, i);	/* an empty one, too: the others hear that we are here */
}

static int on_beat(sd_event_source *source, uint64_t usec, void *arg)
{
	struct fleet *fleet = arg;

	(void)usec;
	fleet_claim(fleet);
	for (size_t i = 0; i < fleet->conf.server_count; i++)
		if (fleet->servers[i].up)
			beat(fleet, i);
	return sd_event_source_set_time_relative(source, BEAT_S * UINT64_C(1000000));
}

/* ---- sources that the courier listens for ---- */

static struct source *published_source(const struct fleet *fleet, size_t number)
{
	const struct follows *follows = &fleet->daemon->follows;

	for (size_t i = 0; i < follows->count; i++)
		if (strcmp(follow_name(&follows->at[i]), fleet->published[number].name) == 0)
			return follows->at[i].source;
	return NULL;
}

static void on_published(struct fleet *fleet, const struct parcel *parcel)
{
	struct fleet_published *published = &fleet->published[parcel->node];
	struct source *source = published_source(fleet, parcel->node);
	struct text text = { parcel->bytes, parcel->len };

	if (parcel->op != PARCEL_LINE) {
		published->known = true;
		published->why[0] = '\0';
		if (parcel->op == PARCEL_SILENT)
			text_escape(published->why, sizeof(published->why), text);
	}
	if (source && parcel->op == PARCEL_LINE)
		source_redis_take(source, text);
	else if (source)
		source_redis_there(source, *published->why ? published->why : NULL);
}

/* The sources are others now; how the channels are, is known. */
static void show_published(const struct fleet *fleet)
{
	for (size_t i = 0; i < CONF_NAMED_MAX; i++) {
		struct source *source = fleet->published[i].known ? published_source(fleet, i) : NULL;

		if (source)
			source_redis_there(source, *fleet->published[i].why ? fleet->published[i].why : NULL);
	}
}

/* ---- from the courier ---- */

static const char *server_name(const struct fleet *fleet, size_t i)
{
	return fleet->conf.servers[i].name;
}

static bool any_up(const struct fleet *fleet)
{
	bool any = false;

	for (size_t i = 0; i < fleet->conf.server_count; i++)
		any |= fleet->servers[i].told;
	return any;
}

static void on_hello(struct fleet *fleet)
{
	if (fleet->greeted)
		log_warning("the courier had to be begun anew");
	fleet->greeted = true;
	for (size_t i = 0; i < CONF_NAMED_MAX; i++)
		if (fleet->published[i].known)
			snprintf(fleet->published[i].why, sizeof(fleet->published[i].why), "the courier was begun anew");
	show_published(fleet);
	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		struct fleet_server_state *server = &fleet->servers[i];

		server->up = server->told = false;
		server->under_way = 0;
		server->sent = server->taken;
	}
}

static void on_down(struct fleet *fleet, const struct parcel *parcel)
{
	struct fleet_server_state *server = &fleet->servers[parcel->server];
	const bool was = server->told;
	char why[sizeof(server->why)];

	text_escape(why, sizeof(why), (struct text){ parcel->bytes, parcel->len });
	server->up = server->told = false;
	server->under_way = 0;
	server->sent = server->taken;
	server->stand_count = server->stand_next = 0;
	server->owing |= was;
	if (was || !server->since_ms)
		server->since_ms = fleet_boot_ms();
	if (was || strcmp(why, server->why) != 0)
		log_warning("the fleet's server %s cannot be used: %s%s", server_name(fleet, parcel->server), why,
			    any_up(fleet) ? "" : "; this host counts alone");
	memcpy(server->why, why, sizeof(why));
}

/* Say where each stream goes on, and that it may; all over again, when the courier was too busy. */
static void start_reading(struct fleet *fleet, size_t i)
{
	static struct parcel start;
	struct fleet_server_state *server = &fleet->servers[i];
	bool given = true;

	for (size_t node = 0; node < fleet->conf.node_count && given; node++) {
		start = (struct parcel){ .op = PARCEL_START, .server = (uint8_t)i, .node = (uint8_t)node,
					 .id_ms = fleet->peers[node].at[i].ms, .id_seq = fleet->peers[node].at[i].seq };
		given = give(fleet, &start);
	}
	start = (struct parcel){ .op = PARCEL_READ, .server = (uint8_t)i };
	server->unstarted = !(given && give(fleet, &start));
}

/* A server that has lost what it was given gets all of it again; what was counted of that counts no second time. */
static void on_up(struct fleet *fleet, const struct parcel *parcel)
{
	struct fleet_server_state *server = &fleet->servers[parcel->server];
	const bool lost = parcel->id_ms < server->last_ms || (parcel->id_ms == server->last_ms && parcel->id_seq < server->last_seq);

	server->up = true;
	server->under_way = 0;
	if (lost) {
		log_notice("the fleet's server %s has lost what it was told: it is told again", server_name(fleet, parcel->server));
		server->taken = fleet->ring.tail;
		server->last_ms = parcel->id_ms;
		server->last_seq = parcel->id_seq;
	}
	server->sent = server->taken;
	start_reading(fleet, parcel->server);
	if (lost || parcel->number == 0 || server->owing)
		fleet_announce(fleet, server);
	beat(fleet, parcel->server);
	pump(fleet, true);
}

static void on_told(struct fleet *fleet, const struct parcel *parcel)
{
	struct fleet_server_state *server = &fleet->servers[parcel->server];

	log_notice("the fleet's server %s is there: %zu nodes count together", server_name(fleet, parcel->server), fleet->conf.node_count);
	server->told = true;
	server->why[0] = '\0';
	server->since_ms = fleet_boot_ms();
	for (size_t node = 0; node < fleet->conf.node_count; node++)
		fleet->peers[node].standing_bans = 0;
}

static void on_added(struct fleet *fleet, const struct parcel *parcel)
{
	struct fleet_server_state *server = &fleet->servers[parcel->server];

	if (server->under_way > 0)
		server->under_way--;
	if (parcel->number > server->taken && parcel->number <= server->sent)
		server->taken = parcel->number;
	server->last_ms = parcel->id_ms;
	server->last_seq = parcel->id_seq;
	pump(fleet, server->under_way == 0);
}

static void take(struct fleet *fleet, const struct parcel *parcel)
{
	switch ((enum parcel_op)parcel->op) {
	case PARCEL_HELLO:
		on_hello(fleet);
		break;
	case PARCEL_UP:
		on_up(fleet, parcel);
		break;
	case PARCEL_DOWN:
		on_down(fleet, parcel);
		break;
	case PARCEL_TOLD:
		on_told(fleet, parcel);
		break;
	case PARCEL_ADDED:
		on_added(fleet, parcel);
		break;
	case PARCEL_ENTRY:
		fleet_hear_entry(fleet, parcel);
		break;
	case PARCEL_BANNED:
	case PARCEL_RELEASED:
		fleet_hear_standing(fleet, parcel);
		break;
	case PARCEL_LISTENS:
	case PARCEL_SILENT:
	case PARCEL_LINE:
		on_published(fleet, parcel);
		break;
	case PARCEL_START:
	case PARCEL_READ:
	case PARCEL_ADD:
	case PARCEL_BAN:
	case PARCEL_RELEASE:
	case PARCEL_BEAT:
	case PARCEL_OPS:
		lose(fleet, "it speaks nonsense");
		break;
	}
}

/* Does it speak of a server and a node that there are? */
static bool is_ours(const struct fleet *fleet, const struct parcel *parcel)
{
	return parcel->op == PARCEL_HELLO || parcel->op >= PARCEL_LISTENS ||
	       (parcel->server < fleet->conf.server_count && parcel->node < fleet->conf.node_count);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	static struct parcel parcel;
	struct fleet *fleet = arg;

	if (revents & EPOLLOUT) {
		fleet->blocked = false;
		sd_event_source_set_io_events(source, EPOLLIN);
		for (size_t i = 0; i < fleet->conf.server_count; i++)
			if (fleet->servers[i].up && fleet->servers[i].unstarted)
				start_reading(fleet, i);
		pump(fleet, true);
	}
	for (unsigned i = 0; i < AT_ONCE && fleet->fd >= 0; i++) {
		ssize_t len = recv(fd, &parcel, sizeof(parcel), MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len <= 0)
			lose(fleet, len ? strerror(errno) : "its end is closed");
		else if (len != sizeof(parcel) || !parcel_valid(&parcel) || !is_ours(fleet, &parcel))
			lose(fleet, "it speaks nonsense");
		else
			take(fleet, &parcel);
	}
	return 0;
}

/* ---- its life ---- */

/* Another number in place of a hash for each of the values that follow. */
static uint32_t hash_on(uint32_t hash, const uint32_t *values, size_t count)
{
	char text[24];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%u %u", hash, values[i]);
		hash = text_hash(text_of(text));
	}
	return hash;
}

/* All by which errors become bans; [service NAME]s in whatever order. */
static uint32_t limits_hash(const struct conf *conf)
{
	const struct policy *p = &conf->policy;
	const uint32_t values[] = { p->memory, p->window_s, p->soft_error_limit, p->hard_error_limit, p->delay_s, p->ban_time_s,
				    p->ban_factor, p->ban_time_max_s, p->ipv6_prefix, p->long_window_s, p->long_limit };
	uint32_t services = 0;

	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *s = &conf->services[i];
		const uint32_t own[] = { s->window_s, s->soft_error_limit, s->hard_error_limit, s->delay_s, s->ban_time_s, s->ban_factor,
					 s->long_window_s, s->long_limit, s->sure_ban_time_s, s->one_name_ban_time_s };
		uint32_t hash = hash_on(text_hash(text_of(s->name)), own, COUNT(own));

		for (size_t k = 0; k < s->port_count; k++)
			hash = hash_on(hash, &(uint32_t){ s->ports[k] }, 1);
		services += hash;
	}
	return hash_on(services, values, COUNT(values));
}

/* What follows from the daemon's config and rules. */
static bool look_at_setup(struct fleet *fleet)
{
	const struct setup *setup = fleet->daemon->setup;
	uint32_t *rules = calloc(setup->rules.count + 1, sizeof(*rules));

	if (!rules)
		return false;
	for (size_t i = 0; i < setup->rules.count; i++)
		rules[i] = text_hash(text_of(setup->rules.at[i].name));
	free(fleet->rules);
	fleet->rules = rules;
	fleet->policy = limits_hash(&setup->conf);
	fleet->allow = text_hash((struct text){ (const char *)setup->conf.allow_given.at,
						setup->conf.allow_given.count * sizeof(*setup->conf.allow_given.at) });
	return true;
}

static int listen_to(struct fleet *fleet)
{
	sd_event *loop = fleet->daemon->loop;
	int err = sd_event_add_io(loop, &fleet->io, fleet->fd, EPOLLIN, on_io, fleet);

	if (err >= 0)
		err = sd_event_source_set_priority(fleet->io, PRIORITY);
	if (err >= 0)
		err = sd_event_add_time_relative(loop, &fleet->flush, CLOCK_MONOTONIC, 0, 1000, on_flush, fleet);
	if (err >= 0)
		err = sd_event_source_set_enabled(fleet->flush, SD_EVENT_OFF);
	if (err >= 0)
		err = sd_event_add_time_relative(loop, &fleet->beat, CLOCK_MONOTONIC, BEAT_S * UINT64_C(1000000), 100000, on_beat, fleet);
	if (err >= 0)
		err = sd_event_source_set_enabled(fleet->beat, SD_EVENT_ON);
	return err;
}

int fleet_new(struct fleet **out, struct daemon *daemon, int courier)
{
	struct problems problems = { .out = stderr };
	struct fleet *fleet = calloc(1, sizeof(*fleet));
	int err = fleet ? 0 : -ENOMEM;

	if (err == 0) {
		fleet->daemon = daemon;
		fleet->conf = daemon->setup->conf.fleet;
		fleet->fd = courier;
		for (size_t i = 0; i < daemon->setup->conf.source_count; i++)
			if (*daemon->setup->conf.sources[i].redis.name)
				snprintf(fleet->published[i].name, sizeof(fleet->published[i].name), "redis %s", daemon->setup->conf.sources[i].name);
		if (fleet_is_one(fleet))
			err = fleet_keys_read(&fleet->keys, fleet->conf.key_file, &problems) ? 0 : -EINVAL;
	}
	if (err == 0 && getrandom(&fleet->run, sizeof(fleet->run), 0) != sizeof(fleet->run))
		err = -EIO;
	if (err == 0)
		err = fleet_ring_init(&fleet->ring);
	if (err == 0)
		err = fleet_marks_init(&fleet->marks, fleet->conf.node_count + 1);
	if (err == 0)
		err = table_init(&fleet->foreign, sizeof(struct fleet_foreign), FLEET_FOREIGN);
	if (err == 0)
		err = look_at_setup(fleet) ? listen_to(fleet) : -ENOMEM;
	if (err >= 0) {
		*out = fleet;
		return 0;
	}
	if (fleet)
		fleet_free(fleet);
	return err;
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	sd_event_source_disable_unref(fleet->io);
	sd_event_source_disable_unref(fleet->flush);
	sd_event_source_disable_unref(fleet->beat);
	if (fleet->fd >= 0)
		close(fleet->fd);	/* the courier ends by it */
	for (size_t i = 0; i < FLEET_SERVERS_MAX; i++)
		free(fleet->servers[i].stands);
	fleet_ring_fini(&fleet->ring);
	fleet_marks_fini(&fleet->marks);
	table_fini(&fleet->foreign);
	free(fleet->rules);
	explicit_bzero(&fleet->keys, sizeof(fleet->keys));
	free(fleet);
}

bool fleet_is_one(const struct fleet *fleet)
{
	return fleet->conf.server_count > 0;
}

void fleet_attach(struct fleet *fleet)
{
	show_published(fleet);
	if (fleet_is_one(fleet))
		fleet_listen(fleet);
}

void fleet_mute(struct fleet *fleet, bool muted)
{
	fleet->muted = muted;
}

bool fleet_tells(const struct fleet *fleet)
{
	/* what stood there as our own, from before we lost our memory, is our own again */
	return !fleet->muted && (!fleet->hearing || fleet->hearing == &fleet->peers[fleet->conf.own]);
}

/* What a node is not believed any more, it has not said: its bans end. */
static void revoke_bans(struct fleet *fleet, uint64_t newly)
{
	const struct fleet_foreign *foreign;
	uint32_t cursor = 0;

	while (newly && (foreign = table_next(&fleet->foreign, &cursor)) != NULL) {
		struct prefix prefix = table_key(&foreign->slot);

		if (!(newly >> foreign->node & 1))
			continue;
		fleet->muted = true;
		orders_drop(fleet->daemon->orders, ORDER_BAN, &prefix);
		judge_release(fleet->daemon->judge, &prefix, clock_now_ms());
		fleet->muted = false;
		table_remove(&fleet->foreign, table_find(&fleet->foreign, &prefix));
	}
}

void fleet_reload(struct fleet *fleet, FILE *out)
{
	const struct fleet_conf *new = &fleet->daemon->setup->conf.fleet;
	uint64_t ignored = 0;

	for (size_t i = 0; i < fleet->conf.node_count; i++)
		for (size_t k = 0; k < new->node_count; k++)
			if (strcmp(fleet->conf.names[i], new->names[k]) == 0 && new->ignored >> k & 1)
				ignored |= UINT64_C(1) << i;
	if (new->server_count != fleet->conf.server_count || new->node_count != fleet->conf.node_count ||
	    memcmp(new->names, fleet->conf.names, sizeof(new->names)) != 0 || memcmp(new->servers, fleet->conf.servers, sizeof(new->servers)) != 0 ||
	    new->own != fleet->conf.own)
		fputs("[fleet]: its servers and nodes stay as they are until a restart\n", out);
	if (fleet_is_one(fleet) && !look_at_setup(fleet))
		fputs("[fleet]: out of memory\n", out);
	revoke_bans(fleet, ignored & ~fleet->conf.ignored);
	fleet->conf.ignored = ignored;
	if (new->server)
		fleet->conf.remote_bans_per_minute = new->remote_bans_per_minute;
	fleet_attach(fleet);
}
