/* fleet - mailward fleet: what a fleet's servers and hosts need, and how they are */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "judge/memory.h"
#include "service/fleet_keys.h"
#include "service/store.h"

/* ---- key ---- */

struct found {
	struct name_key key;
	bool known;
};

/* Of the judge's rows, the one with the key of names. */
static void find_key(void *arg, unsigned kind, uint32_t version, uint32_t number, const void *bytes, size_t len)
{
	struct found *found = arg;

	(void)kind, (void)version;
	if (number != memory_name_key_row || len != sizeof(found->key))
		return;
	memcpy(&found->key, bytes, len);
	found->known = true;
}

/* The names that are known here are not forgotten, if their key is the fleet's. */
static int make_key(const struct cli *cli)
{
	static const struct store_kind kinds[] = { { "meta", 2, false } };
	struct problems problems = { .out = stderr };
	struct found found = { .known = false };
	struct conf conf;

	if (!conf_load(&conf, cli_given(cli, "config"), &problems)) {
		conf_fini(&conf);
		return EXIT_INPUT;
	}
	if (store_read(conf.state_dir, kinds, 1, find_key, &found) == 0 && found.known)
		fputs("mailward: the names that this host knows keep their key: make the file here, and copy it to the other hosts\n", stderr);
	bool done = fleet_keys_write(stdout, found.known ? &found.key : NULL);
	conf_fini(&conf);
	return done ? EXIT_DONE : EXIT_INPUT;
}

/* ---- acl ---- */

static int print_acl(const struct cli *cli)
{
	struct problems problems = { .out = stderr };
	struct conf conf;
	int status = EXIT_INPUT;

	if (conf_load(&conf, cli_given(cli, "config"), &problems)) {
		status = conf.fleet.server ? EXIT_DONE : EXIT_INPUT;
		if (!conf.fleet.server)
			fputs("mailward: there is no [fleet] in the configuration\n", stderr);
		for (size_t i = 0; i < conf.fleet.node_count; i++)
			printf("user %s on >PASSWORD-OF-%s resetkeys resetchannels -@all %%RW~mailward:1:?:%s %%R~mailward:1:* +xadd +xread +xinfo +zadd "
			       "+zrem +zrangebyscore +zremrangebyscore +set +get +time +ping +hello +auth\n",
			       conf.fleet.names[i], conf.fleet.names[i], conf.fleet.names[i]);
	}
	conf_fini(&conf);
	return status;
}

static int fleet(const struct cli *cli)
{
	const char *word = cli->count ? cli->operands[0] : "";

	if (strcmp(word, "acl") == 0)
		return print_acl(cli);
	if (strcmp(word, "key") == 0)
		return make_key(cli);
	if (strcmp(word, "status") == 0)
		return client_ask(cli, cli_given(cli, "json") ? "fleet json" : "fleet");
	return cli_refuse(cli, "acl, key or status would be right");
}

const struct cli_command cli_fleet = {
	.name = "fleet",
	.about = "several mail hosts that count as one: keys, users, state",
	.usage = "[-c CONF] acl|key|status [--json]",
	.help = "key     prints a new key file for all hosts of the fleet; made where the most names are known, it keeps their hashes\n"
		"acl     prints a user of the Redis server for each host of [fleet], for its ACL file\n"
		"status  shows servers and hosts, as the daemon sees them\n",
	.options = { CLI_CONF, CLI_JSON },
	.operands = 1,
	.completes = { "acl key status" },
	.run = fleet,
};
