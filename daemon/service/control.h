/* control - the daemon's unix socket: who may ask, and how a request gets its answer
 *
 * One request line a connection, at most CONTROL_REQUEST_MAX bytes, words separated by spaces:
 *	status [json|check]    list [json]    ban PREFIX SECONDS [REASON...]    unban PREFIX    unban --all
 *	explain ADDRESS [json]    reload    events [json]    metrics    top
 * The answer is "ok", "amiss" (of a status that shows a daemon that reads nothing), "critical" (of status check) or
 * "error TEXT" on the first line, then
 * text or JSON lines; then the daemon closes.
 * At most CONTROL_CLIENTS_MAX at a time, each for control_timeout_ms, or as long for each part of an answer that comes in parts,
 * but no longer than twelve times that; never blocks the loop on a slow reader.
 * Who may connect is decided by the socket's file mode: 0600 for the daemon's user and root; 0660 where the daemon's group
 * is called mailward, whose other members may only ask what changes nothing: status, list, events, metrics, top. */
#ifndef MAILWARD_CONTROL_H
#define MAILWARD_CONTROL_H

#include <systemd/sd-event.h>
#include <stdbool.h>
#include <stdio.h>

#define CONTROL_REQUEST_MAX 512
#define CONTROL_CLIENTS_MAX 16

/* control_answer_fn - answer one request (NUL-terminated, printable ASCII only) by writing to out;
 * out is memory: writing cannot block */
typedef void control_answer_fn(void *arg, char *request, FILE *out);

/* control_timeout_ms - 5000; a test need not wait for that */
extern unsigned control_timeout_ms;

struct control;
/* control_open - listen at path (an old socket nobody answers on is replaced; a live daemon's is -EADDRINUSE)
 * Returns 0 or -errno. */
int control_open(struct control **control, sd_event *loop, const char *path, control_answer_fn *answer, void *arg);
void control_close(struct control *control);

/* control_keep - while a request is answered: its connection, for who goes on writing to it after the answer
 * Returns a descriptor that is the caller's, non-blocking, or -errno. The answer is on its way before the loop turns. */
int control_keep(const struct control *control);

/* control_hold - from here until control_open() of that path, nobody else gets past this: of daemons that are started
 * together each sees whether the one before it runs. What cannot be held (there is no folder yet) is not. */
void control_hold(const char *path);

/* control_later - while a request is answered: what is said is forgotten, and the request is answered again, as if it came
 * then, when control_resume() is called, which answers all that wait. false: nothing is being answered */
bool control_later(const struct control *control);
void control_resume(struct control *control);

/* control_parts - while a request is answered: what was said is sent, and then part is called for more as often as the client
 * has taken what there was, once in a turn of the loop, until it says that there is no more; and free_it at the end, whichever
 * it is. For what is too much to be made in one go: nothing waits, and memory is bounded. false: nothing is being answered, or
 * the answer was put off; then neither is called */
typedef bool control_part_fn(void *state, FILE *out);
bool control_parts(const struct control *control, control_part_fn *part, void (*free_it)(void *state), void *state);

/* control_answers - is there a live daemon at path? Asks it nothing */
bool control_answers(const char *path);

#endif
