/* clients - see clients.h. Owns one table of fixed size; knows no rule, no text and no time. */
#include "match/clients.h"

#include <stdlib.h>

struct client {
	uint64_t key;		/* 0: free */
	uint64_t heard;		/* when, by the number of what was heard */
	struct hit hit;		/* whose it is, or, if he is not known yet, what waits for him: nobody's */
};

struct clients {
	uint64_t heard;
	struct client at[CLIENTS_MAX];
};

struct clients *clients_new(void)
{
	return calloc(1, sizeof(struct clients));
}

void clients_free(struct clients *clients)
{
	free(clients);
}

/* The session's place; one that is not known gets that of the session that was not heard of for the longest. */
static struct client *place_of(struct clients *clients, uint64_t key)
{
	struct client *bucket = &clients->at[key % (CLIENTS_MAX / CLIENTS_WAYS) * CLIENTS_WAYS], *oldest = bucket;

	for (unsigned i = 0; i < CLIENTS_WAYS; i++) {
		if (bucket[i].key == key) {
			oldest = &bucket[i];
			break;
		}
		if (bucket[i].heard < oldest->heard)
			oldest = &bucket[i];
	}
	if (oldest->key != key)
		*oldest = (struct client){ .key = key };
	oldest->heard = ++clients->heard;
	return oldest;
}

bool clients_name(struct clients *clients, uint64_t key, struct hit *hit)
{
	struct client *client = place_of(clients, key);
	struct hit waited = client->hit;

	client->hit = *hit;
	client->hit.weight = 0;
	client->hit.nobody = false;
	if (!waited.nobody || waited.weight == 0)
		return false;
	waited.nobody = false;
	waited.addr = hit->addr;
	*hit = waited;
	return true;
}

bool clients_ask(struct clients *clients, uint64_t key, struct hit *hit)
{
	static const struct addr none;
	struct client *client = place_of(clients, key);
	uint32_t weight = hit->weight;

	if (!client->hit.nobody && addr_cmp(&client->hit.addr, &none) != 0) {
		hit->addr = client->hit.addr;
		hit->nobody = false;
		return true;
	}
	if (weight == 0)
		return false;
	weight += client->hit.weight;
	client->hit = *hit;
	client->hit.weight = weight < HIT_WEIGHT_MAX ? (uint16_t)weight : HIT_WEIGHT_MAX;
	return false;
}
