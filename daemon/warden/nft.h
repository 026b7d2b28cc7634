/* nft - the table inet mailward, kept through netlink; the only user of libnftnl
 *
 * What the kernel holds is in nft.c, as nft would print it. One socket, batches, every refusal filed by its
 * sequence number. Never execs nft, never dumps a set, never touches another table. */
#ifndef MAILWARD_NFT_H
#define MAILWARD_NFT_H

#include "base/conf.h"
#include "base/wire.h"

struct nft;

/* nft_open - open the netlink socket. 0 or -errno (EPERM: no CAP_NET_ADMIN; EPROTONOSUPPORT: no nf_tables) */
int nft_open(struct nft **nft, const struct conf *conf);
void nft_close(struct nft *nft);

/* nft_setup - table, sets, chain, rules and the allow sets, in one batch; an old table of ours is replaced whole.
 * On failure *what names the object the kernel refused (static text). 0 or -errno */
int nft_setup(struct nft *nft, const char **what);

/* nft_apply - carry out requests, in order, in as few batches as possible
 * errors[i]: 0 or the kernel's errno for requests[i]; one refusal does not stop the others.
 * Returns 0, or -errno when the socket itself failed and nothing is known. */
int nft_apply(struct nft *nft, const struct wire_request *requests, size_t count, int *errors);

/* nft_teardown - delete the table. 0 or -errno; no table is no error */
int nft_teardown(struct nft *nft);

#endif
