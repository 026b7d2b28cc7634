/* nft - see nft.h
 *
 * Knows which ban sets exist and turns requests into as few batches as can be. ruleset.c shows the table. */
#include "warden/nft.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/log.h"
#include "warden/block_sets.h"
#include "warden/elements.h"
#include "warden/query.h"
#include "warden/ruleset.h"

#define CHUNK 1024	/* requests a batch; more gain nothing, and one refusal makes a batch be sent again in parts */
#define SEEN_SLOTS (4 * CHUNK)

bool nft_may_own = true;

struct ban_sets {
	unsigned ipv6_prefix;		/* the length of ban6 */
	bool have[BAN_SET_COUNT];
};

struct nft {
	struct batch batch;
	uint32_t flags;			/* our table's */
	uint32_t seen_flags;		/* those of the table that stands */
	bool renews;			/* the kernel gives an element that is there the new timeout */
	struct ban_sets ban_sets;
	struct block_sets block_sets;
	struct counters counters;	/* which bans have one of their own */
	bool counts;			/* the kernel takes them */
	struct ban_sets before;		/* between nft_begin() and the commit the batch is open: those that stand */
	size_t together;		/* then: bans in the batch */
	int built;			/* the last commit's result */
	const char *built_what;
	uint64_t seed;
	uint16_t seen[SEEN_SLOTS];	/* hash of the chunk's prefixes: index + 1 of the latest request */
	uint16_t later[CHUNK];		/* the request that replaces this one, or itself */
	const struct wire_request *work[CHUNK];
	const struct wire_request *chunk;	/* the requests at hand, and which of them get a counter */
	bool counted[CHUNK];
};

/* Since 6.12. */
static bool kernel_renews(void)
{
	struct utsname name;
	unsigned major, minor;

	return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 12));
}

int nft_open(struct nft **out)
{
	struct nft *nft = calloc(1, sizeof(*nft));
	if (!nft)
		return -ENOMEM;
	int err = batch_open(&nft->batch);
	if (err < 0) {
		free(nft);
		return err;
	}
	nft->block_sets.batch = &nft->batch;
	if (getrandom(&nft->seed, sizeof(nft->seed), 0) < 0)
		nft->seed = (uint64_t)(uintptr_t)nft;	/* only the speed of a chunk hangs on it */
	nft->renews = kernel_renews();
	nft->counts = true;
	*out = nft;
	return 0;
}

void nft_close(struct nft *nft)
{
	if (!nft)
		return;
	batch_close(&nft->batch);
	block_sets_fini(&nft->block_sets);
	free(nft);
}

static int blame(const struct nft *nft, int err, const char **what)
{
	*what = ruleset_what(&nft->batch);
	if (err != -EPERM || nft->batch.refused == 0)	/* without the capability the batch itself is refused */
		return err;
	*what = "the table belongs to another process that is running";
	return -EBUSY;
}

/* Asked, not tried: a batch that is refused takes the kernel milliseconds. */
static bool has_bans(struct nft *nft)
{
	mnl_attr_put_strz(query_begin(NFT_MSG_GETSET, 0), NFTA_SET_NAME, "ban4");
	return query_run(nft->batch.socket, &nft->batch.seq, NULL, NULL) == 0;
}

int nft_claim(struct nft *nft, bool *stands, const char **what)
{
	uint32_t own = TABLE_OWNER | TABLE_PERSIST;

	batch_begin(&nft->batch);
	ruleset_put_probe(&nft->batch, own);
	int err = batch_commit(&nft->batch);
	if (err < 0 && nft->batch.refused == 0)
		return blame(nft, err, what);
	nft->flags = nft->seen_flags = err == 0 && nft_may_own ? own : 0;
	batch_begin(&nft->batch);
	ruleset_put_claim(&nft->batch, nft->flags);
	err = batch_commit(&nft->batch);
	if (err == -EOPNOTSUPP) {	/* it stands with other flags, and can only be replaced */
		nft->seen_flags ^= own;
		err = 0;
	}
	*stands = err == 0 && has_bans(nft);
	return err < 0 ? blame(nft, err, what) : 0;
}

void nft_begin(struct nft *nft, const struct conf *conf)
{
	unsigned ipv6_prefix = conf->policy.ipv6_prefix;

	block_sets_cancel(&nft->block_sets);
	nft->before = nft->ban_sets;
	nft->together = 0;
	nft->counters = (struct counters){ 0 };
	nft->ban_sets = (struct ban_sets){ .ipv6_prefix = ipv6_prefix };
	nft->ban_sets.have[set_id(true, 128)] = nft->ban_sets.have[set_id(false, ipv6_prefix)] = true;
	batch_begin(&nft->batch);
	ruleset_put(&nft->batch, conf, nft->seen_flags, nft->flags);
}

static void build(struct nft *nft)
{
	nft->built = batch_commit(&nft->batch);
	block_sets_built(&nft->block_sets, nft->built == 0);
	if (nft->built == 0) {
		nft->seen_flags = nft->flags;
	} else {
		nft->ban_sets = nft->before;
		nft->counts = false;	/* which may have been the reason; one by one, or at the next try, without */
		nft->built = blame(nft, nft->built, &nft->built_what);
	}
}

int nft_commit(struct nft *nft, const char **what)
{
	if (nft->batch.open)
		build(nft);
	*what = nft->built_what;
	return nft->built;
}

int nft_allow(struct nft *nft, const struct conf *conf)
{
	batch_begin(&nft->batch);
	ruleset_replace_allow_list(&nft->batch, conf);
	return batch_commit(&nft->batch);
}

struct block_sets *nft_block_sets(struct nft *nft)
{
	return &nft->block_sets;
}

int nft_standing(struct nft *nft, unsigned ipv6_prefix, standing_fn *fn, void *arg)
{
	return standing_read(nft->batch.socket, &nft->batch.seq, ipv6_prefix, fn, arg);
}

/* Banned from all ports, or from those of a service alone. */
int nft_count(struct nft *nft, const struct prefix *prefix, struct counters_figures *figures)
{
	char name[SET_NAME_SIZE];
	int err = -ENOENT;

	*figures = (struct counters_figures){ 0 };
	for (unsigned service = 0; err == -ENOENT && service < BAN_SET_COUNT / SET_COUNT; service++) {
		unsigned id = set_of_service(set_of(prefix), service);

		if (nft->ban_sets.have[id])
			err = counters_read_element(nft->batch.socket, &nft->batch.seq,
						    ruleset_ban_set_name(name, id, nft->ban_sets.ipv6_prefix),
						    set_key(set_v4(id), &prefix->addr), set_key_len(set_v4(id)), figures);
	}
	return err;
}

int nft_counts(struct nft *nft, counters_fn *fn, void *arg)
{
	return counters_read_rules(nft->batch.socket, &nft->batch.seq, fn, arg);
}

/* "ban4", "ban4_24", "ban6_48_s2", "block4_24", "block4_24b" */
bool nft_set_of(const struct nft *nft, const char *name, struct nft_set *set)
{
	bool block = strncmp(name, "block", 5) == 0;
	unsigned family, len, service = 0;
	const char *service_at = strstr(name, "_s");
	char mine[SET_NAME_SIZE];

	if (!block && strncmp(name, "ban", 3) != 0)
		return false;
	int read = sscanf(name + (block ? 5 : 3), "%u_%u", &family, &len);
	if (read < 1 || (family != 4 && family != 6) || (read == 1 && block) || (read == 2 && len > (family == 4 ? 32 : 128)))
		return false;
	if (read == 1)
		len = family == 4 ? 32 : nft->ban_sets.ipv6_prefix;
	if (service_at && (sscanf(service_at, "_s%u", &service) != 1 || service >= BAN_SET_COUNT / SET_COUNT))
		return false;
	unsigned id = set_of_service(set_id(family == 4, family == 4 ? 96 + len : len), service);
	*set = (struct nft_set){ .block = block, .v4 = family == 4, .len = (uint8_t)len };
	if (!block)
		return strcmp(name, ruleset_ban_set_name(mine, id, nft->ban_sets.ipv6_prefix)) == 0;
	return strcmp(name, ruleset_block_set_name(mine, id, false)) == 0 || strcmp(name, ruleset_block_set_name(mine, id, true)) == 0;
}

int nft_teardown(struct nft *nft)
{
	batch_begin(&nft->batch);
	ruleset_delete(&nft->batch, nft->seen_flags);
	return batch_commit(&nft->batch);
}

bool nft_owned(const struct nft *nft)
{
	return nft->flags & TABLE_OWNER;
}

uint32_t nft_portid(const struct nft *nft)
{
	return mnl_socket_get_portid(nft->batch.socket);
}

const char *nft_kernel_text(const struct nft *nft)
{
	return nft->batch.kernel_text;
}

static void refuse(const struct nft *nft, const struct wire_request *request, int *error, int err)
{
	char text[PREFIX_FMT_SIZE];
	const char *said = nft->batch.kernel_text;

	*error = -err;
	log_error("cannot %s %s: %s%s%s%s", request->op == WIRE_DROP ? "ban" : "release",
		  prefix_fmt(text, sizeof(text), &request->prefix), strerror(-err), *said ? " (kernel: " : "", said, *said ? ")" : "");
}

/* The set for the request's length, made when the first ban needs it; false: there is nothing to do in it. */
static bool set_ready(struct nft *nft, const struct wire_request *request, int *error)
{
	unsigned id = set_of_service(set_of(&request->prefix), request->service);
	bool *have = &nft->ban_sets.have[id];

	*error = 0;
	for (unsigned i = 0; request->op == WIRE_RELEASE && i <= WIRE_SERVICES_MAX; i++)
		if (nft->ban_sets.have[set_of_service(id, i)])
			return true;
	if (*have || request->op == WIRE_RELEASE)
		return *have;
	bool together = nft->batch.open;
	if (!together)
		batch_begin(&nft->batch);
	ruleset_put_ban_set(&nft->batch, id, nft->ban_sets.ipv6_prefix);
	int err = together ? 0 : batch_commit(&nft->batch);
	if (err < 0)
		refuse(nft, request, error, err);
	return *have = err == 0;
}

/* Those requests of the set that want elements of that type; whole: with timeout and comment, in the service's set alone; else
 * in all of that length, so that none stays in another. */
static void put_elements(struct nft *nft, uint16_t type, unsigned id, const struct wire_request *const *work, size_t count, bool whole)
{
	struct elements elements;
	char name[SET_NAME_SIZE];
	bool v4 = set_v4(id);

	elements_begin(&elements, &nft->batch, type, ruleset_ban_set_name(name, id, nft->ban_sets.ipv6_prefix));
	for (size_t i = 0; i < count; i++) {
		const struct wire_request *request = work[i];
		if (set_of(&request->prefix) != id % SET_COUNT ||
		    (whole ? request->op != WIRE_DROP || request->service != set_service(id) : request->fresh && nft->renews))
			continue;
		elements_put(&elements, &(struct element){
			.key = set_key(v4, &request->prefix.addr), .key_len = set_key_len(v4),
			.timeout_ms = whole ? request->timeout_ms : 0,
			.comment = whole && request->comment[0] ? request->comment : NULL,
			.counted = whole && nft->counts && nft->counted[request - nft->chunk],
		});
	}
	elements_end(&elements);
}

/* Add, delete, add: on every kernel this replaces an element, present or absent; add and delete alone remove it,
 * present or absent. Kernels before 6.12 ignore a new timeout for an element that is there; on others, one that is
 * fresh needs no such care: if it is there after all, it keeps its comment. Nor does a set that is new. */
static void put_work(struct nft *nft, const struct wire_request *const *work, size_t count, bool new_sets)
{
	bool done[SET_COUNT] = { false };

	for (size_t i = 0; i < count; i++) {
		unsigned id = set_of(&work[i]->prefix);
		if (done[id])
			continue;
		done[id] = true;
		for (unsigned service = 0; service <= WIRE_SERVICES_MAX; service++, id += SET_COUNT) {
			if (!nft->ban_sets.have[id])
				continue;
			if (!new_sets) {
				put_elements(nft, NFT_MSG_NEWSETELEM, id, work + i, count - i, false);
				put_elements(nft, NFT_MSG_DELSETELEM, id, work + i, count - i, false);
			}
			put_elements(nft, NFT_MSG_NEWSETELEM, id, work + i, count - i, true);
		}
	}
}

static int send_work(struct nft *nft, const struct wire_request *const *work, size_t count)
{
	batch_begin(&nft->batch);
	put_work(nft, work, count, false);
	return batch_commit(&nft->batch);
}

/* Counters of single bans are nothing that a ban may fail for: on an old kernel, or where there is no room for them. */
static bool helped_without_counters(struct nft *nft, const struct wire_request *const *work, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= nft->counted[work[i] - nft->chunk];
	if (!nft->counts || !any)
		return false;
	nft->counts = false;
	if (send_work(nft, work, count) == 0) {
		log_notice("the kernel has no counters for single bans; they go on without");
		return true;
	}
	nft->counts = true;
	return false;
}

/* One refusal undoes a batch: halve it until the refused request stands alone. */
static void carry_out(struct nft *nft, const struct wire_request *base, const struct wire_request *const *work, size_t count,
		      int *errors)
{
	int err = count ? send_work(nft, work, count) : 0;

	if (err == 0 || helped_without_counters(nft, work, count))
		return;
	if (count == 1) {
		refuse(nft, work[0], &errors[work[0] - base], err);
		return;
	}
	carry_out(nft, base, work, count / 2, errors);
	carry_out(nft, base, work + count / 2, count - count / 2, errors);
}

/* Within a chunk the latest request for a prefix is the only one that the kernel need see. */
static void find_latest(struct nft *nft, const struct wire_request *requests, size_t count)
{
	if (count > 1)
		memset(nft->seen, 0, sizeof(nft->seen));
	for (size_t i = 0; i < count; i++) {
		const struct prefix *prefix = &requests[i].prefix;
		size_t slot = (addr_hash(&prefix->addr, nft->seed) + prefix->len) % SEEN_SLOTS;
		nft->later[i] = (uint16_t)i;
		if (count == 1)
			break;
		while (nft->seen[slot] && memcmp(&requests[nft->seen[slot] - 1].prefix, prefix, sizeof(*prefix)) != 0)
			slot = (slot + 1) % SEEN_SLOTS;
		if (nft->seen[slot])
			nft->later[nft->seen[slot] - 1] = (uint16_t)i;
		nft->seen[slot] = (uint16_t)(i + 1);
	}
}

/* A delay is short, and nobody asks what became of it. */
static void mark_counted(struct nft *nft, const struct wire_request *requests, size_t count)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	nft->chunk = requests;
	for (size_t i = 0; i < count; i++)
		nft->counted[i] = nft->counts && nft->later[i] == i && requests[i].op == WIRE_DROP && requests[i].cut &&
			counters_take(&nft->counters, (uint32_t)now.tv_sec, requests[i].timeout_ms);
}

static void apply_chunk(struct nft *nft, const struct wire_request *requests, size_t count, int *errors)
{
	size_t n = 0;

	find_latest(nft, requests, count);
	mark_counted(nft, requests, count);
	for (size_t i = 0; i < count; i++)
		if (nft->later[i] == i && set_ready(nft, &requests[i], &errors[i]))
			nft->work[n++] = &requests[i];
	if (nft->batch.open) {
		put_work(nft, nft->work, n, true);
		nft->together += n;
		if (nft->together >= NFT_TOGETHER_MAX)
			build(nft);
	} else {
		carry_out(nft, requests, nft->work, n, errors);
	}
	for (size_t i = count; i-- > 0;)	/* backwards: a replaced request shares the fate of the one after it */
		errors[i] = errors[nft->later[i]];
}

static int clear(struct nft *nft)
{
	char name[SET_NAME_SIZE];

	batch_begin(&nft->batch);
	EACH_BAN_SET(id)
		if (nft->ban_sets.have[id])
			elements_flush(&nft->batch, ruleset_ban_set_name(name, id, nft->ban_sets.ipv6_prefix));
	int err = batch_commit(&nft->batch);
	if (err < 0)
		log_error("cannot release all bans: %s", strerror(-err));
	return -err;
}

void nft_apply(struct nft *nft, const struct wire_request *requests, size_t count, int *errors)
{
	for (size_t done = 0, n; done < count; done += n) {
		n = 1;
		if (requests[done].op == WIRE_CLEAR) {
			errors[done] = clear(nft);
			continue;
		}
		while (done + n < count && n < CHUNK && requests[done + n].op != WIRE_CLEAR)
			n++;
		apply_chunk(nft, requests + done, n, errors + done);
	}
}
