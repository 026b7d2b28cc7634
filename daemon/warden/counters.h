/* counters - what the kernel has dropped, by set, and of single bans
 *
 * The rule that looks a set up counts what it finds. A counter on each element would cost every ban: measured on 6.18,
 * 33 bytes and 16 more for each processor the machine may have (a million bans on 64 of them: 1 GB instead of 90 MB), and an
 * insertion in a batch 3.5 us instead of 1.2, alone 5.7 instead of 3.2; a packet some 20 ns of 890. So at most
 * COUNTERS_MAX bans have one, which costs at most 17 MB there and 1 MB on two processors: whom anybody asks about is
 * mostly among them, and a botnet pays for its first ones alone. */
#ifndef MAILWARD_COUNTERS_H
#define MAILWARD_COUNTERS_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTERS_MAX 16384
#define COUNTERS_TRIES 8	/* how many places are looked at for one that is free again */

/* struct counters - which of them are taken, by when the ban ends that has it; all zero at first */
struct counters {
	uint32_t end_s[COUNTERS_MAX];
	uint32_t hand;
};

/* counters_take - may a ban that begins now have one? That it ends earlier is not noticed. */
bool counters_take(struct counters *counters, uint32_t now_s, uint64_t timeout_ms);

/* counters_read_element - of one element; 0, -ENOENT: it is not in the set, -ENODATA: it has no counter, or -errno
 * seq: the socket's next number, counted on; as below */
struct counters_figures {
	uint64_t packets, bytes;
};
int counters_read_element(struct mnl_socket *socket, uint32_t *seq, const char *set, const uint8_t *key, size_t key_len,
			  struct counters_figures *figures);

/* counters_fn - gets the name of a set that a rule looks up, and what that rule has counted; more rules may look up one
 * counters_read_rules - call it for every such rule of the table. 0 or -errno */
typedef void counters_fn(void *arg, const char *set, const struct counters_figures *figures);
int counters_read_rules(struct mnl_socket *socket, uint32_t *seq, counters_fn *fn, void *arg);

#endif
