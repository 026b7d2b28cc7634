/* clients - whose session is it? For servers that name the client in one line and fail him in another
 *
 *	5ab3a1c2d4e5f607 smtp connected address=192.0.2.7 host=h.example.net		a rule of kind client
 *	5ab3a1c2d4e5f607 smtp failed-command command="..." result="550 Invalid recipient"	one without <addr>
 *
 * What joins them is the id that both capture as <queue>. Whichever comes first waits for the other: sendmail says what it
 * refused before it says whom. Bounded: of CLIENTS_MAX sessions the one not heard of for the longest goes, and what it failed
 * counts for nobody; to get there, so many others must begin between two of its lines. A restart forgets them all. */
#ifndef MAILWARD_CLIENTS_H
#define MAILWARD_CLIENTS_H

#include "match/hit.h"

#define CLIENTS_MAX 4096
#define CLIENTS_WAYS 4		/* a session has so many places where it may be */

struct clients;

/* clients_new - NULL: no memory */
struct clients *clients_new(void);
void clients_free(struct clients *clients);

/* clients_name - the session's client is hit->addr. True: he was waited for, and *hit is what he failed at before.
 * key: what tells the session from all others. */
bool clients_name(struct clients *clients, uint64_t key, struct hit *hit);

/* clients_ask - a hit that names nobody: true: it is now that of the session's client; else, if it counts, it waits for him */
bool clients_ask(struct clients *clients, uint64_t key, struct hit *hit);

#endif
