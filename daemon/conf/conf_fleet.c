/* conf_fleet - see conf_fleet.h
 *
 * Reads neither the password nor the key: that is the business of the process that needs it. */
#include "conf/conf_fleet.h"

#include <stdlib.h>

#include "conf/conf_value.h"

static void wrong(const struct conf_loader *loader, const char *key, struct text word, const char *why)
{
	unsigned line = conf_keys_line(loader, CONF_FLEET, key);
	bool beside = line == CONF_LINE_BESIDE;

	if (line == 0)
		line = conf_keys_section(loader, CONF_FLEET);
	struct spot *spot = SPOT(loader->spot.problems, beside ? "command line" : loader->spot.file, beside ? 0 : line);
	if (word.len)
		problem(spot, "%s: '%.*s' %s", key, (int)word.len, word.at, why);
	else
		problem(spot, "%s %s", key, why);
}

static bool next_word(const char **rest, struct text *word)
{
	*rest += strspn(*rest, " ");
	*word = (struct text){ *rest, strcspn(*rest, " ") };
	*rest += word->len;
	return word->len > 0;
}

static void servers(const struct conf_loader *loader, struct fleet_conf *fleet)
{
	const char *rest = fleet->server;
	struct text word;

	while (next_word(&rest, &word)) {
		struct redis_server server = { .port = 0 };

		if (!conf_server(word, &server))
			wrong(loader, "server", word, CONF_NO_SERVER);
		else if (fleet->server_count == FLEET_SERVERS_MAX)
			wrong(loader, "server", word, "is one too many, three at most would be right");
		else
			fleet->servers[fleet->server_count++] = server;
	}
}

static bool is_name(struct text word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", word.at[i]))
			return false;
	return word.len <= FLEET_NODE_BYTES;
}

static size_t find(const struct fleet_conf *fleet, struct text word)
{
	size_t i = 0;

	while (i < fleet->node_count && !text_equal(word, text_of(fleet->names[i])))
		i++;
	return i;
}

static void nodes(const struct conf_loader *loader, struct fleet_conf *fleet)
{
	const char *rest = fleet->nodes;
	struct text word;

	while (next_word(&rest, &word)) {
		if (!is_name(word))
			wrong(loader, "nodes", word, "is no node's name, at most 24 letters, digits, '-', '_' and '.' would be right");
		else if (find(fleet, word) < fleet->node_count)
			wrong(loader, "nodes", word, "stands there twice, once would be right");
		else if (fleet->node_count == FLEET_NODES_MAX)
			wrong(loader, "nodes", word, "is one too many, 64 at most would be right");
		else
			memcpy(fleet->names[fleet->node_count++], word.at, word.len);
	}
	fleet->own = find(fleet, text_of(fleet->node));
	if (fleet->own == fleet->node_count)
		wrong(loader, "node", text_of(fleet->node), "is none of the nodes, one of them would be right");
	for (rest = fleet->ignore ? fleet->ignore : ""; next_word(&rest, &word);) {
		size_t i = find(fleet, word);

		if (i == fleet->node_count || i == fleet->own)
			wrong(loader, "ignore", word, "is none of the other nodes, one of them would be right");
		else
			fleet->ignored |= UINT64_C(1) << i;
	}
}

/* ACL users and the like: one word. */
static void one_word(const struct conf_loader *loader, const char *key, const char *value)
{
	if (value && strchr(value, ' '))
		wrong(loader, key, text_of(value), "are several, one would be right");
}

void conf_fleet(const struct conf_loader *loader)
{
	struct fleet_conf *fleet = &loader->conf->fleet;
	const struct {
		const char *key, *value, *right;
	} needed[] = {
		{ "server", fleet->server, "is missing: server = ADDRESS:PORT, or the path of a unix socket, would be right" },
		{ "node", fleet->node, "is missing: node = NAME, this host's, would be right" },
		{ "nodes", fleet->nodes, "is missing: nodes = NAME..., of all hosts, would be right" },
		{ "key_file", fleet->key_file, "is missing: key_file = PATH, of what \"mailward fleet key\" prints, would be right" },
	};
	bool whole = true;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (needed[i].value)
			continue;
		wrong(loader, needed[i].key, TEXT(""), needed[i].right);
		whole = false;
	}
	one_word(loader, "node", fleet->node);
	one_word(loader, "user", fleet->user);
	if (fleet->user && !fleet->password_file)
		wrong(loader, "user", text_of(fleet->user), "has no password: password_file = PATH would be right");
	if (!whole)
		return;
	servers(loader, fleet);
	nodes(loader, fleet);
}

void conf_fleet_fini(struct fleet_conf *fleet)
{
	free(fleet->server);
	free(fleet->node);
	free(fleet->nodes);
	free(fleet->ignore);
	free(fleet->user);
	free(fleet->password_file);
	free(fleet->key_file);
	free(fleet->tls_ca_file);
	*fleet = (struct fleet_conf){ .server = NULL };
}
