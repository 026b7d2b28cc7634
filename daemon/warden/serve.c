/* serve - see serve.h
 *
 * One process, one engine: the state is static. */
#include "warden/serve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/own_watch.h"
#include "warden/allowed.h"
#include "warden/events.h"
#include "warden/lister.h"
#include "warden/nft.h"
#include "warden/quota.h"
#include "warden/requests.h"
#include "warden/sockets.h"

#define CLAIM_TRIES 60		/* with a pause each: 3 s */
#define CLAIM_PAUSE_US 50000
#define OVERDRAWN_PAUSE_MS 60000	/* between one message about it and the next */
#define RETRY_MS 1000		/* when the kernel was out of memory; of the lists, twice as long each time, */
#define RETRY_MAX_MS 60000	/* up to that */
#define SETTLE_MS 1000		/* after somebody changed elements: more may follow */
#define REBUILD_PAUSE_MS 5000	/* between one rebuild for that reason and the next */

static struct {
	struct conf *conf;
	const char *conf_path;		/* as at the start */
	struct conf *reloaded;		/* conf, if it is no longer the engine's */
	struct nft *nft;
	bool stands;			/* the table is as conf says; else an earlier one may be doing its work still */
	bool clears;			/* on_stop = clear, and the engine is stopped: nothing is to be left */
	bool building;			/* between WIRE_BEGIN and WIRE_COMMIT */
	struct lister *lister;
	struct lister_list lists[CONF_NAMED_MAX];	/* of conf's blocklists, as found last; all zero: not yet */
	uint64_t lists_written;		/* those that are not whole now, as the engine has told last */
	bool lists_due;			/* the table that stands has none of them: bans come first */
	struct allowed allowed;
	bool allow_due, refill_due;	/* the kernel's allow-list, and its block sets, are not yet what conf wants */
	int lists_err;			/* the kernel refused them: -errno; else 0 */
	int64_t again_ms;		/* when it is to be asked again, as it refused for now alone; 0: not */
	unsigned pause_ms;		/* the latest before that */
	bool allow_again;		/* then also for the allow-list */
	struct wire_reply told[CONF_NAMED_MAX];	/* of each, as it was told last */
	struct quota quota, quota_before;	/* building: what is still free beside the old table */
	int64_t overdrawn_ms;		/* when it was said last that it is used up */
	struct sockets sockets;
	struct events events;		/* none where the table is ours alone */
	int own_watch;			/* -1: there is none */
	int64_t rebuild_due_ms, rebuilt_ms;	/* somebody changed elements: when the engine is to send all of them again; 0: not */
	struct requests requests;
	struct wire_request willing[REQUESTS_MAX];
	int errors[REQUESTS_MAX];
} warden;

static void refuse(const struct wire_request *request, const char *why)
{
	char text[PREFIX_FMT_SIZE];
	log_error("cannot ban %s: %s", prefix_fmt(text, sizeof(text), &request->prefix), why);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What no engine in its right mind asks for, or not so much of; 0 or an errno, and when to ask again. */
static int judge(const struct wire_request *request, uint32_t *retry_ms)
{
	*retry_ms = 0;
	if (request->op != WIRE_DROP)
		return 0;
	const char *never = wire_never_dropped(&request->prefix);
	if (never) {
		refuse(request, never);
		return EINVAL;
	}
	if (ranges_cover(&warden.conf->allow, &request->prefix)) {	/* who is allowed in a network the kernel lets through */
		refuse(request, "it is allowed");
		return EPERM;
	}
	int64_t now = now_ms();
	*retry_ms = quota_take(&warden.quota, &request->prefix, now);
	if (*retry_ms > 0 && (warden.overdrawn_ms == 0 || now - warden.overdrawn_ms >= OVERDRAWN_PAUSE_MS)) {
		refuse(request, "too many addresses at once; this one, and others, have to wait");
		warden.overdrawn_ms = now;
	}
	return *retry_ms > 0 ? EDQUOT : 0;
}

/* No ban is longer than the config has it; one without an end neither. */
static uint64_t cap_ms(uint64_t timeout_ms)
{
	uint64_t most = warden.conf->policy.ban_time_max_s * 1000ULL;

	return timeout_ms == 0 || timeout_ms > most ? most : timeout_ms;
}

/* One without ports of its own is dropped from all that are guarded. */
static uint8_t service_of(const struct wire_request *request)
{
	const struct conf *conf = warden.conf;
	uint8_t service = request->service;

	return service > 0 && service <= conf->service_count && conf->services[service - 1].port_count > 0 ? service : 0;
}

static void report(int err, const char *what)
{
	const char *said = nft_kernel_text(warden.nft);

	if (err < 0)
		log_error("cannot set up nftables: %s: %s%s%s%s", what, strerror(-err), *said ? " (kernel: " : "", said, *said ? ")" : "");
}

static int commit(void)
{
	const char *what = "";
	int err = nft_commit(warden.nft, &what);

	report(err, what);
	if (err < 0 && warden.building)
		warden.quota = warden.quota_before;
	warden.building = false;
	warden.stands = err == 0;
	warden.lists_due |= err < 0;	/* the next try is better made without them */
	return err;
}

/* The table with nothing in it. */
static int set_up(void)
{
	quota_fill(&warden.quota, warden.conf, now_ms());
	nft_begin(warden.nft, warden.conf);
	warden.lists_due = true;
	return commit();
}

/* Of the kernel's refusals those that go by. */
static bool goes_by(int err)
{
	return err == -ENOMEM || err == -ENOBUFS || err == -EDQUOT || err == -EAGAIN;
}

static void ask_again(void)
{
	warden.pause_ms = warden.pause_ms == 0 ? RETRY_MS : warden.pause_ms < RETRY_MAX_MS / 2 ? 2 * warden.pause_ms : RETRY_MAX_MS;
	warden.again_ms = now_ms() + warden.pause_ms;
}

/* err: 1: so far it goes well. Said once, though it is tried again and again. */
static void lists_refused(int err)
{
	if (err < 0 && err != warden.lists_err)
		log_error("cannot enforce the blocklists: %s%s", strerror(-err), goes_by(err) ? "; it is tried again" : "");
	else if (err == 0 && warden.lists_err < 0)
		log_notice("the blocklists are in force now");
	if (goes_by(err))
		ask_again();
	else if (err <= 0 && !warden.allow_again)
		warden.again_ms = warden.pause_ms = 0;
	if (err <= 0)
		warden.lists_err = err;
}

/* What the lister reads and puts together comes by itself, by put_lists(). */
static void ask_for_lists(void)
{
	int err = lister_ask(warden.lister, warden.conf, warden.lists_written);

	if (err < 0)
		lists_refused(err);
}

/* What the lister has found, into the table that is being built; or into the one that stands, where it may come bit by bit. */
static void put_lists(void)
{
	struct lister_found found;

	if (!lister_take(warden.lister, &found))
		return;
	int err = found.err < 0 ? found.err : block_sets_replace(nft_block_sets(warden.nft), &found.listed, found.networks);
	ranges_fini(&found.listed);
	if (found.err == 0)
		memcpy(warden.lists, found.lists, sizeof(warden.lists));
	warden.lists_due = false;
	lists_refused(err);
}

static bool filling(void)
{
	return nft_block_sets(warden.nft)->filling;
}

static void fill_on(void)
{
	lists_refused(block_sets_fill(nft_block_sets(warden.nft)));
}

static uint8_t list_state(const struct lister_list *list)
{
	if (list->read_s == 0)
		return list->wrong ? WIRE_LIST_NONE : WIRE_LIST_COMING;
	if (warden.lists_err < 0)
		return WIRE_LIST_REFUSED;
	if (warden.lists_due || filling() || !warden.stands || warden.building)
		return WIRE_LIST_COMING;
	return list->wrong ? WIRE_LIST_KEPT : WIRE_LIST_FORCE;
}

/* What the engine does not know of a list yet; between two packets, so that it does not come in between the answers to one. */
static void tell_lists(void)
{
	for (size_t i = 0; i < warden.conf->blocklist_count; i++) {
		const struct lister_list *list = &warden.lists[i];
		struct wire_reply reply = { .seq = WIRE_SEQ_TOLD, .op = WIRE_TOLD_LIST, .index = (uint8_t)i, .state = list_state(list),
			.figures = { list->lines, (uint64_t)list->read_s } };

		if (memcmp(&reply, &warden.told[i], sizeof(reply)) == 0)
			continue;
		warden.told[i] = reply;
		send(warden.requests.fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	}
}

/* Without them we go on. */
static void open_events(void)
{
	int err = events_open(&warden.events, nft_portid(warden.nft));

	if (err < 0)
		log_warning("changes that others make to the table will go unnoticed: %s", strerror(-err));
}

static int open_own_watch(void)
{
	int fd = own_watch_open();
	if (fd < 0)
		log_warning("a new address of this machine will go unnoticed: %s", strerror(-fd));
	return fd < 0 ? -1 : fd;
}

static int claim(void)
{
	const char *what = "the netlink socket";
	bool earlier = false;
	int err = nft_open(&warden.nft);

	if (err < 0) {
		log_error("cannot set up nftables: %s: %s", what, strerror(-err));
		return err;
	}
	/* A predecessor whose engine was killed still carries out what it had been sent. */
	for (int i = 0; i < CLAIM_TRIES; i++) {
		err = nft_claim(warden.nft, &earlier, &what);
		if (err != -EBUSY)
			break;
		usleep(CLAIM_PAUSE_US);
	}
	report(err, what);
	if (err == 0 && !nft_owned(warden.nft))
		open_events();
	return err == 0 && !earlier ? set_up() : err;
}

/* The allow-list as it is now; the ports and the kernel's allow-list come with the table that the engine fills next. */
static int reload(uint64_t lists_written)
{
	struct problems quiet = { 0 };	/* the engine has said what is wrong */
	struct conf *conf = calloc(1, sizeof(*conf));

	if (!conf)
		return -ENOMEM;
	bool good = conf_load(conf, warden.conf_path, &quiet);
	struct conf *old = good ? warden.reloaded : conf;
	if (good) {
		conf_allow_now(conf, warden.allowed.at, warden.allowed.count);
		warden.conf = warden.reloaded = conf;
	}
	if (old)
		conf_fini(old);
	free(old);
	if (!good) {
		log_error("the process that drops cannot read the config again: what was in force stays so");
		return -EINVAL;
	}
	memset(warden.told, 0, sizeof(warden.told));	/* the numbers are others now */
	memset(warden.lists, 0, sizeof(warden.lists));
	warden.lists_written = lists_written;
	ask_for_lists();
	return 0;
}

static void ask_to_resend(void)
{
	struct wire_reply reply = { .seq = WIRE_SEQ_RESEND };
	send(warden.requests.fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* Requests that need no more than elements. */
static void apply(size_t begin, size_t end)
{
	struct wire_reply *replies = warden.requests.replies;
	size_t count = 0;

	for (size_t i = begin; i < end; i++) {
		struct wire_request *request = &warden.requests.asked[i];
		replies[i] = (struct wire_reply){ .seq = request->seq, .prefix = request->prefix, .op = (uint8_t)request->op };
		replies[i].error = judge(request, &replies[i].retry_ms);
		if (request->op == WIRE_DROP) {
			request->timeout_ms = cap_ms(request->timeout_ms);
			request->service = service_of(request);
		}
		if (replies[i].error == 0)
			warden.willing[count++] = *request;
	}
	nft_apply(warden.nft, warden.willing, count, warden.errors);
	for (size_t i = 0; i < count; i++)
		if (warden.willing[i].cut && warden.errors[i] == 0 && !warden.building)
			sockets_mark(&warden.sockets, &warden.willing[i].prefix, warden.willing[i].service);
	for (size_t i = begin, j = 0; i < end; i++) {
		if (replies[i].error != 0)
			continue;
		replies[i].error = warden.errors[j++];
		replies[i].retry_ms = replies[i].error == ENOMEM || replies[i].error == ENOBUFS ? RETRY_MS : 0;
	}
}

/* What an engine without a memory asks for: sent packet by packet, while it waits. */
struct telling {
	struct wire_request drops[WIRE_TOGETHER_MAX];
	size_t count;
};

static void tell_now(struct telling *telling)
{
	if (telling->count > 0)
		send(warden.requests.fd, telling->drops, telling->count * sizeof(*telling->drops), MSG_NOSIGNAL);
	telling->count = 0;
}

static void tell_standing(void *arg, const struct wire_request *drop)
{
	struct telling *telling = arg;

	telling->drops[telling->count++] = *drop;
	if (telling->count == WIRE_TOGETHER_MAX)
		tell_now(telling);
}

static int tell_all_standing(void)
{
	struct telling telling = { .count = 0 };
	int err = nft_standing(warden.nft, warden.conf->policy.ipv6_prefix, tell_standing, &telling);

	tell_now(&telling);
	if (err < 0)
		log_error("cannot read what stands in the kernel: %s", strerror(-err));
	return err;
}

/* What the kernel does, not what it was told to do. */
static void look(const struct prefix *prefix, struct wire_reply *reply)
{
	struct counters_figures figures;
	int err = nft_count(warden.nft, prefix, &figures);

	if (err == 0 || err == -ENODATA)
		reply->state |= WIRE_SEEN_BANNED;
	if (err == 0)
		reply->state |= WIRE_SEEN_COUNTED;
	if (!warden.lists_due && warden.stands && ranges_contain(&nft_block_sets(warden.nft)->listed, &prefix->addr))
		reply->state |= WIRE_SEEN_LISTED;
	reply->prefix = *prefix;
	reply->figures[0] = figures.packets;
	reply->figures[1] = figures.bytes;
	reply->error = err == 0 || err == -ENODATA || err == -ENOENT ? 0 : -err;
}

static void tell_counts(void *arg, const char *name, const struct counters_figures *figures)
{
	struct wire_reply reply = { .seq = WIRE_SEQ_TOLD, .op = WIRE_TOLD_SET, .figures = { figures->packets, figures->bytes } };
	struct nft_set set;

	(void)arg;
	if (!nft_set_of(warden.nft, name, &set))
		return;
	reply.state = set.block;
	reply.prefix.len = (uint8_t)(set.v4 ? 96 + set.len : set.len);
	if (set.v4)
		reply.prefix.addr.bytes[10] = reply.prefix.addr.bytes[11] = 0xff;
	send(warden.requests.fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* Into the kernel that comes once for all that are asked for together. A block set may hold who is no longer allowed only
 * when it is filled anew; the other way round the kernel asks its allow-list first. */
static int allow(const struct wire_request *request)
{
	bool adds = request->op == WIRE_ALLOW;
	int error = adds ? allowed_add(&warden.allowed, &request->prefix, now_ms()) : 0;

	if (!adds && !allowed_remove(&warden.allowed, &request->prefix))
		return 0;
	if (error == 0)
		error = -conf_allow_now(warden.conf, warden.allowed.at, warden.allowed.count);
	warden.allow_due |= error == 0;
	warden.refill_due |= !adds;
	return -error;
}

/* A table that does not stand comes with it. */
static int allow_in_kernel(void)
{
	int err = warden.stands ? nft_allow(warden.nft, warden.conf) : 0;

	if (err < 0)
		log_error("cannot renew the allow-list: %s", strerror(-err));
	warden.allow_again = goes_by(err);
	if (warden.allow_again)
		ask_again();
	if (warden.refill_due && warden.stands)
		ask_for_lists();
	warden.allow_due = warden.refill_due = false;
	return err;
}

/* The lists go when all is done that was asked for. */
static int stop(void)
{
	static const struct wire_request clear = { .op = WIRE_CLEAR };
	int error = 0;

	warden.clears = warden.conf->clear_on_stop;
	if (!warden.clears)
		return 0;
	if (!warden.stands)
		return set_up();
	nft_apply(warden.nft, &clear, 1, &error);
	return -error;
}

/* Requests that concern more, or nothing at all; 0 or -errno. */
static int do_large(const struct wire_request *request, bool *resend)
{
	const uint32_t op = request->op;
	int err = 0;

	if (op == WIRE_BEGIN) {
		warden.lists_due |= filling() && !block_sets_any(nft_block_sets(warden.nft));
		warden.quota_before = warden.quota;
		quota_fill(&warden.quota, warden.conf, now_ms());
		nft_begin(warden.nft, warden.conf);
		warden.building = true;
		warden.rebuild_due_ms = 0;
		if (!warden.lists_due) {
			ask_for_lists();
			lister_wait(warden.lister);
			put_lists();
		}
	} else if (op == WIRE_COMMIT) {
		err = commit();
		if (err == 0 && warden.lists_due)
			ask_for_lists();
	} else if (op == WIRE_LISTS) {
		warden.lists_written = request->written;
		ask_for_lists();
	} else if (op == WIRE_RELOAD) {
		err = reload(request->written);
		*resend |= err == 0;
	} else if (op == WIRE_STANDING) {
		err = tell_all_standing();
	} else if (op == WIRE_ALLOW || op == WIRE_UNALLOW) {
		err = allow(request);
	} else if (op == WIRE_FIGURES) {
		err = nft_counts(warden.nft, tell_counts, NULL);
	} else if (op == WIRE_STOP) {
		err = stop();
	}
	return err;
}

static bool is_large(uint32_t op)
{
	return op != WIRE_DROP && op != WIRE_RELEASE && op != WIRE_CLEAR;
}

static void set_up_anew(void)
{
	if (set_up() < 0)
		_exit(EXIT_FAILURE);
	ask_for_lists();
}

/* Between begin and commit there are only drops; and without a commit that went well, what stands is not ours to add to. */
static void check_order(uint32_t op)
{
	if (warden.building ? op != WIRE_DROP && op != WIRE_COMMIT : op == WIRE_COMMIT)
		requests_nonsense();
	if (!warden.stands && !warden.building && !is_large(op))
		set_up_anew();
}

/* What the kernel did not take was not done. */
static void fail_allowing(size_t count, int err)
{
	for (size_t i = 0; i < count && err < 0; i++) {
		struct wire_reply *reply = &warden.requests.replies[i];
		if ((reply->op == WIRE_ALLOW || reply->op == WIRE_UNALLOW) && reply->error == 0)
			reply->error = -err;
	}
}

static void serve_requests(size_t count)
{
	bool resend = false;
	size_t begin = 0;

	for (size_t i = 0; i < count; i++) {
		const struct wire_request *request = &warden.requests.asked[i];
		check_order(request->op);
		if (is_large(request->op)) {
			apply(begin, i);
			warden.requests.replies[i] = (struct wire_reply){ .seq = request->seq, .op = (uint8_t)request->op,
				.prefix = request->prefix, .error = -do_large(request, &resend) };
			if (request->op == WIRE_LOOK)
				look(&request->prefix, &warden.requests.replies[i]);
			begin = i + 1;
		}
	}
	apply(begin, count);
	if (warden.allow_due && !warden.building)
		fail_allowing(count, allow_in_kernel());
	requests_answer(&warden.requests, count);
	if (resend)
		ask_to_resend();
}

/* The table is built anew, and the engine says what belongs into it. Where elements alone were changed, that it does in
 * one transaction, once for many changes, and what stands does its work until then. */
static void check_table(void)
{
	enum events_kind seen = events_read(&warden.events);

	if (seen == EVENTS_TABLE) {
		log_warning("somebody changed the table inet mailward: building it anew");
		set_up_anew();
		warden.rebuild_due_ms = 0;
		ask_to_resend();
	} else if (seen == EVENTS_ELEMENTS && warden.rebuild_due_ms == 0) {
		int64_t now = now_ms(), next = warden.rebuilt_ms + REBUILD_PAUSE_MS;
		warden.rebuild_due_ms = now + SETTLE_MS > next ? now + SETTLE_MS : next;
	}
}

static void rebuild(void)
{
	log_warning("somebody changed elements of the table inet mailward: filling it anew");
	warden.rebuild_due_ms = 0;
	warden.rebuilt_ms = now_ms();
	ask_to_resend();
}

/* What is ours may not be dropped, from now on; what was ours no longer matters to us. */
static void renew_own(void)
{
	if (!own_watch_read(warden.own_watch) || !conf_allow_own(warden.conf))
		return;
	log_notice("this machine's addresses or gateways have changed, and the allow-list with them");
	if (!warden.stands)	/* then they come with the table */
		return;
	warden.refill_due = true;
	allow_in_kernel();
}

/* What the kernel refused for now. A table that is being built comes with all of it. */
static void try_again(void)
{
	if (warden.again_ms == 0 || warden.again_ms > now_ms() || !warden.stands || warden.building)
		return;
	warden.again_ms = 0;
	if (warden.allow_again)
		allow_in_kernel();
	if (warden.lists_err < 0)
		ask_for_lists();
}

static void cut(void)
{
	size_t count = sockets_cut(&warden.sockets, warden.conf);

	if (count > 0)
		log_debug("%zu live connections of banned addresses cut", count);
}

/* How long to wait for requests before there is other work; -1: for ever. */
static int patience_ms(void)
{
	int64_t due_ms = warden.rebuild_due_ms;

	if (sockets_marked(&warden.sockets) > 0 || filling())
		return 0;
	if (warden.again_ms != 0 && warden.stands && !warden.building && (due_ms == 0 || warden.again_ms < due_ms))
		due_ms = warden.again_ms;
	return due_ms == 0 ? -1 : due_ms > now_ms() ? (int)(due_ms - now_ms()) : 0;
}

/* Requests come first; connections are cut when none is waiting, or too many of them are. Blocklists fill in between. */
static void serve(void)
{
	struct pollfd fds[] = { { .fd = warden.requests.fd, .events = POLLIN }, { .events = POLLIN }, { .events = POLLIN },
				{ .events = POLLIN } };
	size_t count;

	tell_lists();
	for (;;) {
		bool marked = sockets_marked(&warden.sockets) > 0;
		fds[1].fd = warden.building ? -1 : warden.events.fd;	/* what happens meanwhile shows in the table that is built */
		fds[2].fd = warden.building ? -1 : warden.own_watch;
		fds[3].fd = warden.building || !warden.stands ? -1 : lister_fd(warden.lister);
		int ready = poll(fds, COUNT(fds), patience_ms());
		if (ready < 0 && errno != EINTR)
			return;
		if (ready > 0 && fds[1].revents)
			check_table();
		if (ready > 0 && fds[2].revents)
			renew_own();
		if (ready > 0 && fds[0].revents) {
			if ((count = requests_take(&warden.requests)) == 0)
				return;
			serve_requests(count);
		}
		if (ready > 0 && fds[3].revents && !warden.building && warden.stands)
			put_lists();
		if (warden.rebuild_due_ms != 0 && warden.rebuild_due_ms <= now_ms())
			rebuild();
		try_again();
		if ((ready == 0 && marked) || sockets_marked(&warden.sockets) >= SOCKETS_MARKED_MAX)
			cut();
		else if (filling())
			fill_on();
		tell_lists();
	}
}

int serve_begin(struct conf *conf, int fd)
{
	warden.conf = conf;
	warden.conf_path = conf->path;
	warden.events.fd = warden.own_watch = -1;
	requests_init(&warden.requests, fd);
	int err = lister_open(&warden.lister);
	if (err < 0) {
		log_error("the process that drops cannot read blocklists: %s", strerror(-err));
		return err;
	}
	ask_for_lists();
	lister_wait(warden.lister);
	err = claim();
	if (err < 0)
		return err;
	warden.own_watch = open_own_watch();
	sockets_open(&warden.sockets);
	return 0;
}

void serve_to_the_end(void)
{
	serve();
	sockets_cut(&warden.sockets, warden.conf);
	if (warden.clears && warden.stands)
		lists_refused(block_sets_replace(nft_block_sets(warden.nft), &(struct ranges){ 0 }, (uint32_t[SET_COUNT]){ 0 }));
	while (filling())
		fill_on();
}
