/* conf - /etc/mailward/mailward.conf as a struct
 *
 * Immutable after conf_load(). Every key has a default; unknown and duplicate keys,
 * over-long lines and values out of range are reported with file:line, all of them. */
#ifndef MAILWARD_CONF_H
#define MAILWARD_CONF_H

#include "base/problems.h"
#include "base/ranges.h"

#define CONF_PATH_DEFAULT "/etc/mailward/mailward.conf"
#define CONF_PORTS_MAX 64
#define CONF_NAMED_MAX 64			/* [source NAME]s, and [blocklist NAME]s */
#define CONF_RULES_MAX 4000

struct policy {
	uint32_t window_s;		/* 1 .. 1 d */
	uint32_t soft_error_limit;	/* 1 .. hard_error_limit; equal: no delays */
	uint32_t hard_error_limit;	/* 1 .. 1000 */
	uint32_t delay_s;		/* 1 s .. 1 d; doubles with each error past the soft limit, never past ban_time_s */
	uint32_t ban_time_s;		/* 1 s .. ban_time_max_s */
	uint32_t ban_factor;		/* 1 .. 100: each repeat is that much longer */
	uint32_t ban_time_max_s;	/* .. DURATION_MAX_S */
	uint32_t ipv6_prefix;		/* 32 .. 128 */
	uint32_t network_limit;		/* 0 = off */
	uint32_t network_window_s;
	uint32_t max_bans_per_minute;	/* 0 = no limit */
	/* the judge that knows who belongs here; see judge/weighed.h */
	bool memory;			/* judge = memory */
	bool judge_dry_run;		/* the other judge beside it, which bans nobody */
	uint32_t long_window_s;		/* .. 30 d */
	uint32_t long_limit;		/* .. 15: errors of a stranger in the long window */
	uint32_t guest_limit, guest_account_limit;	/* the same where customers are, and for each more of them */
	uint32_t sure_ban_time_s, one_name_ban_time_s, shared_ban_time_s, network_ban_time_s, near_network_ban_time_s;
	uint32_t recipient_ban_factor;	/* 1 .. 100 */
	uint32_t stay_s, near_stay_s;	/* 0 = off */
	uint32_t network_sum;		/* 0 = off */
	uint32_t burn_networks, campaign_networks;	/* 2 .. 8 */
	uint32_t weight_burnt, weight_campaign;		/* 1 .. 60 */
	uint32_t catch_all;		/* 0 = off */
};

/* struct names_conf - [names]: which spellings are one name */
struct names_conf {
	char domain[254];	/* for names without one; "": none */
	char delimiter;		/* "+"; 0: there is none */
	bool keep_case;
};

/* struct notify_conf - [notify]: a program that is told of the verdicts */
struct notify_conf {
	char *command;			/* an absolute path and its arguments, with spaces between; NULL: off */
	uint32_t interval_s;		/* 1 s .. 1 d: a batch is gathered for that long */
	uint32_t max_batch;		/* 1 .. 10000 events */
	uint32_t timeout_s;		/* 1 s .. 1 h: then the program is killed */
	bool delays;			/* delays, too */
};

#define FLEET_SERVERS_MAX 3
#define FLEET_NODES_MAX 64
#define FLEET_NODE_BYTES 24		/* of a node's name, without the NUL */

/* struct redis_server - where a Redis server is */
struct redis_server {
	char path[108];			/* of a unix socket; "": the address and port hold */
	struct addr addr;
	uint16_t port;
	char name[120];			/* as it is given; "": there is none */
};

/* struct fleet_conf - [fleet]: other mail hosts that count with this one */
struct fleet_conf {
	char *server, *node, *nodes, *ignore, *user;	/* as they are given; server NULL: there is no fleet */
	char *password_file, *key_file;
	char *tls_ca_file;			/* NULL: no TLS */
	uint32_t remote_bans_per_minute;	/* by one other node */
	struct redis_server servers[FLEET_SERVERS_MAX];
	size_t server_count;
	char names[FLEET_NODES_MAX][FLEET_NODE_BYTES + 1];	/* of all nodes */
	size_t node_count, own;			/* own: which of them is this one */
	uint64_t ignored;			/* a bit for each of them */
};

#define REDIS_CHANNEL "F2B_CHANNEL"	/* what mailcow's containers publish to */

struct conf_source {
	char *name;			/* of [source NAME] */
	char *file;			/* absolute path, or NULL: the journal */
	bool journal;
	struct redis_server redis;	/* that publishes the lines; see source_redis.h */
	char *channel, *password_file;	/* of it; channel NULL: REDIS_CHANNEL */
	char *units, *users, *identifiers;	/* of the journal: words with spaces between; NULL: the default, see source_journal.h */
	unsigned line;			/* where its section begins */
};

#define CONF_WEIGHT_OBSERVE (-1)	/* reported, never counted */
#define CONF_WEIGHT_STRICT (-2)		/* a service's: its strict rules count too */
#define CONF_WEIGHT_NORMAL (-3)		/* a service's: only its normal rules count (the default) */
struct conf_rule {
	char *name;			/* "service/rule"; without a slash: a service */
	int weight;			/* of a rule: 0 = off, 1..100, CONF_WEIGHT_OBSERVE; of a service: 0 = off, or _STRICT, _NORMAL, _OBSERVE */
	unsigned line;			/* so that an unknown rule can be reported with file:line; 0: see conf_spot() */
};

struct conf_blocklist {
	char *name, *file;
	unsigned line;
};

/* struct conf_service - [service NAME]: what of [policy] is another for the errors of that service, which are counted by
 * themselves; 0: as there. The names are those of struct policy. */
#define CONF_SERVICES_MAX 15
struct conf_service {
	char *name;			/* of its rules, before the slash */
	uint32_t window_s, soft_error_limit, hard_error_limit, delay_s, ban_time_s, ban_factor;
	uint32_t long_window_s, long_limit, sure_ban_time_s, one_name_ban_time_s;
	uint16_t ports[CONF_PORTS_MAX];	/* sorted, no doubles, each of them guarded: those that its bans drop from */
	size_t port_count;		/* 0: all that are guarded */
	unsigned line;
};

#define CONF_NAT64_MAX 4

struct conf {
	char *path;			/* the file read, or NULL: built-in defaults */
	char *patterns;			/* folder, made absolute; NULL: the shipped one (see rules_dir()) */
	uint32_t evidence_time_s;	/* so long the lines that counted are kept; 0: they are not */
	char *state_dir, *socket;
	bool dry_run;
	bool strict;			/* what cannot be confined does not start */
	uint32_t max_addresses;		/* capacity of the window, 1000 .. 100000000 */
	uint32_t max_bans;		/* capacity of the bans, the same */
	bool clear_on_stop;		/* take the bans out of the kernel when the daemon ends; they stay remembered */
	struct addr nat64[CONF_NAT64_MAX];	/* /96s with IPv4 addresses in them: a translator's. The well-known one is the first */
	size_t nat64_count;
	bool all_ports;
	uint16_t ports[CONF_PORTS_MAX];	/* sorted, no doubles */
	size_t port_count;
	struct conf_source *sources;	/* none given: one, /var/log/mail.log or the journal */
	size_t source_count;
	struct policy policy;
	struct policy other_policy;	/* the same under the other judge */
	struct names_conf names;
	struct notify_conf notify;
	struct fleet_conf fleet;
	char *textfile;			/* [metrics]: where "mailward metrics --write" writes them */
	struct conf_rule *rules;
	size_t rule_count;
	struct ranges allow;		/* sealed: loopback, the section's addresses and its file; see conf_allow_own() */
	struct ranges allow_given;	/* conf_allow_own()'s: the same without our own */
	struct ranges allow_now;	/* conf_allow_now()'s: what the operator allows until further notice */
	char *allow_file;		/* where the section says file, or NULL */
	struct conf_blocklist *blocklists;
	size_t blocklist_count;
	struct conf_service *services;	/* at most CONF_SERVICES_MAX */
	size_t service_count;
};

/* conf_load - read a config file into *conf
 * path: as given with -c; NULL: CONF_PATH_DEFAULT if it exists, else the built-in defaults.
 * Returns true when nothing was wrong; else every problem was reported and *conf must not be used.
 * Owns: *conf in either case until conf_fini(). */
bool conf_load(struct conf *conf, const char *path, struct problems *problems);

/* conf_load_with - the same, with settings (KEY=VALUE, see conf_keys_set()) that win over the file */
bool conf_load_with(struct conf *conf, const char *path, const char *const *settings, size_t count, struct problems *problems);

/* conf_service_apply - the policy for a service, of the policy for all others */
void conf_service_apply(const struct conf_service *service, struct policy *policy);

/* conf_spot - where a line of the config stands; 0: in a setting beside it */
struct spot conf_spot(const struct conf *conf, struct problems *problems, unsigned line);

/* conf_allow_own - put this machine's own addresses and default gateways on the allow-list, those that it has now
 * For whoever guards this machine. A replayed log may come from another, and a config is checked for another.
 * May be called again, see base/own_watch.h; true: the allow-list has changed. Logs: what could not be read; then those
 * that were there before stay, too. */
bool conf_allow_own(struct conf *conf);

/* conf_allow_now - put these on the allow-list beside, instead of those that this was called with before
 * 0, or -ENOMEM: then it is as before. Does what conf_allow_own() does, too. */
int conf_allow_now(struct conf *conf, const struct prefix *prefixes, size_t count);

/* conf_keep - keep within reach (see base/reach.h) the config and the files that it names */
void conf_keep(const struct conf *conf);

void conf_fini(struct conf *conf);

#endif
