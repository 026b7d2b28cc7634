/* counters - see counters.h */
#include "warden/counters.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "warden/elements.h"
#include "warden/query.h"

bool counters_take(struct counters *counters, uint32_t now_s, uint64_t timeout_ms)
{
	for (unsigned i = 0; i < COUNTERS_TRIES; i++) {
		uint32_t *end_s = &counters->end_s[counters->hand++ % COUNTERS_MAX];

		if (*end_s > now_s)
			continue;
		*end_s = timeout_ms / 1000 + 1 < UINT32_MAX - now_s ? now_s + (uint32_t)(timeout_ms / 1000) + 1 : UINT32_MAX;
		return true;
	}
	return false;
}

/* An expression's name and what belongs to it; false: it is none. */
static bool read_expr(const struct nlattr *expr, const char **name, struct query_attrs *data)
{
	struct query_attrs attrs = { 0 };

	mnl_attr_parse_nested(expr, query_attr, &attrs);
	if (!attrs.at[NFTA_EXPR_NAME] || mnl_attr_validate(attrs.at[NFTA_EXPR_NAME], MNL_TYPE_NUL_STRING) < 0)
		return false;
	*name = mnl_attr_get_str(attrs.at[NFTA_EXPR_NAME]);
	*data = (struct query_attrs){ 0 };
	if (attrs.at[NFTA_EXPR_DATA])
		mnl_attr_parse_nested(attrs.at[NFTA_EXPR_DATA], query_attr, data);
	return true;
}

static struct counters_figures figures_of(const struct query_attrs *data)
{
	return (struct counters_figures){ query_u64(data->at[NFTA_COUNTER_PACKETS]), query_u64(data->at[NFTA_COUNTER_BYTES]) };
}

/* ---- one element ---- */

struct asked {
	bool counted;
	struct counters_figures figures;
};

static int on_element(const struct nlattr *element, void *arg)
{
	struct query_attrs attrs = { 0 }, data;
	struct asked *asked = arg;
	const char *name;

	mnl_attr_parse_nested(element, query_attr, &attrs);
	if (attrs.at[NFTA_SET_ELEM_EXPR] && read_expr(attrs.at[NFTA_SET_ELEM_EXPR], &name, &data) && strcmp(name, "counter") == 0) {
		asked->counted = true;
		asked->figures = figures_of(&data);
	}
	return MNL_CB_OK;
}

static int on_elements(const struct nlmsghdr *message, void *arg)
{
	struct query_attrs attrs = { 0 };

	mnl_attr_parse(message, sizeof(struct nfgenmsg), query_attr, &attrs);
	if (attrs.at[NFTA_SET_ELEM_LIST_ELEMENTS])
		mnl_attr_parse_nested(attrs.at[NFTA_SET_ELEM_LIST_ELEMENTS], on_element, arg);
	return MNL_CB_OK;
}

int counters_read_element(struct mnl_socket *socket, uint32_t *seq, const char *set, const uint8_t *key, size_t key_len,
			  struct counters_figures *figures)
{
	struct nlmsghdr *message = query_begin(NFT_MSG_GETSETELEM, 0);
	struct nlattr *list, *element, *nest;
	struct asked asked = { .counted = false };

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	nest = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, key_len, key);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
	int err = query_run(socket, seq, on_elements, &asked);
	*figures = asked.figures;
	return err < 0 ? err : asked.counted ? 0 : -ENODATA;
}

/* ---- the rules ---- */

struct telling {
	counters_fn *fn;
	void *arg;
	const char *set;		/* of the rule at hand; NULL: it looks up none */
	struct counters_figures figures;
};

static int on_expr(const struct nlattr *expr, void *arg)
{
	struct telling *telling = arg;
	struct query_attrs data;
	const char *name;

	if (!read_expr(expr, &name, &data))
		return MNL_CB_OK;
	if (strcmp(name, "counter") == 0)
		telling->figures = figures_of(&data);
	else if (strcmp(name, "lookup") == 0 && data.at[NFTA_LOOKUP_SET] &&
		 mnl_attr_validate(data.at[NFTA_LOOKUP_SET], MNL_TYPE_NUL_STRING) >= 0)
		telling->set = mnl_attr_get_str(data.at[NFTA_LOOKUP_SET]);
	return MNL_CB_OK;
}

/* A dump may name other tables' rules, too. */
static int on_rule(const struct nlmsghdr *message, void *arg)
{
	struct telling *telling = arg;
	struct query_attrs attrs = { 0 };

	mnl_attr_parse(message, sizeof(struct nfgenmsg), query_attr, &attrs);
	if (!attrs.at[NFTA_RULE_EXPRESSIONS] || !attrs.at[NFTA_RULE_TABLE] ||
	    strcmp(mnl_attr_get_str(attrs.at[NFTA_RULE_TABLE]), TABLE_NAME) != 0)
		return MNL_CB_OK;
	telling->set = NULL;
	telling->figures = (struct counters_figures){ 0 };
	mnl_attr_parse_nested(attrs.at[NFTA_RULE_EXPRESSIONS], on_expr, telling);
	if (telling->set)
		telling->fn(telling->arg, telling->set, &telling->figures);
	return MNL_CB_OK;
}

int counters_read_rules(struct mnl_socket *socket, uint32_t *seq, counters_fn *fn, void *arg)
{
	struct telling telling = { .fn = fn, .arg = arg };

	query_begin(NFT_MSG_GETRULE, NLM_F_DUMP);
	return query_run(socket, seq, on_rule, &telling);
}
