/* standing - see standing.h
 *
 * Which sets there are is asked first: an earlier config may have had others. The length of a set stands in its name,
 * but for that of "ban6", which is what its comment says. */
#include "warden/standing.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "warden/elements.h"
#include "warden/object.h"
#include "warden/query.h"
#include "warden/set.h"

#define SET_NAME_BYTES 32		/* longer than any of ours */
#define TRIES 5			/* others may change the table meanwhile; then the kernel says so */

struct standing {
	struct mnl_socket *socket;
	uint32_t *seq;
	unsigned ipv6_prefix;
	bool have[BAN_SET_COUNT];
	char names[BAN_SET_COUNT][SET_NAME_BYTES];
	unsigned id;		/* of the set at hand */
	standing_fn *fn;
	void *arg;
};

/* A list of sets or of elements, whole; cb is called for each message. 0 or -errno (EINTR: it changed meanwhile) */
static int dump(struct standing *standing, uint16_t type, const char *set, mnl_cb_t cb)
{
	struct nlmsghdr *message = query_begin(type, NLM_F_DUMP);

	if (set)
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	return query_run(standing->socket, standing->seq, cb, standing);
}

/* As ruleset.c writes it. */
static unsigned length_by(const struct nlattr *about, unsigned otherwise)
{
	char text[64];
	unsigned len;

	object_read_about(text, sizeof(text), mnl_attr_get_payload(about), mnl_attr_get_payload_len(about));
	if (strcmp(text, "banned hosts") == 0)
		return 128;
	return sscanf(text, "banned networks of /%u", &len) == 1 && len <= 128 ? len : otherwise;
}

/* Of bans, and of which family and length? SET_COUNT: none of ours. */
static unsigned id_of(const struct standing *standing, const char *name, const struct nlattr *about)
{
	unsigned family, len = standing->ipv6_prefix;

	if (strcmp(name, "ban6") == 0)
		return set_id(false, about ? length_by(about, len) : len);
	if (strcmp(name, "ban4") == 0)
		return set_id(true, 128);
	if (sscanf(name, "ban%u_%u", &family, &len) != 2 || (family != 4 && family != 6) || len > (family == 4 ? 32 : 128))
		return SET_COUNT;
	return set_id(family == 4, family == 4 ? 96 + len : len);
}

/* The same, with the service at the end of the name; BAN_SET_COUNT: none of ours. */
static unsigned ban_id_of(const struct standing *standing, const char *name, const struct nlattr *about)
{
	const char *at = strstr(name, "_s");
	char plain[SET_NAME_BYTES];
	unsigned service = 0, id;

	snprintf(plain, sizeof(plain), "%.*s", (int)(at ? at - name : (ptrdiff_t)strlen(name)), name);
	if (at && (sscanf(at, "_s%u", &service) != 1 || service == 0 || service > WIRE_SERVICES_MAX))
		return BAN_SET_COUNT;
	id = id_of(standing, plain, about);
	return id == SET_COUNT ? BAN_SET_COUNT : set_of_service(id, service);
}

static int on_set(const struct nlmsghdr *message, void *arg)
{
	struct standing *standing = arg;
	struct query_attrs attrs = { 0 };

	mnl_attr_parse(message, sizeof(struct nfgenmsg), query_attr, &attrs);
	if (!attrs.at[NFTA_SET_NAME] || !attrs.at[NFTA_SET_TABLE] || strcmp(mnl_attr_get_str(attrs.at[NFTA_SET_TABLE]), TABLE_NAME) != 0)
		return MNL_CB_OK;
	const char *name = mnl_attr_get_str(attrs.at[NFTA_SET_NAME]);
	unsigned id = ban_id_of(standing, name, attrs.at[NFTA_SET_USERDATA]);
	if (id < BAN_SET_COUNT && strlen(name) < sizeof(standing->names[id])) {
		standing->have[id] = true;
		memcpy(standing->names[id], name, strlen(name) + 1);
	}
	return MNL_CB_OK;
}

/* In nft's own form: type, length with the NUL, text. */
static void read_comment(struct wire_request *drop, const struct nlattr *userdata)
{
	const char *data = userdata ? mnl_attr_get_payload(userdata) : NULL;
	size_t len = userdata ? mnl_attr_get_payload_len(userdata) : 0;

	if (len > 2 && data[0] == 0)
		text_printable(drop->comment, sizeof(drop->comment), (struct text){ data + 2, strnlen(data + 2, len - 2) });
}

/* The key in its place among the 128 bits. */
static bool read_key(struct prefix *prefix, const struct nlattr *key, unsigned id)
{
	struct query_attrs attrs = { 0 };

	if (key)
		mnl_attr_parse_nested(key, query_attr, &attrs);
	const struct nlattr *value = attrs.at[NFTA_DATA_VALUE];
	if (!value || mnl_attr_get_payload_len(value) != set_key_len(set_v4(id)))
		return false;
	*prefix = (struct prefix){ .len = (uint8_t)set_len(id) };
	if (set_v4(id))
		prefix->addr.bytes[10] = prefix->addr.bytes[11] = 0xff;
	memcpy(prefix->addr.bytes + sizeof(prefix->addr.bytes) - set_key_len(set_v4(id)), mnl_attr_get_payload(value),
	       set_key_len(set_v4(id)));
	return prefix_valid(prefix) && addr_is_v4(&prefix->addr) == set_v4(id) && !wire_never_dropped(prefix);
}

static int tell(const struct nlattr *element, void *arg)
{
	const struct standing *standing = arg;
	struct wire_request drop = { .op = WIRE_DROP, .service = (uint8_t)set_service(standing->id) };
	struct query_attrs attrs = { 0 };

	mnl_attr_parse_nested(element, query_attr, &attrs);
	drop.timeout_ms = query_u64(attrs.at[NFTA_SET_ELEM_EXPIRATION]);
	if (!read_key(&drop.prefix, attrs.at[NFTA_SET_ELEM_KEY], standing->id) ||
	    (attrs.at[NFTA_SET_ELEM_TIMEOUT] && drop.timeout_ms == 0))	/* over, and not yet collected */
		return MNL_CB_OK;
	if (drop.timeout_ms > WIRE_TIMEOUT_MAX_MS)
		drop.timeout_ms = WIRE_TIMEOUT_MAX_MS;
	read_comment(&drop, attrs.at[NFTA_SET_ELEM_USERDATA]);
	standing->fn(standing->arg, &drop);
	return MNL_CB_OK;
}

static int on_elements(const struct nlmsghdr *message, void *arg)
{
	struct query_attrs attrs = { 0 };

	mnl_attr_parse(message, sizeof(struct nfgenmsg), query_attr, &attrs);
	if (attrs.at[NFTA_SET_ELEM_LIST_ELEMENTS])
		mnl_attr_parse_nested(attrs.at[NFTA_SET_ELEM_LIST_ELEMENTS], tell, arg);
	return MNL_CB_OK;
}

static int read_all(struct standing *standing)
{
	memset(standing->have, 0, sizeof(standing->have));
	int err = dump(standing, NFT_MSG_GETSET, NULL, on_set);

	EACH_BAN_SET(id) {
		standing->id = id;
		if (err == 0 && standing->have[id])
			err = dump(standing, NFT_MSG_GETSETELEM, standing->names[id], on_elements);
	}
	return err;
}

int standing_read(struct mnl_socket *socket, uint32_t *seq, unsigned ipv6_prefix, standing_fn *fn, void *arg)
{
	struct standing *standing = calloc(1, sizeof(*standing));
	int err = -EINTR;

	if (!standing)
		return -ENOMEM;
	*standing = (struct standing){ .socket = socket, .seq = seq, .ipv6_prefix = ipv6_prefix, .fn = fn, .arg = arg };
	for (int i = 0; i < TRIES && err == -EINTR; i++)
		err = read_all(standing);
	free(standing);
	return err == -ENOENT ? 0 : err;	/* no table: then nothing stands */
}
