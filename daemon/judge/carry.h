/* carry - what an engine remembers, taken over into another that was made with other rules and limits */
#ifndef MAILWARD_CARRY_H
#define MAILWARD_CARRY_H

#include "judge/judge_state.h"

/* carry_over - counts, sessions, bans and statistics of from into to, which is new
 * Rules are known again by their names. What the new allow-list protects is left behind. */
void carry_over(struct judge *to, const struct judge *from);

/* rule_map - ids of other rules to those of rules, by name; a rule that is no more becomes RULE_FORMER */
struct rule_map {
	uint16_t to[4096];
};
void rule_map_init(struct rule_map *map);
void rule_map_add(struct rule_map *map, uint32_t id, struct text name, const struct rules *rules);

/* carry_ban - take over one ban, kept or saved; false: not what struct ban can hold */
bool carry_ban(struct judge *to, const struct ban *saved, const struct rule_map *map);

#endif
