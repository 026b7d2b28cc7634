/* explain_network - what is known of a network as a whole, and of who is in it */
#ifndef MAILWARD_EXPLAIN_NETWORK_H
#define MAILWARD_EXPLAIN_NETWORK_H

#include "service/explain.h"

/* explain_network_look - as explain_look(), of its ban or of one around it
 * explain_network_text, explain_network_json - write it to out; bounded, however many are in it */
bool explain_network_look(struct daemon *daemon, const struct prefix *network, struct explain_seen *seen);
void explain_network_text(const struct daemon *daemon, const struct prefix *network, const struct explain_seen *seen, FILE *out);
void explain_network_json(const struct daemon *daemon, const struct prefix *network, const struct explain_seen *seen, FILE *out);

#endif
