/*
 * Purpose: see life.h.
 *
 * Relies on: a pipe keeping what was written to it when the writer is killed.
 */
#include "life.h"

#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPEN_LIMIT_MS = 120000, END_LIMIT_MS = 60000, READ_SIZE = 1 << 16 };

/* A life that is running. */
struct running {
    const struct life *life;
    struct diary *diary;
    struct report *report;
    struct findings *findings;
    struct progress progress;
    uint64_t before; /* operations of earlier lives */
    pid_t pid;
    int fd;
    struct bytes input; /* what of the pipe was not understood yet */
    uint64_t ready_us;  /* when the database was open; 0: not yet */
    uint64_t end_us;    /* when it is killed or asked to end */
    bool signalled;
    bool killed;
};

/* Runs this program anew. The name behind the link comes first, because tools that watch a program
 * follow names; once the file is replaced, only the link still leads to the same program. */
_Noreturn static void execute_self(const char *const arguments[])
{
    static const char link[] = "/proc/self/exe";
    /* execv() takes no const for reasons of age; it changes nothing. */
    char *const *taken = (char *const *)arguments;
    char path[4096];
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len > 0) {
        path[len] = '\0';
        execv(path, taken);
    }
    execv(link, taken);
    _exit(127);
}

_Noreturn static void become_load(const struct life *life, const struct options *options, int fd)
{
    char number[16], pipe_number[16], threads[16], seed[32];
    snprintf(number, sizeof number, "%u", (unsigned)life->number);
    snprintf(pipe_number, sizeof pipe_number, "%d", fd);
    snprintf(threads, sizeof threads, "%u", (unsigned)options->threads);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    bool sync = options->durability == PLINTH_DURABILITY_SYNC;
    const char *arguments[] = {"fsmeta",       "--child",
                               number,         "--pipe",
                               pipe_number,    "--data",
                               options->data,  "--threads",
                               threads,        "--seed",
                               seed,           "--durability",
                               sync ? "sync" : "buffered",
                               options->url == NULL ? NULL : "--url",
                               options->url, NULL};
    execute_self(arguments);
}

static void start(struct running *running, const struct options *options)
{
    int ends[2];
    if (pipe(ends) != 0)
        die("cannot make a pipe: %s", strerror(errno));
    /* Only the writing end goes to the new program. */
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fflush(NULL);
    running->pid = fork();
    if (running->pid < 0)
        die("cannot start a process: %s", strerror(errno));
    if (running->pid == 0)
        become_load(running->life, options, ends[1]);
    close(ends[1]);
    running->fd = ends[0];
}

static void note_trouble(struct running *running, struct cursor text)
{
    finding(running->findings, "life %u: %.*s", (unsigned)running->life->number, (int)text.left,
            (const char *)text.at);
}

static void note_frame(struct running *running, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_READY:
        running->ready_us = now_us();
        if (!running->life->early)
            running->end_us = running->ready_us + running->life->run_ms * 1000;
        break;
    case FRAME_DONE:
        report_done(running->report, &frame->done);
        diary_note(running->diary, frame, running->findings);
        break;
    case FRAME_INTENT:
        diary_note(running->diary, frame, running->findings);
        break;
    case FRAME_TROUBLE:
        note_trouble(running, frame->trouble);
        break;
    }
}

/* Takes all complete frames from the input, and keeps the rest. */
static void take_frames(struct running *running)
{
    struct cursor in = {running->input.data, running->input.len, false};
    struct frame frame;
    while (journal_next_frame(&in, &frame))
        note_frame(running, &frame);
    if (in.left > 0)
        memmove(running->input.data, in.at, in.left);
    running->input.len = in.left;
}

/* Reads what is there; false at the end of the pipe. */
static bool read_some(struct running *running)
{
    uint8_t buffer[READ_SIZE];
    ssize_t count = read(running->fd, buffer, sizeof buffer);
    if (count < 0 && errno != EINTR)
        die("cannot read the journal: %s", strerror(errno));
    if (count > 0) {
        bytes_put(&running->input, buffer, (size_t)count);
        take_frames(running);
    }
    return count != 0;
}

/* Kills the process, or asks it to end, when its time is over. One that does not answer is
 * killed later, which is a violation. */
static void signal_if_due(struct running *running)
{
    uint64_t now = now_us();
    if (now < running->end_us || running->killed)
        return;
    bool late = running->signalled || (running->ready_us == 0 && !running->life->early);
    if (late)
        finding(running->findings, "life %u: the load process did not %s in time",
                (unsigned)running->life->number, running->ready_us == 0 ? "open" : "end");
    running->killed = running->life->kill || late;
    kill(running->pid, running->killed ? SIGKILL : SIGTERM);
    running->signalled = true;
    running->end_us = now + (uint64_t)END_LIMIT_MS * 1000;
}

static int wait_ms(const struct running *running)
{
    uint64_t now = now_us();
    uint64_t left = running->end_us > now ? (running->end_us - now) / 1000 + 1 : 0;
    return left > 50 ? 50 : (int)left;
}

static void listen_until_end(struct running *running)
{
    struct pollfd poll_fd = {running->fd, POLLIN, 0};
    for (;;) {
        signal_if_due(running);
        int ready = poll(&poll_fd, 1, wait_ms(running));
        if (ready > 0 && !read_some(running))
            break;
        progress_show(&running->progress, report_operations(running->report) - running->before);
    }
    progress_leave(&running->progress);
}

/* Only the end that was meant for it is a good one. */
static void check_end(struct running *running)
{
    int status = 0;
    while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (running->killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return;
    if (WIFSIGNALED(status))
        finding(running->findings, "life %u: the load process died of signal %d",
                (unsigned)running->life->number, WTERMSIG(status));
    else if (running->killed || !running->signalled || WEXITSTATUS(status) != 0)
        finding(running->findings, "life %u: the load process ended by itself with code %d",
                (unsigned)running->life->number, WEXITSTATUS(status));
}

void life_run(const struct life *life, const struct options *options, struct diary *diary,
              struct report *report, struct findings *findings)
{
    uint64_t begun = now_us();
    struct running running = {
        .life = life, .diary = diary, .report = report, .findings = findings};
    running.end_us = begun + (life->early ? life->run_ms : (uint64_t)OPEN_LIMIT_MS) * 1000;
    running.progress = progress_begin("load", "operations", begun);
    running.before = report_operations(report);
    start(&running, options);
    listen_until_end(&running);
    check_end(&running);
    close(running.fd);
    bytes_free(&running.input);
    if (running.ready_us != 0)
        report->load_us += now_us() - running.ready_us;
    report->rounds++;
    report->kills += running.killed;
}
