/* nft - the table inet mailward, kept through netlink
 *
 * What the kernel holds is in ruleset.c, as nft would print it. One socket, batches, every refusal filed by its
 * sequence number and logged with the prefix and the kernel's words. Where the kernel can, the socket owns the table:
 * nobody else changes it, a firewall reload passes it by, and it outlives us until the next owner.
 * Never execs nft, never dumps a set, never touches another table. */
#ifndef MAILWARD_NFT_H
#define MAILWARD_NFT_H

#include "base/wire.h"
#include "conf/conf.h"
#include "warden/block_sets.h"
#include "warden/counters.h"
#include "warden/standing.h"

struct nft;

/* nft_open - open the netlink socket. 0 or -errno (EPROTONOSUPPORT: a kernel without netfilter) */
int nft_open(struct nft **out);
void nft_close(struct nft *nft);

/* nft_claim - find out what the kernel can, and make the table ours if it can be; first of all
 * *stands: an earlier table of ours is there, and goes on dropping until nft_commit().
 * On failure *what names the object the kernel refused (static text). 0 or -errno (EPERM: no CAP_NET_ADMIN;
 * EBUSY: another running process owns the table) */
int nft_claim(struct nft *nft, bool *stands, const char **what);

/* nft_begin, nft_commit - replace the table, whatever it is, in one transaction: sets, chains, rules, allow-list, and
 * the WIRE_DROPs that nft_apply() is given in between (the rest of more than NFT_TOGETHER_MAX follows on its own)
 * conf: of its policy, ipv6_prefix is kept. On failure nothing has changed, and *what is as above. 0 or -errno */
#define NFT_TOGETHER_MAX 131072
void nft_begin(struct nft *nft, const struct conf *conf);
int nft_commit(struct nft *nft, const char **what);

/* nft_block_sets - the table's sets for the blocklists; between nft_begin() and nft_commit() what is done to them is
 * part of that transaction */
struct block_sets *nft_block_sets(struct nft *nft);

/* nft_allow - replace the allow-list in the table that stands, in one transaction. 0 or -errno */
int nft_allow(struct nft *nft, const struct conf *conf);

/* nft_may_own - false: do without the table's owner flag, as on kernels before 6.12; for tests */
extern bool nft_may_own;

/* nft_owned - is the table ours alone? If not, somebody may change it: then listen, see events.h */
bool nft_owned(const struct nft *nft);

/* nft_portid - the socket's name in the kernel's events */
uint32_t nft_portid(const struct nft *nft);

/* nft_kernel_text - what the kernel said in words about the last refusal, or "" */
const char *nft_kernel_text(const struct nft *nft);

/* nft_apply - carry out requests, in order, in as few batches as possible
 * errors[i]: 0 or the kernel's errno for requests[i]; one refusal does not stop the others. Of several requests for one
 * prefix that come together only the last reaches the kernel, and the earlier ones share its errno.
 * Between begin and commit every errors[i] is 0, up to NFT_TOGETHER_MAX; nft_commit() reports the result. */
void nft_apply(struct nft *nft, const struct wire_request *requests, size_t count, int *errors);

/* nft_standing - call fn for each ban that stands in the kernel, whoever put it there: for the start, since reading a large
 * set takes the kernel long. ipv6_prefix: of a set "ban6" that does not say what its length is. 0 or -errno */
int nft_standing(struct nft *nft, unsigned ipv6_prefix, standing_fn *fn, void *arg);

/* nft_count - what the kernel has dropped of that prefix, if it is banned and was counted from its start
 * 0, -ENOENT: it is not dropped, -ENODATA: it has no counter of its own (see counters.h), or -errno
 * nft_counts - call fn for each rule that looks up a set of bans or of the blocklists: see counters.h
 * nft_set_of - which set that is, by its name: false: neither */
int nft_count(struct nft *nft, const struct prefix *prefix, struct counters_figures *figures);
int nft_counts(struct nft *nft, counters_fn *fn, void *arg);
struct nft_set {
	bool block, v4;
	uint8_t len;	/* as people count it */
};
bool nft_set_of(const struct nft *nft, const char *name, struct nft_set *set);

/* nft_teardown - delete the table. 0 or -errno; no table is no error */
int nft_teardown(struct nft *nft);

#endif
