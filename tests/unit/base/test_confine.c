/* test_confine - what the two wings can do and what they cannot, each tried by a process of its own under the real lists
 *
 * As root the processes also become nobody (or mailward), as the daemon does. Files outside that a wing must not touch are open to
 * everybody, so that nothing but the confinement can be what refuses. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pcre2.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "service/engine_confine.h"
#include "match/setup.h"
#include "service/store.h"
#include "tap.h"
#include "warden/warden_confine.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define KILLED (-1)

static char base[] = "/tmp/mailward-confine-XXXXXX";
static struct conf conf;
static struct conf_source source;

/* path - of a file in the test's folder; two at a time */
static const char *path(const char *name)
{
	static char paths[2][256];
	static int turn;

	turn = !turn;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", base, name);
	return paths[turn];
}

static int opened(const char *file, int flags)
{
	int fd = open(file, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* ---- what is tried: each returns 0 or an errno, or does not return ---- */

static int result_of(long call)
{
	return call < 0 ? errno : 0;
}

static int read_log(void) { return opened(path("log/mail.log"), O_RDONLY); }
static int read_linked_log(void) { return opened(path("log/link.log"), O_RDONLY); }
static int read_rotated(void) { return opened(path("log/mail.log.1"), O_RDONLY); }
static int read_log_folder(void) { return opened(path("log"), O_RDONLY | O_DIRECTORY); }
static int read_config(void) { return opened(path("etc/mailward.conf"), O_RDONLY); }
static int read_patterns(void) { return opened(path("patterns/a.pat"), O_RDONLY); }
static int read_routes(void) { return opened("/proc/self/net/route", O_RDONLY); }
static int write_log(void) { return opened(path("log/mail.log"), O_WRONLY | O_APPEND); }
static int make_in_log(void) { return opened(path("log/new"), O_WRONLY | O_CREAT); }
static int remove_log(void) { return result_of(unlink(path("log/mail.log"))); }
static int rename_log(void) { return result_of(rename(path("log/mail.log"), path("log/away"))); }
static int read_outside(void) { return opened(path("outside/file"), O_RDONLY); }
static int list_outside(void) { return opened(path("outside"), O_RDONLY | O_DIRECTORY); }
static int write_outside(void) { return opened(path("outside/file"), O_WRONLY); }
static int make_outside(void) { return opened(path("outside/new"), O_WRONLY | O_CREAT); }
static int cut_outside(void) { return result_of(truncate(path("outside/file"), 0)); }
static int read_passwords(void) { return opened("/etc/shadow", O_RDONLY); }
static int write_passwords(void) { return opened("/etc/passwd", O_WRONLY); }
static int use_state(void)
{
	int err = opened(path("state/x"), O_RDWR | O_CREAT);

	return err ? err : result_of(rename(path("state/x"), path("state/y")) < 0 ? -1 : unlink(path("state/y")));
}
static int leave_socket(void) { return result_of(unlink(path("run/control"))); }
static int carry_out_of_state(void)
{
	int err = opened(path("state/z"), O_RDWR | O_CREAT);

	return err ? err : result_of(rename(path("state/z"), path("outside/z")));
}
static int watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return result_of(fd < 0 ? -1 : inotify_add_watch(fd, path("log"), IN_CREATE));
}
static int run_loop(void)
{
	sd_event *loop;
	int err = sd_event_default(&loop);

	if (err >= 0)
		err = sd_event_add_time_relative(loop, NULL, CLOCK_MONOTONIC, 1000, 0, NULL, NULL);
	if (err >= 0)
		err = sd_event_loop(loop);
	return err < 0 ? -err : 0;
}
static int compile(void)
{
	int error;
	PCRE2_SIZE at;
	size_t bytes = 0;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)"from [a-z.]+\\[(?<addr>[0-9.]+)\\]", PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
	pcre2_match_data *data = pcre2_match_data_create(4, NULL);

	if (pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) < 0 || pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &bytes) < 0 || bytes == 0)
		return ENOEXEC;
	return pcre2_jit_match(code, (PCRE2_SPTR)"from a.b[192.0.2.1]", 19, 0, 0, data, NULL) == 2 ? 0 : ENOMSG;
}
static int load_again(void)
{
	struct problems problems = { .out = stderr };
	struct setup *setup = setup_load(path("etc/mailward.conf"), &problems);

	setup_free(setup);
	return setup ? 0 : EINVAL;
}
static int keep_state(void)
{
	static const struct store_kind kinds[] = { { "meta", 1, false } };
	struct store *store;
	int err = store_open(&store, path("state"), kinds, 1, 0);

	if (err < 0)
		return -err;
	struct snapshot *snapshot = store_begin(store, true);
	snapshot_put(snapshot, 0, 1, "x", 1);
	store_commit(store, snapshot);
	store_wait(store);
	bool failed = store_failed(store) != NULL;
	store_close(store);
	return failed ? EIO : 0;
}
static int tell_manager(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path("run/notify"));
	return result_of(fd < 0 ? -1 : sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&to, sizeof(to)));
}
/* A name without a file: the file system forbids nobody to use it. */
static struct sockaddr_un abstract = { .sun_family = AF_UNIX };
static int tell_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return result_of(fd < 0 ? -1 : sendto(fd, "x", 1, 0, (struct sockaddr *)&abstract, sizeof(abstract)));
}
static int use_netlink(void) { return result_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)); }
static int give_up(void)
{
	abort();
}

static int use_internet(void) { return result_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
static int use_internet6(void) { return result_of(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }
static int use_packets(void) { return result_of(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)); }
static int use_local(void) { return result_of(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
static int run_program(void)
{
	static char *const argv[] = { (char *)(uintptr_t)"true", NULL };
	return result_of(execv("/bin/true", argv));
}
static int make_child(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return result_of(child);
}
static int signal_parent(void) { return result_of(kill(getppid(), 0)); }
static int debug_parent(void) { return result_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)); }
static int read_parent(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &conf, 1 };
	return result_of(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}
static int new_namespace(void) { return result_of(unshare(CLONE_NEWUSER)); }
static int mount_something(void) { return result_of(mount("none", "/tmp", "tmpfs", 0, NULL)); }
static int use_ring(void) { return result_of(syscall(SYS_io_uring_setup, 1, NULL)); }
static int use_bpf(void) { return result_of(syscall(SYS_bpf, 0, NULL, 0)); }
static int open_by_handle(void) { return result_of(syscall(SYS_open_by_handle_at, -1, NULL, 0)); }
static int be_root(void) { return result_of(setresuid(0, 0, 0)); }
static int new_root(void) { return result_of(chroot(base)); }
static int make_folder(void) { return result_of(mkdir(path("outside/new-folder"), 0700)); }
static int make_link(void) { return result_of(symlink("/etc/passwd", path("state/link"))); }
static int make_hard_link(void) { return result_of(link(path("outside/file"), path("state/file"))); }
static int make_public(void) { return result_of(chmod(path("outside/file"), 0666)); }
static int push_terminal(void) { return result_of(syscall(SYS_ioctl, 2, 0x5412 /* TIOCSTI */, "x")); }

static bool says(const char *status, const char *what)
{
	return strstr(status, what) != NULL;
}

static const char *own_status(void)
{
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	return text;
}
static int have_nothing(void)
{
	const char *status = own_status();

	return says(status, "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n") && says(status, "CapInh:\t0000000000000000\n") &&
	       says(status, "CapAmb:\t0000000000000000\n") && says(status, "NoNewPrivs:\t1\n") && says(status, "Seccomp:\t2\n") &&
	       !says(status, "Uid:\t0\t") ? 0 : EPERM;
}
static int have_net_admin(void)
{
	const char *status = own_status();

	return says(status, "CapPrm:\t0000000000001000\nCapEff:\t0000000000001000\n") && says(status, "NoNewPrivs:\t1\n") &&
	       says(status, "Seccomp:\t2\n") && !says(status, "Uid:\t0\t") ? 0 : EPERM;
}

struct trial {
	const char *what;
	int (*attempt)(void);
	int wanted;	/* 0, an errno, or KILLED */
};

static const struct trial of_engine[] = {
	{ "has no capability, no new privileges, a filter, and is not root", have_nothing, 0 },
	{ "reads its log", read_log, 0 },
	{ "... where a link leads", read_linked_log, 0 },
	{ "... and one that was not there at the start", read_rotated, 0 },
	{ "... and their folder", read_log_folder, 0 },
	{ "watches the folder", watch, 0 },
	{ "reads its config", read_config, 0 },
	{ "reads its patterns", read_patterns, 0 },
	{ "reads this machine's routes", read_routes, 0 },
	{ "makes, renames and removes files in the state folder", use_state, 0 },
	{ "keeps its state by a thread of its own", keep_state, 0 },
	{ "removes its socket", leave_socket, 0 },
	{ "has a loop with timers", run_loop, 0 },
	{ "compiles an expression to machine code and runs it", compile, 0 },
	{ "loads config and patterns again", load_again, 0 },
	{ "talks to the service manager", tell_manager, 0 },
	{ "may not write its log", write_log, EACCES },
	{ "may not make a file beside it", make_in_log, EACCES },
	{ "may not remove it", remove_log, EACCES },
	{ "may not rename it", rename_log, EACCES },
	{ "may not read what is none of its business", read_outside, EACCES },
	{ "may not look into other folders", list_outside, EACCES },
	{ "may not write elsewhere", write_outside, EACCES },
	{ "may not make files elsewhere", make_outside, EACCES },
	{ "may not carry a file out of the state folder", carry_out_of_state, EACCES },
	{ "may not read passwords", read_passwords, EACCES },
	{ "may not write users", write_passwords, EACCES },
	{ "may not cut a file by its name", cut_outside, KILLED },
	{ "may not use the internet", use_internet, KILLED },
	{ "... nor its next version", use_internet6, KILLED },
	{ "... nor raw packets", use_packets, KILLED },
	{ "may not run a program", run_program, KILLED },
	{ "may not make a process", make_child, KILLED },
	{ "may not signal another process", signal_parent, KILLED },
	{ "may not debug another process", debug_parent, KILLED },
	{ "may not read another process", read_parent, KILLED },
	{ "may not make a namespace", new_namespace, KILLED },
	{ "may not mount", mount_something, KILLED },
	{ "may not use io_uring", use_ring, KILLED },
	{ "may not use bpf", use_bpf, KILLED },
	{ "may not open files by handle", open_by_handle, KILLED },
	{ "may not become root", be_root, KILLED },
	{ "may not change its root folder", new_root, KILLED },
	{ "may not make folders", make_folder, KILLED },
	{ "may not make symbolic links", make_link, KILLED },
	{ "may not make hard links", make_hard_link, KILLED },
	{ "may not change who may use a file", make_public, KILLED },
	{ "may not type into a terminal", push_terminal, KILLED },
};

static const struct trial of_warden[] = {
	{ "has CAP_NET_ADMIN alone, a filter, and is not root", have_net_admin, 0 },
	{ "reads config and lists, wherever they are", read_outside, 0 },
	{ "loads the config again", load_again, 0 },
	{ "uses netlink", use_netlink, 0 },
	{ "may not read passwords", read_passwords, EACCES },
	{ "may not write a file", write_outside, KILLED },
	{ "may not make a file", make_outside, KILLED },
	{ "may not remove a file", remove_log, KILLED },
	{ "may not use the internet", use_internet, KILLED },
	{ "... nor raw packets", use_packets, KILLED },
	{ "may not talk to other programs", use_local, KILLED },
	{ "may not run a program", run_program, KILLED },
	{ "may not make a process", make_child, KILLED },
	{ "may not signal another process", signal_parent, KILLED },
	{ "may not debug another process", debug_parent, KILLED },
	{ "may not make a namespace", new_namespace, KILLED },
	{ "may not use io_uring", use_ring, KILLED },
	{ "may not use bpf", use_bpf, KILLED },
	{ "may not become root", be_root, KILLED },
};

/* ---- the trial ---- */

/* Asked of the kernel itself, not of what is tested: an old one or an emulator may have neither. */
static bool has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}
static bool has_landlock(void)
{
	return syscall(444, NULL, 0, 1) >= 1;
}

static bool needs_seccomp(const struct trial *trial)
{
	return trial->wanted == KILLED || trial->attempt == have_nothing || trial->attempt == have_net_admin;
}

static int confine_engine(void)
{
	engine_prepare(&conf, true);
	return engine_confine(&conf);
}

static int confine_warden(void)
{
	return warden_confine(&conf);
}

/* what came of it: 0, an errno, or KILLED; 200: it could not be confined */
static int try(int (*confine_it)(void), int (*attempt)(void))
{
	int status;

	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(confine_it() < 0 ? 200 : attempt());
	if (waitpid(child, &status, 0) != child)
		return 201;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WTERMSIG(status) == SIGSYS ? KILLED : 1000 + WTERMSIG(status);
}

static bool opens_socket(const struct trial *trial)
{
	return trial->attempt == use_internet || trial->attempt == use_internet6 || trial->attempt == use_packets ||
	       trial->attempt == use_local;
}

static void try_all(const char *who, int (*confine_it)(void), const struct trial *trials, size_t count)
{
	bool seccomp = has_seccomp(), landlock = has_landlock();
	size_t calls = 0, files = 0;

	for (size_t i = 0; i < count; i++) {
		const struct trial *a = &trials[i];

		if (!seccomp && needs_seccomp(a))
			calls++;
		else if (!landlock && a->wanted == EACCES)
			files++;
		else if (SCMP_SYS(socketcall) >= 0 && opens_socket(a))
			tap_ok(true, "%s %s # SKIP socketcall, as here, shows no filter what is asked for", who, a->what);
		else if (SANITIZED && a->wanted == KILLED)
			tap_ok(true, "%s %s # SKIP a sanitizer build's filter only reports", who, a->what);
		else
			tap_int(try(confine_it, a->attempt), a->wanted, "%s %s", who, a->what);
	}
	if (calls)
		tap_ok(true, "%s: %zu forbidden system calls # SKIP no seccomp here: NOT ONE IS TESTED", who, calls);
	if (files)
		tap_ok(true, "%s: %zu forbidden files # SKIP no Landlock here: NOT ONE IS TESTED", who, files);
}

/* ---- a kernel that lacks a part ---- */

static int forbid(int call)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0);

	return err < 0 ? err : seccomp_load(filter);
}
static int confine_without_landlock(void)
{
	return forbid(444) < 0 ? 0 : confine_engine();
}
static int confine_without_seccomp(void)
{
	return forbid(SCMP_SYS(seccomp)) < 0 ? 0 : confine_engine();
}
static int do_nothing(void)
{
	return 0;
}

static void test_missing(void)
{
	if (!has_seccomp() || !has_landlock()) {
		tap_ok(true, "without one of both it goes on, strict it does not # SKIP no seccomp, or no Landlock, here at all");
		return;
	}
	tap_int(try(confine_without_landlock, do_nothing), 0, "without Landlock it goes on, and says so");
	tap_int(try(confine_without_landlock, read_outside), 0, "... and reads what it may");
	tap_int(try(confine_without_seccomp, do_nothing), 0, "without seccomp it goes on, and says so");
	conf.strict = true;
	tap_int(try(confine_without_landlock, do_nothing), 200, "but not where that is to be strict: without Landlock");
	tap_int(try(confine_without_seccomp, do_nothing), 200, "... and without seccomp");
	tap_int(try(confine_engine, do_nothing), 0, "... while with both, strict changes nothing");
	conf.strict = false;
}

/* ---- what newer kernels forbid, too ---- */

static void test_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(abstract.sun_path + 1, sizeof(abstract.sun_path) - 1, "%s", base);
	if (bind(fd, (struct sockaddr *)&abstract, sizeof(abstract)) < 0)
		tap_ok(false, "the test's abstract socket");
	if (syscall(444, NULL, 0, 1) < 6)
		tap_ok(true, "the engine may not reach abstract sockets # SKIP this kernel cannot forbid it");
	else
		tap_int(try(confine_engine, tell_abstract), EPERM, "the engine may not reach abstract sockets");
	setenv("NOTIFY_SOCKET", "@notify", true);
	tap_int(try(confine_engine, tell_abstract), 0, "unless the service manager has one");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

/* ---- after a reload ---- */

static int compare_sources(void)
{
	struct conf_source elsewhere = { .name = conf.sources[0].name, .file = strdup(path("outside/file")), .line = 7 };
	struct conf other = conf;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	other.sources = &elsewhere;
	bool same = engine_can_read(&conf, &conf, out), else_where = engine_can_read(&other, &conf, out);
	fclose(out);
	return same && !else_where && strstr(text, ":7: [source x]: the running daemon may not read") ? 0 : EINVAL;
}

/* ---- the stage ---- */

static void make(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(path(name), "we");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path(name), mode) < 0)
		tap_ok(false, "%s is made", path(name));
}

static char *keep(const char *name)
{
	return strdup(path(name));
}

static void set_stage(void)
{
	static const char *const folders[] = { "log", "linked", "etc", "patterns", "state", "run", "outside" };
	char text[1024];
	struct sockaddr_un here = { .sun_family = AF_UNIX };

	if (!mkdtemp(base) || chmod(base, 0755) < 0)
		tap_ok(false, "a folder");
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdir(path(folders[i]), 0777) < 0 || chmod(path(folders[i]), strcmp(folders[i], "state") == 0 ? 0755 : 0777) < 0)
			tap_ok(false, "a folder %s", folders[i]);
	make("log/mail.log", "", 0666);
	make("log/mail.log.1", "", 0666);
	make("linked/log", "", 0666);
	if (symlink(path("linked/log"), path("log/link.log")) < 0)
		tap_ok(false, "a link");
	make("patterns/a.pat", "service a\nprogram a\nrule b\n    about c\n    match from <addr><end>\n", 0644);
	make("outside/file", "x", 0666);
	make("run/control", "", 0666);
	snprintf(text, sizeof(text), "[mailward]\npatterns = %s/patterns\n", base);
	make("etc/mailward.conf", text, 0644);
	int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(here.sun_path, sizeof(here.sun_path), "%s", path("run/notify"));
	if (bind(notify, (struct sockaddr *)&here, sizeof(here)) < 0 || chmod(here.sun_path, 0777) < 0)
		tap_ok(false, "a socket");
	source = (struct conf_source){ .name = strdup("x"), .file = keep("log/link.log") };
	conf = (struct conf){ .path = keep("etc/mailward.conf"), .patterns = keep("patterns"), .state_dir = keep("state"),
			      .socket = keep("run/control"), .sources = &source, .source_count = 1 };
}

int main(void)
{
	char command[128];

	set_stage();
	try_all("the engine", confine_engine, of_engine, sizeof(of_engine) / sizeof(*of_engine));
	tap_int(try(confine_engine, give_up), 1000 + SIGABRT, "the engine can still abort");
	if (has_landlock())
		tap_int(try(confine_engine, compare_sources), 0, "a reload that names a log elsewhere is told to restart");
	if (geteuid() == 0)
		try_all("the warden", confine_warden, of_warden, sizeof(of_warden) / sizeof(*of_warden));
	else
		tap_ok(true, "the warden # SKIP not root: no CAP_NET_ADMIN to keep, NOTHING OF THE WARDEN IS TESTED");
	test_missing();
	test_abstract();
	snprintf(command, sizeof(command), "rm -rf %s", base);
	if (system(command) != 0)
		tap_ok(false, "the folder is gone");
	return tap_done();
}
