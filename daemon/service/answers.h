/* answers - what the words of answer.c's table lead to, and what they share */
#ifndef MAILWARD_ANSWERS_H
#define MAILWARD_ANSWERS_H

#include <stdio.h>

#include "service/daemon_state.h"

/* A request in its words; the last one takes the rest of the line. */
#define REQUEST_WORDS_MAX 4
struct request {
	char *word[REQUEST_WORDS_MAX];
	size_t count;
};

/* request_wants_json - is its first operand "json"?    request_prefix - it as an address or network; false: what is wrong is in out */
bool request_wants_json(const struct request *request);
bool request_prefix(const struct daemon *daemon, const struct request *request, struct prefix *prefix, FILE *out);

/* answer_is_wide - is it a network, and not just what one address counts under? */
bool answer_is_wide(const struct daemon *daemon, const struct prefix *prefix);

/* answer_why_refused - why a drop that is wanted is not in force yet; error: the errno */
const char *answer_why_refused(int error);

/* list [json] */
void answer_list(struct daemon *daemon, const struct request *request, FILE *out);

/* ban ADDRESS [SECONDS|permanent [REASON]]; 0 seconds: ban_time    unban ADDRESS, unban --all
 * allow ADDRESS [SECONDS [REASON]]; 0 seconds: until unallow    unallow ADDRESS    forget ADDRESS, forget NAME */
void answer_ban(struct daemon *daemon, const struct request *request, FILE *out);
void answer_unban(struct daemon *daemon, const struct request *request, FILE *out);
void answer_allow(struct daemon *daemon, const struct request *request, FILE *out);
void answer_unallow(struct daemon *daemon, const struct request *request, FILE *out);
void answer_forget(struct daemon *daemon, const struct request *request, FILE *out);

#endif
