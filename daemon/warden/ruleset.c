/* ruleset - see ruleset.h
 *
 *	table inet mailward {
 *		comment "mailward: who may not speak to the mail server for now"
 *		set allow4 { type ipv4_addr; flags constant, interval; }	likewise allow6
 *		set ban4 { type ipv4_addr; flags timeout; }		likewise ban6, and one for each other length in use
 *		set block4_24 { type ipv4_addr; size 1314; }		likewise for each length in a blocklist, and block6_48 ...
 *		set ports { type inet_service; flags constant; elements = { 25, 465, ... } }
 *		set ports_s1 { likewise for each [service] with ports }	and ban4_s1, ban6_s1, ... for bans from them
 *		chain prerouting {
 *			type filter hook prerouting priority -310; policy accept;
 *			iif "lo" accept
 *			tcp dport @ports jump gate
 *		}
 *		chain gate {
 *			ip saddr @ban4 counter goto drop_unless_allowed
 *			ip6 saddr & ffff:ffff:ffff:ffff:: @ban6 counter goto drop_unless_allowed
 *			tcp dport @ports_s1 ip saddr @ban4_s1 counter goto drop_unless_allowed
 *			ip6 saddr 64:ff9b::/96 jump nat64			likewise for each other one in the config
 *			tcp flags syn / fin,syn,rst,ack jump block
 *		}
 *		chain nat64 {
 *			(the last 32 bits of ip6 saddr) @ban4 counter goto drop_unless_allowed
 *		}
 *		chain block {
 *			meta nfproto ipv4 goto block4
 *			meta nfproto ipv6 goto block6
 *		}
 *		chain block4 {
 *			ip saddr & 255.255.255.0 @block4_24 counter goto drop_unless_allowed
 *		}
 *		chain block6 { likewise }
 *		chain drop_unless_allowed {
 *			ip saddr @allow4 accept
 *			ip6 saddr @allow6 accept
 *			ip6 saddr 64:ff9b::/96 (the last 32 bits of it) @allow4 accept
 *			drop
 *		}
 *	}
 *
 * -310 is before conntrack and DNAT: a drop costs least there and covers published container ports too.
 * A ban of any length is a hash set of its own, looked up by the masked address: bans of different lengths may overlap,
 * and each costs the same however many there are. So it is with the blocklists, which may need many of them, and are
 * looked at for the first packet of a connection alone; block_sets.c fills and replaces them. The allow-list is an
 * interval set, dear to look up, and asked only about who would be dropped: that is 355 -> 220 ns for each packet of
 * every session. Nobody can change a constant set once a rule looks it up: its elements come before that rule. */
#include "warden/ruleset.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "base/array.h"
#include "warden/elements.h"
#include "warden/object.h"
#include "warden/set.h"

#define PROBE_NAME TABLE_NAME "-probe"
#define CHAIN_HOOK "prerouting"
#define CHAIN_GATE "gate"
#define CHAIN_NAT64 "nat64"
#define CHAIN_BLOCK "block"
#define CHAIN_BLOCK4 "block4"
#define CHAIN_BLOCK6 "block6"
#define CHAIN_DROP "drop_unless_allowed"

/* What a message speaks of, by its type; its name stands in that attribute. */
static const struct {
	uint8_t type;
	uint16_t name;
	const char *what;
} objects[] = {
	{ NFT_MSG_NEWTABLE, NFTA_TABLE_NAME, "table" },
	{ NFT_MSG_DELTABLE, NFTA_TABLE_NAME, "table" },
	{ NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME, "chain" },
	{ NFT_MSG_NEWRULE, NFTA_RULE_CHAIN, "a rule of chain" },
	{ NFT_MSG_NEWSET, NFTA_SET_NAME, "set" },
	{ NFT_MSG_NEWSETELEM, NFTA_SET_ELEM_LIST_SET, "the elements of set" },
};

static int note_name(const struct nlattr *attr, void *names)
{
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= NFTA_CHAIN_NAME)
		((const char **)names)[type] = mnl_attr_get_payload(attr);
	return MNL_CB_OK;
}

const char *ruleset_what(const struct batch *batch)
{
	static char what[80];
	const struct nlmsghdr *message = batch_refused(batch);
	const char *names[NFTA_CHAIN_NAME + 1] = { NULL };

	if (!message)
		return "the batch";
	mnl_attr_parse(message, sizeof(struct nfgenmsg), note_name, names);
	for (size_t i = 0; i < COUNT(objects); i++)
		if (objects[i].type == (message->nlmsg_type & 0xff) && names[objects[i].name]) {
			snprintf(what, sizeof(what), "%s %s", objects[i].what, names[objects[i].name]);
			return what;
		}
	return "a deletion";
}

/* "iif lo accept" */
static void put_loopback_rule(struct batch *batch)
{
	static const uint32_t lo = 1;	/* in every network namespace */
	struct nftnl_rule *rule = object_rule(CHAIN_HOOK);

	rule_meta(rule, NFT_META_IIF);
	rule_equal(rule, &lo, sizeof(lo));
	rule_verdict(rule, NF_ACCEPT, NULL);
	object_put_rule(batch, rule);
}

/* "tcp dport @ports jump gate", or just "jump gate" */
static void put_port_rule(struct batch *batch, bool all_ports)
{
	static const uint8_t tcp = IPPROTO_TCP;
	struct nftnl_rule *rule = object_rule(CHAIN_HOOK);

	if (!all_ports) {
		rule_meta(rule, NFT_META_L4PROTO);
		rule_equal(rule, &tcp, sizeof(tcp));
		rule_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
		rule_lookup(rule, "ports");
	}
	rule_verdict(rule, NFT_JUMP, CHAIN_GATE);
	object_put_rule(batch, rule);
}

/* "tcp dport @ports_s1", of a service's set */
static void match_ports(struct nftnl_rule *rule, unsigned service)
{
	static const uint8_t tcp = IPPROTO_TCP;
	char ports[SET_NAME_SIZE];

	if (service == 0)
		return;
	snprintf(ports, sizeof(ports), "ports_s%u", service);
	rule_meta(rule, NFT_META_L4PROTO);
	rule_equal(rule, &tcp, sizeof(tcp));
	rule_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	rule_lookup(rule, ports);
}

static void put_drop_rule(struct batch *batch, const char *chain, const char *set, unsigned id)
{
	struct nftnl_rule *rule = object_rule(chain);

	match_ports(rule, set_service(id));
	rule_source(rule, set, id);
	rule_counter(rule);
	rule_verdict(rule, NFT_GOTO, CHAIN_DROP);
	object_put_rule(batch, rule);
}

/* The same of an IPv4 address that a translator has put into an IPv6 one. */
static void put_nat64_drop_rule(struct batch *batch, const char *set, unsigned id)
{
	struct nftnl_rule *rule = object_rule(CHAIN_NAT64);

	match_ports(rule, set_service(id));
	rule_source_within(rule, set, id);
	rule_counter(rule);
	rule_verdict(rule, NFT_GOTO, CHAIN_DROP);
	object_put_rule(batch, rule);
}

/* "ip6 saddr 64:ff9b::/96 jump nat64" */
static void put_nat64_rules(struct batch *batch, const struct conf *conf)
{
	for (size_t i = 0; i < conf->nat64_count; i++) {
		struct nftnl_rule *rule = object_rule(CHAIN_GATE);

		rule_translated(rule, &conf->nat64[i]);
		rule_verdict(rule, NFT_JUMP, CHAIN_NAT64);
		object_put_rule(batch, rule);
	}
}

/* "tcp flags syn / fin,syn,rst,ack jump block": somebody wants to connect. */
static void put_opening_rule(struct batch *batch)
{
	static const uint8_t tcp = IPPROTO_TCP, mask = 0x17, syn = 0x02;
	struct nftnl_rule *rule = object_rule(CHAIN_GATE);

	rule_meta(rule, NFT_META_L4PROTO);
	rule_equal(rule, &tcp, sizeof(tcp));
	rule_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 13, sizeof(mask));
	rule_mask(rule, &mask, sizeof(mask));
	rule_equal(rule, &syn, sizeof(syn));
	rule_verdict(rule, NFT_JUMP, CHAIN_BLOCK);
	object_put_rule(batch, rule);
}

static void put_family_rule(struct batch *batch, bool v4)
{
	struct nftnl_rule *rule = object_rule(CHAIN_BLOCK);

	rule_family(rule, v4);
	rule_verdict(rule, NFT_GOTO, v4 ? CHAIN_BLOCK4 : CHAIN_BLOCK6);
	object_put_rule(batch, rule);
}

static enum object_key type_of(bool v4)
{
	return v4 ? OBJECT_IPV4_ADDR : OBJECT_IPV6_ADDR;
}

void ruleset_put_ban_set(struct batch *batch, unsigned id, unsigned ipv6_prefix)
{
	char name[SET_NAME_SIZE], about[64] = "banned hosts";

	if (set_len(id) < 128)
		snprintf(about, sizeof(about), "banned networks of /%u", set_own_len(id));
	ruleset_ban_set_name(name, id, ipv6_prefix);
	object_put_set(batch, name, type_of(set_v4(id)), NFT_SET_TIMEOUT, 0, about);
	put_drop_rule(batch, CHAIN_GATE, name, id);
	if (set_v4(id))
		put_nat64_drop_rule(batch, name, id);
}

static void put_ports(struct batch *batch, const char *set, const uint16_t *ports, size_t count, const char *about)
{
	struct elements elements;

	object_put_set(batch, set, OBJECT_PORT, NFT_SET_CONSTANT, 0, about);
	if (count == 0)
		return;
	elements_begin(&elements, batch, NFT_MSG_NEWSETELEM, set);
	for (size_t i = 0; i < count; i++) {
		const uint8_t key[2] = { (uint8_t)(ports[i] >> 8), (uint8_t)ports[i] };
		elements_put(&elements, &(struct element){ .key = key, .key_len = sizeof(key) });
	}
	elements_end(&elements);
}

static void put_all_ports(struct batch *batch, const struct conf *conf)
{
	char set[SET_NAME_SIZE], about[64];

	put_ports(batch, "ports", conf->ports, conf->all_ports ? 0 : conf->port_count,
		  conf->all_ports ? "not used: all ports are guarded" : "what is guarded");
	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = &conf->services[i];

		if (service->port_count == 0)
			continue;
		snprintf(set, sizeof(set), "ports_s%u", (unsigned)i + 1);
		snprintf(about, sizeof(about), "of service %s", service->name);
		put_ports(batch, set, service->ports, service->port_count, about);
	}
}

void ruleset_delete(struct batch *batch, uint32_t flags)
{
	object_put_table(batch, NFT_MSG_NEWTABLE, TABLE_NAME, flags);	/* so that the deletion finds one */
	object_put_table(batch, NFT_MSG_DELTABLE, TABLE_NAME, 0);
}

void ruleset_put_probe(struct batch *batch, uint32_t flags)
{
	object_put_table(batch, NFT_MSG_NEWTABLE, PROBE_NAME, flags);
	object_put_table(batch, NFT_MSG_DELTABLE, PROBE_NAME, 0);
}

void ruleset_put_claim(struct batch *batch, uint32_t flags)
{
	object_put_table(batch, NFT_MSG_NEWTABLE, TABLE_NAME, flags);
}

static void put_allow(struct batch *batch, const char *set, const struct ranges *allow, bool v4)
{
	struct nftnl_rule *rule = object_rule(CHAIN_DROP);

	object_put_set(batch, set, type_of(v4), NFT_SET_CONSTANT | NFT_SET_INTERVAL, 0, "never dropped");
	elements_put_ranges(batch, NFT_MSG_NEWSETELEM, set, allow, v4);
	rule_source(rule, set, set_id(v4, 128));
	rule_verdict(rule, NF_ACCEPT, NULL);
	object_put_rule(batch, rule);
}

static void put_allow_list(struct batch *batch, const struct conf *conf)
{
	struct nftnl_rule *rule;

	put_allow(batch, "allow4", &conf->allow, true);
	put_allow(batch, "allow6", &conf->allow, false);
	for (size_t i = 0; i < conf->nat64_count; i++) {
		rule = object_rule(CHAIN_DROP);
		rule_translated(rule, &conf->nat64[i]);
		rule_source_within(rule, "allow4", set_id(true, 128));
		rule_verdict(rule, NF_ACCEPT, NULL);
		object_put_rule(batch, rule);
	}
	rule = object_rule(CHAIN_DROP);
	rule_verdict(rule, NF_DROP, NULL);
	object_put_rule(batch, rule);
}

void ruleset_replace_allow_list(struct batch *batch, const struct conf *conf)
{
	object_empty_chain(batch, CHAIN_DROP);
	object_delete_set(batch, "allow4");
	object_delete_set(batch, "allow6");
	put_allow_list(batch, conf);
}

void ruleset_put(struct batch *batch, const struct conf *conf, uint32_t seen_flags, uint32_t flags)
{
	static const char *const chains[] = { CHAIN_GATE, CHAIN_NAT64, CHAIN_BLOCK, CHAIN_BLOCK4, CHAIN_BLOCK6, CHAIN_DROP };
	unsigned ipv6_prefix = conf->policy.ipv6_prefix;

	ruleset_delete(batch, seen_flags);
	object_put_table(batch, NFT_MSG_NEWTABLE, TABLE_NAME, flags);
	object_put_chain(batch, CHAIN_HOOK, true);
	for (size_t i = 0; i < COUNT(chains); i++)
		object_put_chain(batch, chains[i], false);
	put_all_ports(batch, conf);
	put_loopback_rule(batch);
	put_port_rule(batch, conf->all_ports);
	ruleset_put_ban_set(batch, set_id(true, 128), ipv6_prefix);
	ruleset_put_ban_set(batch, set_id(false, ipv6_prefix), ipv6_prefix);
	put_nat64_rules(batch, conf);
	put_opening_rule(batch);
	put_family_rule(batch, true);
	put_family_rule(batch, false);
	put_allow_list(batch, conf);
}

void ruleset_put_block_set(struct batch *batch, unsigned id, bool second, uint32_t size)
{
	char name[SET_NAME_SIZE], about[64];

	snprintf(about, sizeof(about), "blocklists: networks of /%u", set_own_len(id));
	object_put_set(batch, ruleset_block_set_name(name, id, second), type_of(set_v4(id)), 0, size, about);
}

void ruleset_put_block_rule(struct batch *batch, unsigned id, bool second)
{
	char name[SET_NAME_SIZE];

	put_drop_rule(batch, set_v4(id) ? CHAIN_BLOCK4 : CHAIN_BLOCK6, ruleset_block_set_name(name, id, second), id);
}

void ruleset_empty_block(struct batch *batch)
{
	object_empty_chain(batch, CHAIN_BLOCK4);
	object_empty_chain(batch, CHAIN_BLOCK6);
}

void ruleset_delete_block_set(struct batch *batch, unsigned id, bool second)
{
	char name[SET_NAME_SIZE];

	object_delete_set(batch, ruleset_block_set_name(name, id, second));
}

char *ruleset_ban_set_name(char *dst, unsigned id, unsigned ipv6_prefix)
{
	int family = set_v4(id) ? 4 : 6;
	char len[12] = "", service[13] = "";	/* of any number */

	if (set_len(id) != (set_v4(id) ? 128 : ipv6_prefix))
		snprintf(len, sizeof(len), "_%u", set_own_len(id));
	if (set_service(id))
		snprintf(service, sizeof(service), "_s%u", set_service(id));
	snprintf(dst, SET_NAME_SIZE, "ban%d%s%s", family, len, service);
	return dst;
}

char *ruleset_block_set_name(char *dst, unsigned id, bool second)
{
	snprintf(dst, SET_NAME_SIZE, "block%d_%u%s", set_v4(id) ? 4 : 6, set_own_len(id), second ? "b" : "");
	return dst;
}
